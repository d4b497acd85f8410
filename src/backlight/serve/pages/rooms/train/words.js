// What the parts of this room say alike.

import { countText } from "/static/show/numbers.js";

/** `1 row`, `1,797 rows`. */
export function counted(count, one) {
  return `${countText(count)} ${one}${count === 1 ? "" : "s"}`;
}
