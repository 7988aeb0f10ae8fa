// Sends a signed transaction and waits for its outcome. What is under way is kept, so that a
// reload takes it up again; sending the same bytes twice does nothing twice.

import { fromHex, toHex } from "./bytes.js";
import { all, put, remove } from "./keystore.js";
import { Problem, request } from "./node-api.js";

const SETTLED = new Set(["done", "rejected", "expired", "ignored", "refused"]);
const PATIENCE_MS = 60_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function send(pending) {
  const answer = await request("/v1/transactions?wait=durable&timeout_ms=10000", {
    method: "POST", headers: { "content-type": "application/x-protobuf" },
    body: fromHex(pending.envelope),
  });
  return answer.transactions?.[0] ?? answer;
}

/** The status of a transaction that was sent, once it is known; asks again while it waits. */
async function outcome(pending) {
  const end = Date.now() + PATIENCE_MS;
  let wait = 250;
  for (;;) {
    let status;
    try {
      status = await send(pending);
    } catch (problem) {
      // A node that is busy or away is asked again; any other answer is the answer.
      const again = [undefined, 429, 503].includes(problem.status);
      if (!again || Date.now() > end) throw problem;
    }
    if (status && SETTLED.has(status.status)) return status;
    if (Date.now() > end) return status ?? { status: "pending" };
    await pause(wait);
    wait = Math.min(2 * wait, 4000);
  }
}

/** Sends; `next` is the page to go to when it is done. */
export async function submit({ envelope, id }, next) {
  const pending = { id, envelope: toHex(envelope), next, sentAt: Date.now() };
  await put("pending", pending);
  return settle(pending);
}

async function settle(pending) {
  try {
    const status = await outcome(pending);
    if (SETTLED.has(status.status)) await remove("pending", pending.id);
    return status;
  } catch (problem) {
    // Refused before it was taken: nothing to take up again.
    if (problem instanceof Problem && problem.status >= 400 && problem.status < 500) {
      await remove("pending", pending.id);
    }
    throw problem;
  }
}

/**
 * Returns once the node's lists have a block: they follow a moment later, and whoever has signed
 * looks for it on the next page. Never waits for long, nor where the node keeps no lists.
 */
export async function listed(height) {
  const end = Date.now() + 3000;
  for (let wait = 20; Date.now() < end; wait = Math.min(2 * wait, 250)) {
    try {
      const answer = await request("/v1/index");
      if (answer.rebuilding || answer.index_height >= height) return;
    } catch {
      return;
    }
    await pause(wait);
  }
}

/** What a reload interrupted: each with a promise of its outcome. */
export async function interrupted() {
  return (await all("pending")).map((pending) => ({ pending, status: settle(pending) }));
}

