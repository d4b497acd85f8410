// The buttons that go along recorded steps, the same wherever something is stepped through.

import { h, svg } from "./elements.js";

/** A button that shows a sign and is called by words. */
function signButton(path, name, run, attributes) {
  const sign = svg("svg", { viewBox: "0 0 16 16", width: "1em", height: "1em", "aria-hidden": "true" },
    svg("path", { d: path, fill: "currentColor", stroke: "currentColor", "stroke-width": 1.5, "stroke-linejoin": "round" }));
  sign.style.display = "block";
  return h("button", { type: "button", class: "step-button", "aria-label": name, title: name, onclick: run, ...attributes }, sign);
}

/** To the beginning, back, forward. `keys` tells that the arrow keys do the same. */
export function stepButtons({ first, back, forward }, { keys = false, attributes = {} } = {}) {
  return {
    first: signButton("M3 3v10M13 3L6 8l7 5z", "To the beginning", first),
    back: signButton("M12 3L4 8l8 5z", `Step back${keys ? " (key ←)" : ""}`, back),
    forward: signButton("M4 3l8 5-8 5z", `Step forward${keys ? " (key →)" : ""}`, forward, attributes),
  };
}
