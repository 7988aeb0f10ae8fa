// From what a person asked to the bytes that are signed. The node prepares the body; the page
// reads it with code of its own and refuses what differs from what was asked.

import { decode as decodeBech32m } from "./bech32m.js";
import { equalBytes, fromBase64, fromHex, sha256, toHex } from "./bytes.js";
import { createdID } from "./identifiers.js";
import { toJSONForm } from "./json-form.js";
import { post } from "./node-api.js";
import { decode, encode, same } from "./protobuf.js";
import { sign, TAGS } from "./signing.js";

/** The prepared body is not what was asked; `difference` names the text that says how. */
export class Tampered extends Error {
  constructor(difference) {
    super(`the prepared transaction differs: ${difference}`);
    this.difference = difference;
  }
}

const plain = (action) => decode("Action", encode("Action", action));

/** Throws Tampered unless the body says exactly what was asked. */
export function checkBody(bytes, { chain, sender, actions }) {
  let body;
  try {
    body = decode("TransactionBody", bytes);
  } catch {
    throw new Tampered("form");
  }
  if (!equalBytes(body.chain ?? [], chain)) throw new Tampered("chain");
  if (!equalBytes(body.sender ?? [], sender)) throw new Tampered("sender");
  if (!same(body.actions ?? [], actions.map(plain))) throw new Tampered("actions");
  if (body.memo) throw new Tampered("memo");
  if (!body.nonce || !body.expires_at_ms) throw new Tampered("form");
  return body;
}

async function prepare(key, actions) {
  const { sender } = identity(key);
  const answer = await post("/v1/transactions/prepare", {
    sender: key.account, public_key: key.publicKey,
    actions: actions.map((action) => toJSONForm("Action", action)),
  });
  const bytes = fromBase64(answer.body);
  return { bytes, body: checkBody(bytes, { chain: fromHex(key.chain), sender, actions }) };
}

function identity(key) {
  return { chain: fromHex(key.chain), sender: decodeBech32m(key.account).bytes,
    publicKey: fromHex(key.publicKey) };
}

/** The id that action `index` of the transaction creates. */
export const created = (key, kind, nonce, index) =>
  createdID(kind, { ...identity(key), nonce, index });

/**
 * Prepares and checks. `actions` is a list of decoded Action messages, or a function that makes
 * it when actions name what the same transaction creates: it is given `created(kind, index)`.
 */
export async function compose(key, actions) {
  if (typeof actions !== "function") return prepare(key, actions);
  // Ids hang on the nonce, which the node knows: asked with a first draft.
  const zero = new Uint8Array(20);
  const draft = await prepare(key, await actions(() => zero));
  const { nonce } = draft.body;
  const final = await prepare(
    key, await actions((kind, index) => created(key, kind, nonce, index)));
  if (final.body.nonce !== nonce) throw new Tampered("form");
  return final;
}

/** The signed envelope in protobuf form, and the transaction's id in hex. */
export async function signBody(key, bytes) {
  const signature = await sign(key.privateKey, TAGS.transaction, bytes);
  const envelope = encode("Signed", {
    body: bytes, public_key: fromHex(key.publicKey), signature,
  });
  return { envelope, id: toHex(await sha256(bytes)) };
}

/** A new key's agreement that the member opens an account for it. */
export async function signConsent(key, member) {
  const body = encode("AccountConsent", { chain: fromHex(key.chain), sponsor: member });
  const signature = await sign(key.privateKey, TAGS.consent, body);
  return { body: toHex(body), public_key: key.publicKey, signature: toHex(signature) };
}
