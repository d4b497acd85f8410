// Trainings side by side: their losses in one chart, and how right each is.

import { countText } from "/static/show/numbers.js";
import { announce, h } from "../../widgets.js";
import { judgedView } from "./judged.js";
import { lossChart } from "./run_view.js";

const NAMES = ["diagonal", "squared error", "cross-entropy"];

export function comparison(told) {
  const chart = lossChart("three output deltas", seriesOf(told));
  const state = h("p", { class: "state" });
  const columns = told.map((one, i) => {
    const judged = judgedView(one.classifies, NAMES[i]);
    return { judged, element: h("section", { class: "panel", "aria-label": NAMES[i] }, h("h3", {}, NAMES[i]), h("p", { class: "note" }, one.about), judged.element) };
  });
  const element = h("div", { class: "standing" },
    h("section", { class: "panel head", "aria-labelledby": "run-loss" }, h("h2", { id: "run-loss" }, "Three output deltas"), state,
      h("p", { class: "note" }, "Each curve is the loss that its own run descends: two squared errors and a cross-entropy. Compare the accuracies."), chart.element),
    h("div", { class: "beside" }, columns.map((one) => one.element)));
  let over = true;

  function update(standings) {
    state.textContent = standings.map((one, i) => `${NAMES[i]}: ${one.state === "gone" ? "no longer on the server, " : ""}epoch ${countText(one.epoch)}`).join(" · ");
    chart.update(seriesOf(standings));
    standings.forEach((one, i) => columns[i].judged.update(one));
    const now = standings.every((one) => one.state !== "running");
    if (now && !over) announce(state.textContent);
    over = now;
  }
  update(told);
  return { element, update, close: () => {} };
}

function seriesOf(standings) {
  return standings.map((one, i) => ({ name: NAMES[i], points: one.curves.training, best: null }));
}
