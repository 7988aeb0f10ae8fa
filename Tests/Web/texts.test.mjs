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
