// What a page is about, by its address, and whether a proof is about the same and says what the
// page shows. Neither the node's word nor the address of a proof decides that.

import { fromHex, sha256, toHex } from "./bytes.js";
import { readID } from "./identifiers.js";
import { fromJSONForm, toJSONForm } from "./json-form.js";
import { rows } from "./messages.js";
import { proposerName } from "./proof-header.js";
import { decode, same } from "./protobuf.js";

// The message of the row that a page of people is about.
const ROW_OF = {
  account: "Account", resource: "Resource", offer: "Offer", request: "Request",
  agreement: "Agreement",
};

const prefixOf = (message) => Object.keys(rows).find((prefix) => rows[prefix] === message);

/**
 * `{kind, name}`: the kind "transaction", "block" or "state", and the id, height or key as a
 * proof writes it. Null for a page that is about none of them.
 */
export function subjectOf(path) {
  const [first, second, third, ...more] = path.split("/").filter(Boolean);
  if (Object.hasOwn(ROW_OF, first ?? "") && second && third === undefined) {
    const id = readID(first, second);
    return id && { kind: "state", name: prefixOf(ROW_OF[first]) + toHex(id) };
  }
  if (first !== "explorer" || !third || more.length > 0) return null;
  const name = third.toLowerCase();
  if (second === "transaction" && /^[0-9a-f]{64}$/.test(name)) return { kind: second, name };
  if (second === "block" && /^\d{1,20}$/.test(name)) return { kind: second, name: `${BigInt(name)}` };
  if (second === "state" && fromHex(name)) return { kind: second, name };
  return null;
}

/** Where a node has the proof of a subject. */
export const proofPath = ({ kind, name }) =>
  `/v1/proofs/${kind === "state" ? kind : `${kind}s`}/${name}`;

/** What a checked proof is about. */
export function provenSubject(proven) {
  if (proven.kind === "transaction") return { kind: proven.kind, name: proven.id };
  if (proven.kind === "block") return { kind: proven.kind, name: proven.height.toString() };
  return { kind: "state", name: proven.key };
}

/** The message of a proven row, and the row; null when no table has it. */
function rowOf({ key, value }) {
  const message = rows[key.slice(0, 2)];
  try {
    return { message, row: decode(message, fromHex(value)) };
  } catch {
    return null;
  }
}

/** What was proven as JSON, for people to read. */
export function provenContent(proven) {
  switch (proven.kind) {
    case "transaction": return {
      transaction: toJSONForm("TransactionBody", proven.body),
      receipt: toJSONForm("Receipt", proven.receipt) };
    case "block": return headerValues(proven.header);
    case "state": {
      const found = rowOf(proven);
      return found ? { [found.message]: toJSONForm(found.message, found.row) }
        : { value: proven.value };
    }
    default: return null;
  }
}

const headerValues = (header) => Object.fromEntries(Object.entries(header).map(([name, value]) => [
  name, name === "proposer" ? proposerName(value)
    : value instanceof Uint8Array ? toHex(value) : String(value)]));

/** Everything that a page may show of what was proven, by name. */
async function provenValues(proven) {
  switch (proven.kind) {
    case "transaction": return {
      id: proven.id, height: proven.height, code: proven.code, body: proven.body,
      receipt: proven.receipt };
    case "block": return headerValues(proven.header);
    case "state": return {
      key: proven.key, value: proven.value, row: rowOf(proven)?.row,
      hash: toHex(await sha256(fromHex(proven.value))) };
    default: return { key: proven.key };
  }
}

function agrees({ shown, message }, value) {
  if (message) {
    try {
      return same(shown.map((one) => fromJSONForm(message, JSON.parse(one))), value ?? []);
    } catch {
      return false;
    }
  }
  if (typeof value === "bigint" || typeof value === "number") return shown === String(value);
  return shown === (value ?? "") || (value === undefined && shown === "0");
}

/**
 * Of what a page shows, that which is proven otherwise. Each claim has the `path` of a value, as
 * it is `shown`: as text or, of a `message`, as a list of JSON forms.
 */
export async function differences(claims, proven) {
  const values = await provenValues(proven);
  return claims.map((claim) => ({
    ...claim, proven: claim.path.split(".").reduce((part, name) => part?.[name], values),
  })).filter((claim) => !agrees(claim, claim.proven));
}
