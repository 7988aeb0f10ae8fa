// The page of one's own keys. Run by `node --test Tests/Web/`.

import assert from "node:assert/strict";
import { test } from "node:test";

const { startShowing } =
  await import(new URL("../../Sources/KoinonServer/Web/js/mine.js", import.meta.url));

/** What of an element is asked for here: its listeners, and a way to call them. */
const listening = (rest) => {
  const heard = {};
  return {
    ...rest,
    addEventListener: (name, act) => { heard[name] = act; },
    happens: (name) => heard[name]?.(),
  };
};

test("a passphrase can be shown, and is hidden again with the form's emptying", () => {
  const field = { type: "password" };
  const form = listening({ querySelector: (selector) => (selector === "#pass" ? field : null) });
  const box = listening({ form, checked: false, dataset: { shows: "pass" } });
  startShowing({ querySelectorAll: (selector) => (selector === "[data-shows]" ? [box] : []) });
  assert.equal(field.type, "password");
  box.checked = true;
  box.happens("change");
  assert.equal(field.type, "text");
  form.happens("reset");
  assert.equal(field.type, "password");
  box.checked = false;
  box.happens("change");
  assert.equal(field.type, "password");
});
