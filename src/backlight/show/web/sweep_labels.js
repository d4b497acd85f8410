// What stands on the edges of the drawn network, and where there is room for it.

import { numberText } from "./numbers.js";
import { putAttribute, putText } from "./elements.js";
import { labelPlaces } from "./sweep_layout.js";

const LINE = 16; // as high as a line is
const LETTER = 7.1; // as wide as a digit is

export function weightOf(sweep, { layer, unit, source }) {
  const found = sweep.layers[layer - 1];
  return source === null ? found.biases[unit] : found.weights[source][unit];
}

/** A number as it stands in the drawing: short. */
export function briefly(value) {
  return numberText(value, Math.abs(value) < 0.001 ? 2 : 3);
}

/** Places for the labels of the edges a step is about: with both lines where they fit. */
export function litPlaces(state, edges, step, shown) {
  const [long, short] = [true, false].map((form) => sizeOf(edges, { ...shown, phase: step.phase, long: form }));
  const about = edges.map(({ layer, unit, source }) => `${layer}.${unit}.${source}`).join();
  const key = `${step.phase}/${long.width}/${short.width}/${about}`;
  if (!state.places.has(key)) state.places.set(key, findLit(state, edges, step, [long, short]));
  return state.places.get(key);
}

function sizeOf(edges, shown) {
  const lines = edges.map((edge) => linesOf(edge, shown));
  const letters = Math.max(0, ...lines.flat().map((line) => line.length));
  return { width: Math.ceil(letters * LETTER) + 4, height: lines.some(([, second]) => second) ? 2 * LINE + 1 : LINE + 1 };
}

function findLit(state, edges, step, [large, small]) {
  const places = new Map();
  const layers = [...new Set(edges.map((edge) => edge.layer))].map((layer) => edges.filter((edge) => edge.layer === layer));
  const fits = (size) => layers.map((one) => labelPlaces(one, size, state.layout.radius));
  let found = fits(large);
  const long = found.every(({ touching }) => touching === 0);
  if (!long) found = fits(small);
  // The edges of one unit are few, and what a step is about: they are named even where they touch.
  const few = step.units.length === 1;
  layers.forEach((one, index) => {
    if (found[index].touching && !few) return;
    one.forEach((edge, number) => places.set(edge, found[index].places[number]));
  });
  return { places, long };
}

/** Places for the weights of the other edges, where there is room for all of a layer's. */
export function idlePlaces(state, without, shown) {
  const places = new Map();
  for (let layer = 1; layer < state.data.sizes.length; layer += 1) {
    if (layer === without) continue;
    const edges = state.edges.filter((edge) => edge.layer === layer);
    const size = sizeOf(edges, { ...shown, phase: "idle" });
    const key = `idle/${layer}/${size.width}`;
    if (!state.places.has(key)) state.places.set(key, labelPlaces(edges, size, state.layout.radius));
    const found = state.places.get(key);
    if (!found.touching) edges.forEach((edge, index) => places.set(edge, found.places[index]));
  }
  return places;
}

/** Write what stands on an edge at its place; nothing where it has none. */
export function writeLabel({ label, ...edge }, at, shown) {
  const display = at ? "" : "none";
  if (label.style.display !== display) label.style.display = display;
  if (!at) return;
  const [first, second] = linesOf(edge, shown);
  const [upper, lower] = label.children;
  const two = first && second;
  for (const [line, text, shift] of [[upper, first, two ? -7.5 : 0], [lower, second && ` ${second}`, two ? 8 : 0]]) {
    putText(line, text);
    putAttribute(line, "x", at.x);
    putAttribute(line, "y", at.y + shift);
  }
}

/** The weight; or the factors a step multiplies, and their product below. */
function linesOf(edge, { data, sweep, phase, long }) {
  const { layer, unit, source } = edge;
  const found = sweep.layers[layer - 1];
  const bias = source === null;
  const weight = weightOf(sweep, edge);
  const n = briefly;
  if (phase === "idle") return [n(weight), ""];
  const input = bias ? 1 : layer === 1 ? data.x[source] : sweep.layers[layer - 2].signals[source];
  const slope = bias ? found.deltas[unit] : found.weight_slopes[source][unit];
  const after = bias ? found.updated_biases[unit] : found.updated_weights[source][unit];
  if (!long) return [{ forward: n(weight), delta: n(weight), slopes: n(slope), update: `→ ${n(after)}` }[phase], ""];
  return {
    forward: [bias ? n(weight) : `${n(input)} × ${n(weight)}`, ""],
    delta: [`${n(weight)} × ${n(found.deltas[unit])}`, ""],
    slopes: [`${n(input)} × ${n(found.deltas[unit])}`, `= ${n(slope)}`],
    update: [n(weight), `→ ${n(after)}`],
  }[phase];
}
