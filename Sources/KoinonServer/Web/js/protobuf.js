// Protobuf as docs/formats/signing.md has it: what is not in Protos/ is refused at any depth.
//
// Decoded values: 64-bit numbers are BigInt, other numbers and enums Number, bytes Uint8Array.
// A field that is not there is left out, so two messages mean the same exactly when their
// decoded forms are equal.

import { concat, equalBytes, fromUTF8, utf8 } from "./bytes.js";
import { enums, messages } from "./messages.js";
import { Refused } from "./refusal.js";

const DEPTH = 16;
const VARINTS = new Set(["bool", "uint32", "uint64", "int32", "int64", "sint32", "sint64"]);

const isVarint = (type) => VARINTS.has(type) || type in enums;

function readVarint(bytes, position, place) {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    if (position >= bytes.length) throw new Refused(place, "refused.cut_number");
    const byte = bytes[position++];
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return [BigInt.asUintN(64, value), position];
  }
  throw new Refused(place, "refused.long_number");
}

function scalar(type, raw) {
  switch (type) {
    case "bool": return raw !== 0n;
    case "uint64": return raw;
    case "int64": return BigInt.asIntN(64, raw);
    case "sint64": return BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n));
    case "uint32": return Number(BigInt.asUintN(32, raw));
    case "sint32": {
      const low = BigInt.asUintN(32, raw);
      return Number(BigInt.asIntN(32, (low >> 1n) ^ -(low & 1n)));
    }
    default: return Number(BigInt.asIntN(32, raw));
  }
}

const isDefault = (value) =>
  value === 0 || value === 0n || value === false || value === "" ||
  (value instanceof Uint8Array && value.length === 0);

function mergeable(value) {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** Puts a decoded field into the message, as protobuf merges what comes twice. */
function place(result, fields, field, value) {
  const [, name, , mark] = field;
  if (mark === "repeated") {
    (result[name] ??= []).push(value);
    return;
  }
  if (mark) {
    for (const other of fields) {
      if (other[3] === mark && other[1] !== name) delete result[other[1]];
    }
  }
  // A default outside a oneof is the same as nothing.
  if (!mark && isDefault(value)) {
    delete result[name];
  } else if (mergeable(value) && mergeable(result[name])) {
    throw new Refused(name, "refused.twice");
  } else {
    result[name] = value;
  }
}

/** Throws Refused for what a node would refuse. */
export function decode(name, bytes, path = name, depth = 0) {
  const fields = messages[name];
  if (!fields) throw new Refused(path, "refused.no_message");
  if (depth >= DEPTH) throw new Refused(path, "refused.too_deep");
  const result = {};
  let position = 0;
  while (position < bytes.length) {
    let key;
    [key, position] = readVarint(bytes, position, path);
    const field = fields.find(([number]) => BigInt(number) === key >> 3n);
    if (!field) throw new Refused(path, "refused.unknown_field", { number: key >> 3n });
    const [, fieldName, type] = field;
    const at = `${path}.${fieldName}`;
    if (Number(key & 7n) !== (isVarint(type) ? 0 : 2)) {
      throw new Refused(at, "refused.other_form");
    }
    let value;
    [value, position] = readVarint(bytes, position, at);
    if (isVarint(type)) {
      place(result, fields, field, scalar(type, value));
      continue;
    }
    if (value > BigInt(bytes.length - position)) throw new Refused(at, "refused.cut");
    const content = bytes.slice(position, position + Number(value));
    position += Number(value);
    place(result, fields, field, contentOf(type, content, at, depth));
  }
  return result;
}

function contentOf(type, content, at, depth) {
  if (type === "bytes") return content;
  if (type === "string") {
    try {
      return fromUTF8(content);
    } catch {
      throw new Refused(at, "refused.not_utf8");
    }
  }
  return decode(type, content, at, depth + 1);
}

function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function encodeScalar(type, value) {
  if (type === "bool") return varint(value ? 1 : 0);
  const number = BigInt(value);
  if (type === "sint32" || type === "sint64") return varint((number << 1n) ^ (number >> 63n));
  return varint(number);
}

function encodeField([number, name, type], value) {
  if (isVarint(type)) return concat(varint(number << 3), encodeScalar(type, value));
  const content =
    type === "bytes" ? value : type === "string" ? utf8(value) : encode(type, value, name);
  return concat(varint((number << 3) | 2), varint(content.length), content);
}

/** Fields ascending, defaults left out; throws for a name that the message does not have. */
export function encode(name, message, path = name) {
  const fields = messages[name];
  for (const key of Object.keys(message)) {
    if (!fields.some((field) => field[1] === key)) {
      throw new Refused(`${path}.${key}`, "refused.unknown");
    }
  }
  const parts = [];
  for (const field of [...fields].sort((a, b) => a[0] - b[0])) {
    const value = message[field[1]];
    if (value === undefined || value === null) continue;
    if (field[3] === "repeated") {
      for (const item of value) parts.push(encodeField(field, item));
    } else if (field[3] || !isDefault(value)) {
      parts.push(encodeField(field, value));
    }
  }
  return concat(...parts);
}

/** Whether two decoded values mean the same. */
export function same(a, b) {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  if (mergeable(a)) {
    if (!mergeable(b) || Array.isArray(b)) return false;
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((n) => n in b && same(a[n], b[n]));
  }
  return a === b;
}
