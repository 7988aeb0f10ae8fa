// "Check this yourself": a proof is checked here, in the reader's own browser.

import { formatTime } from "./locale.js";
import { checkProof, readGenesis, Refused } from "./proof.js";
import { busy, element, faultNote, note } from "./sign-dialog.js";
import { text } from "./texts.js";

const bytesOf = async (path) => {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

function proven(result) {
  const words = {
    height: result.height, time: formatTime(result.timeMs), signers: result.signers.join(", "),
    count: result.signers.length, members: result.memberCount, final: result.finalBy,
  };
  const box = note("", text(`proof.holds_${result.kind}`), text("proof.signed", words));
  box.append(element("p", { class: "id whole small" }, result.id ?? result.key));
  return box;
}

async function show(status, proofText, genesisBytes) {
  status.replaceChildren(busy(text("proof.checking")));
  try {
    const genesis = await readGenesis(await genesisBytes());
    status.replaceChildren(proven(await checkProof(await proofText(), genesis)));
  } catch (fault) {
    status.replaceChildren(fault instanceof Refused
      ? note("bad", text("proof.fails"), fault.message) : faultNote(fault));
  }
}

/** Wires the forms that check a proof of the page, and those that take files. */
export function startProofs(root = document) {
  for (const form of root.querySelectorAll("form[data-proof]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const proof = async () => new TextDecoder().decode(await bytesOf(form.dataset.proof));
      show(form.querySelector("[role=status]"), proof, () => bytesOf("/v1/genesis"));
    });
  }
  for (const form of root.querySelectorAll("form[data-check]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { proof, genesis } = Object.fromEntries(new FormData(form));
      const own = async () => (genesis?.size
        ? new Uint8Array(await genesis.arrayBuffer()) : bytesOf("/v1/genesis"));
      show(form.querySelector("[role=status]"), () => proof.text(), own);
    });
  }
}
