// From what a person asked to the bytes that are signed. The node prepares the body; the page
// reads it with code of its own and refuses what differs from what was asked.

import { decode as decodeBech32m } from "./bech32m.js";
import { equalBytes, fromBase64, fromHex, sha256, toHex } from "./bytes.js";
import { createdID } from "./identifiers.js";
import { toJSONForm } from "./json-form.js";
import { post, request } from "./node-api.js";
import { decode, encode, same } from "./protobuf.js";
import { sign, TAGS } from "./signing.js";

// Enough to read before signing, and to wait for a block. Whoever keeps back what was signed can
// use it that long.
const LIFETIME_MS = 15 * 60_000;
// Clocks that nobody sets are minutes off.
const TOLERANCE_MS = 5 * 60_000;

/** The prepared body is not what was asked; `difference` names the text that says how. */
export class Tampered extends Error {
  constructor(difference) {
    super(`the prepared transaction differs: ${difference}`);
    this.difference = difference;
  }
}

/** The ledger's time, as the node tells it, lies too far ahead of this device's clock. */
export class ClocksDiffer extends Error {
  constructor(ledger, device) {
    super(`the ledger's time is ${ledger} ms, this device's ${device} ms`);
    Object.assign(this, { ledger, device });
  }
}

const plain = (action) => decode("Action", encode("Action", action));

/** Throws Tampered unless the body says exactly what was asked and expires by `latest`. */
export function checkBody(bytes, { chain, sender, nonce, latest, actions }) {
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
  if (body.nonce !== nonce) throw new Tampered("nonce");
  if (!body.expires_at_ms) throw new Tampered("form");
  if (!(Number(body.expires_at_ms) <= latest)) throw new Tampered("expiry");
  return body;
}

/**
 * Until when, in ms, a body may last that is asked for now.
 *
 * The earlier of two clocks counts. The node's word alone could name any time; this device's clock
 * may be fast, and a ledger of recorded data lives in the past. Where the ledger's time is ahead
 * the page cannot tell which of the two is wrong: it throws ClocksDiffer.
 */
async function latestExpiry() {
  const { now, time } = await request("/v1/status");
  // The later one, as `prepare` counts: ledger time may run ahead of the node's clock.
  const ledger = Math.max(now.ms, time.ms);
  const device = Date.now();
  if (ledger > device + TOLERANCE_MS) throw new ClocksDiffer(ledger, device);
  return Math.min(ledger, device) + LIFETIME_MS + TOLERANCE_MS;
}

/**
 * The key's next nonce. This is taken on trust: the ledger ignores one that was used or lies more
 * than 1,024 ahead, and executes each at most once.
 */
async function nextNonce(key) {
  const answer = await request(`/v1/nonces/${key.publicKey}?account=${key.account}`);
  return BigInt(answer.next_nonce);
}

async function prepare(key, nonce, actions) {
  const { chain, sender } = identity(key);
  const latest = await latestExpiry();
  const answer = await post("/v1/transactions/prepare", {
    sender: key.account, public_key: key.publicKey, nonce: Number(nonce),
    valid_for_ms: LIFETIME_MS,
    actions: actions.map((action) => toJSONForm("Action", action)),
  });
  const bytes = fromBase64(answer.body);
  return { bytes, body: checkBody(bytes, { chain, sender, nonce, latest, actions }) };
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
  const nonce = await nextNonce(key);
  const list = typeof actions === "function"
    ? await actions((kind, index) => created(key, kind, nonce, index)) : actions;
  return prepare(key, nonce, list);
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
