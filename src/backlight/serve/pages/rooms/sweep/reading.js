// What is typed to choose a network, read: the value, or in words what is wrong with it.

import { countText } from "/static/show/numbers.js";
import { quoted } from "./wrong.js";

export const LABELS = {
  row: "Row of its data", sizes: "Units of each layer", hidden: "Hidden activations", output: "Output activation",
  seed: "Drawn with seed", loss: "Loss", rate: "Learning rate η",
};
const FASTEST = 1e9;
const LAST_SEED = 2 ** 31 - 1;

/** Whole numbers with commas, spaces or × between them; a hyphen only between digits, for it may be a minus. */
const SIZES = /^\d+(?:(?:\s*[,×]\s*|\s+|[-–])\d+)*$/;

/** Reads the units of each layer: { value } or { wrong }. */
export function readSizes(text, limits) {
  const wrong = (words) => ({ wrong: `${LABELS.sizes}: ${words}` });
  if (!SIZES.test(text.trim())) return wrong(`whole numbers such as 2,3,2 are expected, not ${quoted(text)}`);
  const value = text.match(/\d+/g).map(Number);
  if (value.length < 2) return wrong(`at least 2 layers are expected, the inputs and the outputs, not ${value.length}`);
  if (value.length > limits.layers) return wrong(`up to ${limits.layers} layers are expected, not ${value.length}`);
  const bad = value.find((units) => units < 1 || units > limits.units);
  if (bad !== undefined) return wrong(`from 1 to ${limits.units} units are expected in a layer, not ${bad}`);
  const parameters = value.slice(1).reduce((sum, units, i) => sum + (value[i] + 1) * units, 0);
  if (parameters > limits.parameters) return wrong(`${countText(parameters)} parameters are more than can be stepped through here; up to ${countText(limits.parameters)} can: make a layer smaller`);
  return { value };
}

/** Reads the activations of so many hidden layers, null where that is not known: one for each. */
export function readHidden(text, layers, names) {
  if (layers === 0) return { value: [] };
  const wrong = (words) => ({ wrong: `${LABELS.hidden}: ${words}` });
  const typed = text.split(/[\s,;]+/).filter(Boolean);
  const unknown = typed.find((name) => !names.includes(name));
  if (unknown) return wrong(`there is no ${quoted(unknown)}; there are ${names.join(", ")}`);
  if (layers === null) return { value: typed };
  if (typed.length !== 1 && typed.length !== layers) {
    return wrong(`one is expected${layers === 1 ? "" : `, or one for each of ${layers} hidden layers`}, not ${typed.length || "none"}`);
  }
  return { value: typed.length === 1 ? Array(layers).fill(typed[0]) : typed };
}

export function readSeed(text) {
  return readWhole(LABELS.seed, text, 0, LAST_SEED);
}

/** Reads a row, which people count from 1. */
export function readRow(text, rows) {
  return readWhole(LABELS.row, text, 1, rows);
}

export function readRate(text) {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value <= FASTEST) return { value };
  return { wrong: `${LABELS.rate}: a number from 0 up is expected, such as 0.5, not ${quoted(text)}` };
}

function readWhole(label, text, least, most) {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (value >= least && value <= most) return { value };
  return { wrong: `${label}: a whole number from ${least} to ${countText(most)} is expected, not ${quoted(text)}` };
}
