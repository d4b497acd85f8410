// What the network says over two of its inputs: a coloured field, and the rows it learns from.

import { numberText, shareText } from "/static/show/numbers.js";
import { h, svg } from "../../widgets.js";

const SIDE = 480; // of the drawing, in its own units
const MARKS = [
  (x, y, r) => svg("circle", { cx: x, cy: y, r }),
  (x, y, r) => svg("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
  (x, y, r) => svg("path", { d: `M${x} ${y - 1.3 * r}l${1.2 * r} ${2.2 * r}h${-2.4 * r}z` }),
  (x, y, r) => svg("path", { d: `M${x} ${y - 1.4 * r}l${1.4 * r} ${1.4 * r}l${-1.4 * r} ${1.4 * r}l${-1.4 * r} ${-1.4 * r}z` }),
];

export function regionsView(told) {
  const field = h("canvas", {});
  const over = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" });
  const frame = h("div", { class: "field-frame", role: "img" }, field, over);
  const ticks = { x: h("div", { class: "ticks-x" }), y: h("div", { class: "ticks-y" }) };
  const legend = h("ul", { class: "legend plain" });
  const held = h("p", { class: "note" });
  let latest = null;
  const element = h("div", { class: "regions" }, ticks.y, frame, ticks.x, legend, held);

  function update(regions) {
    latest = regions;
    if (!regions) return;
    const colours = palette(element, told.classifies ? told.outputs.length : 2);
    const range = told.classifies ? null : span([...regions.values.flat(), ...regions.truths]);
    paint(field, regions, told.classifies ? classColour(colours) : numberColour(range));
    over.replaceChildren(...marks(regions, told.classifies ? colours : null, range));
    axis(ticks.x, regions.names[0], regions.x);
    axis(ticks.y, regions.names[1], regions.y);
    legend.replaceChildren(...(told.classifies
      ? told.outputs.map((name, i) => h("li", {}, sign(i, colours[i]), name))
      : [h("li", {}, h("span", { class: "ramp", "aria-hidden": "true" }), `${numberText(range[0], 3)} to ${numberText(range[1], 3)}`)]));
    held.textContent = regions.held ? `The other ${regions.held} inputs are held at their mean.` : "";
    frame.setAttribute("aria-label", described(told, regions));
  }
  const again = () => update(latest);
  addEventListener("recoloured", again);
  return { element, update, close: () => removeEventListener("recoloured", again) };
}

function paint(canvas, regions, colour) {
  const cells = regions.values.length;
  canvas.width = canvas.height = cells;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(cells, cells);
  regions.values.forEach((row, i) => row.forEach((value, k) => {
    const at = 4 * ((cells - 1 - i) * cells + k);
    picture.data.set(colour(value, regions.sure?.[i][k]), at);
  }));
  context.putImageData(picture, 0, 0);
}

function marks(regions, colours, range) {
  const [x0, x1] = regions.x, [y0, y1] = regions.y;
  const ramp = range ? numberColour(range) : null;
  return regions.points.map(([x, y], i) => {
    const kind = colours ? regions.truths[i] : 0;
    const mark = MARKS[kind % MARKS.length](SIDE * (x - x0) / (x1 - x0), SIDE * (1 - (y - y0) / (y1 - y0)), 4);
    mark.setAttribute("class", "point");
    mark.style.fill = colours ? text(colours[kind]) : text(ramp(regions.truths[i]));
    return mark;
  });
}

/** Pale where it is unsure, full where it is sure. */
function classColour(colours) {
  const least = 1 / colours.length;
  return (value, sure) => {
    const [r, g, b] = colours[value];
    return [r, g, b, Math.round(40 + 130 * Math.max(0, (sure - least) / (1 - least)))];
  };
}

/** From blue over grey to orange. */
function numberColour([low, high]) {
  return (value) => {
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
    const [from, to, part] = share < 0.5 ? [[49, 88, 190], [205, 205, 200], 2 * share] : [[205, 205, 200], [214, 110, 20], 2 * share - 1];
    return [...from.map((one, i) => Math.round(one + (to[i] - one) * part)), 255];
  };
}

/** The curves' colours, which differ in lightness too; further classes come round again. */
function palette(element, count) {
  const style = getComputedStyle(element);
  return Array.from({ length: count }, (_, i) => rgb(style.getPropertyValue(`--curve-${(i % 7) + 1}`).trim()));
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function text([r, g, b]) {
  return `rgb(${r} ${g} ${b})`;
}

function span(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function axis(place, name, [low, high]) {
  place.replaceChildren(h("span", {}, numberText(low, 3)), h("span", { class: "name" }, name), h("span", {}, numberText(high, 3)));
}

function sign(kind, colour) {
  const mark = MARKS[kind % MARKS.length](8, 8, 5);
  mark.style.fill = text(colour);
  return svg("svg", { viewBox: "0 0 16 16", class: "sign", "aria-hidden": "true" }, mark);
}

function described(told, regions) {
  const cells = regions.values.flat();
  const parts = told.classifies
    ? told.outputs.map((name, i) => `${name} over ${shareText(cells.filter((value) => value === i).length / cells.length, 0)}`)
    : [`from ${numberText(Math.min(...cells), 3)} to ${numberText(Math.max(...cells), 3)}`];
  return `Over ${regions.names[0]} and ${regions.names[1]}: ${parts.join(", ")}`;
}
