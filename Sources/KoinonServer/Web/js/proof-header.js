// Headers, members and the trees of a proof: docs/formats/header.md, merkle-trees.md,
// state-tree.md.

import { bigEndian, concat, sha256, taggedSHA256, toHex, utf8 } from "./bytes.js";
import { require } from "./refusal.js";

const SLUG = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

export function slug(value, place) {
  require(typeof value === "string" && SLUG.test(value), place, "refused.no_member_name");
  return value;
}

export function unhex(value, place, count) {
  require(typeof value === "string" && HEX.test(value), place, "refused.not_hex");
  const bytes = Uint8Array.from(value.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  require(count === undefined || bytes.length === count, place, "refused.length",
    { found: bytes.length, wanted: count });
  return bytes;
}

export function items(value, place) {
  require(Array.isArray(value), place, "refused.not_list");
  return value.map((item, index) => [item, `${place}[${index}]`]);
}

export const hashes = (value, place) =>
  items(value, place).map(([item, where]) => unhex(item, where, 32));

const within = (place, name) => (place ? `${place}.${name}` : name);

export function fields(value, place, names, optional = []) {
  require(value !== null && typeof value === "object" && !Array.isArray(value), place,
    "refused.not_object");
  for (const name of Object.keys(value)) {
    require(names.includes(name) || optional.includes(name), within(place, name),
      "refused.unknown");
  }
  for (const name of names) {
    require(Object.hasOwn(value, name), within(place, name), "refused.missing");
  }
  return value;
}

const LAYOUT = [
  ["version", 4], ["chain", 32], ["epoch", 8], ["height", 8], ["parent", 32], ["time_ms", 8],
  ["entries_root", 32], ["transactions_root", 32], ["receipts_root", 32], ["state_root", 32],
  ["history_root", 32], ["members_hash", 32], ["next_members_hash", 32], ["proposer", 32],
];

/** The member that a header's 32 bytes in hex name as its proposer; empty for none. */
export function proposerName(padded) {
  const name = padded.replace(/(?:00)*$/, "");
  return String.fromCharCode(...unhex(name, "proposer"));
}

/** A header of 348 bytes: numbers as BigInt, the rest as bytes or, in short, as hex. */
export async function readHeader(bytes, place) {
  require(bytes.length === 348, place, "refused.length", { found: bytes.length, wanted: 348 });
  const header = { hash: await taggedSHA256("koinon/header/v1", bytes) };
  let position = 0;
  for (const [name, count] of LAYOUT) {
    const part = bytes.slice(position, position + count);
    position += count;
    header[name] = count <= 8 ? BigInt(`0x${toHex(part)}`) : toHex(part);
  }
  require(header.version === 1n, place, "refused.version");
  const name = proposerName(header.proposer);
  require(name === "" || SLUG.test(name), place, "refused.proposer");
  return header;
}

/** Of members as `[name, node key]`. */
export async function membersHash(members) {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.flatMap(([name, key]) => [Uint8Array.of(name.length), utf8(name), key]);
  return toHex(await taggedSHA256("koinon/members/v1", bigEndian(members.size, 4), ...parts));
}

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);
export const leafHash = (leaf) => sha256(ZERO, leaf);
export const inner = (left, right) => sha256(ONE, left, right);

/** RFC 9162 section 2.1.3.2, for the tree of earlier headers. */
export async function historyRoot(leaf, index, size, path, place) {
  require(index < size, place, "refused.not_in_tree");
  let [node, last, value] = [index, size - 1n, leaf];
  for (const sibling of path) {
    require(last !== 0n, place, "refused.path_long");
    if (node & 1n || node === last) {
      value = await inner(sibling, value);
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      value = await inner(value, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  require(last === 0n, place, "refused.path_short");
  return toHex(value);
}

/** From a leaf upward by steps of `[side, sibling]`. */
export async function stepRoot(leaf, steps) {
  let value = await leafHash(leaf);
  for (const [side, sibling] of steps) {
    value = side === "left" ? await inner(sibling, value) : await inner(value, sibling);
  }
  return toHex(value);
}

export const bit = (bytes, index) => (bytes[index >> 3] >> (7 - (index % 8))) & 1;

/** From where a key belongs in the state tree up to its root. */
export async function stateRoot(keyHash, start, siblings) {
  require(siblings.length <= 256, "content.siblings", "refused.many_siblings");
  let value = start;
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    value = bit(keyHash, depth)
      ? await inner(siblings[depth], value) : await inner(value, siblings[depth]);
  }
  return toHex(value);
}

export const stateLeaf = (keyHash, valueHash) => sha256(ZERO, concat(keyHash, valueHash));
