// Which function, and where: a worked example or a formula that is typed, and its numbers.

import { postJSON } from "../../api.js";
import { field, h, later, select } from "../../widgets.js";

const FIRST = "polynomial";

/**
 * The panel. `changed(address, entry)` is called when there is a function with a point again, with
 * what the address should hold, and whether that is another entry in the history; `wrong()` when what
 * is typed is no formula.
 */
export function functionPanel(catalog, address, { changed, wrong }) {
  const examples = new Map(catalog.examples.map((one) => [one.name, one]));
  // `read`, `evaluated`, `left`: the formula that was read, whose results were shown, whose field was left last;
  // `entry`: what comes next is another entry in the history.
  const now = { example: null, variables: [], numbers: numbersOf(""), read: "", evaluated: "", left: "", entry: false };
  const choice = select(options(catalog.examples), "", choose);
  const formula = h("input", { type: "text", class: "formula", spellcheck: false, autocapitalize: "off", autocomplete: "off", maxlength: catalog.longest, oninput: () => typed(), onchange: () => { now.left = formula.value; } });
  const told = h("div", { class: "told", role: "status" });
  const shown = h("div", { class: "shown" });
  const point = h("div", { class: "point", role: "group", "aria-label": "The point" });
  const complaint = h("p", { class: "complaint", role: "status" });
  const where = h("div", { class: "where" }, h("h2", {}, "At the point"), point,
    h("p", { class: "note" }, "Numbers, or what is one: pi/4, sqrt(2)."), complaint);
  const source = h("p", { class: "note" });
  const formulaField = field("Function", formula);
  let asking = null;

  const typed = later(() => useFormula(formula.value), 150);

  async function choose(name) {
    // A formula that was typed just now goes into the history before the choice does.
    if (formula.value !== now.read) await useFormula(formula.value);
    if (name) useExample(name);
    else await useFormula(formula.value);
  }

  /** An example, at its own point or, for what the address says, at another. */
  function useExample(name, at = null) {
    typed.cancel();
    asking?.abort();
    const one = examples.get(name);
    Object.assign(now, { example: name, variables: one.variables, numbers: numbersOf(one.at) });
    if (at) Object.assign(now.numbers, known(numbersOf(at)));
    choice.value = name;
    formulaField.hidden = !one.formula;
    formula.value = now.read = one.formula ?? "";
    read({ mathml: one.mathml, wrong: null });
    source.textContent = `${one.title}. ${one.source}`;
    points();
    now.entry = true;
    tell();
  }

  async function useFormula(text) {
    typed.cancel();
    asking?.abort();
    asking = new AbortController();
    now.entry ||= now.example !== null || isAnother(text);
    now.example = null;
    now.read = text;
    choice.value = "";
    formulaField.hidden = false;
    source.textContent = "";
    let found;
    try {
      found = await postJSON("/api/ways/parse", { formula: text }, { signal: asking.signal });
    } catch (error) {
      if (error.name !== "AbortError") read({ mathml: null, wrong: { message: error.message, start: 0, end: 0 } });
      return false;
    }
    if (!found.wrong && !found.variables.length) found.wrong = { message: "no variable to differentiate by: expected one such as 3x^2 - 2y^3", start: 0, end: text.length };
    read(found);
    if (found.wrong) {
      wrong();
      return false;
    }
    now.variables = found.variables.map((name) => ({ name, count: 1 }));
    for (const { name } of now.variables) if ((now.numbers[name] ?? "").trim() === "" || now.numbers[name].includes(",")) now.numbers[name] = "1";
    points();
    tell();
    return true;
  }

  /** Whether it is more than typing on: what was evaluated before can then be come back to. */
  function isAnother(text) {
    const before = now.evaluated;
    return before !== "" && text !== before && (now.left === before || !text.startsWith(before));
  }

  /** The formula as in books, or what is wrong with it, marked at its place. */
  function read({ mathml, wrong: fault }) {
    if (fault) formula.setAttribute("aria-invalid", "true");
    else formula.removeAttribute("aria-invalid");
    where.hidden = !now.variables.length && Boolean(fault);
    told.replaceChildren(...(fault ? marked(formula.value, fault) : []));
    shown.replaceChildren(...(mathml && !fault ? [drawn(mathml)] : []));
  }

  function points() {
    const names = now.variables.map(({ name }) => name).join(" ");
    if (point.dataset.names !== names + now.example) {
      point.dataset.names = names + now.example;
      point.replaceChildren(...now.variables.map(numberField));
    }
    for (const input of point.querySelectorAll("input")) if (document.activeElement !== input) input.value = now.numbers[input.name];
  }

  function numberField({ name, count }) {
    const input = h("input", { type: "text", name, value: now.numbers[name], autocomplete: "off", inputmode: count > 1 ? null : "text", oninput: () => {
      now.numbers[name] = input.value;
      if (!formula.hasAttribute("aria-invalid")) tell();
    } });
    const wide = field(count > 1 ? `${name} (${count} numbers)` : name, input);
    wide.classList.toggle("several", count > 1);
    return wide;
  }

  function at() {
    return now.variables.map(({ name }) => `${name}=${now.numbers[name]}`).join("; ");
  }

  function known(numbers) {
    return Object.fromEntries(Object.entries(numbers).filter(([name]) => now.variables.some((one) => one.name === name)));
  }

  function tell() {
    const { entry } = now;
    const own = now.example && sameAsExample();
    if (entry) Object.assign(now, { evaluated: "", entry: false });
    changed({ example: now.example, formula: now.example ? null : formula.value, at: own ? null : at() }, entry);
  }

  function sameAsExample() {
    const own = numbersOf(examples.get(now.example).at);
    return now.variables.every(({ name }) => own[name] === now.numbers[name]);
  }

  const element = h("section", { class: "panel chosen", "aria-label": "The function" },
    h("div", { class: "what" }, field("Example", choice), formulaField, told, shown, source, vocabulary(catalog.vocabulary)),
    where);
  return {
    element,
    /** Reads what the address says; whether there is a function to begin with. */
    async begin() {
      if (address.formula !== undefined) {
        Object.assign(now.numbers, numbersOf(address.at ?? ""));
        formula.value = address.formula;
        return useFormula(address.formula);
      }
      const known = examples.has(address.example ?? FIRST);
      useExample(known ? address.example ?? FIRST : FIRST, known ? address.at : null);
      if (!known) source.textContent = `There is no example “${address.example.slice(0, 60)}” here; this is ${FIRST}. ${source.textContent}`;
      return true;
    },
    asked: () => ({ ...(now.example ? { example: now.example } : { formula: formula.value }), at: at() }),
    /** The results of what was asked were shown. */
    evaluated(asked) {
      now.evaluated = asked.formula ?? "";
    },
    /** The room is left: nothing that was typed is read any more. */
    stop() {
      typed.cancel();
      asking?.abort();
    },
    /** Shows an error at the number it is about; whether it was about one. */
    complain(error) {
      const name = now.variables.map((one) => one.name).find((one) => error?.message.startsWith(`${one}: `));
      for (const input of point.querySelectorAll("input")) input.setAttribute("aria-invalid", String(input.name === name));
      complaint.textContent = name ? error.message : "";
      return Boolean(name);
    },
  };
}

function options(examples) {
  const group = (one) => (one.wrong ? "Published mistakes" : "Worked examples");
  return [{ value: "", label: "A function of your own" },
    ...examples.map((one) => ({ value: one.name, label: `${one.name}: ${one.title.replace("WRONG: ", "")}`, group: group(one) }))];
}

/** `x=5; y=2` as texts by name. */
function numbersOf(at) {
  const parts = at.split(";").map((part) => part.split("=")).filter((part) => part.length === 2);
  // Without a prototype: a variable may be called `constructor`.
  return Object.assign(Object.create(null), Object.fromEntries(parts.map(([name, value]) => [name.trim(), value.trim()])));
}

function drawn(mathml) {
  return document.adoptNode(new DOMParser().parseFromString(mathml, "text/html").body.firstElementChild);
}

function marked(text, { message, start, end }) {
  const characters = [...text]; // as the server counts them
  const [before, at, after] = [[0, start], [start, end], [end]].map(([from, to]) => characters.slice(from, to).join(""));
  return [h("code", { class: "typed", "aria-hidden": "true" }, before, h("mark", {}, at || " "), after),
    h("p", { class: "complaint" }, message[0].toUpperCase() + message.slice(1))];
}

function vocabulary(words) {
  return h("details", { class: "vocabulary" }, h("summary", {}, "What may be typed"),
    h("p", { class: "note" }, "+ − * / ^ (or **), brackets, |x|, pi, e, and variables under any name. 3x, 2(x + 1) and x y multiply. Functions:"),
    h("dl", {}, words.flatMap(({ name, meaning }) => [h("dt", {}, h("code", {}, name)), h("dd", {}, meaning)])));
}
