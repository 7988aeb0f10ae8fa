// The JSON form of messages (docs/formats/json-actions.md): ids as bech32m, other bytes as hex.

import * as bech32m from "./bech32m.js";
import { fromHex, toHex } from "./bytes.js";
import { enums, idPrefixes, messages } from "./messages.js";
import { Refused } from "./refusal.js";

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function writeValue(name, type, value) {
  if (type === "bytes") {
    const prefix = idPrefixes[name];
    return prefix && value.length === 20 ? bech32m.encode(prefix, value) : toHex(value);
  }
  if (typeof value === "bigint") {
    return value <= SAFE && value >= -SAFE ? Number(value) : value.toString();
  }
  if (type in enums) return enums[type][value] ?? value;
  return type in messages ? toJSONForm(type, value) : value;
}

/** A decoded message as plain JSON. */
export function toJSONForm(messageName, message) {
  const result = {};
  for (const [, name, type, mark] of messages[messageName]) {
    const value = message[name];
    if (value === undefined) continue;
    result[name] = mark === "repeated"
      ? value.map((item) => writeValue(name, type, item)) : writeValue(name, type, value);
  }
  return result;
}

function readBytes(name, value) {
  const prefix = idPrefixes[name];
  if (prefix && value.startsWith(`${prefix}1`)) {
    const decoded = bech32m.decode(value);
    if (decoded?.prefix === prefix && decoded.bytes.length === 20) return decoded.bytes;
    throw new Refused(name, "refused.checksum", { value });
  }
  const bytes = fromHex(value);
  if (!bytes || (prefix && bytes.length !== 0 && bytes.length !== 20)) {
    throw new Refused(name, "refused.no_id", { value });
  }
  return bytes;
}

function readValue(name, type, value) {
  switch (type) {
    case "bytes": return readBytes(name, value);
    case "string": return String(value);
    case "bool": return Boolean(value);
    case "uint64": case "int64": case "sint64": return BigInt(value);
    case "uint32": case "int32": case "sint32": return Number(value);
    default:
      if (!(type in enums)) return fromJSONForm(type, value);
      return Number(Object.keys(enums[type]).find((number) => enums[type][number] === value));
  }
}

/** Throws Refused, with the field, for what the message does not have. */
export function fromJSONForm(messageName, json) {
  const result = {};
  for (const [key, value] of Object.entries(json)) {
    const field = messages[messageName].find((candidate) => candidate[1] === key);
    if (!field) throw new Refused(`${messageName}.${key}`, "refused.unknown");
    if (value === undefined || value === null) continue;
    const [, name, type, mark] = field;
    result[name] = mark === "repeated"
      ? value.map((item) => readValue(name, type, item)) : readValue(name, type, value);
  }
  return result;
}
