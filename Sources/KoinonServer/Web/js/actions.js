// What forms ask for, as actions. Each takes the form's values and the key, and gives the
// actions and, where something is made, the page it will have.

import { decode as decodeBech32m, encode as encodeBech32m } from "./bech32m.js";
import { fromHex, sha256, toHex, utf8 } from "./bytes.js";
import { created } from "./compose.js";
import { scaleOf } from "./describe.js";
import { KINDS, readID } from "./identifiers.js";
import { get, put } from "./keystore.js";
import { readAmount } from "./locale.js";
import { request } from "./node-api.js";
import { reviewHash } from "./review.js";
import { text } from "./texts.js";

/** What a person entered cannot be used; names the field. */
export class Mistake extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

function id(kind, value) {
  const bytes = readID(kind, value.trim());
  if (!bytes) throw new Mistake(kind, text("mistake.id", { kind }));
  return bytes;
}

function whole(values, field, least, most) {
  const typed = (values[field] ?? "").trim();
  const number = /^\d{1,15}$/.test(typed) ? Number(typed) : NaN;
  if (!(number >= least && number <= most)) {
    throw new Mistake(field, text("mistake.whole", { least, most }));
  }
  return number;
}

async function amount(values, field) {
  const scale = await scaleOf(values.unit);
  const minor = scale === null ? null : readAmount(values[field] ?? "", scale);
  if (minor === null) throw new Mistake(field, text("mistake.amount", { scale: scale ?? 0 }));
  return minor;
}

function degrees(values, field, most) {
  const typed = (values[field] ?? "").trim().replace(",", ".");
  if (typed === "") return null;
  const number = Number(typed);
  if (!(Math.abs(number) <= most)) throw new Mistake(field, text("mistake.degrees", { most }));
  return Math.round(number * 1e7);
}

/** Keeps a text at the node, where whoever has its hash may read it; gives the hash. */
async function keepText(words) {
  const bytes = utf8(words.trim());
  if (bytes.length === 0) return new Uint8Array(0);
  await request("/v1/content", { method: "PUT",
    headers: { "content-type": "text/plain; charset=utf-8" }, body: bytes });
  return sha256(bytes);
}

const one = (module, name, fields) => ({ actions: [{ [module]: { [name]: fields } }] });
const agreements = (name, fields) => one("agreements", name, fields);
const disputes = (name, fields) => one("disputes", name, fields);
const accounts = (name, fields) => one("accounts", name, fields);

const page = (kind, path) => (key) => async (nonce) =>
  `${path}${encodeBech32m(KINDS[kind], await created(key, kind, nonce, kind === "offer" ? 1 : 0))}`;

async function share(values) {
  const latitude = degrees(values, "latitude", 90);
  const longitude = degrees(values, "longitude", 180);
  if ((latitude === null) !== (longitude === null)) {
    throw new Mistake("longitude", text("mistake.place"));
  }
  const terms = {
    title: values.title.trim(), process: values.process, unit: values.unit,
    tariff: {
      price_minor: await amount(values, "price"), step_ms: BigInt(values.step_ms),
      minimum_steps: whole(values, "minimum_steps", 1, 100_000),
    },
    deposit_minor: await amount(values, "deposit"),
  };
  if (latitude !== null) terms.place = { latitude_e7: latitude, longitude_e7: longitude };
  if (values.refuse_flagged) terms.trust_rule = { refuse_flagged: true };
  const thing = {
    kind: values.kind, title: values.title.trim(),
    capacity: whole(values, "capacity", 1, 1_000_000),
    description_hash: await keepText(values.description ?? ""),
  };
  const actions = async (made) => [
    { resources: { register_resource: thing } },
    { market: { publish_offer: { resource: await made("resource", 0), ...terms } } },
  ];
  return { actions, next: page("offer", "/offer/") };
}

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
  const agreement = id("agreement", values.agreement);
  return one("reputation", "seal_review", {
    agreement,
    review_hash: await reviewHash({
      agreement, reviewer: decodeBech32m(key.account).bytes, salt: fromHex(review.salt),
      score: review.score, textHash,
    }),
  });
}

async function openReview(values, key) {
  const review = await get("reviews", `${key.account} ${values.agreement}`);
  if (!review) throw new Mistake("agreement", text("mistake.review"));
  return one("reputation", "open_review", {
    agreement: id("agreement", values.agreement), score: review.score,
    salt: fromHex(review.salt), text_hash: await keepText(review.text),
  });
}

async function openDispute(values) {
  const percent = whole(values, "percent", 0, 100);
  const shares = [[values.role, percent], [values.other, 100 - percent]]
    .filter(([, numerator]) => numerator > 0)
    .map(([role, numerator]) => ({ role, numerator: BigInt(numerator) }));
  return disputes("open_dispute", {
    agreement: id("agreement", values.agreement), evidence_hash: await keepText(values.evidence),
    claim: { shares, denominator: 100n },
  });
}

function publicKey(values) {
  const bytes = fromHex(values.public_key.trim());
  if (bytes?.length !== 32) throw new Mistake("public_key", text("mistake.key"));
  return bytes;
}

/** Name of a form's action to what it asks for. */
export const builders = {
  share,
  open_agreement: (values) => ({
    ...agreements("open_agreement", {
      offer: id("offer", values.offer), start_ms: BigInt(values.start_ms || 0),
      duration_ms: BigInt(values.duration_ms), quantity: whole(values, "quantity", 1, 1_000_000),
      ...(values.arbiter ? { arbiter: id("account", values.arbiter) } : {}),
    }),
    next: page("agreement", "/agreement/"),
  }),
  take_transition: (values) => agreements("take_transition", {
    agreement: id("agreement", values.agreement), transition: values.transition }),
  seal_review: sealReview,
  open_review: openReview,
  open_dispute: openDispute,
  withdraw_dispute: (values) =>
    disputes("withdraw_dispute", { agreement: id("agreement", values.agreement) }),
  concede_dispute: (values) =>
    disputes("concede_dispute", { agreement: id("agreement", values.agreement) }),
  withdraw_offer: (values) => one("market", "withdraw_offer", { offer: id("offer", values.offer) }),
  transfer: async (values) => one("money", "transfer", {
    unit: values.unit, to: id("account", values.to),
    amount_minor: await amount(values, "amount") }),
  vote: (values) => one("alliance", "vote", {
    proposal: id("proposal", values.proposal), yes: values.yes === "1" }),
  answer_flag: async (values) => one("reputation", "answer_flag", {
    flag: id("flag", values.flag), answer_hash: await keepText(values.text) }),
  appeal_flag: (values) => one("reputation", "appeal_flag", { flag: id("flag", values.flag) }),
  add_key: (values) => accounts("add_key", { public_key: publicKey(values) }),
  revoke_key: (values) => accounts("revoke_key", { public_key: publicKey(values) }),
  set_recovery: (values) => accounts("set_recovery", values.account.trim()
    ? { account: id("account", values.account),
      delay_ms: BigInt(whole(values, "days", 1, 365)) * 86_400_000n }
    : {}),
  cancel_recovery: () => accounts("cancel_recovery", {}),
  request_sponsor: (values) => accounts("request_sponsor", { sponsor: values.sponsor }),
};
