// Checks a proof file from the genesis document alone: docs/formats/proof.md.

import { fromUTF8, sha256, taggedSHA256, toHex, utf8 } from "./bytes.js";
import {
  bit, fields, hashes, historyRoot, items, leafHash, readHeader, slug, stateLeaf, stateRoot,
  stepRoot, unhex,
} from "./proof-header.js";
import { checkChain, Sets } from "./proof-members.js";
import { decode } from "./protobuf.js";
import { Refused, require } from "./refusal.js";
import { isAuthentic, TAGS } from "./signing.js";

const LARGEST_PROOF = 8 << 20;
const GENESIS = "koinon/genesis/v1";
const PROOF = "koinon/proof/v1";

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused("", "refused.not_json");
  }
}

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
      const name = parse(token);
      require(!names.at(-1)?.has(name), name, "refused.name_twice");
      names.at(-1)?.add(name);
    }
  }
  return parse(text);
}

async function checkTransaction(content, header) {
  fields(content, "content", ["kind", "id", "transaction", "receipt", "path"]);
  const packed = unhex(content.transaction, "content.transaction");
  require(packed.length >= 96, "content.transaction", "refused.no_head");
  const body = packed.slice(96);
  const id = unhex(content.id, "content.id", 32);
  require(toHex(id) === toHex(await sha256(body)), "content.id", "refused.other_id");
  const decoded = decode("TransactionBody", body, "content.transaction");
  require(toHex(decoded.chain ?? []) === header.chain, "content.transaction",
    "refused.other_chain");
  require(await isAuthentic(TAGS.transaction, body, packed.slice(0, 32), packed.slice(32, 96)),
    "content.transaction", "refused.bad_signature");
  const receiptBytes = unhex(content.receipt, "content.receipt");
  const receipt = decode("Receipt", receiptBytes, "content.receipt");
  const steps = items(content.path, "content.path").map(([item, where]) => {
    fields(item, where, ["side", "transactions", "receipts"]);
    require(["left", "right"].includes(item.side), `${where}.side`, "refused.side");
    return [item.side, unhex(item.transactions, `${where}.transactions`, 32),
      unhex(item.receipts, `${where}.receipts`, 32)];
  });
  const leaf = Uint8Array.of(1, ...packed);
  require((await stepRoot(leaf, steps.map(([side, one]) => [side, one])))
    === header.transactions_root, "content.path", "refused.transactions_root");
  require((await stepRoot(receiptBytes, steps.map(([side, , other]) => [side, other])))
    === header.receipts_root, "content.receipt", "refused.receipts_root");
  return { kind: "transaction", id: toHex(id), code: receipt.code ?? 0, body: decoded, receipt };
}

async function checkState(content, header) {
  fields(content, "content", ["kind", "key", "value", "siblings"]);
  const key = unhex(content.key, "content.key");
  const value = unhex(content.value, "content.value");
  const keyHash = await sha256(key);
  const start = await stateLeaf(keyHash, await sha256(value));
  const root = await stateRoot(keyHash, start, hashes(content.siblings, "content.siblings"));
  require(root === header.state_root, "content", "refused.state_root");
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
    require(toHex(other) !== toHex(keyHash), "content.other_leaf", "refused.own_leaf");
    require(siblings.slice(0, 256).every((_, i) => bit(other, i) === bit(keyHash, i)),
      "content.other_leaf", "refused.elsewhere");
    start = await stateLeaf(other, value);
  }
  const root = await stateRoot(keyHash, start, siblings);
  require(root === header.state_root, "content", "refused.not_absent");
  return { kind: "absent", key: content.key };
}

async function checkBlock(content) {
  fields(content, "content", ["kind"]);
  return { kind: "block" };
}

const CONTENTS = {
  block: checkBlock, transaction: checkTransaction, state: checkState, absent: checkAbsent,
};

function readText(bytes) {
  try {
    return fromUTF8(bytes);
  } catch {
    throw new Refused("genesis", "refused.not_utf8");
  }
}

/** Chain id (hex) and members of the genesis document, whose bytes must be exactly its own. */
export async function readGenesis(bytes) {
  const document = parseStrictly(readText(bytes));
  require(document?.format === GENESIS, "genesis.format", "refused.format", { format: GENESIS });
  const members = new Map();
  for (const [item, where] of items(document.members, "genesis.members")) {
    const name = slug(item?.id, `${where}.id`);
    require(!members.has(name), `${where}.id`, "refused.twice");
    members.set(name, unhex(String(item.node_key).toLowerCase(), `${where}.node_key`, 32));
  }
  require(members.size > 0, "genesis.members", "refused.no_members");
  return { chain: toHex(await taggedSHA256(GENESIS, bytes)), members };
}

/** What the proof file proves, or throws Refused. */
export async function checkProof(text, { chain, members: first }) {
  require(utf8(text).length <= LARGEST_PROOF, "", "refused.too_large", { most: LARGEST_PROOF });
  const file = fields(parseStrictly(text), "",
    ["format", "chain", "member_changes", "header", "attestations", "content"],
    ["history", "epoch_records"]);
  require(file.format === PROOF, "format", "refused.format", { format: PROOF });
  require(file.chain === chain, "chain", "refused.other_genesis");
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
    require(header.height < attested.height, "history.header", "refused.not_below");
    const root = await historyRoot(await leafHash(header.hash), header.height, attested.height,
      hashes(history.path, "history.path"), "history.path");
    require(root === attested.history_root, "history.path", "refused.history_root");
  }
  require(Object.hasOwn(CONTENTS, file.content?.kind), "content.kind", "refused.kind",
    { kinds: Object.keys(CONTENTS).join(", ") });
  return {
    ...(await CONTENTS[file.content.kind](file.content, header)),
    header, height: header.height, timeMs: header.time_ms, finalBy: attested.height,
    signers: file.attestations.map((item) => item.member), memberCount: sets.members.size,
  };
}
