// Pictures that go with a description. They are drawn anew before they leave the browser, so
// that nothing is in them but what can be seen: a camera writes the place of a home into a file.

import { toHex } from "./bytes.js";
import { keep, Mistake } from "./fields.js";
import { element } from "./sign-dialog.js";
import { text } from "./texts.js";

export const LIMITS = {
  pictures: 6, fileBytes: 40 * 1_048_576, side: 1600, bytes: 4 * 1_048_576, words: 120,
};

/** Of each form: what was chosen, in order, each with its canvas and the field of its words. */
const chosen = new WeakMap();

/** How large a picture is drawn: its longer side at most `side`, never enlarged. */
export function fitted(width, height, side = LIMITS.side) {
  const factor = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** What a picture shows, without what would end it in a description. */
export const plainWords = (words) =>
  words.replace(/[\[\]\r\n]+/g, " ").replace(/\s+/g, " ").trim().slice(0, LIMITS.words);

/** The line of a description that shows a picture: docs/content.md. */
export const pictureLine = (words, hash) => `![${plainWords(words)}](/v1/content/${hash})`;

async function drawn(file) {
  if (file.size > LIMITS.fileBytes) {
    throw new Mistake("pictures", text("picture.too_large", {
      name: file.name, size: LIMITS.fileBytes / 1_048_576 }));
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Mistake("pictures", text("picture.unreadable", { name: file.name }));
  }
  const [width, height] = fitted(bitmap.width, bitmap.height);
  const canvas = element("canvas", { width, height, role: "img",
    "aria-label": text("picture.chosen", { name: file.name }) });
  const context = canvas.getContext("2d");
  // What is clear in a PNG would become black.
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas;
}

function encoded(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob(async (blob) => {
      if (!blob || blob.size > LIMITS.bytes) {
        reject(new Mistake("pictures", text("picture.unreadable", { name: "" })));
      } else resolve(new Uint8Array(await blob.arrayBuffer()));
    }, "image/jpeg", 0.86);
  });
}

let count = 0;

function row(list, rows, canvas, name) {
  const id = `picture-words-${++count}`;
  const words = element("input", { id, maxlength: LIMITS.words, required: true });
  const one = { canvas, words };
  const item = element("li", { class: "picture-row" }, canvas,
    element("div", {}, element("label", { for: id }, text("picture.words"),
      element("span", { class: "hint" }, text("picture.words_hint"))), words),
    element("button", { type: "button", class: "second", "aria-label":
      text("picture.remove_one", { name }), onclick: () => {
      rows.splice(rows.indexOf(one), 1);
      item.remove();
      list.closest("form").querySelector("[data-pictures] input[type=file]").focus();
    } }, text("picture.remove")));
  rows.push(one);
  list.append(item);
}

/** Wires the fields that take pictures. */
export function startPictures(root = document) {
  for (const box of root.querySelectorAll("[data-pictures]")) {
    const form = box.closest("form");
    const input = box.querySelector("input[type=file]");
    const list = box.querySelector("ul");
    const status = box.querySelector("[role=status]");
    const rows = [];
    chosen.set(form, rows);
    input.addEventListener("change", async () => {
      status.replaceChildren();
      try {
        for (const file of input.files) {
          if (rows.length + kept(form).length >= LIMITS.pictures) {
            throw new Mistake("pictures", text("picture.too_many", { most: LIMITS.pictures }));
          }
          row(list, rows, await drawn(file), file.name);
        }
      } catch (fault) {
        status.replaceChildren(element("p", { class: "note bad" }, fault.message));
      }
      input.value = "";
    });
  }
}

/** Lines of pictures that a description has already and that stay. */
const kept = (form) =>
  [...form.querySelectorAll("input[name=kept]:checked")].map((field) => field.value);

/**
 * The description of a form: its words, then a line for each picture. Pictures are kept at the
 * node first; what is signed is the hash of the text that names them by their hashes.
 */
export async function described(values, form) {
  const lines = form ? kept(form) : [];
  for (const { canvas, words } of (form && chosen.get(form)) ?? []) {
    if (!plainWords(words.value)) {
      words.focus();
      throw new Mistake("pictures", text("picture.words_missing"));
    }
    const hash = await keep(await encoded(canvas), "image/jpeg");
    lines.push(pictureLine(words.value, toHex(hash)));
  }
  return [(values.description ?? "").trim(), lines.join("\n")].filter(Boolean).join("\n\n");
}
