// Bech32m (BIP 350): how ids of 20 bytes are written.

const CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM = 0x2bc830a3;
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function polymod(values) {
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    for (let bit = 0; bit < 5; bit++) if ((top >>> bit) & 1) checksum ^= GENERATORS[bit];
  }
  return checksum >>> 0;
}

function expand(prefix) {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function regroup(input, from, to, padding) {
  const output = [];
  let accumulator = 0;
  let bits = 0;
  for (const value of input) {
    accumulator = ((accumulator << from) | value) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      output.push((accumulator >> bits) & ((1 << to) - 1));
    }
  }
  const rest = (accumulator << (to - bits)) & ((1 << to) - 1);
  if (padding) {
    if (bits > 0) output.push(rest);
  } else if (bits >= from || rest !== 0) {
    return null;
  }
  return output;
}

export function encode(prefix, bytes) {
  const data = regroup(bytes, 8, 5, true);
  const checksum = (polymod([...expand(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ CHECKSUM) >>> 0;
  const tail = [25, 20, 15, 10, 5, 0].map((shift) => (checksum >>> shift) & 31);
  return `${prefix}1${[...data, ...tail].map((value) => CHARACTERS[value]).join("")}`;
}

/** `{prefix, bytes}`, or null: mixed case, a foreign character, a wrong checksum or padding. */
export function decode(text) {
  if (text.length > 90 || (text !== text.toLowerCase() && text !== text.toUpperCase())) return null;
  const lower = text.toLowerCase();
  const separator = lower.lastIndexOf("1");
  if (separator < 1 || lower.length - separator - 1 < 6) return null;
  const prefix = lower.slice(0, separator);
  if (!/^[!-~]+$/.test(prefix)) return null;
  const values = Array.from(lower.slice(separator + 1), (letter) => CHARACTERS.indexOf(letter));
  if (values.includes(-1) || polymod([...expand(prefix), ...values]) !== CHECKSUM) return null;
  const bytes = regroup(values.slice(0, -6), 5, 8, false);
  return bytes && { prefix, bytes: Uint8Array.from(bytes) };
}
