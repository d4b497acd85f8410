// Elements of the sweep's pages, and formulas written as text with raised and lowered marks.

import { numberText } from "./numbers.js";

const SHAPES = "http://www.w3.org/2000/svg";

/** An HTML element; attributes that are functions are listeners (`onclick`), null is left out, and
 * `style` is an object, as pages forbid styles that are written as text. */
export function html(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function shape(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS(SHAPES, tag), attributes, children);
}

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [property, to] of Object.entries(value)) element.style.setProperty(property, to);
    else if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set a text where it has changed: what has not costs the browser nothing. */
export function putText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute where it has changed. */
export function putAttribute(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

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
  return html("span", { role: "math", "aria-label": said, ...attributes }, parts.map((part, index) => written(part, parts[index - 1])));
}

function written(part, before) {
  if (typeof part === "string") return part;
  if ("value" in part) {
    const text = numberText(part.value, 6);
    // A negative number stands in brackets behind another sign.
    const shown = part.value < 0 && /[×+−] $/.test(before ?? "") ? `(${text})` : text;
    return html("span", { class: `sweep-number ${part.tone}`, "data-value": part.value }, shown);
  }
  const marks = part.above && part.below
    ? html("span", { class: "sweep-marks" }, html("sup", {}, part.above), html("sub", {}, part.below))
    : [part.above && html("sup", {}, part.above), part.below && html("sub", {}, part.below)].filter(Boolean);
  return html("span", { class: "sweep-symbol" }, html("i", {}, part.name), marks);
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
