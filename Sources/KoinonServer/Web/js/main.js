// Starts what a page needs. Pages can be read without it; signing cannot be done without it.

import { builders, Mistake } from "./actions.js";
import { keysOf, whyNot } from "./keystore.js";
import { localise, localiseFields } from "./locale.js";
import { chainOf, isOpen, startMine } from "./mine.js";
import { startProofs } from "./proof-page.js";
import { element, faultNote, note, outcomeNote, signAndSend } from "./sign-dialog.js";
import { interrupted } from "./submit.js";
import { loadTexts, text } from "./texts.js";

const values = (form) => Object.fromEntries(new FormData(form));

function showMistake(form, fault) {
  form.querySelector(":scope > .mistake")?.remove();
  const shown = fault instanceof Mistake ? note("bad", fault.message) : faultNote(fault);
  shown.classList.add("mistake");
  shown.setAttribute("role", "alert");
  form.append(shown);
  form.querySelector(`[name="${fault.field}"]`)?.focus();
}

function noKeyNote() {
  return element("div", { class: "note warm mistake", role: "alert" },
    element("p", {}, element("strong", {}, text("page.no_account"))),
    element("p", {},
      element("a", { class: "button", href: "/account" }, text("page.make_account"))));
}

async function keyFor(form, keys) {
  const owner = form.dataset.owner ?? form.closest("[data-owner]")?.dataset.owner;
  if (owner) return keys.find((key) => key.account === owner);
  const members = form.closest("[data-members]")?.dataset.members.split(" ");
  if (members) return keys.find((key) => members.includes(key.account));
  return keys[0];
}

function startActions(keys) {
  for (const form of document.querySelectorAll("form[data-action]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      form.querySelector(":scope > .mistake")?.remove();
      const key = await keyFor(form, keys);
      if (!key || !(await isOpen(key))) {
        form.append(noKeyNote());
        return;
      }
      try {
        const { actions, next } = await builders[form.dataset.action](values(form), key);
        await signAndSend(key, actions, next?.(key));
      } catch (fault) {
        showMistake(form, fault);
      }
    });
  }
}

/** Shows what is for the owner of a key alone, and hides what is for everybody else. */
function showOwn(keys) {
  const own = new Set(keys.map((key) => key.account));
  const publicKeys = new Set(keys.map((key) => key.publicKey));
  for (const part of document.querySelectorAll("[data-owner]")) {
    part.hidden = !own.has(part.dataset.owner) || publicKeys.has(part.dataset.otherKey);
  }
  for (const part of document.querySelectorAll("[data-not-owner]")) {
    part.hidden = own.size === 0 || own.has(part.dataset.notOwner);
  }
  for (const part of document.querySelectorAll("[data-members]")) {
    part.hidden = !part.dataset.members.split(" ").some((account) => own.has(account));
  }
  for (const field of document.querySelectorAll("[data-own-account]")) {
    if (keys[0]) field.value = keys[0].account;
  }
  for (const link of document.querySelectorAll("[data-account]")) {
    if (own.has(link.dataset.account)) link.textContent = text("account.you");
  }
  for (const part of document.querySelectorAll("[data-needs-account]")) part.hidden = own.size > 0;
  const account = document.querySelector("[data-account-page]")?.dataset.accountPage;
  for (const part of document.querySelectorAll("[data-yours]")) part.hidden = !own.has(account);
}

function startHere() {
  for (const part of document.querySelectorAll("[data-here]")) {
    if (!navigator.geolocation) continue;
    part.hidden = false;
    part.querySelector("button").addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        document.querySelector("#lat").value = coords.latitude.toFixed(4);
        document.querySelector("#lon").value = coords.longitude.toFixed(4);
      });
    });
  }
  for (const range of document.querySelectorAll("[data-shown]")) {
    const output = element("output", { for: range.id }, ` ${range.value}`);
    document.querySelector(`label[for="${range.id}"]`).append(output);
    range.addEventListener("input", () => {
      output.textContent = ` ${range.value}`;
    });
  }
}

/** Takes up what a reload interrupted. */
async function resume() {
  for (const { pending, status } of await interrupted()) {
    const box = element("div", { role: "status", "aria-live": "polite" },
      note("warm", text("outcome.resumed")));
    document.querySelector("main").prepend(box);
    try {
      const result = await status;
      box.replaceChildren(outcomeNote(result));
      if (result.status === "done" && pending.next && pending.next !== location.pathname) {
        box.append(element("p", {}, element("a", { href: pending.next }, text("outcome.see"))));
      }
    } catch (fault) {
      box.replaceChildren(faultNote(fault));
    }
  }
}

async function start() {
  localise();
  localiseFields();
  await loadTexts();
  startHere();
  startProofs();
  const chain = chainOf();
  if (document.querySelector("[data-keys]")) await startMine(chain, document.body.dataset.member);
  const keys = (await whyNot()) ? [] : await keysOf(chain);
  showOwn(keys);
  startActions(keys);
  document.body.dataset.ready = "yes";
  if (keys.length > 0) await resume();
}

start();
