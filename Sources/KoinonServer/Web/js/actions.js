// What forms ask for, as actions. Each builder takes the form's values, the key and the form, and
// gives the actions and, where something is made, the page it will have; `unit` is the one of
// amounts that an action names without it.

import { market } from "./actions-market.js";
import { agreements } from "./actions-agreements.js";
import { people } from "./actions-people.js";

export { Mistake } from "./fields.js";

/** Name of a form's action to what it asks for. */
export const builders = { ...market, ...agreements, ...people };
