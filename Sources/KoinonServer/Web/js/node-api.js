// The member's node over HTTP. What it says is shown, never believed where it matters.

import { text } from "./texts.js";

/** A problem of RFC 9457, or no answer at all. */
export class Problem extends Error {
  constructor({ title, detail, remedy, code, field, status }) {
    super(title);
    Object.assign(this, { title, detail, remedy, code, field, status });
  }
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

/** An answer as it came, byte for byte when it is written so again. */
export async function requestText(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options,
      headers: { accept: "application/json", ...options.headers } });
  } catch {
    throw new Problem({
      title: text("fault.unreachable"), remedy: text("fault.unreachable_remedy") });
  }
  const body = await response.text();
  if (response.ok) return body;
  const json = parse(body);
  throw new Problem({ title: json.title ?? text("fault.failed"), detail: json.detail,
    remedy: json.remedy, code: json.code, field: json.field, status: response.status });
}

export const request = async (path, options) => parse(await requestText(path, options));

export const post = (path, value) => request(path, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value),
});

/** Null instead of a problem when there is no such thing. */
export async function find(path) {
  try {
    return await request(path);
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}
