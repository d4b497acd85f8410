// One training as it stands: curves, how right it is, regions, weights, the model to take along.

import { curveChart } from "/static/show/curves.js";
import { numberText } from "/static/show/numbers.js";
import { field, h, select } from "../../widgets.js";
import { confusionTable } from "./confusion.js";
import { regionsView } from "./regions.js";
import { weightsView } from "./weights.js";

const WORDS = { running: "Training", paused: "Stopped", finished: "Finished", failed: "Failed" };

export function runView(told, look, onLook) {
  const state = h("p", { class: "state", role: "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Epochs" });
  const why = h("p", { class: "note" });
  const chart = lossChart(told.title, curveSeries(told.curves));
  const judged = h("div", {});
  const regions = told.axes.length > 1 ? regionsView(told) : null;
  const weights = weightsView(told.sizes);
  const take = h("a", { class: "button", href: `/api/train/runs/${encodeURIComponent(told.run)}/model`, download: "model.safetensors" }, "Download the model");

  const element = h("div", { class: "standing" },
    h("section", { class: "panel head", "aria-labelledby": "run-title" },
      h("h2", { id: "run-title" }, told.title), h("p", { class: "note" }, told.about), state, bar, why, take),
    h("section", { class: "panel", "aria-labelledby": "run-loss" }, h("h3", { id: "run-loss" }, "Mean loss of each epoch"), chart.element),
    regions ? h("section", { class: "panel", "aria-labelledby": "run-regions" },
      h("h3", { id: "run-regions" }, told.classifies ? "Which class it says where" : "What it says where"),
      axesChoice(told, look, onLook), regions.element) : null,
    h("section", { class: "panel", "aria-labelledby": "run-right" }, h("h3", { id: "run-right" }, "How right it is"), judged),
    h("section", { class: "panel", "aria-labelledby": "run-weights" }, h("h3", { id: "run-weights" }, "Weights"), weights.element));

  function update(standing) {
    state.textContent = `${WORDS[standing.state]}: epoch ${standing.epoch.toLocaleString("en")} of ${standing.epochs.toLocaleString("en")}`;
    state.dataset.state = standing.state;
    bar.value = standing.epochs ? standing.epoch / standing.epochs : 0;
    const first = standing.state === "running" && !standing.epoch ? "The first step takes longer where the loop has yet to be compiled." : "";
    why.textContent = standing.problem ?? standing.stopped ?? first;
    take.hidden = !standing.epoch;
    chart.update(curveSeries(standing.curves));
    judged.replaceChildren(...judgedParts(standing.judged));
    regions?.update(standing.regions);
    weights.update(standing.weights);
  }
  update(told);
  return { element, update };
}

/** Losses over epochs, as a chart whose series can be exchanged. */
export function lossChart(title, series) {
  return curveChart({
    title: `Loss of ${title}`,
    x: { label: "epoch", text: (value) => value.toLocaleString("en") },
    y: { label: "mean loss", log: true, text: (value) => numberText(value) },
    series, reading: "Epoch",
  });
}

export function curveSeries(curves) {
  return Object.entries(curves).map(([name, points]) => ({ name, points, best: null }));
}

function judgedParts(judged) {
  const found = Object.entries(judged);
  if (!found.length) return [h("p", { class: "note" }, "Its outputs are numbers by themselves; the loss says how wrong they are.")];
  return found.flatMap(([rows, one]) => (one.confusion
    ? [h("p", {}, h("b", { class: "numbers" }, `${(100 * one.accuracy).toFixed(1)} %`), ` of ${one.rows} rows ${rowsTold(rows)} right`,
      h("span", { class: "note" }, `, ${(100 * one.baseline).toFixed(1)} % by always saying the usual class`)), confusionTable(one, rows)]
    : [h("p", {}, h("b", { class: "numbers" }, numberText(one.error)), " off on average",
      h("span", { class: "note" }, `, over ${one.rows} rows ${rowsTold(rows)}; ${numberText(one.baseline)} by always saying the mean`)),
    one.r2 === null ? null : h("p", { class: "note" }, `R² ${one.r2.toFixed(3)}`)].filter(Boolean)));
}

function rowsTold(rows) {
  return { training: "learned from", "held out": "held out" }[rows] ?? "in all";
}

function axesChoice(told, look, onLook) {
  const now = { ...look };
  const options = told.axes.map((name, i) => ({ value: String(i), label: name }));
  const change = (key) => (value) => {
    now[key] = Number(value);
    onLook({ ...now });
  };
  const parts = [];
  if (told.axes.length > 2) {
    parts.push(field("Across", select(options, String(now.x), change("x"))), field("Up", select(options, String(now.y), change("y"))));
  }
  if (!told.classifies && told.outputs.length > 1) {
    parts.push(field("Output", select(told.outputs.map((name, i) => ({ value: String(i), label: name })), String(now.output), change("output"))));
  }
  return parts.length ? h("div", { class: "pairs" }, parts) : null;
}
