// A confusion matrix as a table: true classes down, said ones across.

import { h } from "../../widgets.js";

export function confusionTable(judged, rows) {
  const most = Math.max(1, ...judged.confusion.flat());
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Confusion, ${rows}` },
    h("table", { class: "confusion" },
      h("caption", {}, "true class down, said class across"),
      h("thead", {}, h("tr", {}, h("td", {}), judged.classes.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, judged.confusion.map((counts, i) => h("tr", {}, h("th", { scope: "row" }, judged.classes[i]),
        counts.map((count, k) => cell(count, count / most, i === k)))))),
    judged.unseen ? h("p", { class: "note" }, `${judged.unseen} rows are of classes that were not learned.`) : null);
}

function cell(count, share, right) {
  const element = h("td", { class: `number ${count === 0 ? "none" : right ? "right" : "wrong"}` }, String(count));
  element.style.setProperty("--share", share.toFixed(3));
  return element;
}
