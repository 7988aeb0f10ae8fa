// The page's texts, the same file that the server's templates use.

const language = globalThis.document?.documentElement.lang || "en";
let loaded = {};
let ledger = {};

async function load(path) {
  const response = await fetch(path);
  return response.ok ? response.json() : {};
}

/** Returns once texts can be looked up. */
export async function loadTexts() {
  // What the ledger itself says is English; other languages have it in a file of their own.
  [loaded, ledger] = await Promise.all([
    load(`/assets/texts/${language}.json`),
    language === "en" ? {} : load(`/assets/texts/ledger/${language}.json`)]);
}

/** The form whose pattern under "number.plural" is that of the count's digits, else "other". */
const form = (count) => Object.entries(loaded.number?.plural ?? {})
  .find(([, digits]) => new RegExp(`^(?:${digits})$`).test(count))?.[0] ?? "other";

/**
 * The text of a key like "sign.title", with {name} replaced; the key itself when missing.
 *
 * Of a text with several forms, "sign.things" for instance, it is the one for the value "count".
 */
export function text(key, values = {}) {
  const place = found(loaded, key);
  const words = typeof place === "object" ? place[form(values.count)] : place;
  if (typeof words !== "string") return key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there is such a text. */
export const hasText = (key) => text(key) !== key;

const found = (tree, key) => key.split(".").reduce((part, name) => part?.[name], tree);

/** Words of the ledger in the reader's language; undefined where its own are to be shown. */
export const ledgerText = (key) => found(ledger, key);
