// Agreements from booking to review, their disputes, and selling them on.

import { decode as decodeBech32m } from "./bech32m.js";
import { fromHex, sha256, toHex, utf8 } from "./bytes.js";
import { one, pageOf } from "./building.js";
import { evidenceHash } from "./evidence.js";
import { amount, division, id, keepText, Mistake, moment, whole } from "./fields.js";
import { get, put } from "./keystore.js";
import { reviewHash } from "./review.js";
import { text } from "./texts.js";

const agreement = (name, fields) => one("agreements", name, fields);
const dispute = (name, fields) => one("disputes", name, fields);
const named = (values) => ({ agreement: id("agreement", values.agreement) });

/** The salt is kept before anything is signed: who loses it has given no review. */
async function sealReview(values, key) {
  const review = {
    id: `${key.account} ${values.agreement}`, score: Number(values.score),
    salt: toHex(crypto.getRandomValues(new Uint8Array(32))), text: (values.text ?? "").trim(),
  };
  const known = await get("reviews", review.id);
  if (known) Object.assign(review, { salt: known.salt });
  await put("reviews", review);
  const textHash = review.text ? await sha256(utf8(review.text)) : new Uint8Array(0);
  const { agreement: about } = named(values);
  return one("reputation", "seal_review", {
    agreement: about,
    review_hash: await reviewHash({
      agreement: about, reviewer: decodeBech32m(key.account).bytes, salt: fromHex(review.salt),
      score: review.score, textHash,
    }),
  });
}

async function openReview(values, key) {
  const review = await get("reviews", `${key.account} ${values.agreement}`);
  if (!review) throw new Mistake("agreement", text("mistake.review"));
  return one("reputation", "open_review", {
    ...named(values), score: review.score,
    salt: fromHex(review.salt), text_hash: await keepText(review.text),
  });
}

const offerResale = async (values) => ({
  ...agreement("offer_resale", {
    ...named(values), price_minor: await amount(values, "price"), from_ms: moment(values, "from"),
    until_ms: moment(values, "until"),
  }), unit: values.unit });

/** Price and moment are those that the buyer sees: the ledger refuses others. */
const takeResale = (values) => ({
  ...agreement("take_resale", {
    ...named(values), price_minor: BigInt(values.price_minor), from_ms: BigInt(values.from_ms),
  }), unit: values.unit });

export const agreements = {
  open_agreement: (values) => ({
    ...agreement("open_agreement", {
      offer: id("offer", values.offer), start_ms: BigInt(values.start_ms || 0),
      duration_ms: BigInt(values.duration_ms), quantity: whole(values, "quantity", 1, 1_000_000),
      ...(values.arbiter ? { arbiter: id("account", values.arbiter, "arbiter") } : {}),
    }),
    next: pageOf("agreement", "/agreement/"),
  }),
  take_transition: (values) => agreement("take_transition", {
    ...named(values), transition: values.transition }),
  seal_review: sealReview,
  open_review: openReview,
  offer_resale: offerResale,
  withdraw_resale: (values) => agreement("withdraw_resale", named(values)),
  take_resale: takeResale,
  open_dispute: async (values) => {
    const claim = division(values);
    return dispute("open_dispute", {
      ...named(values), evidence_hash: await evidenceHash(values), claim });
  },
  submit_evidence: async (values) => dispute("submit_evidence", {
    ...named(values), evidence_hash: await evidenceHash(values) }),
  decide_dispute: (values) => dispute("decide_dispute", {
    ...named(values), division: division(values) }),
  appeal_decision: async (values) => dispute("appeal_decision", {
    ...named(values), evidence_hash: await evidenceHash(values) }),
  withdraw_dispute: (values) => dispute("withdraw_dispute", named(values)),
  concede_dispute: (values) => dispute("concede_dispute", named(values)),
};
