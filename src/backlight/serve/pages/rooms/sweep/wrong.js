// What is wrong with something that was typed, said where it was typed.

import { h, mark } from "../../widgets.js";

const said = new WeakMap(); // by control: what takes its message away again

/** Says behind a field what is wrong with it; null: nothing is any more. */
export function sayAt(control, message) {
  said.get(control)?.();
  said.delete(control);
  if (!message) return;
  const line = h("p", { class: "sweep-wrong", role: "alert" }, message);
  const unmark = mark(control, line);
  said.set(control, () => {
    line.remove();
    unmark();
  });
  control.after(line);
  line.scrollIntoView({ block: "nearest", inline: "nearest" }); // the field may stand at the window's edge
}

/** Nothing that stands in `root` is wrong any more. */
export function sayNothing(root) {
  for (const said of root.querySelectorAll(".sweep-wrong")) sayAt(said.previousElementSibling, null);
}

/** The number that was typed; null where it is none. */
export function numberFrom(text) {
  const value = Number(text.trim().replace("−", "-"));
  return text.trim() !== "" && Number.isFinite(value) ? value : null;
}

export function numberExpected(name, text) {
  return `${name}: a number such as 0.15 is expected, not ${quoted(text)}`;
}

/** What was typed, as messages tell it back. */
export function quoted(text) {
  const shown = text.trim();
  if (!shown) return "nothing";
  return `“${shown.length > 40 ? `${shown.slice(0, 39)}…` : shown}”`;
}
