// Times and money as the reader writes them. The server sends UTC and plain digits.

const page = globalThis.document?.documentElement.lang || "en";
const reader = (globalThis.navigator?.languages ?? []).find((tag) => tag.startsWith(page));
const locale = reader ?? page;

const STYLES = {
  date: { dateStyle: "medium" },
  hour: { hour: "2-digit", minute: "2-digit" },
  full: { dateStyle: "full", timeStyle: "long" },
  moment: { dateStyle: "medium", timeStyle: "short" },
};

/** A moment in the reader's zone. */
export function formatTime(milliseconds, style = "moment") {
  return new Intl.DateTimeFormat(locale, STYLES[style] ?? STYLES.moment)
    .format(new Date(Number(milliseconds)));
}

/** Digits with a point ("1234.50") and a unit as the reader writes amounts. */
export function formatMoney(digits, unit) {
  const decimals = (digits.split(".")[1] ?? "").length;
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const currency = /^[a-z]{3}$/.test(unit) && isCurrency(unit.toUpperCase());
  if (!currency) return `${new Intl.NumberFormat(locale, options).format(digits)} ${unit}`;
  return new Intl.NumberFormat(locale, { ...options, style: "currency",
    currency: unit.toUpperCase() }).format(digits);
}

function isCurrency(code) {
  try {
    return Intl.supportedValuesOf("currency").includes(code);
  } catch {
    return false;
  }
}

/** The smallest parts of a unit as digits with its decimal places. */
export function digits(minor, scale) {
  const whole = BigInt(minor).toString().padStart(scale + 1, "0");
  return scale === 0 ? whole : `${whole.slice(0, -scale)}.${whole.slice(-scale)}`;
}

/** What a person typed, as smallest parts, however many; null when it is no such amount. */
export function readAmount(typed, scale) {
  const match = /^\s*(\d{1,40})(?:[.,](\d{1,18}))?\s*$/.exec(typed);
  if (!match || (match[2] ?? "").length > scale) return null;
  return BigInt(match[1] + (match[2] ?? "").padEnd(scale, "0"));
}

const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]];

/** A duration by its largest units, for instance "1 day, 2 hours". */
export function formatDuration(milliseconds) {
  let rest = Number(milliseconds);
  const parts = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) {
      parts.push(new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" })
        .format(count));
    }
  }
  return parts.slice(0, 2).join(", ") || "0";
}

/** Rewrites every <time> and amount of the page, also the one that a sentence names. */
export function localise(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const milliseconds = Date.parse(element.dateTime);
    if (Number.isNaN(milliseconds)) continue;
    element.title = element.textContent.trim();
    element.textContent = formatTime(milliseconds, element.dataset.style);
  }
  for (const element of root.querySelectorAll("data.money[data-text]")) {
    element.textContent = formatMoney(element.dataset.text, element.dataset.unit);
  }
  for (const element of root.querySelectorAll("[data-amount]")) {
    const { amount, text, unit } = element.dataset;
    element.textContent = element.textContent.replace(amount, () => formatMoney(text, unit));
  }
}

const pad = (number) => String(number).padStart(2, "0");

function shifted(value, toLocal) {
  const date = new Date(toLocal ? `${value}Z` : value);
  if (Number.isNaN(date.getTime())) return value;
  const parts = toLocal
    ? [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()]
    : [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(),
      date.getUTCMinutes()];
  const [year, month, day, hour, minute] = parts.map(pad);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** Fields show the reader's zone and are sent in UTC, as the server reads them. */
export function localiseFields(root = document) {
  for (const form of root.querySelectorAll("form")) {
    const fields = [...form.querySelectorAll('input[type="datetime-local"]')];
    if (fields.length === 0) continue;
    for (const field of fields) if (field.value) field.value = shifted(field.value, true);
    for (const hint of root.querySelectorAll("[data-utc]")) hint.hidden = true;
    form.addEventListener("formdata", (event) => {
      for (const field of fields) {
        if (field.value) event.formData.set(field.name, shifted(field.value, false));
      }
    });
  }
}
