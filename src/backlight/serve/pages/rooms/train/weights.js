// Weights as squares: the larger the area the larger the weight; filled for plus, hollow for minus.

import { numberText } from "/static/show/numbers.js";
import { h, svg } from "../../widgets.js";

const CELL = 20;
const GAP = 4; // before the biases
const MOST = 24; // inputs or units that are drawn

export function weightsView(sizes) {
  const element = h("div", { class: "weights" });
  const layers = sizes.slice(1).map((units, i) => {
    const drawing = svg("svg", { role: "img" });
    const name = `Layer ${i + 1}: ${sizes[i]} → ${units}`;
    const note = h("p", { class: "note" });
    element.append(h("figure", {}, h("figcaption", {}, h("b", {}, name), note), drawing));
    return { drawing, note, name, across: sizes[i] > units };
  });
  element.append(h("p", { class: "note" }, "Area is size: filled above zero, hollow below. Behind the line are the biases."));
  return { element, update: (weights) => weights.forEach((layer, i) => draw(layers[i], layer)) };
}

function draw({ drawing, note, name, across }, layer) {
  if (!layer) {
    note.textContent = "too many to be drawn";
    return;
  }
  const inputs = layer.weights.length, units = layer.biases.length;
  const rows = [...layer.weights.slice(0, MOST), layer.biases].map((row) => row.slice(0, MOST));
  const most = Math.max(1e-12, ...rows.flat().map(Math.abs));
  const cut = Math.max(inputs, units) > MOST ? `, the first ${MOST}` : "";
  note.textContent = `largest ${numberText(most, 3)}; inputs ${across ? "across, units down" : "down, units across"}${cut}`;
  const along = CELL * rows.length + GAP, side = CELL * rows[0].length;
  const [width, height] = across ? [along, side] : [side, along];
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.style.maxWidth = `${width * 1.4}px`;
  drawing.setAttribute("aria-label", `${name}, the largest weight is ${numberText(most, 3)} in size`);
  const rule = along - CELL - GAP / 2;
  const line = across ? { x1: rule, x2: rule, y1: 0, y2: height } : { x1: 0, x2: width, y1: rule, y2: rule };
  drawing.replaceChildren(svg("line", { ...line, class: "rule" }), ...rows.flatMap((row, i) => row.map((value, k) => {
    const at = CELL * i + (i === rows.length - 1 ? GAP : 0);
    return square(value, most, across ? [at, CELL * k] : [CELL * k, at]);
  })));
}

function square(value, most, [left, top]) {
  const side = (CELL - 3) * Math.sqrt(Math.abs(value) / most);
  const inset = (CELL - side) / 2;
  return svg("rect", { x: left + inset, y: top + inset, width: side, height: side, class: value < 0 ? "minus" : "plus" },
    svg("title", {}, numberText(value)));
}
