// Says in words what a decoded transaction does. Read from the bytes that are signed.

import { toJSONForm } from "./json-form.js";
import { digits, formatDuration, formatMoney, formatTime } from "./locale.js";
import { durations } from "./messages.js";
import { find } from "./node-api.js";
import { hasText, text } from "./texts.js";

const scales = new Map();

/** Decimal places of a unit; null when the node does not say. */
export async function scaleOf(unit) {
  if (!scales.has(unit)) {
    const answer = await find("/v1/units?limit=200");
    for (const row of answer?.rows ?? []) scales.set(row.unit, row.scale);
  }
  return scales.get(unit) ?? null;
}

async function money(minor, unit) {
  const scale = await scaleOf(unit);
  return scale === null ? `${minor} (${unit})` : formatMoney(digits(minor, scale), unit);
}

function shorten(value) {
  return typeof value === "string" && value.length > 28
    ? `${value.slice(0, 14)}…${value.slice(-6)}` : value;
}

/** The part of an action that has the name, and its fields in JSON form. */
function opened(action) {
  const form = toJSONForm("Action", action);
  const [module, inner] = Object.entries(form)[0];
  const [name, fields] = Object.entries(inner)[0];
  return { module, name, fields };
}

async function words(name, value, fields) {
  if (name.endsWith("_minor")) {
    const unit = fields.unit;
    return unit ? money(value, unit) : String(value);
  }
  if (name.endsWith("_ms")) {
    if (durations.has(name)) return formatDuration(value);
    return Number(value) === 0 ? text("sign.at_once") : formatTime(value);
  }
  if (Array.isArray(value) || (typeof value === "object" && value !== null)) {
    return JSON.stringify(value);
  }
  if (typeof value === "boolean") return text(value ? "sign.yes" : "sign.no");
  return String(value);
}

/** The sentence of one action, and a row for each field that it has. */
export async function describeAction(action) {
  const { module, name, fields } = opened(action);
  const flat = { ...fields, ...(fields.tariff ?? {}) };
  const values = {};
  for (const [key, value] of Object.entries(flat)) {
    values[key] = shorten(await words(key, value, { ...flat, unit: fields.unit }));
  }
  if (name === "open_agreement") {
    values.start_ms ??= text("sign.at_once");
    values.quantity ??= 1;
  }
  if (name === "take_transition") {
    const key = `verb.${fields.transition}`;
    values.verb = hasText(key) ? text(key) : fields.transition;
  }
  if (name === "open_dispute") {
    values.claim = (fields.claim?.shares ?? [])
      .map((share) => `${share.role}: ${share.numerator}/${fields.claim.denominator}`).join(", ");
  }
  const key = `sign.${name}`;
  const sentence = hasText(key)
    ? text(key, values) : text("sign.other", { action: `${module}.${name}` });
  const rows = [];
  for (const [field, value] of Object.entries(fields)) {
    rows.push([field, String(await words(field, value, fields))]);
  }
  return { sentence, rows };
}
