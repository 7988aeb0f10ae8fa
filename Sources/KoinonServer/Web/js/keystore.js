// Keys live in this browser only: in IndexedDB, and such that not even this page can read the
// secret again. What can be taken elsewhere is a copy encrypted with a passphrase, made once,
// when the key is made (docs/formats/encrypted-key.md).

import { concat, fromHex, toHex, utf8 } from "./bytes.js";
import { accountText } from "./identifiers.js";

const FORMAT = "koinon/encrypted-key/v1";
const PLAIN = "koinon/key/v1";
export const LEAST_PASSPHRASE = 10;
const ITERATIONS = 600_000;
// PKCS #8 of an Ed25519 key without its seed (RFC 8410).
const PKCS8_HEAD = fromHex("302e020100300506032b657004220420");

/** The name of the text that says why no signature can be checked here; null when one can. */
export async function whyNoCheck() {
  if (!globalThis.isSecureContext || !crypto.subtle) return "insecure";
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return null;
  } catch {
    return "no_ed25519";
  }
}

/** The name of the text that says why no key can be used here; null when one can. */
export const whyNot = async () =>
  (await whyNoCheck()) ?? (globalThis.indexedDB ? null : "no_storage");

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("koinon", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys", { keyPath: "publicKey" });
      request.result.createObjectStore("reviews", { keyPath: "id" });
      request.result.createObjectStore("pending", { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(store, mode, use) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const request = use(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const put = (store, value) => run(store, "readwrite", (objects) => objects.put(value));
export const get = (store, key) => run(store, "readonly", (objects) => objects.get(key));
export const all = (store) => run(store, "readonly", (objects) => objects.getAll());
export const remove = (store, key) => run(store, "readwrite", (objects) => objects.delete(key));

async function wrappingKey(passphrase, salt, iterations, uses) {
  const secret = await crypto.subtle.importKey(
    "raw", utf8(passphrase.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations }, secret,
    { name: "AES-GCM", length: 256 }, false, uses);
}

const bound = (publicKey) => concat(utf8(FORMAT), new Uint8Array(1), publicKey);

/** The encrypted copy of a seed as a JSON value. */
export async function encryptSeed(seed, publicKey, name, passphrase) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await wrappingKey(passphrase, salt, ITERATIONS, ["encrypt"]);
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: bound(publicKey) }, key, seed);
  return {
    format: FORMAT, name, public_key: toHex(publicKey),
    derivation: "PBKDF2-HMAC-SHA-256", iterations: ITERATIONS, salt: toHex(salt),
    cipher: "AES-256-GCM", iv: toHex(iv), sealed_seed: toHex(new Uint8Array(sealed)),
  };
}

/** The seed, or null when the passphrase is another; throws for what is no such file. */
export async function decryptSeed(file, passphrase) {
  const parts = [file.public_key, file.salt, file.iv, file.sealed_seed]
    .map((part) => fromHex(part));
  const [publicKey, salt, iv, sealed] = parts;
  const known = file.format === FORMAT && file.derivation === "PBKDF2-HMAC-SHA-256"
    && file.cipher === "AES-256-GCM" && parts.every((part) => part)
    && publicKey.length === 32 && iv.length === 12 && sealed.length === 48
    && Number.isInteger(file.iterations) && file.iterations >= 100_000
    && file.iterations <= 10_000_000;
  if (!known) throw new Error("not an encrypted key");
  const key = await wrappingKey(passphrase, salt, file.iterations, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: bound(publicKey) }, key, sealed));
  } catch {
    return null;
  }
}

const importSeed = (seed) => crypto.subtle.importKey(
  "pkcs8", concat(PKCS8_HEAD, seed), "Ed25519", false, ["sign"]);

async function keep(chain, seed, publicKey, name, copy) {
  const record = {
    publicKey: toHex(publicKey), chain: toHex(chain), name, copy,
    account: await accountText(chain, publicKey), privateKey: await importSeed(seed),
    usedAt: Date.now(),
  };
  seed.fill(0);
  await put("keys", record);
  return record;
}

/** Makes a key. Its secret is never stored but encrypted, and inside the browser. */
export async function makeKey(chain, name, passphrase) {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const seed = pkcs8.slice(-32);
  pkcs8.fill(0);
  return keep(chain, seed, publicKey, name, await encryptSeed(seed, publicKey, name, passphrase));
}

/** Throws unless what the seed signs is the public key's. */
async function checkSeed(seed, publicKey) {
  const probe = utf8("koinon: does the seed belong to the key?");
  const signature = await crypto.subtle.sign("Ed25519", await importSeed(seed), probe);
  const shown = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", shown, signature, probe))) {
    throw new Error("the seed does not belong to the public key");
  }
}

/** Takes in an encrypted copy; null when the passphrase is another. */
export async function importKey(chain, file, passphrase) {
  if (file.format === PLAIN) return importPlain(chain, file, passphrase);
  const seed = await decryptSeed(file, passphrase);
  if (!seed) return null;
  const publicKey = fromHex(file.public_key);
  await checkSeed(seed, publicKey);
  return keep(chain, seed, publicKey, String(file.name ?? "").slice(0, 40), file);
}

/**
 * Takes in a key file of the command (docs/formats/key-file.md), a member's for instance; the
 * passphrase is that of the encrypted copy which the page makes of it.
 */
async function importPlain(chain, file, passphrase) {
  const [seed, publicKey] = [fromHex(file.seed), fromHex(file.public_key)];
  if (seed?.length !== 32 || publicKey?.length !== 32) throw new Error("not a key file");
  await checkSeed(seed, publicKey);
  const name = String(file.name ?? "").slice(0, 40);
  const copy = await encryptSeed(seed, publicKey, name, passphrase);
  return keep(chain, seed, publicKey, name, copy);
}

/** Keys for this chain, the one used last first. */
export async function keysOf(chain) {
  const hex = toHex(chain);
  const keys = (await all("keys")).filter((key) => key.chain === hex);
  return keys.sort((a, b) => b.usedAt - a.usedAt);
}

export async function useKey(key) {
  await put("keys", { ...key, usedAt: Date.now() });
}

/** Says that a key acts for an account that was opened with another one. */
export async function attachKey(key, account) {
  await put("keys", { ...key, account, usedAt: Date.now() });
}
