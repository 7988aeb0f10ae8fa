// What people type into forms, as the ledger takes it.

import { fromHex, sha256, toHex, utf8 } from "./bytes.js";
import { scaleOf } from "./describe.js";
import { readID } from "./identifiers.js";
import { digits, formatMoney, readAmount } from "./locale.js";
import { Problem, request } from "./node-api.js";
import { text } from "./texts.js";

/** What a person entered cannot be used; names the field. */
export class Mistake extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** The bytes of an id; `field` is the one that is wrong, the kind where it has its name. */
export function id(kind, value, field = kind) {
  const bytes = readID(kind, (value ?? "").trim());
  if (!bytes) throw new Mistake(field, text("mistake.id", { kind: text(`found.${kind}`) }));
  return bytes;
}

export function whole(values, field, least, most) {
  const typed = (values[field] ?? "").trim();
  const number = /^\d{1,16}$/.test(typed) ? Number(typed) : NaN;
  if (!(number >= least && number <= most)) {
    throw new Mistake(field, text("mistake.whole", { least, most }));
  }
  return number;
}

// Of the smallest parts of a unit: more is no amount on the ledger.
const MOST_MINOR = 2n ** 63n - 1n;

/** Smallest parts of the unit in the field `unit`. */
export async function amount(values, field) {
  const scale = await scaleOf(values.unit);
  const minor = scale === null ? null : readAmount(values[field] ?? "", scale);
  if (minor === null) throw new Mistake(field, text("mistake.amount", { scale: scale ?? 0 }));
  if (minor > MOST_MINOR) {
    const most = formatMoney(digits(MOST_MINOR, scale), values.unit);
    throw new Mistake(field, text("mistake.amount_most", { most }));
  }
  return minor;
}

/** Degrees times ten million; null for an empty field. */
export function degrees(values, field, most) {
  const typed = (values[field] ?? "").trim().replace(",", ".");
  if (typed === "") return null;
  const number = Number(typed);
  if (!(Math.abs(number) <= most)) throw new Mistake(field, text("mistake.degrees", { most }));
  return Math.round(number * 1e7);
}

/** The place of a form, or nothing. */
export function place(values) {
  const latitude = degrees(values, "latitude", 90);
  const longitude = degrees(values, "longitude", 180);
  if ((latitude === null) !== (longitude === null)) {
    throw new Mistake("longitude", text("mistake.place"));
  }
  return latitude === null ? {} : { place: { latitude_e7: latitude, longitude_e7: longitude } };
}

/** Milliseconds since 1970 of a field that was sent in UTC; 0 for an empty one. */
export function moment(values, field) {
  const typed = (values[field] ?? "").trim();
  if (typed === "") return 0n;
  const milliseconds = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(typed) ? typed : `${typed}Z`);
  if (!(milliseconds > 0)) throw new Mistake(field, text("mistake.moment"));
  return BigInt(milliseconds);
}

/** Milliseconds of a number of hours, "1.5" for instance. */
export function hours(values, field, most = 87_600) {
  const typed = (values[field] ?? "").trim().replace(",", ".");
  const number = typed === "" ? NaN : Number(typed);
  if (!(number >= 0 && number <= most)) {
    throw new Mistake(field, text("mistake.hours", { most }));
  }
  return BigInt(Math.round(number * 3_600_000));
}

/** A name that stays: of a kind or a unit. */
export function slug(values, field) {
  const typed = (values[field] ?? "").trim();
  if (!/^[a-z0-9][a-z0-9._-]{0,31}$/.test(typed)) throw new Mistake(field, text("mistake.slug"));
  return typed;
}

const TITLE_BYTES = 64;

/** What something is called. */
export function title(values, field = "title") {
  const typed = (values[field] ?? "").trim();
  if (typed === "" || utf8(typed).length > TITLE_BYTES) {
    throw new Mistake(field, text("mistake.title"));
  }
  return typed;
}

export function publicKey(values) {
  const bytes = fromHex(values.public_key.trim());
  if (bytes?.length !== 32) throw new Mistake("public_key", text("mistake.key"));
  return bytes;
}

/**
 * Keeps bytes at the node, where whoever has their hash may read them; gives the hash, which is
 * reckoned here and only compared with what the node says.
 */
export async function keep(bytes, type) {
  const hash = await sha256(bytes);
  const answer = await request("/v1/content", {
    method: "PUT", headers: { "content-type": type }, body: bytes });
  if (answer.hash !== toHex(hash)) throw new Problem({ title: text("mistake.kept") });
  return hash;
}

/** As `keep`; nothing has no hash. */
export async function keepText(words) {
  const bytes = utf8((words ?? "").trim());
  return bytes.length === 0 ? bytes : keep(bytes, "text/plain; charset=utf-8");
}

/** Shares of percent: so much for one role, the rest for the other. */
export function division(values) {
  const percent = whole(values, "percent", 0, 100);
  const shares = [[values.role, percent], [values.other, 100 - percent]]
    .filter(([, numerator]) => numerator > 0)
    .map(([role, numerator]) => ({ role, numerator: BigInt(numerator) }));
  return { shares, denominator: 100n, hand_over: Boolean(values.hand_over) };
}
