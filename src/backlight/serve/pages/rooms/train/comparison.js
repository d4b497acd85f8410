// Trainings side by side: their losses in one chart, and how right each is.

import { h } from "../../widgets.js";
import { confusionTable } from "./confusion.js";
import { lossChart } from "./run_view.js";

const NAMES = ["diagonal", "squared error", "cross-entropy"];

export function comparison(told) {
  const chart = lossChart("three output deltas", seriesOf(told));
  const state = h("p", { class: "state", role: "status" });
  const columns = told.map((one, i) => {
    const body = h("div", {});
    return { body, element: h("section", { class: "panel", "aria-label": NAMES[i] }, h("h3", {}, NAMES[i]), h("p", { class: "note" }, one.about), body) };
  });
  const element = h("div", { class: "standing" },
    h("section", { class: "panel head", "aria-labelledby": "run-loss" }, h("h2", { id: "run-loss" }, "Three output deltas"), state,
      h("p", { class: "note" }, "Each curve is the loss that its own run descends: two squared errors and a cross-entropy. Compare the accuracies."), chart.element),
    h("div", { class: "beside" }, columns.map((one) => one.element)));

  function update(standings) {
    state.textContent = standings.map((one, i) => `${NAMES[i]}: epoch ${one.epoch}`).join(" · ");
    chart.update(seriesOf(standings));
    standings.forEach((one, i) => columns[i].body.replaceChildren(...Object.entries(one.judged).flatMap(([rows, judged]) => [
      h("p", {}, h("b", { class: "numbers" }, `${(100 * judged.accuracy).toFixed(2)} %`), ` of ${judged.rows} rows ${rows === "held out" ? "held out" : "learned from"} right`),
      confusionTable(judged, `${NAMES[i]}, ${rows}`)])));
  }
  update(told);
  return { element, update };
}

function seriesOf(standings) {
  return standings.map((one, i) => ({ name: NAMES[i], points: one.curves.training, best: null }));
}
