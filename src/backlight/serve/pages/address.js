// The address of the page, which holds a room's whole state. Browsers refuse a page that writes it too
// often (Safari: a hundred times in half a minute), so a slider that is dragged is written in between
// and at the end.

const AT_ONCE = 20; // writes, before they have to wait
const EVERY = 400; // milliseconds until one more may be made at once

let waiting = null; // the address that is still to be written
let timer = 0;
let left = AT_ONCE;
let counted = 0;

/** The path and the query as they are, or are about to be. */
export function address() {
  return new URL(waiting ?? location.href, location.href);
}

/** Writes the address in place of the one that is shown; soon, where there were many. */
export function replaceAddress(next) {
  const now = performance.now();
  left = Math.min(AT_ONCE, left + (now - counted) / EVERY);
  counted = now;
  waiting = next;
  if (left >= 1 && !timer) write();
  else timer ||= setTimeout(write, EVERY);
}

/** Goes on to another address: back leads to the one that was shown. */
export function pushAddress(next) {
  if (waiting !== null) write();
  history.pushState(null, "", next);
}

/** What waits to be written belongs to a page that is left. */
export function forgetAddress() {
  clearTimeout(timer);
  timer = 0;
  waiting = null;
}

function write() {
  const next = waiting;
  forgetAddress();
  left -= 1;
  history.replaceState(null, "", next);
}

addEventListener("pagehide", () => { if (waiting !== null) write(); });
