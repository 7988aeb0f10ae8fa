// The page's own code against the published vectors. Run by `node --test Tests/Web/`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const js = new URL("../../Sources/KoinonServer/Web/js/", import.meta.url);
const vectors = new URL("../KoinonLedgerTests/Vectors/", import.meta.url);
const load = (name) => import(new URL(name, js));
const read = (name) => readFileSync(new URL(name, vectors));
const json = (name) => JSON.parse(read(name));

const bytes = await load("bytes.js");
const bech32m = await load("bech32m.js");
const { accountText, createdID } = await load("identifiers.js");
const { decode, encode, same } = await load("protobuf.js");
const { toJSONForm, fromJSONForm } = await load("json-form.js");
const { isAuthentic, TAGS } = await load("signing.js");
const { reviewHash } = await load("review.js");
const { checkProof, readGenesis, parseStrictly } = await load("proof.js");
const { Refused } = await load("refusal.js");

const row = (vector, field) =>
  bytes.fromHex(vector.rows.find((candidate) => candidate.field === field).bytes);
const result = (vector, index) => vector.results[index].value;
const named = (file, name) => json(file).find((vector) => vector.name === name);
const joined = (vector) => vector.rows.map((one) => one.bytes.replaceAll(" ", "")).join("");

test("account ids and created ids are those of the vectors", async () => {
  const account = named("identifiers.json", "account-id");
  const text = await accountText(row(account, "chain"), row(account, "first public key"));
  assert.equal(text, result(account, 1));

  const created = named("identifiers.json", "action-id");
  const id = await createdID("offer", {
    chain: row(created, "chain"), sender: row(created, "sender"),
    publicKey: row(created, "signing public key"), nonce: 7n, index: 1,
  });
  assert.equal(bech32m.encode("koioff", id), result(created, 1));
  assert.deepEqual(bech32m.decode(result(created, 1)).bytes, id);
  assert.equal(bech32m.decode(result(created, 1).replace("j", "k")), null);
});

test("a transaction body decodes to what the vector says and encodes to its bytes", async () => {
  const vector = named("transaction.json", "transaction-body");
  const body = bytes.fromHex(readBody(vector));
  const decoded = decode("TransactionBody", body);
  assert.equal(decoded.nonce, 1n);
  assert.equal(decoded.memo, "for the ride");
  assert.equal(decoded.actions[0].money.transfer.amount_minor, 150n);
  assert.deepEqual(encode("TransactionBody", decoded), body);
  assert.equal(bytes.toHex(await bytes.sha256(body)), result(vector, 0));
  const form = toJSONForm("TransactionBody", decoded);
  assert.equal(form.actions[0].money.transfer.to, "koi1y2nevukuep5zlvn36ffwtxeqkeul3p7uc0q0ut");
  assert.ok(same(fromJSONForm("TransactionBody", form), decoded));
});

/** Rows that only announce a nested message have their own head bytes. */
function readBody(vector) {
  return joined(vector);
}

test("whatever a node would refuse in a body is refused", () => {
  const refused = (hex) =>
    assert.throws(() => decode("TransactionBody", bytes.fromHex(hex)), { name: "Error" });
  refused("3a00"); // field 7 is not known
  refused("1a00"); // nonce as bytes
  refused("0a05ffff"); // ends too early
  refused("18ffffffffffffffffffffff01"); // more than ten bytes
  refused("3202fffe"); // memo that is not UTF-8
  refused("2a024a00"); // an action of a module that is not known
});

test("signatures are judged as every node does", async () => {
  const vector = named("signing.json", "signed-message");
  const [, key, signature] = vector.results.map((one) => bytes.fromHex(one.value));
  const body = row(vector, "body");
  assert.ok(await isAuthentic(TAGS.transaction, body, key, signature));
  assert.ok(!(await isAuthentic(TAGS.attestation, body, key, signature)));
  for (const index of [0, 31, 32, 63]) {
    const changed = signature.slice();
    changed[index] ^= 1;
    assert.ok(!(await isAuthentic(TAGS.transaction, body, key, changed)), `byte ${index}`);
  }
  const identity = bytes.fromHex("01" + "00".repeat(31));
  assert.ok(!(await isAuthentic(TAGS.transaction, body, identity, signature)));
});

test("a sealed review has the hash of the example", async () => {
  const range = (from, count) => Uint8Array.from({ length: count }, (_, i) => from + i);
  const hash = await reviewHash({
    agreement: range(0, 20), reviewer: range(20, 20), salt: new Uint8Array(32).fill(7), score: -3,
  });
  assert.equal(
    bytes.toHex(hash), "06e9a79725dec0ddc76c020ab068a1010a9ea4d14fe82aec7c1665e14405f637");
});

const proofs = readdirSync(vectors).filter((name) => /^proof-.*\.json$/.test(name));

test("every proof of the vectors holds", async () => {
  assert.ok(proofs.length >= 6);
  for (const name of proofs) {
    const genesis = await readGenesis(read("genesis.json"));
    const proven = await checkProof(read(name).toString(), genesis);
    assert.ok(proven.signers.length >= 3, name);
    assert.ok(["transaction", "state", "absent"].includes(proven.kind), name);
  }
});

test("a proof with any changed hex digit is refused", async () => {
  const genesis = await readGenesis(read("genesis.json"));
  for (const name of proofs) {
    const text = read(name).toString();
    const places = [...text.matchAll(/"[0-9a-f]{40,}"/g)];
    for (const place of places) {
      const at = place.index + 1 + Math.floor(place[0].length / 2);
      const digit = text[at] === "0" ? "1" : "0";
      const changed = text.slice(0, at) + digit + text.slice(at + 1);
      await assert.rejects(checkProof(changed, genesis), Refused, `${name} at ${at}`);
    }
  }
});

test("a proof is refused under another genesis and with a name twice", async () => {
  const other = await readGenesis(bytes.utf8(read("genesis.json").toString() + " "));
  const text = read("proof-state.json").toString();
  await assert.rejects(checkProof(text, other), Refused);
  assert.throws(() => parseStrictly('{"a": 1, "b": {"a": 2}, "\\u0061": 3}'), Refused);
  assert.deepEqual(parseStrictly('{"a": {"a": 2}, "b": [{"a": 1}, {"a": 1}]}'),
    { a: { a: 2 }, b: [{ a: 1 }, { a: 1 }] });
});

test("a proof of a later epoch needs the record that began it", async () => {
  const genesis = await readGenesis(read("genesis.json"));
  const file = JSON.parse(read("proof-state-in-a-later-epoch.json"));
  assert.ok(file.epoch_records.length > 0);
  const without = { ...file };
  delete without.epoch_records;
  await assert.rejects(checkProof(JSON.stringify(without), genesis), Refused);
  for (const change of [{ epoch: "0" }, { epoch: "01" }, { epoch: 1 }, { attestations: [] }]) {
    const record = { ...file.epoch_records[0], ...change };
    const changed = { ...file, epoch_records: [record, ...file.epoch_records.slice(1)] };
    await assert.rejects(checkProof(JSON.stringify(changed), genesis), Refused,
      JSON.stringify(change));
  }
});
