// Which proof is of a page, and whether the page shows what it proves. Run by `node --test Tests/Web/`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const js = new URL("../../Sources/KoinonServer/Web/js/", import.meta.url);
const vectors = new URL("../KoinonLedgerTests/Vectors/", import.meta.url);
const load = (name) => import(new URL(name, js));
const read = (name) => readFileSync(new URL(name, vectors));

const bech32m = await load("bech32m.js");
const bytes = await load("bytes.js");
const { toJSONForm } = await load("json-form.js");
const { rows } = await load("messages.js");
const { checkProof, readGenesis } = await load("proof.js");
const { differences, proofPath, provenContent, provenSubject, subjectOf }
  = await load("proof-subject.js");
const { encode } = await load("protobuf.js");
const { Refused } = await load("refusal.js");

const genesis = await readGenesis(read("genesis.json"));
const prove = (name) => checkProof(read(`proof-${name}.json`).toString(), genesis);
/** The paths that a page shows otherwise than they are proven. */
const wrong = async (claims, proven) => (await differences(claims, proven)).map(({ path }) => path);

test("a page's address says what it is about, and where the proof is", () => {
  const id = new Uint8Array(20).fill(7);
  const hex = "07".repeat(20);
  const cases = {
    [`/account/${bech32m.encode("koi", id)}`]: `/v1/proofs/state/20${hex}`,
    [`/resource/${bech32m.encode("koires", id)}`]: `/v1/proofs/state/41${hex}`,
    [`/offer/${bech32m.encode("koioff", id)}`]: `/v1/proofs/state/50${hex}`,
    [`/request/${bech32m.encode("koireq", id)}`]: `/v1/proofs/state/51${hex}`,
    [`/agreement/${bech32m.encode("koiagr", id)}`]: `/v1/proofs/state/61${hex}`,
    [`/explorer/transaction/${"AB".repeat(32)}`]: `/v1/proofs/transactions/${"ab".repeat(32)}`,
    "/explorer/block/12": "/v1/proofs/blocks/12",
    "/explorer/block/012": "/v1/proofs/blocks/12",
    "/explorer/state/1F00": "/v1/proofs/state/1f00",
  };
  for (const [path, proof] of Object.entries(cases)) {
    assert.equal(proofPath(subjectOf(path)), proof, path);
  }
  for (const path of ["/", "/explorer", "/check", `/offer/${bech32m.encode("koires", id)}`,
    "/offer/x", "/explorer/block/x", "/explorer/state/0", "/explorer/transaction/00",
    "/constructor/x", `/account/${bech32m.encode("koi", id)}/bookings.ics`]) {
    assert.equal(subjectOf(path), null, path);
  }
});

test("a checked proof says what it is about", async () => {
  const transaction = await prove("transaction");
  assert.deepEqual(provenSubject(transaction), { kind: "transaction", name: transaction.id });
  const file = JSON.parse(read("proof-transaction.json"));
  const block = await checkProof(
    JSON.stringify({ ...file, content: { kind: "block" } }), genesis);
  assert.deepEqual(provenSubject(block), { kind: "block", name: String(block.height) });
  for (const name of ["state", "absent-beside-a-leaf"]) {
    const { content } = JSON.parse(read(`proof-${name}.json`));
    assert.deepEqual(provenSubject(await prove(name)), { kind: "state", name: content.key });
  }
  await assert.rejects(checkProof(
    JSON.stringify({ ...file, content: { kind: "block", height: "1" } }), genesis), Refused);
});

test("what a page shows of a transaction is held against the proof", async () => {
  const proven = await prove("transaction");
  const json = (message, list) => (list ?? []).map((one) => JSON.stringify(toJSONForm(message, one)));
  const shown = [
    { path: "id", shown: proven.id }, { path: "height", shown: String(proven.height) },
    { path: "code", shown: String(proven.code) },
    { path: "body.nonce", shown: String(proven.body.nonce ?? 0) },
    { path: "body.actions", message: "Action", shown: json("Action", proven.body.actions) },
    { path: "receipt.events", message: "Event", shown: json("Event", proven.receipt.events) },
  ];
  assert.deepEqual(await wrong(shown, proven), []);
  for (const claim of shown) {
    const lie = { ...claim, shown: claim.message ? [...claim.shown, "{}"] : `${claim.shown}1` };
    assert.deepEqual(await wrong([lie], proven), [claim.path]);
  }
  assert.deepEqual(
    await wrong([{ path: "body.actions", message: "Action", shown: ["no JSON"] }], proven),
    ["body.actions"]);
  const content = provenContent(proven);
  assert.deepEqual(content.transaction, toJSONForm("TransactionBody", proven.body));
});

test("what a page shows of a block is held against its header", async () => {
  const file = JSON.parse(read("proof-transaction-in-history.json"));
  const proven = await checkProof(
    JSON.stringify({ ...file, content: { kind: "block" } }), genesis);
  const header = provenContent(proven);
  assert.equal(header.height, String(proven.height));
  assert.equal(header.state_root.length, 64);
  assert.match(header.proposer, /^[a-z0-9._-]*$/);
  const shown = Object.entries(header).map(([path, value]) => ({ path, shown: value }));
  assert.deepEqual(await wrong(shown, proven), []);
  for (const claim of shown) {
    assert.deepEqual(await wrong([{ ...claim, shown: "x" }], proven), [claim.path]);
  }
});

test("what a page shows of a row is held against the row that is proven", async () => {
  const offer = {
    terms: { title: "Boat", unit: "usd", tariff: { price_minor: 600n } },
    provider: new Uint8Array(20).fill(1) };
  const value = encode("Offer", offer);
  const proven = { kind: "state", key: `50${"07".repeat(20)}`, value: bytes.toHex(value) };
  const shown = [
    { path: "hash", shown: bytes.toHex(await bytes.sha256(value)) },
    { path: "key", shown: proven.key }, { path: "value", shown: proven.value },
    { path: "row.terms.title", shown: "Boat" }, { path: "row.terms.unit", shown: "usd" },
    { path: "row.terms.tariff.price_minor", shown: "600" },
    { path: "row.terms.deposit_minor", shown: "0" },
  ];
  assert.deepEqual(await wrong(shown, proven), []);
  for (const claim of shown) {
    assert.deepEqual(await wrong([{ ...claim, shown: `${claim.shown}1` }], proven), [claim.path]);
  }
  assert.deepEqual(provenContent(proven), { Offer: toJSONForm("Offer", offer) });
  // A key that no table has, and a row that does not decode, are shown as they are.
  for (const key of ["ff", "50"]) {
    assert.deepEqual(provenContent({ kind: "state", key, value: "ffff" }), { value: "ffff" });
  }
});

test("a page that shows a row is refused by the proof that there is none", async () => {
  const absent = await prove("absent-in-an-empty-place");
  assert.deepEqual(await wrong([{ path: "hash", shown: "" }], absent), []);
  assert.deepEqual(await wrong([{ path: "hash", shown: "00".repeat(32) }], absent), ["hash"]);
  const present = await prove("state");
  assert.deepEqual(await wrong([{ path: "hash", shown: "" }], present), ["hash"]);
});

test("every table of the state has the message of its rows", () => {
  assert.ok(Object.keys(rows).length > 30);
  assert.equal(rows["31"], "Balance");
});
