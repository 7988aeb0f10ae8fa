// Starts what a page needs. Pages can be read without it; signing cannot be done without it.

import { builders, Mistake } from "./actions.js";
import { keysOf, whyNot } from "./keystore.js";
import { livePartsAsSent, startLive } from "./live.js";
import { localise, localiseFields } from "./locale.js";
import { chainOf, isOpen, startMine } from "./mine.js";
import { keyFor, listOwnThings, showOwn, startChoices } from "./own.js";
import { startPictures } from "./pictures.js";
import { startProofs } from "./proof-page.js";
import { element, faultNote, note, outcomeNote, signAndSend } from "./sign-dialog.js";
import { interrupted } from "./submit.js";
import { loadTexts, text } from "./texts.js";

const values = (form) => Object.fromEntries(new FormData(form));

function showMistake(form, fault) {
  form.querySelector(":scope > .mistake")?.remove();
  const field = form.querySelector(`[name="${fault.field}"]`);
  // Without the hint that stands in the label too.
  const name = field?.type === "checkbox" ? "" : field?.labels?.[0]?.firstChild.textContent.trim();
  const shown = fault instanceof Mistake
    ? note("bad", name ? `${name}: ${fault.message}` : fault.message) : faultNote(fault);
  shown.classList.add("mistake");
  shown.setAttribute("role", "alert");
  form.append(shown);
  field?.focus();
}

function noKeyNote() {
  return element("div", { class: "note warm mistake", role: "alert" },
    element("p", {}, element("strong", {}, text("page.no_account"))),
    element("p", {},
      element("a", { class: "button", href: "/account" }, text("page.make_account"))));
}

async function act(form, keys) {
  form.querySelector(":scope > .mistake")?.remove();
  const button = form.querySelector("button[type=submit]");
  // Pictures may take a while to be kept; twice is once too often.
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const key = keyFor(form, keys);
    if (key && await isOpen(key)) {
      const asked = await builders[form.dataset.action](values(form), key, form);
      await signAndSend(key, asked.actions, { next: asked.next?.(key), unit: asked.unit });
    } else {
      form.append(noKeyNote());
    }
  } catch (fault) {
    showMistake(form, fault);
  }
  button.removeAttribute("aria-busy");
}

/** For every form, also those that come later with a part that is replaced. */
function startActions(keys) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-action]")) return;
    event.preventDefault();
    act(form, keys);
  });
}

function startHere(root) {
  for (const part of root.querySelectorAll("[data-here]")) {
    if (!navigator.geolocation) continue;
    part.hidden = false;
    const fields = ["lat", "lon"].map((name) => part.closest("form").querySelector(
      `[name=${name}], [name^=${name === "lat" ? "latitude" : "longitude"}]`));
    part.querySelector("button").addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        [coords.latitude, coords.longitude].forEach((degrees, index) => {
          fields[index].value = degrees.toFixed(4);
        });
      });
    });
  }
  for (const range of root.querySelectorAll("[data-shown]")) {
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

/** Makes a part of the page work: the whole at first, later what is replaced. */
function wire(root, keys) {
  startHere(root);
  startProofs(root);
  startChoices(root);
  startPictures(root);
  showOwn(keys, root);
}

async function start() {
  const sent = livePartsAsSent();
  localise();
  localiseFields();
  await loadTexts();
  const chain = chainOf();
  if (document.querySelector("[data-keys]")) await startMine(chain, document.body.dataset.member);
  const keys = (await whyNot()) ? [] : await keysOf(chain);
  wire(document, keys);
  await listOwnThings(keys);
  startActions(keys);
  startLive(sent, (part) => {
    localise(part);
    localiseFields(part);
    wire(part, keys);
  });
  document.body.dataset.ready = "yes";
  if (keys.length > 0) await resume();
}

start();
