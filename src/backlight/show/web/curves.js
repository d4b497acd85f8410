// A chart of curves in one panel: drawn as SVG, read by pointer, slider or as a table.

import { curveAxis, curveRounded, curveTicks } from "./curve_axes.js";
import { curveLabels, curveSwatch, drawnCurve } from "./curve_lines.js";
import { numberText } from "./numbers.js";

const CURVE_NS = "http://www.w3.org/2000/svg";

/**
 * A chart of curves.
 *
 * title   of the figure, for those who do not see it
 * x, y    { label, log, least, text(value) }: a label with its unit; a logarithmic axis puts what is
 *         zero or below `least` at the least
 * series  [{ name, points: [[x, y or null], …], best: index or null, bestText }], in the order of x
 * reading what the slider below moves along: "Step", "Epoch"
 *
 * Returns { element, update(series) }.
 */
export function curveChart({ title, x, y, series, reading = x.label }) {
  const chart = { title, x, y, series, at: null, table: false };
  const element = curveElement("figure", { class: "curves" });
  const picture = curveSvg("svg", { role: "img" });
  const read = curveReading(chart, reading, () => curveDraw(chart, picture));
  const table = curveTable(chart);
  element.append(picture, read.element, table.element);
  const all = () => {
    curveDraw(chart, picture);
    read.refresh();
    table.refresh();
  };
  picture.addEventListener("pointermove", (event) => read.choose(curveNearest(chart, picture, event)));
  new ResizeObserver(() => curveDraw(chart, picture)).observe(element);
  all();
  return { element, update: (next) => { chart.series = next; all(); } };
}

function curveDraw(chart, picture) {
  const em = parseFloat(getComputedStyle(picture).fontSize) || 16;
  const width = Math.max(18 * em, picture.getBoundingClientRect().width || 40 * em);
  const height = Math.min(Math.max(0.62 * width, 15 * em), 26 * em);
  const longest = Math.max(0, ...chart.series.map((one) => one.name.length));
  const box = { left: 3.6 * em, right: width - (0.5 * longest + 1.2) * em, top: 1.4 * em, bottom: height - 3 * em, em };
  const points = chart.series.flatMap((one) => one.points);
  const axes = {
    x: curveAxis(points.map((point) => point[0]), chart.x),
    y: curveRounded(points.map((point) => point[1]), chart.y),
  };
  chart.frame = {
    axes, box,
    left: (value) => box.left + axes.x.place(value) * (box.right - box.left),
    top: (value) => box.bottom - axes.y.place(value) * (box.bottom - box.top),
  };
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  picture.style.height = `${height}px`;
  picture.setAttribute("aria-label", curveTold(chart));
  picture.replaceChildren(...curveGrid(chart), ...chart.series.map((one, i) => drawnCurve(one, i, chart.frame)),
    ...curveLabels(chart.series, chart.frame), ...curveCross(chart));
}

function curveGrid({ frame, x, y }) {
  const { box, axes, left, top } = frame;
  const { em } = box;
  const parts = [];
  for (const { value, text } of curveTicks(axes.y, (box.bottom - box.top) / (2 * em))) {
    parts.push(curveSvg("line", { class: "grid", x1: box.left, x2: box.right, y1: top(value), y2: top(value) }),
      curveSvg("text", { x: box.left - 0.4 * em, y: top(value) + 0.27 * em, "text-anchor": "end" }, text));
  }
  for (const { value, text } of curveTicks(axes.x, (box.right - box.left) / (3.6 * em))) {
    parts.push(curveSvg("line", { class: "grid", x1: left(value), x2: left(value), y1: box.top, y2: box.bottom }),
      curveSvg("text", { x: left(value), y: box.bottom + 1.1 * em, "text-anchor": "middle" }, text));
  }
  parts.push(curveSvg("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    curveSvg("text", { x: (box.left + box.right) / 2, y: box.bottom + 2.4 * em, "text-anchor": "middle" }, x.label),
    curveSvg("text", { x: 0.2 * em, y: 0.8 * em }, y.label));
  return parts;
}

function curveCross({ at, frame, series }) {
  if (at === null) return [];
  const { box, left, top } = frame;
  const line = curveSvg("line", { class: "cross", x1: left(at), x2: left(at), y1: box.top, y2: box.bottom });
  const dots = series.map((one, i) => {
    const value = curveValue(one, at);
    return value === null ? null : curveSvg("circle", { class: `dot c${(i % 7) + 1}`, cx: left(at), cy: top(value), r: 0.28 * box.em });
  });
  return [line, ...dots.filter(Boolean)];
}

/** All places on the horizontal axis where some curve has a value. */
function curvePlaces(chart) {
  return [...new Set(chart.series.flatMap((one) => one.points.map((point) => point[0])))].sort((a, b) => a - b);
}

function curveValue(one, at) {
  return one.points.find((point) => point[0] === at)?.[1] ?? null;
}

function curveNearest(chart, picture, event) {
  const bounds = picture.getBoundingClientRect();
  const distance = (place) => Math.abs(chart.frame.left(place) - (event.clientX - bounds.left));
  const places = curvePlaces(chart);
  return places.length ? places.reduce((best, place) => (distance(place) < distance(best) ? place : best)) : null;
}

function curveReading(chart, label, redraw) {
  const slider = curveElement("input", { type: "range", step: 1, min: 0 });
  const values = curveElement("ul", { class: "values" });
  const name = curveElement("span", {});
  const tell = () => {
    const places = curvePlaces(chart);
    slider.max = Math.max(0, places.length - 1);
    slider.disabled = places.length === 0;
    if (chart.at !== null) slider.value = places.indexOf(chart.at);
    const shown = chart.at === null ? "move over the chart, or here, to read it" : chart.x.text(chart.at);
    name.textContent = `${label}: ${shown}`;
    slider.setAttribute("aria-valuetext", chart.at === null ? "not chosen" : [chart.x.text(chart.at), ...chart.series.map((one) => `${one.name} ${curveTextOf(chart, one)}`)].join(", "));
    values.replaceChildren(...chart.series.map((one, i) => curveElement("li", { class: `c${(i % 7) + 1}` }, curveSwatch(i),
      curveElement("b", {}, one.name), ` ${chart.at === null ? curveBest(one) : curveTextOf(chart, one)}`)));
  };
  const choose = (place) => {
    if (place === chart.at) return;
    chart.at = place;
    tell();
    redraw();
  };
  slider.addEventListener("input", () => choose(curvePlaces(chart)[Number(slider.value)] ?? null));
  const refresh = () => {
    if (!curvePlaces(chart).includes(chart.at)) chart.at = null;
    tell();
  };
  return { element: curveElement("div", { class: "reading" }, curveElement("label", {}, name, slider), values), choose, refresh };
}

function curveBest(one) {
  return one.bestText ?? "";
}

function curveTextOf(chart, one) {
  const value = curveValue(one, chart.at);
  return value === null ? "–" : chart.y.text(value);
}

function curveTable(chart) {
  const place = curveElement("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${chart.title}: the numbers` });
  const element = curveElement("details", {}, curveElement("summary", {}, "The numbers as a table"), place);
  const refresh = () => {
    if (!element.open) return;
    const heads = [chart.x.label, ...chart.series.map((one) => one.name)];
    const rows = curvePlaces(chart).map((at) => [chart.x.text(at), ...chart.series.map((one) => curveTextOf({ ...chart, at }, one))]);
    place.replaceChildren(curveElement("table", {},
      curveElement("thead", {}, curveElement("tr", {}, ...heads.map((text) => curveElement("th", { scope: "col" }, text)))),
      curveElement("tbody", {}, ...rows.map(([first, ...rest]) => curveElement("tr", {},
        curveElement("th", { scope: "row" }, first), ...rest.map((text) => curveElement("td", {}, text)))))));
  };
  element.addEventListener("toggle", refresh);
  return { element, refresh };
}

function curveTold(chart) {
  const ends = chart.series.filter((one) => one.points.length).map((one) => {
    const [at, value] = one.points[one.points.length - 1];
    return `${one.name} ${one.bestText ?? `ends at ${chart.y.text(value)} for ${chart.x.text(at)}`}`;
  });
  return `${chart.title}. ${ends.length ? ends.join("; ") : "Nothing measured yet"}.`;
}

function curveElement(tag, attributes, ...children) {
  return curveFilled(document.createElement(tag), attributes, children);
}

function curveSvg(tag, attributes, ...children) {
  return curveFilled(document.createElementNS(CURVE_NS, tag), attributes, children);
}

function curveFilled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
