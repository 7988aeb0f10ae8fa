// Why bytes or a file are not taken. What a reader is told stands with the page's other texts.

import { text } from "./texts.js";

/**
 * Something is not what it should be. `place` is the path of field names to it, empty for a file
 * as a whole; `reason` is the key of the text that says what is wrong there, `values` fill it in.
 */
export class Refused extends Error {
  constructor(place, reason, values = {}) {
    super(`${place}: ${reason}`);
    Object.assign(this, { place, reason, values });
  }
}

export function require(condition, place, reason, values) {
  if (!condition) throw new Refused(place, reason, values);
}

/** What is wrong, in the page's language. */
export const refusalText = ({ place, reason, values }) =>
  text(reason, { place: place || text("refused.file"), ...values });
