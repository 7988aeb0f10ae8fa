// Bytes and their texts.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export const utf8 = (text) => encoder.encode(text);

/** Throws when the bytes are not UTF-8. */
export const fromUTF8 = (bytes) => decoder.decode(bytes);

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Null unless the text is hex digits in pairs. */
export function fromHex(text) {
  if (typeof text !== "string" || !/^(?:[0-9a-fA-F]{2})*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Throws when the text is not base64. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function concat(...parts) {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

export function equalBytes(a, b) {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** A whole number as `count` bytes, big endian. */
export function bigEndian(value, count) {
  const bytes = new Uint8Array(count);
  let rest = BigInt(value);
  for (let i = count - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** SHA-256 of tag, one zero byte and the parts: hashes of different kinds stay apart. */
export const taggedSHA256 = (tag, ...parts) => sha256(utf8(tag), new Uint8Array(1), ...parts);
