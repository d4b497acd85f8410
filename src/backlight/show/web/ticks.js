// Round numbers for axes: 1, 2 or 5 times a power of ten apart.

import { numberText } from "./numbers.js";

/** The round step that divides a length into at most about so many parts. */
export function roundStep(span, most) {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9));
}

/** The round numbers between two, about so many: { value, text }. */
export function roundTicks(low, high, most) {
  const step = roundStep(high - low, most);
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) {
    const value = Number((n * step).toPrecision(12));
    ticks.push({ value, text: numberText(value, 6) });
  }
  return ticks;
}
