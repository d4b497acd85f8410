// What a step computes: with symbols, and the same with the numbers of this sweep.

import { h } from "./elements.js";
import { countText } from "./numbers.js";
import { amount, formula, symbol, weightIndex } from "./sweep_elements.js";

const MOST_TERMS = 8;
const MOST_UNITS = 4;

/** The panel in `root`; `show(data, sweep, step, aloud)` fills it, and tells of it where `aloud`. */
export function formulasIn(root) {
  const title = h("h2", { class: "sweep-words", "aria-live": "polite" });
  const body = h("div", { class: "sweep-formulas" });
  root.append(title, body);
  const show = (data, sweep, step, aloud) => {
    // The slider of the steps says its step itself.
    title.setAttribute("aria-live", aloud && document.activeElement?.type !== "range" ? "polite" : "off");
    title.textContent = step.words;
    body.replaceChildren(...linesOfStep(data, sweep, step).map((parts) =>
      typeof parts === "string" ? h("p", { class: "sweep-remark" }, parts) : h("p", {}, formula(parts))));
  };
  return { show };
}

function linesOfStep(data, sweep, step) {
  const lines = {
    inputs: inputLines, forward: forwardLines, cost: costParts, delta: deltaLines, slopes: slopeLines, update: updateLines,
  }[step.phase];
  return lines(data, sweep, step);
}

const z = (unit, layer) => symbol("z", unit, layer);
const a = (unit, layer) => (layer === 0 ? symbol("x", unit) : symbol("a", unit, layer));
const delta = (unit, layer) => symbol("δ", unit, layer);
const w = (index, layer) => symbol("w", index, layer);
const b = (unit, layer) => symbol("b", unit, layer);

function inputLines(data) {
  const lines = [["a", symbol("", "", "0"), " = ", symbol("x"), ", what the network is given"]];
  data.drawn[0].slice(0, MOST_TERMS).forEach((unit) => lines.push([symbol("x", unit + 1), " = ", forward(data.x[unit])]));
  return lines;
}

function forwardLines(data, sweep, { layer, units }) {
  const found = sweep.layers[layer - 1];
  const name = data.activations[layer - 1];
  const softmax = name === "softmax";
  const lines = [
    [z("i", layer), " = ", "Σ", symbol("", "j"), " ", w("ij", layer), " ", a("j", layer - 1), " + ", b("i", layer)],
    [a("i", layer), " = ", softmax ? "softmax(" : "g(", softmax ? symbol("z", "", layer) : z("i", layer), `),  ${name}: ${data.formulas.activations[layer - 1]}`],
  ];
  for (const unit of units.slice(0, MOST_UNITS)) {
    const sources = data.drawn[layer - 1];
    const products = sources.map((source) => [
      amount(found.weights[source][unit]), " × ", forward(signalOf(data, sweep, layer - 1, source)), " + "]);
    lines.push([z(unit + 1, layer), " = ", ...products.flat(), ...others(data, layer - 1, " + "),
      amount(found.biases[unit]), " = ", forward(found.nets[unit])]);
    lines.push([a(unit + 1, layer), " = ", forward(found.signals[unit])]);
  }
  return [...lines, ...more(units)];
}

function costParts(data, sweep) {
  const found = sweep.layers.at(-1);
  const units = data.drawn.at(-1);
  const term = {
    "squared-error": (o, t) => ["½ (", amount(o, "forward"), " − ", amount(t), ")²"],
    "binary-cross-entropy": (o, t) => ["− ", amount(t), " log ", amount(o, "forward"), " − (1 − ", amount(t), ") log (1 − ", amount(o, "forward"), ")"],
    "cross-entropy": (o, t) => ["− ", amount(t), " log ", amount(o, "forward")],
    huber: (o, t) => (Math.abs(o - t) <= 1 ? ["½ (", amount(o, "forward"), " − ", amount(t), ")²"] : ["(|", amount(o, "forward"), " − ", amount(t), "| − ½)"]),
  }[data.loss];
  const terms = units.map((unit, index) => [index ? "  + " : "", ...term(found.signals[unit], data.t[unit])]).flat();
  const left = data.sizes.at(-1) - units.length;
  return [
    [symbol("C"), ` = ${data.formulas.loss}`, `   (${data.loss}; o: the outputs `, symbol("a", "", data.sizes.length - 1), ")"],
    [symbol("C"), " = ", ...terms, left ? ` + ${left} more` : "", " = ", forward(sweep.cost)],
  ];
}

function deltaLines(data, sweep, { layer, units }) {
  const last = data.sizes.length - 1;
  const found = sweep.layers[layer - 1];
  const softmax = found.slopes[0] instanceof Array;
  const lines = [];
  if (layer === last && data.formulas.delta) {
    lines.push([delta("i", layer), " = ∂C/∂", z("i", layer), ` = ${data.formulas.delta}`, "   (cost and activation taken together)"]);
  } else {
    const pull = layer === last ? [data.formulas.pull] : ["Σ", symbol("", "k"), " ", w("ki", layer + 1), " ", delta("k", layer + 1)];
    lines.push(softmax
      ? [delta("i", layer), " = Σ", symbol("", "k"), " ∂C/∂", a("k", layer), " · ∂", a("k", layer), "/∂", z("i", layer)]
      : [delta("i", layer), " = ∂C/∂", a("i", layer), " · g′(", z("i", layer), ") = (", ...pull, ") · g′(", z("i", layer), ")"]);
    if (softmax) lines.push(["∂C/∂", a("k", layer), " = ", ...(layer === last ? pull : ["Σ", symbol("", "m"), " ", w("mk", layer + 1), " ", delta("m", layer + 1)])]);
    lines.push([softmax ? "" : "g′ = ", data.formulas.slopes[layer - 1]]);
  }
  for (const unit of units.slice(0, MOST_UNITS)) lines.push(deltaNumbers(data, sweep, layer, unit));
  return [...lines, ...more(units)];
}

function deltaNumbers(data, sweep, layer, unit) {
  const last = data.sizes.length - 1;
  const found = sweep.layers[layer - 1];
  const end = [" = ", back(found.deltas[unit])];
  const begin = [delta(unit + 1, layer), " = "];
  if (layer === last && data.formulas.delta) {
    const sum = data.t.reduce((total, t) => total + t, 0);
    const whole = data.loss === "cross-entropy" && Math.abs(sum - 1) > 1e-12;
    return [...begin, forward(found.signals[unit]), ...(whole ? [" × ", amount(sum)] : []), " − ", amount(data.t[unit]), ...end];
  }
  if (found.slopes[0] instanceof Array) {
    const products = data.drawn[layer].map((k, index) => [index ? " + " : "", amount(found.pulls[k], "back"), " × ", amount(found.slopes[unit][k])]);
    return [...begin, ...products.flat(), ...others(data, layer, "", " + "), ...end];
  }
  if (layer === last) return [...begin, amount(found.pulls[unit], "back"), " × ", amount(found.slopes[unit]), ...end];
  const behind = sweep.layers[layer];
  const products = data.drawn[layer + 1].map((k, index) => [index ? " + " : "", amount(behind.weights[unit][k]), " × ", back(behind.deltas[k])]);
  return [...begin, "(", ...products.flat(), ...others(data, layer + 1, "", " + "), ") × ", amount(found.slopes[unit]), ...end];
}

function slopeLines(data, sweep, { layer, units }) {
  const found = sweep.layers[layer - 1];
  const lines = [
    ["∂C/∂", w("ij", layer), " = ", a("j", layer - 1), " · ", delta("i", layer)],
    ["∂C/∂", b("i", layer), " = ", delta("i", layer)],
  ];
  const sources = data.drawn[layer - 1].slice(0, MOST_TERMS);
  if (units.length * (sources.length + 1) > MOST_TERMS + 1) {
    return [...lines, "All of them are in the table below; unit by unit, the factors stand on the edges."];
  }
  for (const unit of units) {
    for (const source of sources) {
      lines.push(["∂C/∂", w(weightIndex(unit, source), layer), " = ", forward(signalOf(data, sweep, layer - 1, source)), " × ",
        back(found.deltas[unit]), " = ", back(found.weight_slopes[source][unit])]);
    }
    lines.push(["∂C/∂", b(unit + 1, layer), " = ", back(found.deltas[unit])]);
  }
  return lines;
}

function updateLines(data, sweep) {
  const lines = [[symbol("w"), " ← ", symbol("w"), " − η · ∂C/∂", symbol("w"), ",   η = ", amount(data.learning_rate)]];
  const found = sweep.layers[0];
  const unit = data.drawn[1][0];
  for (const source of data.drawn[0].slice(0, 2)) {
    lines.push([w(weightIndex(unit, source), 1), " ← ", amount(found.weights[source][unit]), " − ", amount(data.learning_rate), " × ",
      back(found.weight_slopes[source][unit]), " = ", amount(found.updated_weights[source][unit])]);
  }
  lines.push([b(unit + 1, 1), " ← ", amount(found.biases[unit]), " − ", amount(data.learning_rate), " × ", back(found.deltas[unit]), " = ", amount(found.updated_biases[unit])]);
  return [...lines, "So for every weight and bias: see the edges, and the last column of the table."];
}

function signalOf(data, sweep, layer, unit) {
  return layer === 0 ? data.x[unit] : sweep.layers[layer - 1].signals[unit];
}

function forward(value) {
  return amount(value, "forward");
}

function back(value) {
  return amount(value, "back");
}

function others(data, layer, after, before = "") {
  const left = data.sizes[layer] - data.drawn[layer].length;
  return left ? [`${before}… (${countText(left)} more)${after}`] : [];
}

function more(units) {
  return units.length > MOST_UNITS ? [`… and so on for ${countText(units.length - MOST_UNITS)} more units.`] : [];
}
