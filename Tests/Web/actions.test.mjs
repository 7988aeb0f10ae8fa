// What forms ask for, as the actions that are signed. Run by `node --test Tests/Web/`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const js = new URL("../../Sources/KoinonServer/Web/js/", import.meta.url);
const load = (name) => import(new URL(name, js));
const { builders, Mistake } = await load("actions.js");
const { decode, encode, same } = await load("protobuf.js");
const { fromJSONForm, toJSONForm } = await load("json-form.js");
const { ClocksDiffer, checkBody, compose } = await load("compose.js");
const { fitted, pictureLine, plainWords } = await load("pictures.js");
const { kindOf } = await load("evidence.js");
const bytes = await load("bytes.js");
const bech32m = await load("bech32m.js");
const tables = await load("messages.js");

const id = (prefix, fill) => bech32m.encode(prefix, new Uint8Array(20).fill(fill));
const account = id("koi", 1);
const offer = id("koioff", 2);
const agreement = id("koiagr", 3);
const request = id("koireq", 4);
const kept = [];

/** A node that knows one unit and keeps what it is given; `lie` changes what it says it kept. */
let lie = (hash) => hash;
globalThis.fetch = async (path, options = {}) => {
  const answer = (value) => new Response(JSON.stringify(value));
  if (path.startsWith("/v1/units")) return answer({ rows: [{ unit: "usd", scale: 2 }] });
  if (path === "/v1/content") {
    kept.push(options.body);
    return answer({ hash: lie(bytes.toHex(await bytes.sha256(options.body))) });
  }
  throw new Error(path);
};

/** A form of which only what builders look for is there. */
const form = (things = [], terms = []) => ({
  querySelectorAll: (selector) => {
    if (selector.startsWith("[data-own-thing]")) {
      return things.map(([thing]) => ({ value: thing }));
    }
    if (selector === "[data-term]") return terms;
    return [];
  },
  querySelector: (selector) => {
    const name = /"quantity-(\w+)"/.exec(selector)?.[1];
    return { value: things.find(([thing]) => thing === name)[1] };
  },
});

const offerValues = {
  title: " Boat ", process: "lease", unit: "usd", price: "6", step_ms: "1800000",
  minimum_steps: "1", deposit: "20.50", latitude: "", longitude: "", arbiters: "",
};

async function built(name, values, ...rest) {
  const { actions } = await builders[name](values, { account }, ...rest);
  const list = typeof actions === "function"
    ? await actions((kind, index) => new Uint8Array(20).fill(90 + index)) : actions;
  return list.map((action) => {
    // Whatever is asked can be signed: it survives the way through bytes.
    const there = decode("Action", encode("Action", action));
    const again = decode("Action", encode("Action", there));
    assert.ok(same(there, again));
    return toJSONForm("Action", there);
  });
}

test("a thing is registered with its description and offered in one transaction", async () => {
  const [thing, publish] = await built("share", {
    ...offerValues, kind: "boat", capacity: "2", description: "Two oars.", latitude: "40.44",
    longitude: "-79,99", refuse_flagged: "1" }, form());
  assert.equal(thing.resources.register_resource.title, "Boat");
  assert.equal(bytes.fromUTF8(kept.at(-1)), "Two oars.");
  assert.equal(thing.resources.register_resource.description_hash,
    bytes.toHex(await bytes.sha256(kept.at(-1))));
  const terms = publish.market.publish_offer;
  assert.deepEqual(terms.place, { latitude_e7: 404400000, longitude_e7: -799900000 });
  assert.equal(terms.deposit_minor, 2050);
  assert.equal(terms.tariff.price_minor, 600);
  assert.equal(terms.trust_rule.refuse_flagged, true);
});

test("a title that the ledger would not take is refused where it was typed", async () => {
  const share = (title) => built("share", {
    ...offerValues, title, kind: "boat", capacity: "1", description: "" }, form());
  for (const title of [" ", "a".repeat(65), "ü".repeat(33)]) {
    await assert.rejects(share(title),
      (fault) => fault instanceof Mistake && fault.field === "title", title);
  }
  const [thing] = await share("ü".repeat(32));
  assert.equal(thing.resources.register_resource.title, "ü".repeat(32));
});

test("an amount that is too large is told apart from one that is none", async () => {
  const price = (typed) => built("share", {
    ...offerValues, price: typed, kind: "boat", capacity: "1", description: "" }, form());
  const refused = (typed, message) => assert.rejects(price(typed),
    (fault) => fault instanceof Mistake && fault.field === "price" && fault.message === message,
    typed);
  // Without the texts a message is its key.
  await refused("92233720368547758.08", "mistake.amount_most");
  await refused("9".repeat(20), "mistake.amount_most");
  await refused("1.005", "mistake.amount");
  await refused("six", "mistake.amount");
  const [, publish] = await price("92233720368547758.07");
  assert.equal(BigInt(publish.market.publish_offer.tariff.price_minor), 2n ** 63n - 1n);
});

test("a node that keeps something else than it was given is not trusted", async () => {
  lie = (hash) => hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  await assert.rejects(built("share", {
    ...offerValues, kind: "boat", capacity: "1", description: "x" }, form()));
  lie = (hash) => hash;
});

test("a bundle has one of its first thing, whichever was ticked first", async () => {
  const [jackets, boat] = [id("koires", 5), id("koires", 6)];
  const [action] = await built("offer_things", offerValues,
    form([[jackets, "2"], [boat, "1"]]));
  const made = action.market.publish_offer;
  assert.equal(made.resource, boat);
  assert.deepEqual(made.also, [{ resource: jackets, quantity: 2 }]);
  await assert.rejects(built("offer_things", offerValues, form([[jackets, "2"]])), Mistake);
  await assert.rejects(built("offer_things", offerValues, form()), Mistake);
});

test("terms that differ from the process's own are named in order", async () => {
  const field = (name, kind, standard, extra) => ({
    name: `term_${name}`, disabled: false, closest: () => null,
    dataset: { term: name, kind, least: "0", most: "1000000000", standard }, ...extra });
  const [action] = await built("offer_things", {
    ...offerValues, term_resale: "1", term_grace_ms: "0.5", term_late_fee: "3.25" },
  form([[id("koires", 5), "1"]], [
    field("resale", "choice", "0", { checked: true }), field("on_request", "choice", "0"),
    field("late_fee", "money", "0"), field("grace_ms", "time", "0")]));
  assert.deepEqual(action.market.publish_offer.terms, [
    { name: "grace_ms", value: 1_800_000 }, { name: "late_fee", value: 325 },
    { name: "resale", value: 1 }]);
});

test("requests, answers, counters and resale say what was typed", async () => {
  const [ask] = await built("ask", {
    title: "A boat", kind: "", unit: "usd", description: "", start: "2026-05-01T10:30",
    duration: "2", quantity: "1", budget: "20", days: "3", latitude: "", longitude: "" });
  const wish = ask.market.publish_request;
  assert.equal(wish.start_ms, Date.parse("2026-05-01T10:30Z"));
  assert.equal(wish.duration_ms, 7_200_000);
  assert.equal(wish.budget_minor, 2000);
  assert.ok(wish.expires_at_ms > Date.now() + 2 * 86_400_000);
  assert.ok(wish.expires_at_ms < Date.now() + 3 * 86_400_000);
  await assert.rejects(built("ask", { ...offerValues, kind: "", description: "", days: "3",
    quantity: "1", radius: "5", budget: "", start: "", duration: "" }), Mistake);

  const [answer] = await built("answer", { ...offerValues, request, start: "", duration: "1.5" },
    form([[id("koires", 5), "1"]]));
  assert.equal(answer.market.answer_request.duration_ms, 5_400_000);
  assert.equal(answer.market.answer_request.offer.title, "Boat");
  const [counter] = await built("counter", {
    answer: offer, price: "4", deposit: "1", unit: "usd", start: "", duration: "2" });
  assert.deepEqual(counter.market.counter_answer, {
    answer: offer, price_minor: 400, deposit_minor: 100, duration_ms: 7_200_000 });
  const [taken] = await built("take_resale", {
    agreement, price_minor: "2550", from_ms: "0", unit: "usd" });
  assert.deepEqual(taken.agreements.take_resale, { agreement, price_minor: 2550 });
});

test("disputes divide in percent, and evidence is hashed here", async () => {
  const shares = { agreement, percent: "75", role: "borrower", other: "provider" };
  const [opened] = await built("open_dispute", {
    ...shares, evidence: "It leaked.", keep_evidence: "1" });
  const claim = opened.disputes.open_dispute.claim;
  assert.deepEqual(claim.shares, [
    { role: "borrower", numerator: 75 }, { role: "provider", numerator: 25 }]);
  assert.equal(bytes.fromUTF8(kept.at(-1)), "It leaked.");
  const before = kept.length;
  const file = new File([Uint8Array.of(0, 1, 2)], "a.bin");
  const [own] = await built("submit_evidence", { agreement, evidence: "", evidence_file: file });
  assert.equal(kept.length, before);
  assert.equal(own.disputes.submit_evidence.evidence_hash,
    bytes.toHex(await bytes.sha256(Uint8Array.of(0, 1, 2))));
  const wrong = { agreement, evidence: "", evidence_file: file, keep_evidence: "1" };
  await assert.rejects(built("submit_evidence", wrong), Mistake);
  await assert.rejects(built("submit_evidence", { ...wrong, evidence: "both" }), Mistake);
  const [decided] = await built("decide_dispute", { ...shares, percent: "100", hand_over: "1" });
  assert.deepEqual(decided.disputes.decide_dispute.division, {
    shares: [{ role: "borrower", numerator: 100 }], denominator: 100, hand_over: true });
  await assert.rejects(built("decide_dispute", { ...shares, percent: "101" }), Mistake);
});

test("each change that members vote on is proposed with its own fields", async () => {
  const key = "ab".repeat(32);
  const process = readFileSync(new URL(
    "../../Sources/KoinonMachine/Processes/lease.json", import.meta.url));
  const cases = {
    set_parameter: [{ parameter: "dispute_evidence_ms", value: "0,5" },
      { name: "dispute_evidence_ms", value: 1_800_000 }],
    admit_member: [{ member_id: "city", member_name: "City", node_key: key, account_key: key },
      { id: "city", name: "City", node_key: key, account_key: key }],
    expel_member: [{ expelled: "city" }, { id: "city" }],
    lift_flag: [{ flag: id("koiflag", 7) }, { flag: id("koiflag", 7) }],
    activate_protocol: [{ version: "2", from_height: "1000" }, { version: 2, from_height: 1000 }],
    adopt_process: [{ process_file: new File([process], "lease.json") }, null],
  };
  for (const [change, [values, expected]] of Object.entries(cases)) {
    const [action] = await built("propose", { title: "T", statement: "", change, ...values });
    const made = action.alliance.propose[change];
    if (expected) assert.deepEqual(made, expected, change);
    else assert.deepEqual(made.roles.map(({ name }) => name), ["provider", "borrower", "platform"]);
  }
  await assert.rejects(built("propose", { title: "T", statement: "", change: "adopt_process",
    process_file: new File(["{"], "x.json") }), Mistake);
});

test("a body that says anything else than what was asked is refused", async () => {
  const chain = new Uint8Array(32).fill(9);
  const sender = new Uint8Array(20).fill(1);
  const { actions } = await builders.decide_dispute({
    agreement, percent: "75", role: "borrower", other: "provider" }, { account });
  const body = { chain, sender, nonce: 1n, expires_at_ms: 5n, actions };
  const asked = { chain, sender, nonce: 1n, latest: 5, actions };
  assert.equal(checkBody(encode("TransactionBody", body), asked).nonce, 1n);
  const lies = {
    form: { ...body, expires_at_ms: 0n }, chain: { ...body, chain: new Uint8Array(32) },
    sender: { ...body, sender: new Uint8Array(20).fill(2) }, memo: { ...body, memo: "x" },
    expiry: { ...body, expires_at_ms: 6n },
    actions: { ...body, actions: (await builders.decide_dispute({
      agreement, percent: "74", role: "borrower", other: "provider" }, { account })).actions },
  };
  for (const [difference, lie] of Object.entries(lies)) {
    assert.throws(() => checkBody(encode("TransactionBody", lie), asked), { difference });
  }
  const twice = { ...body, actions: [...actions, ...actions] };
  assert.throws(() => checkBody(encode("TransactionBody", twice), asked),
    { difference: "actions" });
  for (const nonce of [0n, 2n, 1024n, 2n ** 64n - 1n]) {
    assert.throws(() => checkBody(encode("TransactionBody", { ...body, nonce }), asked),
      { difference: "nonce" });
  }
  for (const expires_at_ms of [2n ** 53n, 2n ** 64n - 1n]) {
    assert.throws(() => checkBody(encode("TransactionBody", { ...body, expires_at_ms }), asked),
      { difference: "expiry" });
  }
});

const MINUTE_MS = 60_000;

/**
 * What the page makes of a node whose clock stands `ahead` ms before this device's, and which
 * changes what it was ordered to prepare by `lie`.
 */
async function composed({ ahead = 0, time = 0, nonce = 7, lie = {} }, actions) {
  const key = { account, publicKey: "05".repeat(32), chain: "09".repeat(32) };
  const usual = globalThis.fetch;
  globalThis.fetch = async (path, options) => {
    const answer = (value) => new Response(JSON.stringify(value));
    const now = Date.now() + ahead;
    if (path === "/v1/status") return answer({ now: { ms: now }, time: { ms: now + time } });
    if (path === `/v1/nonces/${key.publicKey}?account=${account}`) {
      return answer({ next_nonce: String(nonce) });
    }
    assert.equal(path, "/v1/transactions/prepare");
    const order = { ...JSON.parse(options.body), ...lie };
    const expiry = now + Math.max(time, 0) + order.valid_for_ms;
    return answer({ body: bytes.toBase64(encode("TransactionBody", {
      chain: bytes.fromHex(key.chain), sender: bech32m.decode(account).bytes,
      nonce: BigInt(order.nonce), expires_at_ms: BigInt(expiry),
      actions: order.actions.map((action) => fromJSONForm("Action", action)) })) });
  };
  try {
    return await compose(key, actions);
  } finally {
    globalThis.fetch = usual;
  }
}

test("a signature holds no longer than the page asks, whatever the node prepares", async () => {
  const { actions } = await builders.withdraw_offer({ offer }, { account });
  const { body } = await composed({}, actions);
  assert.ok(Number(body.expires_at_ms) <= Date.now() + 15 * MINUTE_MS);
  // What ends earlier is ignored when it comes too late, and the page says so.
  await composed({ lie: { valid_for_ms: 1 } }, actions);
  for (const valid_for_ms of [21 * MINUTE_MS, 1440 * MINUTE_MS]) {
    // A ledger of recorded data lives in the past: there too.
    for (const ahead of [0, -100 * 1440 * MINUTE_MS]) {
      await assert.rejects(composed({ ahead, lie: { valid_for_ms } }, actions),
        { difference: "expiry" });
    }
  }
});

test("a clock may be minutes off; where the ledger's is further ahead nothing is signed",
  async () => {
    const { actions } = await builders.withdraw_offer({ offer }, { account });
    for (const ahead of [4 * MINUTE_MS, -4 * MINUTE_MS, -1440 * MINUTE_MS]) {
      await composed({ ahead }, actions);
    }
    // An idle ledger's time stands still.
    await composed({ time: -1440 * MINUTE_MS }, actions);
    for (const node of [{ ahead: 6 * MINUTE_MS }, { time: 6 * MINUTE_MS }]) {
      await assert.rejects(composed(node, actions), ClocksDiffer);
    }
  });

test("ids hang on the nonce that the page asked for, and no other is signed", async () => {
  const nonces = [];
  const actions = async (created) => {
    nonces.push(await created("offer", 0));
    return (await builders.withdraw_offer({ offer }, { account })).actions;
  };
  assert.equal((await composed({ nonce: 7 }, actions)).body.nonce, 7n);
  await composed({ nonce: 8 }, actions);
  assert.equal(nonces.length, 2);
  assert.notDeepEqual(nonces[0], nonces[1]);
  for (const nonce of [6, 8, 1031, 1_000_000]) {
    await assert.rejects(composed({ nonce: 7, lie: { nonce } }, actions), { difference: "nonce" });
  }
});

test("pictures are made smaller, never larger, and their words end no line", () => {
  assert.deepEqual(fitted(4000, 3000), [1600, 1200]);
  assert.deepEqual(fitted(300, 8000), [60, 1600]);
  assert.deepEqual(fitted(40, 30), [40, 30]);
  assert.equal(plainWords(" The [blue]\n boat "), "The blue boat");
  assert.equal(pictureLine("a](b", "00".repeat(32)), `![a (b](/v1/content/${"00".repeat(32)})`);
});

test("kinds of evidence are told from the bytes, as the node does", () => {
  assert.equal(kindOf(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), "image/jpeg");
  assert.equal(kindOf(bytes.utf8("RIFF1234WEBPVP8 ")), "image/webp");
  assert.equal(kindOf(bytes.utf8("Zwei Ruder, größer\tund\r\nblau")), "text/plain");
  assert.equal(kindOf(bytes.utf8("a\u0000b")), null);
  assert.equal(kindOf(bytes.utf8("a\u0085b")), null);
  assert.equal(kindOf(Uint8Array.of(0xc3, 0x28)), null);
  assert.equal(kindOf(new Uint8Array(0)), null);
});

const web = new URL("../../Sources/KoinonServer/Web/", import.meta.url);
const templates = readdirSync(new URL("templates/", web))
  .map((name) => readFileSync(new URL(`templates/${name}`, web), "utf8")).join("\n");
const english = JSON.parse(readFileSync(new URL("texts/en.json", web)));

test("every form that is signed has a builder, and every builder a form", () => {
  const forms = new Set([...templates.matchAll(/data-action="(?:\{\{#mine\}\})?(\w+)/g)]
    .map((match) => match[1]).concat("share"));
  assert.ok(forms.size > 40);
  assert.deepEqual([...forms].sort(), Object.keys(builders).sort());
});

test("every action that a form can ask for has a sentence", () => {
  const source = ["actions-market.js", "actions-agreements.js", "actions-people.js"]
    .map((name) => readFileSync(new URL(name, js), "utf8")).join("\n");
  const { messages } = tables;
  const known = Object.entries(messages).filter(([name]) => /^[A-Z]\w+Action$/.test(name))
    .flatMap(([, fields]) => fields.map((field) => field[1]));
  const used = known.filter((name) => source.includes(`"${name}"`) || source.includes(`${name}:`));
  assert.ok(used.length > 40);
  for (const name of used) assert.equal(typeof english.sign[name], "string", name);
});
