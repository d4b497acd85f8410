// A plane seen from above: colours for heights, lines of equal cost, its basins named.

import { drawAxes, drawHatching, drawPill, frameBox } from "./mountain_frame.js";
import { contourLevels, extremes, heightAt, rampColour, shareOf } from "./mountain_scales.js";

const FINE = 324; // pixels of the coloured ground along each axis
const LEVELS = 14;

/** Draws a plane as contours and tells where its points are on the canvas. */
export function contourPicture(map) {
  const [across, up] = map.axes;
  const [low, high] = extremes(map.heights);
  let box = frameBox(100, 100, 16);
  let ground = { dark: null, canvas: null };
  const x = (at) => box.left + ((at - across.low) / (across.high - across.low)) * box.width;
  const y = (at) => box.top + (1 - (at - up.low) / (up.high - up.low)) * box.height;
  const lines = contourLevels(low, high, LEVELS).map((level) => contourLine(map.heights, level));
  return {
    project: ([first, second]) => [x(first), y(second)],
    unproject: (px, py) => [
      across.low + ((px - box.left) / box.width) * (across.high - across.low),
      up.low + (1 - (py - box.top) / box.height) * (up.high - up.low),
    ],
    slopeLine([first, second], _, slope, length, downhill) {
      // An arrow in the direction of the step, longer where it is steeper.
      const wide = across.high - across.low;
      const high2 = up.high - up.low;
      const steep = Math.hypot(slope[0] * wide, slope[1] * high2) || 1;
      const reach = 2 * length * Math.sqrt(Math.min(1, steep / (high - low))) * (downhill ? -1 : 1);
      const to = [first + (slope[0] * wide / steep) * reach * wide, second + (slope[1] * high2 / steep) * reach * high2];
      return [[x(first), y(second)], [x(to[0]), y(to[1])]];
    },
    draw(context, width, height, colours, places, { blind, ratio }) {
      box = frameBox(width, height, colours.size);
      if (!blind) {
        if (ground.dark !== colours.dark) ground = { dark: colours.dark, canvas: colouredGround(map, low, high, colours.dark) };
        context.imageSmoothingEnabled = true;
        context.drawImage(ground.canvas, box.left, box.top, box.width, box.height);
        drawHatching(context, box, planeMask(map.plateau), colours.dark ? "rgba(255,255,255,0.33)" : "rgba(0,0,0,0.3)", colours.size, ratio);
        drawLines(context, box, lines, map.heights.length - 1, colours);
      }
      drawAxes(context, box, across, up, colours);
      if (!blind) for (const place of map.places) drawPeg(context, place, [x(place.at[0]), y(place.at[1])], places.get(place.label), colours);
      return box;
    },
  };
}

function colouredGround(map, low, high, dark) {
  const canvas = document.createElement("canvas");
  canvas.width = FINE;
  canvas.height = FINE;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(FINE, FINE);
  for (let row = 0, at = 0; row < FINE; row++) {
    for (let column = 0; column < FINE; column++, at += 4) {
      const height = heightAt(map.heights, column / (FINE - 1), 1 - row / (FINE - 1));
      const [red, green, blue] = rampColour(shareOf(height, low, high), dark);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** Where a level crosses the sides of each cell, joined in pairs (marching squares). */
function contourLine(heights, level) {
  const segments = [];
  for (let i = 0; i + 1 < heights.length; i++) {
    for (let j = 0; j + 1 < heights.length; j++) {
      const corners = [heights[i][j], heights[i + 1][j], heights[i + 1][j + 1], heights[i][j + 1]];
      const crossings = [];
      for (let side = 0; side < 4; side++) {
        const from = corners[side];
        const to = corners[(side + 1) % 4];
        if (from >= level === to >= level) continue;
        const share = (level - from) / (to - from);
        crossings.push([[i + share, j], [i + 1, j + share], [i + 1 - share, j + 1], [i, j + 1 - share]][side]);
      }
      for (let k = 0; k + 1 < crossings.length; k += 2) segments.push([crossings[k], crossings[k + 1]]);
    }
  }
  return segments;
}

function drawLines(context, box, lines, last, colours) {
  context.strokeStyle = colours.dark ? "rgba(255, 255, 255, 0.4)" : "rgba(10, 20, 40, 0.42)";
  context.lineWidth = 0.05 * colours.size;
  context.beginPath();
  for (const segments of lines) {
    for (const [from, to] of segments) {
      context.moveTo(box.left + (from[0] / last) * box.width, box.top + (1 - from[1] / last) * box.height);
      context.lineTo(box.left + (to[0] / last) * box.width, box.top + (1 - to[1] / last) * box.height);
    }
  }
  context.stroke();
}

function drawPeg(context, place, [x, y], colour, colours) {
  drawPill(context, place.label.split(" ")[1], x, y, { fill: colour, size: 0.8 * colours.size, font: colours.font });
  if (!place.global) return;
  context.strokeStyle = colour;
  context.lineWidth = 0.13 * colours.size;
  context.beginPath();
  context.arc(x, y, 1.05 * colours.size, 0, 7);
  context.stroke();
}

function planeMask(plateau) {
  const mask = document.createElement("canvas");
  mask.width = plateau.length;
  mask.height = plateau.length;
  const pen = mask.getContext("2d");
  plateau.forEach((column, i) => column.forEach((flat, j) => flat && pen.fillRect(i, plateau.length - 1 - j, 1, 1)));
  return mask;
}
