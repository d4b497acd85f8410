// A confusion matrix as a table: true classes down, said ones across.

import { countText } from "/static/show/numbers.js";
import { h } from "../../widgets.js";

/** {element, update(judged)}: the same cells are filled anew, so that what is focused or scrolled stays. */
export function confusionTable(classes, rows) {
  const cells = classes.map(() => classes.map(() => h("td", {})));
  const unseen = h("p", { class: "note" });
  const table = h("table", { class: "confusion" },
    h("caption", {}, "true class down, said class across"),
    h("thead", {}, h("tr", {}, h("td", {}), classes.map((name) => h("th", { scope: "col" }, h("span", {}, name))))),
    h("tbody", {}, cells.map((row, i) => h("tr", {}, h("th", { scope: "row" }, h("span", {}, classes[i])), row))));
  const element = h("div", {},
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Confusion, ${rows}` }, table), unseen);

  function update(judged) {
    const most = Math.max(1, ...judged.confusion.flat());
    judged.confusion.forEach((counts, i) => counts.forEach((count, k) => fill(cells[i][k], count, count / most, i === k)));
    unseen.textContent = judged.unseen ? `${judged.unseen} rows are of classes that were not learned.` : "";
    unseen.hidden = !judged.unseen;
  }

  return { element, update };
}

function fill(cell, count, share, right) {
  cell.className = `number ${count === 0 ? "none" : right ? "right" : "wrong"}`;
  cell.textContent = countText(count);
  cell.style.setProperty("--share", share.toFixed(3));
}
