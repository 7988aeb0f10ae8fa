// What a reader is told of a proof or a file that is not taken. Run by `node --test Tests/Web/`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../Sources/KoinonServer/Web/", import.meta.url);
const vectors = new URL("../KoinonLedgerTests/Vectors/", import.meta.url);
const read = (name) => readFileSync(new URL(name, vectors));
const load = (name) => import(new URL(`js/${name}`, web));
const words = (language) =>
  JSON.parse(readFileSync(new URL(`texts/${language}.json`, web))).refused;

globalThis.document = {
  documentElement: { lang: "de" },
  createElement: () => ({
    parts: [],
    append(...more) { this.parts.push(...more); },
    setAttribute() {},
  }),
};
globalThis.fetch = async (path) =>
  new Response(readFileSync(new URL(path.replace("/assets/", ""), web)));
const { loadTexts } = await load("texts.js");
await loadTexts();
const { Refused, refusalText } = await load("refusal.js");
const { fromHex, utf8 } = await load("bytes.js");
const { checkProof, readGenesis } = await load("proof.js");
const { fromJSONForm } = await load("json-form.js");
const { decode } = await load("protobuf.js");

const { Problem } = await load("node-api.js");
const { faultNote } = await load("sign-dialog.js");

const german = words("de");
const english = words("en");

/** What is told of it; a fault of another kind would be told in nobody's words. */
async function told(attempt) {
  try {
    await attempt();
  } catch (fault) {
    assert.ok(fault instanceof Refused, `${fault}`);
    return refusalText(fault);
  }
  return assert.fail("it was taken");
}

const genesis = await readGenesis(read("genesis.json"));
const transaction = JSON.parse(read("proof-transaction.json"));
const changed = (change) => {
  const file = structuredClone(transaction);
  change(file);
  return JSON.stringify(file);
};

test("a malformed proof is refused in the page's language", async () => {
  const cases = [
    ["{", "Die Datei: Das ist kein JSON."],
    ["[]", "Die Datei: ist kein Objekt."],
    ['{"\\x": 1}', "Die Datei: Das ist kein JSON."],
    ['{"a": 1, "a": 2}', "a: Dieser Name steht zweimal in einem Objekt."],
    [" ".repeat((8 << 20) + 1), "Die Datei: größer als 8388608 Byte."],
    ["{}", "format: fehlt."],
    [changed((file) => { file.more = 1; }),
      "more: Nichts mit diesem Namen gehört dorthin."],
    [changed((file) => { file.format = "koinon/proof/v2"; }),
      "format: ist nicht koinon/proof/v1."],
    [changed((file) => { file.header = "00"; }), "header: hat 1 Byte statt 348."],
    [changed((file) => { file.header = "XY"; }),
      "header: ist nicht hexadezimal in Kleinbuchstaben."],
    [changed((file) => { file.content.kind = "word"; }),
      "content.kind: ist nichts von block, transaction, state, absent."],
    [changed((file) => { file.content.transaction = "00"; }),
      "content.transaction: hat keinen ganzen Kopf aus Schlüssel und Unterschrift."],
    [changed((file) => { file.content.path = {}; }), "content.path: ist keine Liste."],
  ];
  for (const [text, expected] of cases) {
    assert.equal(await told(() => checkProof(text, genesis)), expected);
  }
});

test("a proof that does not hold is refused in the page's language", async () => {
  const members = genesis.members.size;
  const cases = [
    [(file) => { file.attestations = file.attestations.slice(0, 1); },
      `attestations: Von ${members} Mitgliedern sind es 1; `
        + `endgültig wird ein Block mit ${Math.floor((2 * members) / 3) + 1}.`],
    [(file) => { file.attestations.reverse(); }, `attestations[1].member: ${
      german.order.replace("{place}: ", "")}`],
    [(file) => { file.attestations[0].signature = "00".repeat(64); },
      "attestations[0].signature: Diese Unterschrift ist nicht die ihres Schlüssels."],
    [(file) => { file.content.receipt = "00"; },
      "content.receipt: hat die Feldnummer 0, die nicht bekannt ist."],
    [(file) => { file.content.receipt = ""; },
      "content.receipt: führt nicht zu den Quittungen des Blocks."],
    [(file) => { file.content.id = "00".repeat(32); },
      "content.id: ist nicht die Kennung der Transaktion in der Datei."],
  ];
  for (const [change, expected] of cases) {
    assert.equal(await told(() => checkProof(changed(change), genesis)), expected);
  }
  const other = { ...genesis, chain: "00".repeat(32) };
  assert.equal(await told(() => checkProof(changed(() => {}), other)),
    "chain: ist nicht die der Gründungsurkunde.");
});

test("a file that is no genesis document or no definition is refused in the page's language",
  async () => {
    assert.equal(await told(() => readGenesis(Uint8Array.of(0xff))),
      "genesis: Das ist kein Text in UTF-8.");
    assert.equal(await told(() => readGenesis(utf8("null"))),
      "genesis.format: ist nicht koinon/genesis/v1.");
    assert.equal(await told(() => fromJSONForm("ProcessDefinition", { titel: "x" })),
      "ProcessDefinition.titel: Nichts mit diesem Namen gehört dorthin.");
    assert.equal(await told(() => decode("TransactionBody", fromHex("3202fffe"))),
      "TransactionBody.memo: Das ist kein Text in UTF-8.");
  });

test("every change of a proof is refused in words that other languages have too", async () => {
  for (const name of readdirSync(vectors).filter((file) => /^proof-.*\.json$/.test(file))) {
    const text = read(name).toString();
    for (const place of text.matchAll(/"[0-9a-f]{40,}"/g)) {
      const at = place.index + 1 + Math.floor(place[0].length / 2);
      const digit = text[at] === "0" ? "1" : "0";
      const words = await told(
        () => checkProof(text.slice(0, at) + digit + text.slice(at + 1), genesis));
      assert.doesNotMatch(words, /[{}]|^refused/, `${name} at ${at}`);
    }
  }
});

test("whatever the scripts refuse has words in each language", () => {
  const reasons = new Set();
  for (const name of readdirSync(new URL("js/", web))) {
    const source = readFileSync(new URL(`js/${name}`, web)).toString();
    for (const [, reason] of source.matchAll(/"refused\.([a-z_0-9]+)"/g)) reasons.add(reason);
  }
  assert.ok(reasons.size > 50);
  for (const texts of [german, english]) {
    assert.deepEqual(Object.keys(texts).sort(), [...reasons].sort());
  }
  // A reason that is no text's key would be shown as it stands.
  for (const name of ["proof.js", "proof-header.js", "proof-members.js", "protobuf.js"]) {
    const source = readFileSync(new URL(`js/${name}`, web)).toString();
    assert.doesNotMatch(source, /"(?:is|are|has|have|does|stands|ends|attests) /, name);
  }
});

test("whatever else goes wrong is told once, and the browser's own words as such", () => {
  const lines = (part) => (part.parts ? part.parts.flatMap(lines) : [part]);
  assert.deepEqual(lines(faultNote(new Problem({ title: "Etwas", remedy: "Tu das." }))),
    ["Etwas", "Tu das."]);
  assert.deepEqual(lines(faultNote(new Error("no space"))),
    ["Das hat nicht geklappt.", "Der Browser meldet: „no space“"]);
  assert.deepEqual(lines(faultNote(new Refused("name", "refused.missing"))),
    ["Das hat nicht geklappt.", "name: fehlt."]);
});
