// Accounts, money between them, standing, and what members decide.

import { fromHex } from "./bytes.js";
import { one } from "./building.js";
import { evidenceHash } from "./evidence.js";
import { amount, hours, id, keepText, Mistake, publicKey, slug, title, whole } from "./fields.js";
import { fromJSONForm } from "./json-form.js";
import { Refused, refusalText } from "./refusal.js";
import { text } from "./texts.js";

const accounts = (name, fields) => one("accounts", name, fields);
const alliance = (name, fields) => one("alliance", name, fields);
const reputation = (name, fields) => one("reputation", name, fields);

function recovery(values) {
  if (!values.account.trim()) return accounts("set_recovery", {});
  return accounts("set_recovery", { account: id("account", values.account),
    delay_ms: BigInt(whole(values, "days", 1, 365)) * 86_400_000n });
}

/** A key with a limit may spend so much a day, and manages nothing. */
async function addKey(values) {
  const limits = values.limit?.trim()
    ? [{ unit: values.unit, per_day_minor: await amount(values, "limit") }] : [];
  return accounts("add_key", {
    public_key: publicKey(values), ...(limits.length > 0 ? { limits } : {}) });
}

function key32(values, field) {
  const bytes = fromHex((values[field] ?? "").trim());
  if (bytes?.length !== 32) throw new Mistake(field, text("mistake.key"));
  return bytes;
}

async function processOf(file) {
  if (!(file?.size > 0) || file.size > 65_536) {
    throw new Mistake("process_file", text("mistake.process"));
  }
  try {
    return fromJSONForm("ProcessDefinition", JSON.parse(await file.text()));
  } catch (fault) {
    const why = fault instanceof Refused ? ` ${refusalText(fault)}` : "";
    throw new Mistake("process_file", text("mistake.process") + why);
  }
}

/** Each change that members vote on, by its name. */
const changes = {
  set_parameter: (values) => {
    const isTime = values.parameter.endsWith("_ms");
    const value = isTime
      ? hours(values, "value") : BigInt(whole(values, "value", 0, Number.MAX_SAFE_INTEGER));
    return { name: values.parameter, value };
  },
  admit_member: (values) => ({
    id: values.member_id.trim(), name: title(values, "member_name"),
    node_key: key32(values, "node_key"), account_key: key32(values, "account_key"),
  }),
  expel_member: (values) => ({ id: values.expelled }),
  adopt_process: (values) => processOf(values.process_file),
  lift_flag: (values) => ({ flag: id("flag", values.flag) }),
  activate_protocol: (values) => ({
    version: BigInt(whole(values, "version", 1, Number.MAX_SAFE_INTEGER)),
    from_height: BigInt(whole(values, "from_height", 1, Number.MAX_SAFE_INTEGER)),
  }),
};

async function propose(values) {
  const change = await changes[values.change](values);
  return alliance("propose", {
    title: title(values), statement_hash: await keepText(values.statement),
    [values.change]: change });
}

export const people = {
  transfer: async (values) => one("money", "transfer", {
    unit: values.unit, to: id("account", values.to),
    amount_minor: await amount(values, "amount") }),
  add_key: addKey,
  revoke_key: (values) => accounts("revoke_key", { public_key: publicKey(values) }),
  set_recovery: recovery,
  start_recovery: (values) => accounts("start_recovery", {
    account: id("account", values.account), public_key: publicKey(values) }),
  cancel_recovery: () => accounts("cancel_recovery", {}),
  request_sponsor: (values) => accounts("request_sponsor", { sponsor: values.sponsor }),
  accept_sponsored: (values) =>
    accounts("accept_sponsored", { account: id("account", values.account) }),
  vote: (values) => alliance("vote", {
    proposal: id("proposal", values.proposal), yes: values.yes === "1" }),
  propose,
  renew_node_key: (values) => alliance("renew_node_key", { node_key: key32(values, "node_key") }),
  register_kind: (values) => one("resources", "register_kind", {
    kind: slug(values, "kind"), title: title(values) }),
  create_unit: (values) => one("money", "create_unit", {
    unit: slug(values, "unit"), title: title(values), scale: whole(values, "scale", 0, 18) }),
  issue: async (values) => one("money", "issue", {
    unit: values.unit, to: id("account", values.to, "to"),
    amount_minor: await amount(values, "amount") }),
  raise_flag: async (values) => {
    const reason = values.reason.trim().toLowerCase().replace(/\s+/g, "-");
    return reputation("raise_flag", {
      account: id("account", values.account), reason, evidence_hash: await evidenceHash(values) });
  },
  withdraw_flag: (values) => reputation("withdraw_flag", { flag: id("flag", values.flag) }),
  answer_flag: async (values) => reputation("answer_flag", {
    flag: id("flag", values.flag), answer_hash: await keepText(values.text) }),
  appeal_flag: (values) => reputation("appeal_flag", { flag: id("flag", values.flag) }),
  vouch_for: (values) => reputation("vouch_for", { account: id("account", values.account) }),
  withdraw_vouch: (values) =>
    reputation("withdraw_vouch", { account: id("account", values.account) }),
};
