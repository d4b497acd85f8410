// The curves of a chart themselves: a line with its dashes, the best point, the name at its end.

import { svg } from "./elements.js";

const CURVE_DASHES = ["none", "7 4", "9 3 2 3", "2 4", "14 4", "5 2 1 2 1 2", "3 2"];

/** A curve, from one known value to the next; what is not known is a gap. */
export function drawnCurve(one, index, frame) {
  let path = "", pen = false;
  for (const [at, value] of one.points) {
    const top = value === null ? null : frame.top(value);
    if (top === null || !Number.isFinite(top)) {
      pen = false;
      continue;
    }
    path += `${pen ? "L" : "M"}${frame.left(at).toFixed(1)} ${top.toFixed(1)}`;
    pen = true;
  }
  const group = svg("g", { class: `c${(index % 7) + 1}` });
  group.append(svg("path", { class: "line", d: path || "M0 0", "stroke-dasharray": CURVE_DASHES[index % 7] }));
  const best = one.best === null || one.best === undefined ? null : one.points[one.best];
  if (best) group.append(curveMarker(index, frame.left(best[0]), frame.top(best[1]), 0.42 * frame.box.em));
  else if (one.points.length === 1 && path) group.append(curveMarker(index, frame.left(one.points[0][0]), frame.top(one.points[0][1]), 0.3 * frame.box.em));
  return group;
}

/** The names at the ends of the curves, pushed apart where they would overlap. */
export function curveLabels(series, frame) {
  const { box } = frame;
  const least = 1.05 * box.em;
  const ends = series.map((one, index) => {
    const known = one.points.filter((point) => point[1] !== null);
    if (!known.length) return null;
    const [at, value] = known[known.length - 1];
    return { index, name: one.name, left: frame.left(at), end: frame.top(value), top: frame.top(value) };
  }).filter(Boolean).sort((a, b) => a.top - b.top);
  for (let i = 1; i < ends.length; i++) ends[i].top = Math.max(ends[i].top, ends[i - 1].top + least);
  for (let i = ends.length - 1; i >= 0; i--) {
    const below = i === ends.length - 1 ? box.bottom : ends[i + 1].top - least;
    ends[i].top = Math.min(ends[i].top, below);
  }
  return ends.map(({ index, name, left, end, top }) => {
    const group = svg("g", { class: `c${(index % 7) + 1}` });
    const start = box.right + 0.7 * box.em;
    group.append(svg("line", { class: "leader", x1: left, y1: end, x2: start - 0.15 * box.em, y2: top }));
    const text = svg("text", { class: "end", x: start, y: top + 0.27 * box.em });
    text.textContent = name;
    group.append(text);
    return group;
  });
}

/** A short piece of the line and its marker, for a legend. */
export function curveSwatch(index) {
  const drawing = svg("svg", { viewBox: "0 0 28 12", "aria-hidden": "true" });
  drawing.append(svg("line", { class: "line", x1: 0, x2: 28, y1: 6, y2: 6, "stroke-dasharray": CURVE_DASHES[index % 7] }), curveMarker(index, 14, 6, 4.5));
  return drawing;
}

function curveMarker(index, x, y, r) {
  const shapes = [
    () => svg("circle", { cx: x, cy: y, r }),
    () => svg("rect", { x: x - 0.9 * r, y: y - 0.9 * r, width: 1.8 * r, height: 1.8 * r }),
    () => polygon([[0, -1.2], [1.1, 0.9], [-1.1, 0.9]]),
    () => polygon([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]),
    () => polygon([[0, 1.2], [1.1, -0.9], [-1.1, -0.9]]),
    () => polygon([[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]]),
    () => polygon([[0, -1.2], [1.15, -0.4], [0.7, 1], [-0.7, 1], [-1.15, -0.4]]),
  ];
  const polygon = (corners) => svg("polygon", { points: corners.map(([a, b]) => `${x + a * r},${y + b * r}`).join(" ") });
  const shape = shapes[index % 7]();
  shape.setAttribute("class", "best");
  return shape;
}
