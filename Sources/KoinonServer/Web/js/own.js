// What is on a page for the holder of a key alone.

import { element } from "./sign-dialog.js";
import { find } from "./node-api.js";
import { text } from "./texts.js";

const list = (value) => (value ?? "").split(" ").filter(Boolean);

/** Shows what is for the owner of a key alone, and hides what is for everybody else. */
export function showOwn(keys, root = document) {
  const own = new Set(keys.map((key) => key.account));
  const publicKeys = new Set(keys.map((key) => key.publicKey));
  const isOwn = (account) => own.has(account);
  for (const part of root.querySelectorAll("[data-owner]")) {
    part.hidden = !own.has(part.dataset.owner) || publicKeys.has(part.dataset.otherKey);
  }
  for (const part of root.querySelectorAll("[data-not-owner]")) {
    part.hidden = own.size === 0 || list(part.dataset.notOwner).some(isOwn);
  }
  for (const part of root.querySelectorAll("[data-others]")) {
    // With the key of another account one may, also here.
    part.hidden = keys[0]?.account === part.dataset.others;
  }
  for (const part of root.querySelectorAll("[data-members]")) {
    part.hidden = !list(part.dataset.members).some(isOwn);
  }
  for (const field of root.querySelectorAll("[data-own-account]")) {
    if (keys[0]) field.value = keys[0].account;
  }
  for (const link of root.querySelectorAll("[data-account]")) {
    if (!own.has(link.dataset.account)) continue;
    // What stands before it may ask for another form of the word.
    link.textContent = text(link.closest("[data-you]")?.dataset.you ?? "account.you");
  }
  for (const part of root.querySelectorAll("[data-needs-account]")) part.hidden = own.size > 0;
  const isOwnPage = list(document.querySelector("[data-own-page]")?.dataset.ownPage).some(isOwn);
  for (const part of root.querySelectorAll("[data-yours]")) part.hidden = !isOwnPage;
  // The server does not know who reads: it marks nobody's account and agreements as the reader's.
  if (isOwnPage) {
    document.querySelector('.nav a[href="/account"]')?.setAttribute("aria-current", "page");
  }
  for (const part of root.querySelectorAll("[data-scripted]")) part.hidden = false;
}

/** The key that a form is for: its owner's, a member's, or the one in use. */
export function keyFor(form, keys) {
  const owner = form.dataset.owner ?? form.closest("[data-owner]")?.dataset.owner;
  if (owner) return keys.find((key) => key.account === owner);
  const members = form.closest("[data-members]")?.dataset.members;
  if (members) return keys.find((key) => list(members).includes(key.account));
  const strangers = form.closest("[data-not-owner]")?.dataset.notOwner;
  if (strangers) return keys.find((key) => !list(strangers).includes(key.account));
  return keys[0];
}

function thingRow(thing) {
  const id = `thing-${thing.id}`;
  return element("li", { class: "thing-row" },
    element("div", { class: "check" },
      element("input", { type: "checkbox", id, value: thing.id, "data-own-thing": true }),
      element("label", { for: id }, thing.title)),
    element("div", {},
      element("label", { for: `quantity-${thing.id}`, class: "visually-hidden" },
        text("share.how_many", { title: thing.title })),
      element("input", { id: `quantity-${thing.id}`, name: `quantity-${thing.id}`, value: "1",
        inputmode: "numeric", maxlength: 7, class: "short" })));
}

/** Lists the things that the key in use may offer. */
export async function listOwnThings(keys, root = document) {
  for (const box of root.querySelectorAll("[data-own-things]")) {
    if (!keys[0]) continue;
    const answer = await find(`/v1/accounts/${keys[0].account}/resources?limit=200`);
    const kind = box.dataset.ownThings;
    const things = (answer?.rows ?? []).filter((thing) => !thing.retired && !thing.stolen
      && thing.owner === keys[0].account && (!kind || thing.kind === kind));
    box.replaceChildren(...things.map(thingRow));
    const none = box.parentElement.querySelector("[data-no-things]");
    if (none) none.hidden = things.length > 0;
  }
}

/** Shows of parts that depend on a choice the one that was chosen. */
export function startChoices(root = document) {
  for (const select of root.querySelectorAll("select[data-chooses]")) {
    const show = () => {
      const parts = select.form.querySelectorAll(`[data-choice="${select.dataset.chooses}"]`);
      for (const part of parts) {
        const isChosen = list(part.dataset.values).includes(select.value);
        part.hidden = !isChosen;
        part.disabled = !isChosen;
      }
    };
    select.addEventListener("change", show);
    show();
  }
}
