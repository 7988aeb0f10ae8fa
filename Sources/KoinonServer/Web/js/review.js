// A review is sealed first and opened later: docs/formats/review.md.

import { taggedSHA256 } from "./bytes.js";

/** The hash that binds agreement, reviewer, salt, score (-10 to 10) and the text's hash. */
export function reviewHash({ agreement, reviewer, salt, score, textHash }) {
  const text = textHash?.length ? textHash : new Uint8Array(32);
  const one = Uint8Array.of(score & 0xff);
  return taggedSHA256("koinon/review/v1", agreement, reviewer, salt, one, text);
}
