// Follows the ledger and shows what has changed, as long as somebody looks. Without it a page
// shows what was so when it was loaded.

import { element } from "./sign-dialog.js";
import { text } from "./texts.js";

const CALM_MS = 700;
// However much happens, the node is asked no more often.
const PAUSE_MS = 2000;
// Signatures of the members come a moment after the block, and make no event.
const FINAL_MS = 2500;

/** Whether somebody is in the middle of something that would be lost. */
function isTouched(part) {
  if (part.contains(document.activeElement)
    && document.activeElement.matches("input, select, textarea")) return true;
  return [...part.querySelectorAll("input, textarea, option")].some((field) => {
    if (field.matches("option")) return field.selected !== field.defaultSelected && field.index > 0;
    if (field.type === "hidden") return false;
    if (field.type === "file") return field.files.length > 0;
    if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue && field.value !== "";
  });
}

/** Which <details> were open, by their summaries. */
const openedIn = (part) => new Set([...part.querySelectorAll("details[open] > summary")]
  .map((summary) => summary.textContent));

function replace(old, fresh) {
  const opened = openedIn(old);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [...old.querySelectorAll("a, button, summary")].indexOf(focused);
  old.replaceChildren(...fresh.childNodes);
  for (const details of old.querySelectorAll("details")) {
    if (opened.has(details.querySelector("summary")?.textContent)) details.open = true;
  }
  if (focused) old.querySelectorAll("a, button, summary")[place]?.focus();
}

/** Fetches the page anew and replaces the parts that differ; `wire` makes them work. */
async function refresh(known, wire) {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  let waits = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const name = part.dataset.live;
    const fresh = page.querySelector(`[data-live="${name}"]`);
    if (!fresh || known.get(name) === fresh.innerHTML) continue;
    // Under a form that somebody fills in nothing moves; a note says that there is news.
    if (isTouched(part)) {
      waits = true;
      continue;
    }
    known.set(name, fresh.innerHTML);
    const own = document.importNode(fresh, true);
    // A page that is only read knows of no scripts: what it has for those without would show.
    for (const words of own.querySelectorAll("noscript")) words.remove();
    replace(part, own);
    wire(part);
  }
  document.body.dataset.refreshed = Number(document.body.dataset.refreshed ?? 0) + 1;
  tell(waits);
}

function tell(waits) {
  const box = document.querySelector("#news");
  if (!box) return;
  box.replaceChildren(...(waits ? [element("p", { class: "note warm" }, text("live.changed"), " ",
    element("a", { href: location.href }, text("live.reload")))] : []));
}

/** The parts as the server wrote them: to be taken before the page's scripts change anything. */
export const livePartsAsSent = () => new Map(
  [...document.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part.innerHTML]));

/** Follows the events that the page names; `wire(part)` makes a part that was replaced work. */
export function startLive(known, wire) {
  const root = document.querySelector("[data-follow]");
  if (!root || known.size === 0 || !globalThis.EventSource) return;
  let source = null;
  let [soon, last] = [null, null];
  let asked = 0;
  const again = () => {
    soon = null;
    asked = Date.now();
    refresh(known, wire).catch(() => {});
  };
  const later = () => {
    // Not put off by what follows, or a busy ledger would never be shown.
    soon ??= setTimeout(again, Math.max(CALM_MS, asked + PAUSE_MS - Date.now()));
    clearTimeout(last);
    last = setTimeout(again, FINAL_MS);
  };
  const follow = () => {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(`/v1/events?${root.dataset.follow}`);
    source.addEventListener("open", () => {
      document.body.dataset.live = "yes";
      // What happened while nobody looked.
      later();
    });
    source.addEventListener("message", later);
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) follow();
  });
  follow();
}
