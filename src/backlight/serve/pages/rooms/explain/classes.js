// Which class is explained: the top five as bars, a click each; any other by its name.

import { shareText } from "/static/show/numbers.js";
import { button, h } from "../../widgets.js";
import { combobox } from "./combobox.js";

const NOUNS = { vqa: "answer", act: "action" };

export function classChoice(session, number) {
  const bars = h("ul", { class: "top" });
  const title = h("h3", {}, "Class");
  const kind = h("p", { class: "note" });
  const search = combobox({
    id: `explain-class-${number}`,
    label: "Any other class",
    hint: "Search by name or number",
    search: async (text, signal) => (await session.catalogue.search(session.model.name, text, { signal })).map(option),
    onChoose: ({ value }) => session.set(number, { target: value }),
  });
  const against = combobox({
    id: `explain-against-${number}`,
    label: "… rather than",
    hint: "No other class",
    search: async (text, signal) => (await session.catalogue.search(session.model.name, text, { signal })).map(option),
    onChoose: ({ value }) => session.set(number, { against: value }),
  });
  const drop = button("Clear", () => session.set(number, { against: "" }), { class: "clear", "aria-label": "Clear “rather than”" });
  against.element.append(drop);
  const not = h("input", { type: "checkbox", onchange: () => session.set(number, { not: not.checked ? "1" : "" }) });
  const element = h("div", { class: "class-choice" },
    title, bars, kind, search.element, against.element,
    h("label", { class: "tick" }, not, h("span", {}, "Counterfactual: what speaks against it")));

  const option = ({ index, label }) => ({ value: String(index), label, note: String(index) });

  function update() {
    const side = session.view.sides[number];
    if (!side) return;
    const answer = session.answers[number];
    element.hidden = !session.model.classes;
    if (element.hidden) return;
    const noun = NOUNS[session.model.task] ?? "class";
    title.textContent = noun[0].toUpperCase() + noun.slice(1);
    search.name(`Any other ${noun}`);
    const top = answer?.top ?? [];
    draw(top, side, answer);
    kind.textContent = session.model.multi_label ? "Each class is there or not by itself." : "";
    kind.hidden = !kind.textContent;
    const name = (index) => (index === "" ? "" : session.catalogue.name(session.model.name, index));
    const listed = side.target === "" || top.some(({ index }) => String(index) === side.target);
    search.set(listed ? "" : name(side.target));
    against.set(name(side.against));
    drop.hidden = !side.against;
    not.checked = Boolean(side.not);
  }

  let drawn = "";
  function draw(top, side, answer) {
    const explained = side.target === "" ? (top[0]?.index ?? null) : Number(side.target);
    const rows = [...top, ...beside(top, side, answer)].map((row) => ({ ...row, chosen: row.index === explained }));
    const awaited = Boolean(session.running[number]);
    const key = JSON.stringify([rows, session.model.name, awaited && !answer]);
    if (awaited && !answer && bars.querySelector("button")) return; // an old ranking stands until there is a new one
    if (key === drawn) return;
    drawn = key;
    const at = [...bars.querySelectorAll("button")].indexOf(document.activeElement);
    bars.replaceChildren(...(rows.length ? rows.map(bar) : Array.from({ length: awaited && !answer ? 5 : 0 }, () => h("li", { class: "empty", "aria-hidden": "true" }))));
    if (at >= 0) bars.querySelectorAll("button")[Math.min(at, rows.length - 1)]?.focus({ preventScroll: true });
  }

  /** A class that was searched for stands below the best. */
  function beside(top, side, answer) {
    const target = answer?.target;
    const single = side.target !== "" && Number.isInteger(target?.class) && !target.counterfactual;
    if (!single || top.some(({ index }) => index === target.class)) return [];
    return [{ index: target.class, label: target.name, probability: target.probability }];
  }

  function bar({ index, label, probability, chosen }) {
    return h("li", {},
      h("button", { type: "button", "aria-pressed": String(chosen), title: `class ${index}`, onclick: () => session.set(number, { target: String(index) }) },
        h("span", { class: "label" }, label),
        h("span", { class: "numbers" }, shareText(probability)),
        h("span", { class: "track", "aria-hidden": "true" }, h("i", { style: `width:${probability * 100}%` }))));
  }

  return { element, update };
}
