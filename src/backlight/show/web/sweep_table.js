// Every derivative beside the ones that dual numbers and differences find, and what the update does.

import { h } from "./elements.js";
import { numberText } from "./numbers.js";
import { symbol, formula, weightIndex } from "./sweep_elements.js";
import { edgesOf } from "./sweep_progress.js";

const COLUMNS = ["value", "∂C/∂w: sweep", "backprop", "dual numbers", "central differences", "largest deviation", "after the update"];

/** The table in `root`. `edit(place, value)` makes the values fields, if given. */
export function tableIn(root, edit = null) {
  const body = h("tbody");
  const remark = h("p", { class: "sweep-remark" });
  const head = h("tr", {}, h("th", { scope: "col" }, "by"), COLUMNS.map((text) => h("th", { scope: "col", class: "sweep-cell" }, text)));
  root.append(
    h("h2", {}, "Every derivative, three ways"),
    h("div", { class: "sweep-scroll", tabindex: "0", role: "region", "aria-label": "Every derivative, three ways" },
      h("table", { class: "sweep-table" }, h("thead", {}, head), body)),
    remark,
  );
  let rows = [];
  let filled = null; // the sweep whose numbers stand in the table

  function build(data) {
    rows = rowsOf(data);
    // The cost's derivative by a target is of no use; a target stands here to be changed.
    if (edit) data.drawn.at(-1).forEach((unit) => rows.push(targetRow(unit)));
    filled = null;
    body.replaceChildren(...rows.map((row) => {
      row.cells = COLUMNS.map((_, index) => h("td", { class: `sweep-cell${index === 1 ? " back" : ""}` }));
      row.element = h("tr", { class: row.place.kind }, h("th", { scope: "row" }, formula([row.name], { "aria-label": row.words })), row.cells);
      if (edit) row.field = fieldOf(row, edit);
      return row.element;
    }));
    const hidden = data.sizes.some((units, layer) => data.drawn[layer].length < units);
    remark.textContent = [
      "The sweep multiplies the factors on the edges. The three columns beside it are the library's three ways, which know only the cost.",
      hidden ? "Listed are the weights between the units that are drawn." : "", data.not_compared,
    ].filter(Boolean).join(" ");
  }

  function show(data, sweep, step) {
    if (filled !== sweep) for (const row of rows) fillRow(row, data, sweep);
    filled = sweep;
    const about = edgesOf(step, data.sizes.length - 1);
    for (const row of rows) {
      const active = isAbout(row, step, about);
      if (active !== row.active) row.element.classList.toggle("active", active);
      row.active = active;
    }
  }

  return { build, show };
}

function fillRow(row, data, sweep) {
  const { value, slope, after } = row.read(data, sweep);
  const compared = sweep.ways && row.index !== null;
  const found = ["backprop", "dual", "central"].map((way) => (compared ? sweep.ways[way][row.index] : null));
  const deviation = compared ? Math.max(...found.map((one) => Math.abs(one - slope))) : null;
  [value, slope, ...found, deviation, after].forEach((number, index) => {
    const cell = row.cells[index];
    cell.dataset.value = number ?? "";
    if (index === 0 && row.field) {
      if (row.field.parentNode !== cell) cell.replaceChildren(row.field);
      if (document.activeElement !== row.field) row.field.value = String(value);
    } else cell.textContent = numberText(number, index === 5 ? 2 : 9);
  });
}

function fieldOf(row, edit) {
  const field = h("input", { type: "text", inputmode: "decimal", class: "sweep-field", "aria-label": row.words });
  field.addEventListener("change", () => edit(row.place, field.value, field));
  return field;
}

function isAbout(row, step, about) {
  if (step.phase === "update") return ["weight", "bias"].includes(row.place.kind);
  if (row.place.layer !== about.layer) return false;
  return about.into ? about.into.includes(row.place.unit) : row.place.kind === "weight" && about.outOf.includes(row.place.source);
}

/** A row for every weight, bias and input that is drawn; `index` is its place in the flat order. */
function rowsOf(data) {
  const rows = [];
  let start = 0;
  for (let layer = 1; layer < data.sizes.length; layer += 1) {
    const [inputs, units] = [data.sizes[layer - 1], data.sizes[layer]];
    for (const unit of data.drawn[layer]) {
      for (const source of data.drawn[layer - 1]) rows.push(weightRow(layer, unit, source, start + source * units + unit));
      rows.push(biasRow(layer, unit, start + inputs * units + unit));
    }
    start += (inputs + 1) * units;
  }
  for (const unit of data.drawn[0]) rows.push(inputRow(unit, start + unit));
  return rows;
}

function weightRow(layer, unit, source, index) {
  return {
    index, name: symbol("w", weightIndex(unit, source), layer), place: { kind: "weight", layer, unit, source },
    words: `weight ${weightIndex(unit, source)} of layer ${layer}`,
    read: (_, sweep) => {
      const found = sweep.layers[layer - 1];
      return { value: found.weights[source][unit], slope: found.weight_slopes[source][unit], after: found.updated_weights[source][unit] };
    },
  };
}

function biasRow(layer, unit, index) {
  return {
    index, name: symbol("b", unit + 1, layer), place: { kind: "bias", layer, unit, source: null },
    words: `bias of unit ${unit + 1} of layer ${layer}`,
    read: (_, sweep) => {
      const found = sweep.layers[layer - 1];
      return { value: found.biases[unit], slope: found.deltas[unit], after: found.updated_biases[unit] };
    },
  };
}

function inputRow(unit, index) {
  return {
    index, name: symbol("x", unit + 1), place: { kind: "input", layer: 0, unit }, words: `input ${unit + 1}`,
    read: (data, sweep) => ({ value: data.x[unit], slope: sweep.input_slopes[unit], after: null }),
  };
}

function targetRow(unit) {
  return {
    index: null, name: symbol("t", unit + 1), place: { kind: "target", layer: -1, unit }, words: `target ${unit + 1}`,
    read: (data) => ({ value: data.t[unit], slope: null, after: null }),
  };
}
