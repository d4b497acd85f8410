// How right a training is: the share of rows it says rightly and what it takes for what, or how far
// its numbers are off. Parts are made once and filled anew at every standing.

import { numberText, shareText } from "/static/show/numbers.js";
import { h } from "../../widgets.js";
import { confusionTable } from "./confusion.js";
import { counted } from "./words.js";

/** {element, update(standing)}; `classifies` is false where the outputs are numbers. */
export function judgedView(classifies, name = "") {
  const waiting = h("p", { class: "note" });
  const parts = new Map();
  const element = h("div", { class: "judged" }, waiting);

  function update({ epoch, judged }) {
    const found = Object.entries(judged);
    waiting.hidden = found.length > 0;
    waiting.textContent = classifies || !epoch ? "Told after the first epoch." : "Its outputs are numbers by themselves; the loss says how wrong they are.";
    for (const [rows, one] of found) {
      if (!parts.has(rows)) {
        parts.set(rows, one.confusion ? rightView(one, rows, name) : farView(rows));
        element.append(parts.get(rows).element);
      }
      parts.get(rows).update(one);
    }
  }

  return { element, update };
}

function rightView({ classes }, rows, name) {
  const told = h("p", {});
  const table = confusionTable(classes, [name, rows].filter(Boolean).join(", "));
  const update = (one) => {
    told.replaceChildren(h("b", { class: "numbers" }, shareText(one.accuracy)), ` of ${counted(one.rows, "row")} ${rowsTold(rows)} right`,
      h("span", { class: "note" }, `, ${shareText(one.baseline)} by always saying the usual class`));
    table.update(one);
  };
  return { element: h("div", { class: "judged" }, told, table.element), update };
}

function farView(rows) {
  const told = h("p", {});
  const share = h("p", { class: "note" });
  const update = (one) => {
    told.replaceChildren(h("b", { class: "numbers" }, numberText(one.error)), " off on average",
      h("span", { class: "note" }, `, over ${counted(one.rows, "row")} ${rowsTold(rows)}; ${numberText(one.baseline)} by always saying the mean`));
    share.hidden = one.r2 === null;
    share.textContent = one.r2 === null ? "" : `R² ${numberText(one.r2, 3)}`;
  };
  return { element: h("div", { class: "judged" }, told, share), update };
}

function rowsTold(rows) {
  return { training: "learned from", "held out": "held out" }[rows] ?? "in all";
}
