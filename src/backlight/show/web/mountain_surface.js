// A plane as a surface in perspective, turned by dragging or by keys. Far cells are painted first.

import { drawPill } from "./mountain_frame.js";
import { extremes, heightAt, rampColour, shareOf } from "./mountain_scales.js";
import { isHidden } from "./mountain_sight.js";

const CELLS = 54; // along each axis
const LIGHT = [-0.5, -0.35, 0.79];
const TALL = 0.62; // the highest above the lowest, of the map's width
const EYE = 3; // so far off is who looks, of the map's width

/** Draws a plane as a surface and tells where its points are on the canvas, and which are hidden. */
export function surfacePicture(map) {
  const [across, up] = map.axes;
  const [low, high] = extremes(map.heights);
  const grid = surfaceGrid(map.heights, low, high);
  const turn = { around: -0.65, above: 0.75 };
  let stage = { x: 50, y: 50, scale: 50 };

  function place(u, v, t) {
    const x = u - 0.5;
    const y = v - 0.5;
    const z = (t - 0.5) * TALL;
    const right = x * Math.cos(turn.around) - y * Math.sin(turn.around);
    const away = x * Math.sin(turn.around) + y * Math.cos(turn.around);
    const depth = away * Math.cos(turn.above) - z * Math.sin(turn.above);
    const rise = away * Math.sin(turn.above) + z * Math.cos(turn.above);
    const near = EYE / (EYE + depth);
    return [stage.x + right * near * stage.scale, stage.y - rise * near * stage.scale, depth];
  }
  const shares = ([first, second], height) => [
    (first - across.low) / (across.high - across.low), (second - up.low) / (up.high - up.low), (height - low) / (high - low)];
  const project = (at, height) => place(...shares(at, height));
  const risesTo = (x, y) => (heightAt(grid, x + 0.5, y + 0.5) - 0.5) * TALL;

  function hides(at, height) {
    const [u, v, t] = shares(at, height);
    const away = -EYE * Math.cos(turn.above);
    const eye = [away * Math.sin(turn.around), away * Math.cos(turn.around), EYE * Math.sin(turn.above)];
    return isHidden([u - 0.5, v - 0.5, (t - 0.5) * TALL], eye, risesTo, TALL / 2, 0.5 / CELLS);
  }

  return {
    project,
    hides,
    get turned() { return [turn.around, turn.above]; },
    turn([around, above]) {
      turn.around = around;
      turn.above = Math.min(1.45, Math.max(0.15, above));
    },
    /** The point of the grid that is drawn nearest. */
    unproject(px, py) {
      let best = { far: Infinity, at: null };
      for (let i = 0; i <= CELLS; i++) {
        for (let j = 0; j <= CELLS; j++) {
          const [x, y, depth] = place(i / CELLS, j / CELLS, grid[i][j]);
          const far = Math.hypot(x - px, y - py) + 12 * depth;
          if (far < best.far) best = { far, at: [i / CELLS, j / CELLS] };
        }
      }
      return [across.low + best.at[0] * (across.high - across.low), up.low + best.at[1] * (up.high - up.low)];
    },
    draw(context, width, height, colours, places) {
      stage = fitted(place, width, height, colours.size, (next) => { stage = next; });
      paintCells(context, grid, place, turn, low, high, colours);
      drawFoot(context, place, across, up, turn, colours);
      for (const peg of map.places) drawFlag(context, peg, project, places.get(peg.label), colours);
      return { left: 0, top: 0, width, height };
    },
  };
}

/** Where the box around the surface fills the canvas, with room for the names below it. */
function fitted(place, width, height, size, set) {
  set({ x: 0, y: 0, scale: 1 });
  const corners = [0, 1].flatMap((u) => [0, 1].flatMap((v) => [0, 1].map((t) => place(u, v, t))));
  const [left, right] = extremes(corners.map(([x]) => [x]));
  const [top, bottom] = extremes(corners.map(([, y]) => [y]));
  const margins = { side: size, top: 1.2 * size, bottom: 1.8 * size };
  const scale = Math.min((width - 2 * margins.side) / (right - left), (height - margins.top - margins.bottom) / (bottom - top));
  return { x: width / 2 - ((left + right) / 2) * scale, y: margins.top + (height - margins.top - margins.bottom) / 2 - ((top + bottom) / 2) * scale, scale };
}

function surfaceGrid(heights, low, high) {
  return Array.from({ length: CELLS + 1 }, (_, i) => Array.from({ length: CELLS + 1 },
    (_, j) => (heightAt(heights, i / CELLS, j / CELLS) - low) / (high - low)));
}

function paintCells(context, grid, place, turn, low, high, colours) {
  const corners = grid.map((row, i) => row.map((t, j) => place(i / CELLS, j / CELLS, t)));
  const order = (backwards) => Array.from({ length: CELLS }, (_, k) => (backwards ? CELLS - 1 - k : k));
  // Depth grows with u where sin(around) is positive, with v where cos(around) is.
  for (const i of order(Math.sin(turn.around) > 0)) {
    for (const j of order(Math.cos(turn.around) > 0)) {
      const t = (grid[i][j] + grid[i + 1][j] + grid[i][j + 1] + grid[i + 1][j + 1]) / 4;
      const slopeU = ((grid[i + 1][j] - grid[i][j] + grid[i + 1][j + 1] - grid[i][j + 1]) / 2) * CELLS * TALL;
      const slopeV = ((grid[i][j + 1] - grid[i][j] + grid[i + 1][j + 1] - grid[i + 1][j]) / 2) * CELLS * TALL;
      const lit = (-slopeU * LIGHT[0] - slopeV * LIGHT[1] + LIGHT[2]) / Math.hypot(slopeU, slopeV, 1);
      const shade = 0.58 + 0.5 * Math.max(0, lit);
      const colour = rampColour(shareOf(low + t * (high - low), low, high), colours.dark).map((c) => Math.min(255, Math.round(c * shade)));
      context.fillStyle = context.strokeStyle = `rgb(${colour.join(",")})`;
      context.lineWidth = 0.7;
      context.beginPath();
      for (const [x, y] of [corners[i][j], corners[i + 1][j], corners[i + 1][j + 1], corners[i][j + 1]]) context.lineTo(x, y);
      context.closePath();
      context.fill();
      context.stroke();
    }
  }
}

/** The two edges of the map that are nearest, with the names of what moves along them. */
function drawFoot(context, place, across, up, turn, colours) {
  const nearU = Math.sin(turn.around) > 0 ? 0 : 1;
  const nearV = Math.cos(turn.around) > 0 ? 0 : 1;
  context.save();
  context.font = `${0.78 * colours.size}px ${colours.font}`;
  context.fillStyle = colours.ink;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const [axis, from, to] of [[across, [0, nearV], [1, nearV]], [up, [nearU, 0], [nearU, 1]]]) {
    const [x1, y1] = place(...from, 0);
    const [x2, y2] = place(...to, 0);
    const flip = x2 < x1;
    context.strokeStyle = colours.muted;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.save();
    context.translate((x1 + x2) / 2, (y1 + y2) / 2);
    context.rotate(Math.atan2(flip ? y1 - y2 : y2 - y1, flip ? x1 - x2 : x2 - x1));
    const ends = flip ? [axis.high, axis.low] : [axis.low, axis.high];
    const told = ends.map((end) => String(end).replace("-", "−"));
    const full = `${told[0]}  ←  ${axis.name}  →  ${told[1]}`;
    const room = Math.hypot(x2 - x1, y2 - y1);
    context.fillText(context.measureText(full).width < room ? full : axis.name, 0, 0.5 * colours.size);
    context.restore();
  }
  context.restore();
}

function drawFlag(context, place, project, colour, colours) {
  const [x, y] = project(place.at, place.height);
  const top = y - 1.9 * colours.size;
  context.strokeStyle = colour;
  context.lineWidth = 0.12 * colours.size;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x, top);
  context.stroke();
  drawPill(context, place.label.split(" ")[1], x, top, { fill: colour, size: 0.8 * colours.size, font: colours.font });
}
