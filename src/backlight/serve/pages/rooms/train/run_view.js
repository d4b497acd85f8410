// One training as it stands: curves, how right it is, regions, weights, the model to take along.

import { curveChart } from "/static/show/curves.js";
import { countText, numberText } from "/static/show/numbers.js";
import { announce, field, fileLink, h, select } from "../../widgets.js";
import { judgedView } from "./judged.js";
import { regionsView } from "./regions.js";
import { weightsView } from "./weights.js";

const WORDS = { running: "Training", paused: "Stopped", finished: "Finished", failed: "Failed", gone: "No longer on the server" };

/** `onLook` is told of other inputs to look at, `onError` of a model that cannot be taken along. */
export function runView(told, look, onLook, onError) {
  const state = h("p", { class: "state" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Epochs" });
  const why = h("p", { class: "note" });
  const chart = lossChart(told.title, curveSeries(told.curves));
  const judged = judgedView(told.classifies);
  const regions = told.axes.length > 1 ? regionsView(told) : null;
  const weights = weightsView(told.sizes);
  const take = fileLink("Download the model", `/api/train/runs/${encodeURIComponent(told.run)}/model`,
    (error) => onError(Object.assign(error, { run: told.run })));

  const element = h("div", { class: "standing" },
    h("section", { class: "panel head", "aria-labelledby": "run-title" },
      h("h2", { id: "run-title" }, told.title), h("p", { class: "note" }, told.about), state, bar, why, take),
    h("div", { class: "column" }, runPanel("loss", "Mean loss of each epoch", chart.element), runPanel("right", "How right it is", judged.element)),
    h("div", { class: "column" },
      regions ? runPanel("regions", told.classifies ? "Which class it says where" : "What it says where", axesChoice(told, look, onLook), regions.element) : null,
      runPanel("weights", "Weights", weights.element)));
  let said = told.state;

  function update(standing) {
    state.textContent = `${WORDS[standing.state]}: epoch ${countText(standing.epoch)} of ${countText(standing.epochs)}`;
    // Ten standings come in a second: aloud is said only what begins or ends.
    if (standing.state !== said) announce(state.textContent);
    said = standing.state;
    state.dataset.state = standing.state;
    bar.value = standing.epochs ? standing.epoch / standing.epochs : 0;
    const first = standing.state === "running" && !standing.epoch ? "The first step takes longer where the loop has yet to be compiled." : "";
    why.textContent = standing.problem ?? standing.stopped ?? first;
    take.hidden = !standing.epoch || standing.state === "gone";
    if (standing.state === "gone") for (const choice of element.querySelectorAll("select")) choice.disabled = true;
    chart.update(curveSeries(standing.curves));
    judged.update(standing);
    regions?.update(standing.regions);
    weights.update(standing.weights);
  }
  update(told);
  return { element, update, close: () => regions?.close() };
}

function runPanel(name, heading, ...content) {
  return h("section", { class: "panel", "aria-labelledby": `run-${name}` }, h("h2", { id: `run-${name}` }, heading), content);
}

/** Losses over epochs, as a chart whose series can be exchanged. */
export function lossChart(title, series) {
  return curveChart({
    title: `Loss of ${title}`,
    x: { label: "epoch", text: countText },
    y: { label: "mean loss", log: true, text: (value) => numberText(value) },
    series, reading: "Epoch",
  });
}

export function curveSeries(curves) {
  return Object.entries(curves).map(([name, points]) => ({ name, points, best: null }));
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
