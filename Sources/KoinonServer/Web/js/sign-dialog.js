// Shows exactly what is signed, and tells how it went.

import { toJSONForm } from "./json-form.js";
import { describeAction } from "./describe.js";
import { ClocksDiffer, Tampered, compose, signBody } from "./compose.js";
import { formatTime } from "./locale.js";
import { Problem } from "./node-api.js";
import { Refused, refusalText } from "./refusal.js";
import { listed, submit } from "./submit.js";
import { sha256, toHex } from "./bytes.js";
import { hasText, ledgerText, text } from "./texts.js";

/** An element with attributes and children; texts are never read as HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A message with its remedy. */
export function note(tone, title, ...more) {
  return element("div", { class: `note ${tone}` },
    element("p", {}, element("strong", {}, title)),
    ...more.filter(Boolean).map((line) => element("p", {}, line)));
}

export const busy = (words) => element("p", { class: "progress" },
  element("span", { class: "spinner", "aria-hidden": "true" }), words);

/** What went wrong, and what to do about it. */
export function faultNote(fault) {
  if (fault instanceof Tampered) {
    const key = `tampered.${fault.difference}`;
    return note("bad", text("tampered.title"), text(key), text("tampered.remedy"));
  }
  if (fault instanceof ClocksDiffer) {
    const times = { ledger: formatTime(fault.ledger), device: formatTime(fault.device) };
    return note("bad", text("fault.clocks"), text("fault.clocks_differ", times),
      text("fault.clocks_remedy"));
  }
  if (fault instanceof Refused) return note("bad", text("fault.failed"), refusalText(fault));
  // The node's words are English; other languages have their own by the problem's code.
  const own = fault.code && ledgerText(`problems.${fault.code}`);
  if (own) return withCode(note("bad", own, fault.field), fault.code);
  if (fault instanceof Problem) return note("bad", fault.title, fault.detail, fault.remedy);
  return note("bad", text("fault.failed"), text("fault.browser", { words: fault.message }));
}

/** Adds the stable name by which others can help. */
function withCode(made, code) {
  if (code) made.append(element("p", { class: "small muted" }, code));
  return made;
}

/** What to do about a rejection, in the reader's language where the ledger's words have one. */
const remedyOf = (status) =>
  (status.receipt_code && ledgerText(`rejections.${status.receipt_code}`))
  || ledgerText(`ignored.${status.code}`) || status.remedy;

/** What became of a transaction, for people. */
export function outcomeNote(status) {
  if (status.status === "done") return note("", text("outcome.done"));
  const key = `outcome.${status.status}`;
  const words = remedyOf(status);
  const remedy = words && element("span", { class: "sentence" }, words);
  return withCode(note(status.status === "pending" ? "warm" : "bad",
    hasText(key) ? text(key) : status.status, remedy), status.code);
}

function fieldList(rows) {
  return element("dl", { class: "facts" },
    ...rows.flatMap(([name, value]) => [
      element("dt", {}, name), element("dd", { class: "whole" }, value)]));
}

async function summary(body, bytes, key, unit) {
  const described = await Promise.all(
    body.actions.map((action) => describeAction(action, unit)));
  const id = toHex(await sha256(bytes));
  return [
    element("div", { class: "signed" },
      element("ul", { class: "plain" },
        ...described.map(({ sentence }) => element("li", {}, sentence)))),
    element("p", { class: "small muted" },
      text("sign.as", { name: key.name, until: formatTime(body.expires_at_ms) })),
    element("details", {},
      element("summary", {}, text("sign.every")),
      ...described.map(({ rows }) => fieldList(rows)),
      fieldList([[text("found.transaction"), id]]),
      element("pre", { tabindex: "0" },
        JSON.stringify(toJSONForm("TransactionBody", body), null, 2))),
  ];
}

function makeDialog() {
  const content = element("div", { class: "dialog" });
  const dialog = element("dialog", { "aria-labelledby": "dialog-title" }, content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  const show = (...children) => content.replaceChildren(
    element("h2", { id: "dialog-title" }, text("sign.title")), ...children);
  return { dialog, show };
}

const buttons = (...children) => element("div", { class: "actions" }, ...children);

/**
 * Prepares, shows, signs and sends. `next(created)` names the page to go to when it is done,
 * from the ids that the transaction makes; without it the page is loaded again. `unit` is that
 * of amounts that an action names without one.
 */
export async function signAndSend(key, actions, { next, unit } = {}) {
  const { dialog, show } = makeDialog();
  const status = element("div", { role: "status", "aria-live": "polite" });
  const close = element("button", { type: "button", class: "second",
    onclick: () => dialog.close() }, text("sign.cancel"));
  show(status, buttons(close));
  status.append(busy(text("sign.preparing")));
  let prepared;
  try {
    prepared = await compose(key, actions);
  } catch (fault) {
    status.replaceChildren(faultNote(fault));
    close.textContent = text("sign.close");
    return;
  }
  const parts = await summary(prepared.body, prepared.bytes, key, unit);
  const go = element("button", { type: "button" }, text("sign.go"));
  status.replaceChildren();
  show(element("p", {}, text("sign.read")), ...parts, status, buttons(go, close));
  go.focus();
  go.addEventListener("click", async () => {
    go.disabled = close.disabled = true;
    status.replaceChildren(busy(text("sign.sending")));
    try {
      const signed = await signBody(key, prepared.bytes);
      const page = next ? await next(prepared.body.nonce) : location.pathname + location.search;
      const result = await submit(signed, page);
      status.replaceChildren(outcomeNote(result));
      if (result.status === "done") {
        await listed(result.height);
        // A browser keeps the page as it is left, and the way back leads to it.
        addEventListener("pagehide", () => dialog.close(), { once: true });
        location.assign(page);
      }
    } catch (fault) {
      status.replaceChildren(faultNote(fault));
    }
    close.disabled = false;
    close.textContent = text("sign.close");
    go.hidden = true;
    close.focus();
  });
}
