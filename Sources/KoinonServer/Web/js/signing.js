// Signatures cover  tag ‖ 0x00 ‖ body: docs/formats/signing.md.

import { concat, equalBytes, utf8 } from "./bytes.js";

export const TAGS = {
  transaction: "koinon/transaction/v1",
  consent: "koinon/account-consent/v1",
  attestation: "koinon/attestation/v1",
};

export const signedBytes = (tag, body) => concat(utf8(tag), new Uint8Array(1), body);

export async function sign(privateKey, tag, body) {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, signedBytes(tag, body)));
}

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  for (let factor = mod(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n);
// Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 section 5.1.4).
const IDENTITY = [0n, 1n, 1n, 0n];

function add(a, b) {
  const e = mod((a[1] - a[0]) * (b[1] - b[0]));
  const f = mod((a[1] + a[0]) * (b[1] + b[0]));
  const g = mod(2n * a[3] * b[3] * D);
  const h = mod(2n * a[2] * b[2]);
  const [p, q, r, s] = [f - e, h - g, h + g, f + e];
  return [mod(p * q), mod(r * s), mod(q * r), mod(p * s)];
}

function multiply(scalar, point) {
  let result = IDENTITY;
  for (let rest = scalar, power2 = point; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, power2);
    power2 = add(power2, power2);
  }
  return result;
}

const isIdentity = (point) => mod(point[0]) === 0n && mod(point[1] - point[2]) === 0n;

const littleEndian = (bytes) =>
  [...bytes].reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Null unless the bytes are the canonical encoding of a point of the curve. */
function decodePoint(bytes) {
  const number = littleEndian(bytes);
  const sign = number >> 255n;
  const y = number & ((1n << 255n) - 1n);
  if (bytes.length !== 32 || y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * ROOT_OF_MINUS_1);
  if (mod(x * x - square) !== 0n || (x === 0n && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

const knownKeys = [];

/** In the prime-order group, canonical, and not the identity. */
function isValidKey(bytes) {
  if (knownKeys.some((known) => equalBytes(known, bytes))) return true;
  const point = decodePoint(bytes);
  if (!point || isIdentity(point) || !isIdentity(multiply(L, point))) return false;
  knownKeys.push(bytes);
  return true;
}

/** The one judgement of all nodes: which key and R may stand there is checked here, the
 * equation itself, without the cofactor, by the browser. */
export async function isAuthentic(tag, body, publicKey, signature) {
  if (signature.length !== 64 || !isValidKey(publicKey)) return false;
  const r = decodePoint(signature.slice(0, 32));
  if (!r || isIdentity(multiply(8n, r)) || littleEndian(signature.slice(32)) >= L) return false;
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, signedBytes(tag, body));
}
