// Shapes that builders of actions share.

import { encode as encodeBech32m } from "./bech32m.js";
import { created } from "./compose.js";
import { KINDS } from "./identifiers.js";

/** One action. */
export const one = (module, name, fields) => ({ actions: [{ [module]: { [name]: fields } }] });

/** The page of what action `index` creates, known once the nonce is. */
export const pageOf = (kind, path, index = 0) => (key) => async (nonce) =>
  `${path}${encodeBech32m(KINDS[kind], await created(key, kind, nonce, index))}`;
