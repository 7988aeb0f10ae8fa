// Checks a proof file from the genesis document alone: docs/formats/proof.md.

import { sha256, taggedSHA256, toHex, utf8 } from "./bytes.js";
import {
  bit, fields, hashes, historyRoot, items, leafHash, readHeader, Refused, require, slug,
  stateLeaf, stateRoot, stepRoot, unhex,
} from "./proof-header.js";
import { checkChain, decodeBody, Sets } from "./proof-members.js";
import { isAuthentic, TAGS } from "./signing.js";

export { Refused };

const LARGEST_PROOF = 8 << 20;

/** JSON whose objects have no name twice, which JSON.parse alone would let pass. */
export function parseStrictly(text) {
  const names = [];
  // Every text of the file that is a name stands before a colon.
  const tokens = /"(?:[^"\\]|\\.)*"|[{}:,[\]]|[^\s"{}:,[\]]+/gs;
  const found = text.match(tokens) ?? [];
  for (const [index, token] of found.entries()) {
    if (token === "{") names.push(new Set());
    else if (token === "}") names.pop();
    else if (token[0] === '"' && found[index + 1] === ":") {
      const name = JSON.parse(token);
      require(!names.at(-1)?.has(name), "the file", "has a name twice in one object");
      names.at(-1)?.add(name);
    }
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused("the file is not JSON");
  }
}

async function checkTransaction(content, header) {
  fields(content, "content", ["kind", "id", "transaction", "receipt", "path"]);
  const packed = unhex(content.transaction, "content.transaction");
  require(packed.length >= 96, "content.transaction", "has no complete head");
  const body = packed.slice(96);
  const id = unhex(content.id, "content.id", 32);
  require(toHex(id) === toHex(await sha256(body)), "content.id", "is not that of the transaction");
  const decoded = decodeBody("TransactionBody", body, "content.transaction");
  require(toHex(decoded.chain ?? []) === header.chain, "content.transaction",
    "is meant for another chain");
  require(await isAuthentic(TAGS.transaction, body, packed.slice(0, 32), packed.slice(32, 96)),
    "content.transaction", "has a signature that is not its key's");
  const receiptBytes = unhex(content.receipt, "content.receipt");
  const receipt = decodeBody("Receipt", receiptBytes, "content.receipt");
  const steps = items(content.path, "content.path").map(([item, where]) => {
    fields(item, where, ["side", "transactions", "receipts"]);
    require(["left", "right"].includes(item.side), `${where}.side`, "is neither left nor right");
    return [item.side, unhex(item.transactions, `${where}.transactions`, 32),
      unhex(item.receipts, `${where}.receipts`, 32)];
  });
  const leaf = Uint8Array.of(1, ...packed);
  require((await stepRoot(leaf, steps.map(([side, one]) => [side, one])))
    === header.transactions_root, "content.path", "does not lead to the block's transactions");
  require((await stepRoot(receiptBytes, steps.map(([side, , other]) => [side, other])))
    === header.receipts_root, "content.receipt", "does not lead to the block's receipts");
  return { kind: "transaction", id: toHex(id), code: receipt.code ?? 0, body: decoded, receipt };
}

async function checkState(content, header) {
  fields(content, "content", ["kind", "key", "value", "siblings"]);
  const key = unhex(content.key, "content.key");
  const value = unhex(content.value, "content.value");
  const keyHash = await sha256(key);
  const start = await stateLeaf(keyHash, await sha256(value));
  const root = await stateRoot(keyHash, start, hashes(content.siblings, "content.siblings"));
  require(root === header.state_root, "content", "does not lead to the block's state root");
  return { kind: "state", key: content.key, value: content.value };
}

async function checkAbsent(content, header) {
  fields(content, "content", ["kind", "key", "siblings"], ["other_leaf"]);
  const keyHash = await sha256(unhex(content.key, "content.key"));
  const siblings = hashes(content.siblings, "content.siblings");
  let start = new Uint8Array(32);
  if ("other_leaf" in content) {
    const leaf = fields(content.other_leaf, "content.other_leaf", ["key_hash", "value_hash"]);
    const other = unhex(leaf.key_hash, "content.other_leaf.key_hash", 32);
    const value = unhex(leaf.value_hash, "content.other_leaf.value_hash", 32);
    require(toHex(other) !== toHex(keyHash), "content.other_leaf", "is the key's own leaf");
    require(siblings.slice(0, 256).every((_, i) => bit(other, i) === bit(keyHash, i)),
      "content.other_leaf", "stands elsewhere in the tree");
    start = await stateLeaf(other, value);
  }
  const root = await stateRoot(keyHash, start, siblings);
  require(root === header.state_root, "content", "does not show the key absent from the state");
  return { kind: "absent", key: content.key };
}

async function checkBlock(content) {
  fields(content, "content", ["kind"]);
  return { kind: "block" };
}

const CONTENTS = {
  block: checkBlock, transaction: checkTransaction, state: checkState, absent: checkAbsent,
};

/** Chain id (hex) and members of the genesis document, whose bytes must be exactly its own. */
export async function readGenesis(bytes) {
  const document = parseStrictly(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  require(document?.format === "koinon/genesis/v1", "genesis format", "is not koinon/genesis/v1");
  const members = new Map();
  for (const [item, where] of items(document.members, "genesis members")) {
    const name = slug(item?.id, `${where}.id`);
    require(!members.has(name), `${where}.id`, "stands there twice");
    members.set(name, unhex(String(item.node_key).toLowerCase(), `${where}.node_key`, 32));
  }
  require(members.size > 0, "genesis members", "has no member");
  return { chain: toHex(await taggedSHA256("koinon/genesis/v1", bytes)), members };
}

/** What the proof file proves, or throws Refused. */
export async function checkProof(text, { chain, members: first }) {
  require(utf8(text).length <= LARGEST_PROOF, "the file", `has more than ${LARGEST_PROOF} bytes`);
  const file = fields(parseStrictly(text), "the file",
    ["format", "chain", "member_changes", "header", "attestations", "content"],
    ["history", "epoch_records"]);
  require(file.format === "koinon/proof/v1", "format", "is not koinon/proof/v1");
  require(file.chain === chain, "chain", "is not that of the genesis document");
  const sets = new Sets(first, chain);
  await sets.walk(file.member_changes, file.epoch_records ?? []);
  const attested = await readHeader(unhex(file.header, "header"), "header");
  checkChain(attested, chain, "header");
  await sets.checkFinal(attested, file.attestations, "");
  let header = attested;
  if ("history" in file) {
    const history = fields(file.history, "history", ["header", "path"]);
    header = await readHeader(unhex(history.header, "history.header"), "history.header");
    checkChain(header, chain, "history.header");
    require(header.height < attested.height, "history.header", "is not below the attested header");
    const root = await historyRoot(await leafHash(header.hash), header.height, attested.height,
      hashes(history.path, "history.path"), "history.path");
    require(root === attested.history_root, "history.path",
      "does not lead to the attested history");
  }
  require(Object.hasOwn(CONTENTS, file.content?.kind), "content.kind",
    "is none of block, transaction, state, absent");
  return {
    ...(await CONTENTS[file.content.kind](file.content, header)),
    header, height: header.height, timeMs: header.time_ms, finalBy: attested.height,
    signers: file.attestations.map((item) => item.member), memberCount: sets.members.size,
  };
}
