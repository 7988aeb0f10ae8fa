// The page's words. Run by `node --test Tests/Web/`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../Sources/KoinonServer/Web/", import.meta.url);
globalThis.document = { documentElement: { lang: "de" } };
globalThis.fetch = async (path) =>
  new Response(readFileSync(new URL(path.replace("/assets/", ""), web)));
const { hasText, loadTexts, text } = await import(new URL("js/texts.js", web));
await loadTexts();

test("The count chooses the form of a text", () => {
  assert.equal(text("sign.things", { count: 1 }), "1 Sache");
  assert.equal(text("sign.things", { count: 11 }), "11 Sachen");
  const signed = { height: 1, time: "heute", final: 2, signers: "alfa", members: 1 };
  assert.match(text("proof.signed", { ...signed, count: 1 }), /1 von 1 Mitglied\)/);
});

test("A key without a text shows as itself", () => {
  assert.equal(text("role.nobody"), "role.nobody");
  assert.equal(text("role"), "role");
  assert.ok(!hasText("verb"));
});

test("No deposit is an amount as the reader writes it, with its currency", async () => {
  const files = globalThis.fetch;
  globalThis.fetch = async (path) => (path.startsWith("/v1/units")
    ? new Response(JSON.stringify({ rows: [{ unit: "usd", scale: 2 }] })) : files(path));
  const { describeAction } = await import(new URL("js/describe.js", web));
  const { sentence } = await describeAction({ market: { publish_offer: {
    title: "Boot", process: "lease", unit: "usd",
    tariff: { price_minor: 600n, step_ms: 1_800_000n } } } });
  assert.match(sentence, /6,00\s\$/);
  assert.match(sentence, /0,00\s\$/);
});

test("An amount inside a sentence is written as the others of the page", async () => {
  const { localise } = await import(new URL("js/locale.js", web));
  const hint = { textContent: "4 × 1,00 USD, für jede halbe Stunde",
    dataset: { amount: "1,00 USD", text: "1.00", unit: "usd" } };
  localise({ querySelectorAll: (selector) => (selector === "[data-amount]" ? [hint] : []) });
  assert.match(hint.textContent, /^4 × 1,00\s\$, für jede halbe Stunde$/);
});
