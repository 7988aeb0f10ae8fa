// The page of one's own keys: make, join, copy, take in.

import { fromHex } from "./bytes.js";
import { signConsent } from "./compose.js";
import { saveFile } from "./files.js";
import {
  attachKey, importKey, keysOf, LEAST_PASSPHRASE, makeKey, useKey, whyNot,
} from "./keystore.js";
import { readID } from "./identifiers.js";
import { find, post, Problem } from "./node-api.js";
import { busy, element, faultNote, note } from "./sign-dialog.js";
import { text } from "./texts.js";

const values = (form) => Object.fromEntries(new FormData(form));
const status = (form) => form.querySelector("[role=status]");

const download = (name, value) =>
  saveFile(name, `${JSON.stringify(value, null, 2)}\n`, "application/json");

const fileName = (key) => `koinon-${(key.name || "key").replace(/[^\w-]+/g, "-")}.json`;

/** Whether the ledger has the key's account. */
export const isOpen = async (key) => (await find(`/v1/accounts/${key.account}`)) !== null;

function keyRow(key, current, refresh) {
  const buttons = element("div", { class: "row" },
    element("button", { type: "button", class: "second",
      onclick: () => download(fileName(key), key.copy) }, text("mine.copy")));
  if (!current) {
    buttons.append(element("button", { type: "button", class: "second", onclick: async () => {
      await useKey(key);
      await refresh();
    } }, text("mine.use")));
  }
  return element("li", {}, element("h3", {}, key.name || text("mine.unnamed"), " ",
    current ? element("span", { class: "tag now" }, text("mine.current")) : null),
  element("p", { class: "id whole" }, key.account),
  element("p", { class: "small muted" }, `${text("account.public_key")}: `,
    element("span", { class: "id whole" }, key.publicKey)), buttons);
}

/** Boxes that show what stands in a field for a passphrase; an emptied form hides it again. */
export function startShowing(root = document) {
  for (const box of root.querySelectorAll("[data-shows]")) {
    const field = box.form.querySelector(`#${box.dataset.shows}`);
    const show = (isShown) => {
      field.type = isShown ? "text" : "password";
    };
    box.addEventListener("change", () => show(box.checked));
    box.form.addEventListener("reset", () => show(false));
    // A browser may keep the tick when a page is loaded again.
    show(box.checked);
  }
}

async function join(key, member, form) {
  status(form).replaceChildren(busy(text("mine.joining")));
  const consent = await signConsent(key, member);
  const answer = await post("/v1/join", { consent });
  if (answer.account !== key.account) throw new Problem({ title: text("tampered.sender") });
}

/** Wires the forms; `member` is the id of the member that this node opens accounts through. */
export async function startMine(chain, member) {
  const cannot = document.querySelector("[data-cannot]");
  const reason = await whyNot();
  if (reason) {
    const words = note("bad", text("cannot.title"), text(`cannot.${reason}`));
    cannot.replaceChildren(...words.childNodes);
    cannot.hidden = false;
    return;
  }
  startShowing();
  const refresh = async () => {
    const keys = await keysOf(chain);
    const state = keys.length === 0 ? "none" : (await isOpen(keys[0])) ? "open" : "key";
    for (const part of document.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    document.querySelector("[data-keys]").replaceChildren(
      ...keys.map((key, index) => keyRow(key, index === 0, refresh)));
    for (const link of document.querySelectorAll("[data-own-link]")) {
      const rest = link.dataset.ownLink ? `/${link.dataset.ownLink}` : "";
      if (keys[0]) link.href = `/account/${keys[0].account}${rest}`;
    }
    document.body.dataset.keyState = state;
  };
  const forms = {
    async make(form) {
      const { name, passphrase } = values(form);
      status(form).replaceChildren(busy(text("mine.making")));
      const key = await makeKey(chain, name.trim(), passphrase);
      form.reset();
      download(fileName(key), key.copy);
      return note("", text("mine.made"), text("mine.made_text"));
    },
    async import(form) {
      const { file, passphrase } = values(form);
      status(form).replaceChildren(busy(text("mine.importing")));
      let content;
      try {
        content = JSON.parse(await file.text());
        // A key file of the command is not encrypted; the copy that is made of it will be.
        if (content.format === "koinon/key/v1") {
          content.name ??= file.name.replace(/\.\w+$/, "");
          if (passphrase.length < LEAST_PASSPHRASE) {
            return note("bad", text("mine.passphrase_hint"));
          }
        }
        const key = await importKey(chain, content, passphrase);
        if (!key) return note("bad", text("mine.wrong_passphrase"));
      } catch {
        return note("bad", text("mine.no_key_file"));
      }
      form.reset();
      return note("", text("mine.imported"));
    },
    async attach(form) {
      const account = values(form).account.trim();
      const [key] = await keysOf(chain);
      if (!readID("account", account)) {
        return note("bad", text("mistake.id", { kind: text("account.one") }));
      }
      const found = await find(`/v1/accounts/${account}`);
      const keys = found?.value?.keys ?? [];
      if (!keys.some((one) => one.public_key === key.publicKey)) {
        return note("bad", text("mine.attach_not"), text("mine.attach_how"));
      }
      await attachKey(key, account);
      form.reset();
      return note("", text("mine.attached"));
    },
    async join(form) {
      const [key] = await keysOf(chain);
      await join(key, member, form);
      return note("", text("mine.joined"));
    },
    async money(form) {
      const [key] = await keysOf(chain);
      status(form).replaceChildren(busy(text("mine.asking")));
      await post("/v1/test-money", { account: key.account });
      return note("", text("mine.got_money"));
    },
  };
  const told = document.querySelector("[data-told]");
  for (const form of document.querySelectorAll("form[data-key]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      told.replaceChildren();
      try {
        const done = await forms[form.dataset.key](form);
        status(form).replaceChildren();
        await refresh();
        // What is done with a form may hide it: a first key is made once.
        const place = form.closest("[hidden]") ? told : status(form);
        place.replaceChildren(done);
        place.scrollIntoView({ block: "nearest" });
      } catch (fault) {
        status(form).replaceChildren(faultNote(fault));
      }
      button.disabled = false;
    });
  }
  await refresh();
}

export const chainOf = () => fromHex(document.body.dataset.chain);
