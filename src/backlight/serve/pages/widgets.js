// The few controls that the rooms share.

import { h, svg } from "/static/show/elements.js";
import { mayPass, saveFile } from "./api.js";

export { h, svg };

let numbered = 0;

/** A control with its label above it, and a line that explains it below. */
export function field(label, control, hint = "") {
  control.id ||= `control-${++numbered}`;
  const below = hint ? h("small", { id: `${control.id}-hint` }, hint) : null;
  if (below) control.setAttribute("aria-describedby", below.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, below);
}

/** A choice among options: strings, or {value, label, group, disabled}. */
export function select(options, value, onChange, attributes = {}) {
  const groups = new Map();
  const control = h("select", { ...attributes, onchange: () => onChange(control.value) });
  for (const option of options) {
    const { value: key, label = key, group, disabled } = typeof option === "object" ? option : { value: option };
    const place = group ? groups.get(group) ?? h("optgroup", { label: group }) : control;
    if (group && !groups.has(group)) {
      groups.set(group, place);
      control.append(place);
    }
    place.append(h("option", { value: key, disabled }, label));
  }
  if (value !== undefined && value !== null) control.value = value;
  return control;
}

/** A slider that tells its value beside it; `told` turns the number into text. */
export function slider(label, { min, max, step = 1, value, told = String, onInput, attributes = {} }) {
  const output = h("output", {}, told(value));
  const control = h("input", {
    type: "range", min, max, step, value, ...attributes,
    oninput: () => {
      tell();
      onInput(Number(control.value));
    },
  });
  const tell = () => {
    output.textContent = told(Number(control.value));
    control.setAttribute("aria-valuetext", output.textContent);
  };
  tell();
  control.id = `control-${++numbered}`;
  const element = h("div", { class: "field slider" }, h("label", { for: control.id }, label), output, control);
  return { element, control, set: (next) => { control.value = next; tell(); } };
}

export function button(text, onClick, attributes = {}) {
  return h("button", { type: "button", ...attributes, onclick: onClick }, text);
}

/** A link to a file, which is fetched here: `onError` is told where the server cannot give it. */
export function fileLink(text, href, onError, attributes = {}) {
  return h("a", { class: "button", href, download: "", ...attributes, onclick: async (event) => {
    event.preventDefault();
    try {
      await saveFile(href);
    } catch (error) {
      onError(error);
    }
  } }, text);
}

/** One of a few, all of them in sight. */
export function choices(legend, options, value, onChange) {
  const name = `choice-${++numbered}`;
  return h("fieldset", { class: "choices" }, h("legend", {}, legend),
    h("div", {}, options.map((option) => h("label", {},
      h("input", { type: "radio", name, value: option.value, checked: option.value === value, onchange: () => onChange(option.value) }),
      h("span", {}, option.label)))));
}

/** Said aloud by screen readers when they come to it. */
export function announce(text) {
  const place = document.getElementById("news");
  if (place) place.textContent = text;
}

const failures = new WeakMap(); // by root: what takes the error that is told there away again

/**
 * An error in words: below the control that it is about (`error.control`), else at the top of `root`.
 * It comes into sight, also where it is told once more. A run that was stopped on purpose is none.
 * Where it may pass, a button calls `again`, if given.
 */
export function showError(root, error, again = null) {
  if (error?.name === "AbortError") return;
  clearError(root);
  root.querySelector(":scope > .waiting")?.remove();
  const told = h("p", { role: "alert" }, error?.message || String(error));
  const failure = h("div", { class: "failure" }, told, again && mayPass(error) ? button("Try again", () => again()) : null);
  const control = error?.control;
  const place = control?.closest(".field") ?? root;
  const unmark = control ? mark(control, told) : () => {};
  if (control) place.append(failure);
  else root.prepend(failure);
  failures.set(root, () => {
    failure.remove();
    unmark();
  });
  control?.closest("details")?.setAttribute("open", "");
  // At once: a page that glides would move for those who asked for no motion, too.
  (control ? place : failure).scrollIntoView({ block: "nearest" });
}

export function clearError(root) {
  failures.get(root)?.();
  failures.delete(root);
}

/** Marks a control that holds what cannot be, as an element says; returns what unmarks it. */
export function mark(control, reason) {
  reason.id ||= `reason-${++numbered}`;
  const before = control.getAttribute("aria-describedby");
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", [before, reason.id].filter(Boolean).join(" "));
  return () => {
    control.removeAttribute("aria-invalid");
    if (before === null) control.removeAttribute("aria-describedby");
    else control.setAttribute("aria-describedby", before);
  };
}

/**
 * What the server refuses of a form, in the form's words: its labels in place of the names in the
 * request, and as `control`, for `showError`, the one that it is about.
 *
 * `fields` are {label, control} by their places in the request, such as `epochs` or `where.reach`.
 */
export function inFormsWords(error, fields) {
  if (!error?.field) return error;
  const known = Object.entries(fields);
  const within = (place, name) => place === name || place.startsWith(`${name}.`);
  const words = error.message.split("; ").map((one) => {
    const place = one.slice(0, Math.max(0, one.indexOf(": ")));
    const [, field] = known.find(([name]) => within(place, name)) ?? [];
    return field ? field.label + one.slice(place.length) : one;
  });
  const [, about] = known.find(([name]) => within(error.field, name)) ?? [];
  return Object.assign(error, { message: words.join("; "), control: about?.control });
}

/** `run` once nothing has asked for it for so many milliseconds. */
export function later(run, milliseconds = 150) {
  let timer = 0;
  const call = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds, ...given);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

const styles = new Map();

/** Resolves when these style sheets are there; each is asked for once. */
export function styled(...addresses) {
  return Promise.all(addresses.map((address) => {
    if (!styles.has(address)) {
      styles.set(address, new Promise((resolve) => {
        document.head.append(h("link", { rel: "stylesheet", href: address, onload: resolve, onerror: resolve }));
      }));
    }
    return styles.get(address);
  }));
}
