// Elements of HTML and SVG. Text is always set as text, never as HTML.

const SVG_NAMES = "http://www.w3.org/2000/svg";

/** An HTML element. Attributes that are functions are listeners (`onclick`); false and null are left out. */
export function h(tag, attributes = {}, ...children) {
  return filledElement(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filledElement(document.createElementNS(SVG_NAMES, tag), attributes, children);
}

function filledElement(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value" && "value" in element) element.value = value;
    else if (name === "style") element.style.cssText = value; // as an attribute, the page's policy forbids it
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
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

/** Set several. */
export function putAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) putAttribute(element, name, value);
}
