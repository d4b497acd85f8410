// Formulas of the sweep as text with raised and lowered marks.

import { h } from "./elements.js";
import { numberText } from "./numbers.js";

/** A name with an index below and a layer above, as a part of a formula. */
export function symbol(name, below = "", above = "") {
  return { name, below: String(below), above: above === "" ? "" : `(${above})` };
}

/** A number as a part of a formula; `tone` is "forward" or "back". */
export function amount(value, tone = "") {
  return { value, tone };
}

/** A formula of parts: texts, symbols and numbers. It breaks only where it may. */
export function formula(parts, attributes = {}) {
  const said = parts.map(spoken).join(" ").replace(/\s+/g, " ").trim();
  return h("span", { role: "math", "aria-label": said, ...attributes }, parts.map((part, index) => written(part, parts[index - 1])));
}

function written(part, before) {
  if (typeof part === "string") return part;
  if ("value" in part) {
    const text = numberText(part.value, 6);
    // A negative number stands in brackets behind another sign.
    const shown = part.value < 0 && /[×+−] $/.test(before ?? "") ? `(${text})` : text;
    return h("span", { class: `sweep-number ${part.tone}`, "data-value": part.value }, shown);
  }
  const marks = part.above && part.below
    ? h("span", { class: "sweep-marks" }, h("sup", {}, part.above), h("sub", {}, part.below))
    : [part.above && h("sup", {}, part.above), part.below && h("sub", {}, part.below)].filter(Boolean);
  return h("span", { class: "sweep-symbol" }, h("i", {}, part.name), marks);
}

function spoken(part) {
  if (typeof part === "string") return part;
  if ("value" in part) return numberText(part.value, 6);
  const layer = part.above ? `of layer ${part.above.slice(1, -1)}` : "";
  return `${part.name} ${part.below} ${layer}`;
}

/** The index of the weight from unit `source` to `unit`, as written below w. */
export function weightIndex(unit, source) {
  return unit > 8 || source > 8 ? `${unit + 1},${source + 1}` : `${unit + 1}${source + 1}`;
}
