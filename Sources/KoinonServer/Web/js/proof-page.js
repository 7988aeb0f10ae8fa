// "Check this yourself": a proof is checked here, in the reader's own browser, and held against
// what the page is about and what it shows.

import { utf8 } from "./bytes.js";
import { whyNoCheck } from "./keystore.js";
import { formatTime } from "./locale.js";
import { requestText } from "./node-api.js";
import { checkProof, readGenesis } from "./proof.js";
import { differences, proofPath, provenContent, provenSubject, subjectOf }
  from "./proof-subject.js";
import { Refused, refusalText } from "./refusal.js";
import { busy, element, faultNote, note } from "./sign-dialog.js";
import { text } from "./texts.js";

const genesisOfNode = async () => utf8(await requestText("/v1/genesis"));

const named = (subject) => text(`proof.about_${subject.kind}`, { name: subject.name });

function holds(proven) {
  if (proven.kind === "transaction" && proven.code !== 0) {
    return note("warm", text("proof.holds_rejected", { code: proven.code }));
  }
  return note("", text(`proof.holds_${proven.kind}`));
}

/** What the proof says, in which block, by whose signatures, and every value of it. */
function verdict(proven) {
  const words = {
    height: proven.height, time: formatTime(proven.timeMs), signers: proven.signers.join(", "),
    count: proven.signers.length, members: proven.memberCount, final: proven.finalBy,
  };
  const box = holds(proven);
  box.append(element("p", {}, text("proof.signed", words)),
    element("p", { class: "whole small" }, named(provenSubject(proven))));
  const content = provenContent(proven);
  if (content) {
    box.append(element("details", {}, element("summary", {}, text("proof.content")),
      element("pre", { tabindex: "0" }, JSON.stringify(content, null, 2))));
  }
  return box;
}

const isWritable = (value) => ["string", "number", "bigint"].includes(typeof value);

function differenceLine({ path, shown, message, proven }) {
  const field = path.split(".").at(-1);
  if (message) return text("proof.difference_content", { field });
  return text("proof.difference", {
    field, shown: shown || "–", proven: isWritable(proven) && proven !== "" ? proven : "–" });
}

/** The verdict for a page about `subject`: only of that, and only if it shows what is proven. */
async function verdictFor(subject, claims, proven) {
  const found = provenSubject(proven);
  if (found.kind !== subject.kind || found.name !== subject.name) {
    return note("bad", text("proof.other"),
      text("proof.other_text", { found: named(found), asked: named(subject) }));
  }
  const wrong = await differences(claims, proven);
  if (wrong.length === 0) return verdict(proven);
  return note("bad", text("proof.differs"), ...wrong.map(differenceLine),
    text("proof.differs_remedy"));
}

/** An amount in the smallest part of its unit. */
const minor = (digits) => digits.replace(".", "").replace(/^0+(?=\d)/, "");

/** What the page shows of values that the proof has too. */
const claimsOf = (root) => [...root.querySelectorAll("[data-proven]")].flatMap((part) => {
  const { proven: path, unit, message, claimed } = part.dataset;
  if (message) {
    return { path, message, shown: [...part.querySelectorAll("pre")].map((one) => one.textContent) };
  }
  if (!unit) return { path, shown: claimed ?? part.textContent.trim() };
  const money = part.querySelector("data.money").dataset;
  return [{ path, shown: minor(money.text) }, { path: unit, shown: money.unit }];
});

async function show(status, proofText, genesisBytes, judge) {
  status.replaceChildren(busy(text("proof.checking")));
  try {
    const reason = await whyNoCheck();
    if (reason) {
      status.replaceChildren(
        note("bad", text("proof.cannot"), text(`cannot.${reason}`), text("proof.cannot_remedy")));
      return;
    }
    const genesis = await readGenesis(await genesisBytes());
    const proven = await checkProof(await proofText(), genesis);
    status.replaceChildren(await judge(proven));
  } catch (fault) {
    status.replaceChildren(fault instanceof Refused
      ? note("bad", text("proof.fails"), refusalText(fault)) : faultNote(fault));
  }
}

/** Wires the forms that check a proof of the page, and those that take files. */
export function startProofs(root = document) {
  const subject = subjectOf(location.pathname);
  for (const form of subject ? root.querySelectorAll("form[data-proof]") : []) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show(form.querySelector("[role=status]"), () => requestText(proofPath(subject)),
        genesisOfNode, (proven) => verdictFor(subject, claimsOf(document), proven));
    });
  }
  for (const form of root.querySelectorAll("form[data-check]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { proof, genesis } = Object.fromEntries(new FormData(form));
      const own = async () => (genesis?.size
        ? new Uint8Array(await genesis.arrayBuffer()) : genesisOfNode());
      show(form.querySelector("[role=status]"), () => proof.text(), own, verdict);
    });
  }
}
