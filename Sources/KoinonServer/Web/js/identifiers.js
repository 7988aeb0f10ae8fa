// Names on the ledger are cut from hashes: docs/formats/identifiers.md.

import * as bech32m from "./bech32m.js";
import { bigEndian, concat, taggedSHA256 } from "./bytes.js";

export const KINDS = {
  account: "koi", resource: "koires", offer: "koioff", agreement: "koiagr",
  proposal: "koiprop", request: "koireq", flag: "koiflag",
};

export async function accountID(chain, firstKey) {
  return (await taggedSHA256("koinon/account/v1", chain, firstKey)).slice(0, 20);
}

export const accountText = async (chain, firstKey) =>
  bech32m.encode(KINDS.account, await accountID(chain, firstKey));

/** The id of what action `index` of a transaction creates. */
export async function createdID(kind, { chain, sender, publicKey, nonce, index }) {
  const content = concat(chain, sender, publicKey, bigEndian(nonce, 8), bigEndian(index, 4));
  return (await taggedSHA256(`koinon/${kind}/v1`, content)).slice(0, 20);
}

/** The 20 bytes of an id of this kind, or null. */
export function readID(kind, text) {
  const decoded = bech32m.decode(text);
  return decoded?.prefix === KINDS[kind] && decoded.bytes.length === 20 ? decoded.bytes : null;
}
