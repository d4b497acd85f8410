// A slice: the cost as a curve over one coordinate, its basins named.

import { numberText } from "./numbers.js";
import { drawAxes, drawHatching, drawPill, frameBox } from "./mountain_frame.js";
import { extremes } from "./mountain_scales.js";

/** Draws a slice and tells where its points are on the canvas. */
export function slicePicture(map) {
  const [axis] = map.axes;
  const [low, high] = extremes(map.heights);
  const vertical = { name: "cost", low: low - 0.16 * (high - low), high: high + 0.16 * (high - low) };
  let box = frameBox(100, 100, 16);
  const x = (at) => box.left + ((at - axis.low) / (axis.high - axis.low)) * box.width;
  const y = (height) => box.top + (1 - (height - vertical.low) / (vertical.high - vertical.low)) * box.height;
  const last = map.heights.length - 1;
  const knot = (at) => ((at - axis.low) / (axis.high - axis.low)) * last;
  return {
    project: ([at], height) => [x(at), y(height)],
    ground: ([at]) => {
      const place = Math.min(last, Math.max(0, knot(at)));
      const left = Math.min(last - 1, Math.floor(place));
      return map.heights[left] + (map.heights[left + 1] - map.heights[left]) * (place - left);
    },
    way: ([from], [to]) => {
      const [first, end] = [knot(from), knot(to)];
      const between = map.heights.map((height, k) => [[axis.low + (k / last) * (axis.high - axis.low)], height])
        .slice(Math.max(0, Math.floor(Math.min(first, end)) + 1), Math.max(0, Math.ceil(Math.max(first, end))));
      return first < end ? between : between.reverse();
    },
    unproject: (px) => [axis.low + ((px - box.left) / box.width) * (axis.high - axis.low)],
    slopeLine([at], height, [slope], length) {
      const across = (axis.high - axis.low) * length;
      const up = slope * across;
      return [[x(at - across), y(height - up)], [x(at + across), y(height + up)]];
    },
    blindHeight: (low + high) / 2,
    draw(context, width, height, colours, places, { blind, ratio }) {
      box = frameBox(width, height, colours.size);
      drawAxes(context, box, axis, blind ? { ...vertical, name: "cost: not seen", low: NaN, high: NaN } : vertical, colours);
      if (blind) return box;
      context.save();
      context.beginPath();
      context.rect(box.left, box.top, box.width, box.height);
      context.clip();
      drawHatching(context, box, sliceMask(map.plateau), colours.muted, colours.size, ratio);
      drawGround(context, map, x, y, box, colours);
      for (const place of map.places) drawPlace(context, place, [x(place.at[0]), y(place.height)], places.get(place.label), colours, box);
      context.restore();
      return box;
    },
  };
}

function drawGround(context, map, x, y, box, colours) {
  const [axis] = map.axes;
  const last = map.heights.length - 1;
  context.beginPath();
  map.heights.forEach((height, k) => context.lineTo(x(axis.low + (k / last) * (axis.high - axis.low)), y(height)));
  context.strokeStyle = colours.ink;
  context.lineWidth = 0.14 * colours.size;
  context.lineJoin = "round";
  context.stroke();
  context.lineTo(box.left + box.width, box.top + box.height);
  context.lineTo(box.left, box.top + box.height);
  context.fillStyle = colours.dark ? "rgba(120, 150, 190, 0.2)" : "rgba(60, 95, 150, 0.13)";
  context.fill();
}

function drawPlace(context, place, [x, y], colour, colours, box) {
  const { size } = colours;
  const sign = place.kind === "minimum" ? 1 : -1;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 0.1 * size;
  context.setLineDash([0.25 * size, 0.25 * size]);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x, sign > 0 ? box.top + box.height : box.top);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.arc(x, y, 0.28 * size, 0, 7);
  context.fill();
  const short = box.width < 32 * size;
  const kind = short ? (place.global ? "global" : "local") : place.name;
  const text = `${place.label.split(" ")[1]} · ${kind}${short ? "" : ` ${numberText(place.height, 3)}`}`;
  const half = (text.length * 0.26 + 0.5) * size;
  const at = Math.min(box.left + box.width - half, Math.max(box.left + half, x));
  drawPill(context, text, at, y + sign * 1.35 * size, { fill: colour, size: 0.78 * size, font: colours.font });
}

function sliceMask(plateau) {
  const mask = document.createElement("canvas");
  mask.width = plateau.length;
  mask.height = 1;
  const pen = mask.getContext("2d");
  plateau.forEach((flat, k) => flat && pen.fillRect(k, 0, 1, 1));
  return mask;
}
