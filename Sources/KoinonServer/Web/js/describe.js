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

const SHARED = ["claim", "division"];

const roleName = (role) => (hasText(`role.${role}`) ? text(`role.${role}`) : role);

/** "borrower: 75/100, owner: 25/100". */
const shares = (division) => (division?.shares ?? [])
  .map((share) => `${roleName(share.role)}: ${share.numerator}/${division.denominator}`).join(", ")
  + (division?.hand_over ? `, ${text("sign.hand_over")}` : "");

/** What a proposal changes, from its own fields. */
function change(fields) {
  const name = Object.keys(fields).find((key) => hasText(`sign.change_${key}`));
  if (!name) return JSON.stringify(fields);
  const values = Object.fromEntries(
    Object.entries(fields[name]).map(([key, value]) => [key, shorten(String(value))]));
  if (name === "set_parameter") {
    values.name = fields[name].name;
    const title = `parameter.${values.name}`;
    values.title = hasText(title) ? text(title) : text("alliance.parameter");
    if (values.name.endsWith("_ms")) {
      values.value = `${values.value} (${formatDuration(values.value)})`;
    }
  }
  return text(`sign.change_${name}`, values);
}

/** Values that stand in an action in another shape than its sentence needs them. */
function special(name, fields, values) {
  if (name === "open_agreement") {
    values.start_ms ??= text("sign.at_once");
    values.quantity ??= 1;
  }
  if (["counter_answer", "answer_request"].includes(name)) {
    values.start_ms ??= text("sign.at_once");
  }
  if (name === "take_transition") {
    const key = `verb.${fields.transition}`;
    values.verb = hasText(key) ? text(key) : fields.transition;
  }
  for (const part of SHARED) if (fields[part]) values[part] = shares(fields[part]);
  if (name === "propose") values.change = change(fields);
  if (name === "publish_request") {
    values.kind ||= text("find.any");
    values.budget_minor ??= text("sign.not_said");
  }
  // What goes with the first thing of a bundle is as much signed as the first.
  const also = (fields.offer ?? fields).also ?? [];
  values.things = text("sign.things", { count: 1 + also.length });
  values.yes ??= text("sign.no");
  values.scale ??= "0";
  values.account ??= text("sign.nobody");
  values.delay_ms ??= "0";
  values.from_ms ??= text("sign.whole");
  values.memo = "";
}

/**
 * The sentence of one action, and a row for each field that it has.
 *
 * `unit` is the page's word for amounts whose action names no unit; their rows show the bare
 * number that is signed.
 */
export async function describeAction(action, unit) {
  const { module, name, fields } = opened(action);
  const offer = fields.offer && typeof fields.offer === "object" ? fields.offer : {};
  const flat = { ...offer, ...fields, ...(offer.tariff ?? fields.tariff ?? {}) };
  const values = {};
  for (const [key, value] of Object.entries(flat)) {
    values[key] = shorten(await words(key, value, { ...flat, unit: flat.unit ?? unit }));
  }
  // Nothing at all stands in no field, and is money too.
  for (const field of ["price_minor", "deposit_minor"]) {
    values[field] ??= await words(field, "0", { unit: flat.unit ?? unit });
  }
  special(name, fields, values);
  const key = `sign.${name}`;
  const sentence = hasText(key)
    ? text(key, values) : text("sign.other", { action: `${module}.${name}` });
  const rows = [];
  for (const [field, value] of Object.entries(fields)) {
    rows.push([field, String(await words(field, value, fields))]);
  }
  return { sentence, rows };
}
