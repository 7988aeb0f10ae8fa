// Things, offers and requests.

import { one, pageOf } from "./building.js";
import { evidenceHash } from "./evidence.js";
import { amount, hours, id, keepText, Mistake, moment, place, title, whole } from "./fields.js";
import { described } from "./pictures.js";
import { text } from "./texts.js";

/** The terms of the chosen process that differ from its defaults, ascending by name. */
async function processTerms(values, form) {
  const terms = [];
  for (const field of form.querySelectorAll("[data-term]")) {
    if (field.disabled || field.closest("fieldset:disabled")) continue;
    const { term, kind, least, most, standard } = field.dataset;
    const name = field.name;
    let value;
    if (kind === "choice") value = field.checked ? 1n : 0n;
    else if (kind === "time") value = await hours(values, name);
    else if (kind === "money") value = await amount(values, name);
    else value = BigInt(whole(values, name, Math.max(0, Number(least)), Number(most)));
    if (value < BigInt(least) || value > BigInt(most)) {
      throw new Mistake(name, text("mistake.bounds"));
    }
    if (value !== BigInt(standard)) terms.push({ name: term, value });
  }
  return terms.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function arbiters(values) {
  const lines = (values.arbiters ?? "").split(/[\s,]+/).filter(Boolean);
  return lines.map((line) => id("account", line, "arbiters"));
}

/** What every form of an offer says beside the thing. */
async function offerTerms(values, form) {
  const terms = {
    title: title(values), process: values.process, unit: values.unit,
    tariff: {
      price_minor: await amount(values, "price"), step_ms: BigInt(values.step_ms),
      minimum_steps: whole(values, "minimum_steps", 1, 100_000),
    },
    deposit_minor: await amount(values, "deposit"), ...place(values),
  };
  if (values.refuse_flagged) terms.trust_rule = { refuse_flagged: true };
  const own = await processTerms(values, form);
  if (own.length > 0) terms.terms = own;
  const judges = arbiters(values);
  if (judges.length > 0) terms.arbiters = judges;
  return terms;
}

/** A new thing, and an offer on it in the same transaction. */
async function share(values, key, form) {
  const terms = await offerTerms(values, form);
  const thing = {
    kind: values.kind, title: title(values),
    capacity: whole(values, "capacity", 1, 1_000_000),
    description_hash: await keepText(await described(values, form)),
  };
  const actions = async (made) => [
    { resources: { register_resource: thing } },
    { market: { publish_offer: { resource: await made("resource", 0), ...terms } } },
  ];
  return { actions, next: pageOf("offer", "/offer/", 1) };
}

/** The things that were ticked, the first and what goes with it. */
function bundle(form) {
  const things = [...form.querySelectorAll("[data-own-thing]:checked")].map((box) => {
    const field = form.querySelector(`[name="quantity-${box.value}"]`);
    return { resource: id("resource", box.value),
      quantity: whole({ quantity: field.value }, "quantity", 1, 1_000_000) };
  });
  if (things.length === 0) throw new Mistake("things", text("mistake.things"));
  if (things.length > 16) throw new Mistake("things", text("mistake.many_things"));
  const [first, ...also] = things;
  if (first.quantity !== 1) {
    // The ledger counts one of the first thing for each unit: another one may come first.
    const single = also.findIndex((thing) => thing.quantity === 1);
    if (single < 0) throw new Mistake("things", text("mistake.first_thing"));
    [things[0], things[single + 1]] = [things[single + 1], things[0]];
  }
  return { resource: things[0].resource, ...(things.length > 1 ? { also: things.slice(1) } : {}) };
}

async function offerThings(values, key, form) {
  const offer = { ...bundle(form), ...(await offerTerms(values, form)) };
  return { ...one("market", "publish_offer", offer), next: pageOf("offer", "/offer/") };
}

async function updateResource(values, key, form) {
  return one("resources", "update_resource", {
    resource: id("resource", values.resource), title: title(values),
    capacity: whole(values, "capacity", 1, 1_000_000),
    description_hash: await keepText(await described(values, form)),
  });
}

// MARK: Requests

const DAY_MS = 86_400_000;

async function ask(values) {
  const days = whole(values, "days", 1, 30);
  const wish = {
    title: title(values), kind: values.kind, unit: values.unit,
    text_hash: await keepText(values.description), ...place(values),
    start_ms: moment(values, "start"), quantity: whole(values, "quantity", 1, 1_000_000),
    duration_ms: values.duration?.trim() ? hours(values, "duration") : 0n,
    budget_minor: values.budget?.trim() ? await amount(values, "budget") : 0n,
    // A little less than said: the node's clock may be behind this one.
    expires_at_ms: BigInt(Date.now() + days * DAY_MS - 300_000),
  };
  if (values.radius?.trim()) {
    if (!wish.place) throw new Mistake("latitude", text("mistake.radius"));
    wish.radius_m = 1_000 * whole(values, "radius", 1, 20_000);
  }
  return { ...one("market", "publish_request", wish), next: pageOf("request", "/request/") };
}

async function answer(values, key, form) {
  return one("market", "answer_request", {
    request: id("request", values.request), start_ms: moment(values, "start"),
    duration_ms: hours(values, "duration"),
    offer: { ...bundle(form), ...(await offerTerms(values, form)) },
  });
}

const counter = async (values) => ({
  ...one("market", "counter_answer", {
    answer: id("offer", values.answer), price_minor: await amount(values, "price"),
    deposit_minor: await amount(values, "deposit"), start_ms: moment(values, "start"),
    duration_ms: hours(values, "duration"),
  }), unit: values.unit });

export const market = {
  share,
  offer_things: offerThings,
  update_resource: updateResource,
  transfer_resource: (values) => one("resources", "transfer_resource", {
    resource: id("resource", values.resource), to: id("account", values.to, "to") }),
  retire_resource: (values) =>
    one("resources", "retire_resource", { resource: id("resource", values.resource) }),
  report_stolen: async (values) => one("resources", "report_stolen", {
    resource: id("resource", values.resource), evidence_hash: await evidenceHash(values) }),
  report_recovered: (values) =>
    one("resources", "report_recovered", { resource: id("resource", values.resource) }),
  withdraw_offer: (values) => one("market", "withdraw_offer", { offer: id("offer", values.offer) }),
  ask,
  withdraw_request: (values) =>
    one("market", "withdraw_request", { request: id("request", values.request) }),
  answer,
  counter,
  take_answer: (values) => one("market", "take_answer", {
    answer: id("offer", values.answer),
    ...(values.arbiter ? { arbiter: id("account", values.arbiter, "arbiter") } : {}) }),
  withdraw_answer: (values) =>
    one("market", "withdraw_answer", { answer: id("offer", values.answer) }),
};
