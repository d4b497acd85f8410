// What is wrong with something that was typed, said where it was typed.

import { h } from "../../widgets.js";

let numbered = 0;

/** Says at a field, in the element around it, what is wrong; null: nothing is any more. */
export function sayAt(control, message) {
  const said = control.parentElement?.querySelector(":scope > .sweep-wrong");
  const others = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== said?.id);
  said?.remove();
  control.setAttribute("aria-invalid", String(Boolean(message)));
  if (message) {
    const line = h("p", { class: "sweep-wrong", role: "alert", id: `sweep-wrong-${++numbered}` }, message);
    control.after(line);
    others.push(line.id);
    line.scrollIntoView({ block: "nearest", inline: "nearest" }); // the field may stand at the window's edge
  }
  if (others.length) control.setAttribute("aria-describedby", others.join(" "));
  else control.removeAttribute("aria-describedby");
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
