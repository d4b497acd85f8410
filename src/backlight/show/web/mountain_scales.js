// Numbers of a landscape as places on a canvas, and colours for heights.

import { mixed } from "./colours.js";

/** The lowest and highest of nested lists. */
export function extremes(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values.flat()) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Where a height stands between the lowest and the highest, 0 to 1; low ones are told apart best. */
export function shareOf(height, low, high) {
  return Math.sqrt(Math.min(1, Math.max(0, (height - low) / (high - low))));
}

/** The heights of contour lines: evenly spread over the shares. */
export function contourLevels(low, high, count) {
  return Array.from({ length: count }, (_, k) => low + (high - low) * ((k + 1) / (count + 1)) ** 2);
}

/** A colour of the ramp for a share from 0 to 1, as [red, green, blue]. */
export function rampColour(share, dark) {
  return mixed(dark ? NIGHT : DAY, share);
}

const DAY = [[28, 52, 100], [52, 103, 152], [121, 164, 184], [200, 211, 203], [247, 241, 226]];
const NIGHT = [[10, 20, 40], [22, 56, 92], [44, 94, 124], [92, 133, 138], [160, 170, 150]];

/** Heights at any place of a plane, between its points: u and v from 0 to 1 along its axes. */
export function heightAt(heights, u, v) {
  const last = heights.length - 1;
  const x = Math.min(last, Math.max(0, u * last));
  const y = Math.min(last, Math.max(0, v * last));
  const i = Math.min(last - 1, Math.floor(x));
  const j = Math.min(last - 1, Math.floor(y));
  const left = heights[i][j] + (heights[i][j + 1] - heights[i][j]) * (y - j);
  const right = heights[i + 1][j] + (heights[i + 1][j + 1] - heights[i + 1][j]) * (y - j);
  return left + (right - left) * (x - i);
}
