// Axes of a chart of curves: where numbers lie on them, and which are written beside them.

import { powerText } from "./numbers.js";
import { roundStep, roundTicks } from "./ticks.js";

/**
 * An axis. `values` are all numbers it has to hold; `log` spaces powers of ten evenly, and what is
 * zero or below `least` is then put at the least. What is above `most` is put at the most.
 */
export function curveAxis(values, { log = false, least = 0, most = Infinity, from = null, to = null } = {}) {
  const known = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  let low = from ?? known.reduce((a, b) => Math.min(a, b), Infinity), high = to ?? known.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!known.length && (from === null || to === null)) [low, high] = log ? [1, 10] : [0, 1];
  if (log && least) low = Math.max(low, least);
  high = Math.max(low, Math.min(high, most));
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const bent = log ? Math.log10 : (value) => value;
  const [first, last] = [bent(low), bent(high)];
  return {
    log, low, high,
    /** The share of the axis' length below a value; what does not belong on it is null. */
    place(value) {
      if (value === null || value === undefined || Number.isNaN(value)) return null;
      const held = Math.min(log ? Math.max(value, low) : value, high);
      return (bent(held) - first) / (last - first);
    },
  };
}

/** Widens a logarithmic axis to whole powers of ten, a linear one to round numbers. */
export function curveRounded(values, options = {}) {
  const axis = curveAxis(values, options);
  if (axis.log) {
    const grown = { ...options, from: 10 ** Math.floor(Math.log10(axis.low) + 1e-9), to: 10 ** Math.ceil(Math.log10(axis.high) - 1e-9) };
    return curveAxis([], { ...grown, least: 0, most: Infinity });
  }
  const step = roundStep(axis.high - axis.low, 5);
  return curveAxis([], { ...options, most: Infinity, from: Math.floor(axis.low / step) * step, to: Math.ceil(axis.high / step) * step });
}

/** Up to about `most` ticks: { value, text }. */
export function curveTicks(axis, most) {
  return axis.log ? powers(axis, most) : roundTicks(axis.low, axis.high, most);
}

function powers(axis, most) {
  const first = Math.ceil(Math.log10(axis.low) - 1e-9), last = Math.floor(Math.log10(axis.high) + 1e-9);
  if (last - first < 1) return roundTicks(axis.low, axis.high, most).filter(({ value }) => value > 0);
  const every = Math.max(1, Math.ceil((last - first + 1) / most));
  const found = [];
  for (let power = Math.ceil(first / every) * every; power <= last; power += every) found.push({ value: 10 ** power, text: power >= 0 && power < 4 ? String(10 ** power) : powerText(power) });
  return found;
}
