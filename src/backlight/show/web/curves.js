// A chart of curves in one panel: drawn as SVG, read by pointer, slider or as a table.

import { curveAxis, curveRounded, curveTicks } from "./curve_axes.js";
import { curveLabels, curveSwatch, drawnCurve } from "./curve_lines.js";
import { h, svg } from "./elements.js";

/**
 * A chart of curves.
 *
 * title   of the figure, for those who do not see it
 * x, y    { label, log, least, most, text(value) }: a label with its unit; a logarithmic axis puts
 *         what is zero or below `least` at the least, any axis what is above `most` at the most
 * series  [{ name, points: [[x, y or null], …], best: index or null, bestText }], in the order of x
 * reading what the slider below moves along: "Step", "Epoch"
 *
 * Returns { element, update(series) }.
 */
export function curveChart({ title, x, y, series, reading = x.label }) {
  const chart = { title, x, y, series, at: null, cross: svg("g") };
  const element = h("figure", { class: "curves" });
  const picture = svg("svg", { role: "img" });
  const read = curveReading(chart, reading, () => chart.cross.replaceChildren(...curveCross(chart)));
  const table = curveTable(chart);
  element.append(picture, read.element, table.element);
  const all = () => {
    curveIndexed(chart);
    read.refresh();
    curveDraw(chart, picture);
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
  // A narrow chart leaves the names to the list below it.
  const named = width > 34 * em;
  const longest = named ? Math.max(0, ...chart.series.map((one) => one.name.length)) : 0;
  const box = { left: 3.6 * em, right: width - (0.6 * longest + 1.2) * em, top: 1.4 * em, bottom: height - 3 * em, em };
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
    ...(named ? curveLabels(chart.series, chart.frame) : []), chart.cross);
  chart.cross.replaceChildren(...curveCross(chart));
}

function curveGrid({ frame, x, y }) {
  const { box, axes, left, top } = frame;
  const { em } = box;
  const parts = [];
  for (const { value, text } of curveTicks(axes.y, (box.bottom - box.top) / (2 * em))) {
    parts.push(svg("line", { class: "grid", x1: box.left, x2: box.right, y1: top(value), y2: top(value) }),
      svg("text", { x: box.left - 0.4 * em, y: top(value) + 0.27 * em, "text-anchor": "end" }, text));
  }
  for (const { value, text } of curveTicks(axes.x, (box.right - box.left) / (3.6 * em))) {
    parts.push(svg("line", { class: "grid", x1: left(value), x2: left(value), y1: box.top, y2: box.bottom }),
      svg("text", { x: left(value), y: box.bottom + 1.1 * em, "text-anchor": "middle" }, text));
  }
  parts.push(svg("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    svg("text", { x: (box.left + box.right) / 2, y: box.bottom + 2.4 * em, "text-anchor": "middle" }, x.label),
    svg("text", { x: 0.2 * em, y: 0.8 * em }, y.label));
  return parts;
}

function curveCross({ at, frame, series, values }) {
  if (at === null) return [];
  const { box, left, top } = frame;
  const line = svg("line", { class: "cross", x1: left(at), x2: left(at), y1: box.top, y2: box.bottom });
  const dots = series.map((one, i) => {
    const value = values[i].get(at) ?? null;
    return value === null ? null : svg("circle", { class: `dot c${(i % 7) + 1}`, cx: left(at), cy: top(value), r: 0.28 * box.em });
  });
  return [line, ...dots.filter(Boolean)];
}

/** All places on the horizontal axis where some curve has a value, and the curves' values there. */
function curveIndexed(chart) {
  chart.places = [...new Set(chart.series.flatMap((one) => one.points.map((point) => point[0])))].sort((a, b) => a - b);
  chart.values = chart.series.map((one) => new Map(one.points));
}

function curveNearest(chart, picture, event) {
  const bounds = picture.getBoundingClientRect();
  const distance = (place) => Math.abs(chart.frame.left(place) - (event.clientX - bounds.left));
  return chart.places.length ? chart.places.reduce((best, place) => (distance(place) < distance(best) ? place : best)) : null;
}

function curveReading(chart, label, redraw) {
  const slider = h("input", { type: "range", step: 1, min: 0 });
  const values = h("ul", { class: "values" });
  const name = h("span", {});
  const tell = () => {
    slider.max = Math.max(0, chart.places.length - 1);
    slider.disabled = chart.places.length === 0;
    slider.value = Math.max(0, chart.places.indexOf(chart.at));
    const shown = chart.at === null ? "move over the chart, or here, to read it" : chart.x.text(chart.at);
    name.textContent = `${label}: ${shown}`;
    slider.setAttribute("aria-valuetext", chart.at === null ? "not chosen" : [chart.x.text(chart.at), ...chart.series.map((one, i) => `${one.name} ${curveTextAt(chart, i, chart.at)}`)].join(", "));
    values.replaceChildren(...chart.series.map((one, i) => h("li", { class: `c${(i % 7) + 1}` }, curveSwatch(i),
      h("b", {}, one.name), ` ${chart.at === null ? one.bestText ?? "" : curveTextAt(chart, i, chart.at)}`)));
  };
  const choose = (place) => {
    if (place === chart.at) return;
    chart.at = place;
    tell();
    redraw();
  };
  for (const event of ["input", "focus"]) slider.addEventListener(event, () => choose(chart.places[Number(slider.value)] ?? null));
  const refresh = () => {
    if (!chart.places.includes(chart.at)) chart.at = null;
    tell();
  };
  return { element: h("div", { class: "reading" }, h("label", {}, name, slider), values), choose, refresh };
}

function curveTextAt(chart, i, at) {
  const value = chart.values[i].get(at) ?? null;
  return value === null ? "–" : chart.y.text(value);
}

function curveTable(chart) {
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${chart.title}: the numbers` });
  const element = h("details", {}, h("summary", {}, "The numbers as a table"), place);
  const refresh = () => {
    if (!element.open) return;
    const heads = [chart.x.label, ...chart.series.map((one) => one.name)];
    const rows = chart.places.map((at) => [chart.x.text(at), ...chart.series.map((one, i) => curveTextAt(chart, i, at))]);
    place.replaceChildren(h("table", {},
      h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map(([first, ...rest]) => h("tr", {},
        h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text)))))));
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
