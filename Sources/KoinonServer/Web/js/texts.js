// The page's texts, the same file that the server's templates use.

const language = globalThis.document?.documentElement.lang || "en";
let loaded = {};

/** Returns once texts can be looked up. */
export async function loadTexts() {
  const response = await fetch(`/assets/texts/${language}.json`);
  if (response.ok) loaded = await response.json();
}

/** The text of a key like "sign.title", with {name} replaced; the key itself when missing. */
export function text(key, values = {}) {
  const found = key.split(".").reduce((part, name) => part?.[name], loaded);
  if (typeof found !== "string") return key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there is such a text. */
export const hasText = (key) => text(key) !== key;
