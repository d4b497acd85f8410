// The V: the error of differences against the length of their step.

import { curveChart } from "/static/show/curves.js";
import { numberText } from "/static/show/numbers.js";
import { h } from "../../widgets.js";
import { shortTitle, titlesOf } from "./tables.js";

// Half of the last bit of a number near one: what is drawn at the bottom is no error at all.
const NOTHING = 2 ** -53;
const RELATIVE = "error, relative to the largest derivative";

export function stepsPanel(catalog) {
  const titles = titlesOf(catalog);
  // Where every derivative is 0 there is nothing that an error could be relative to.
  const y = { label: RELATIVE, log: true, least: NOTHING, most: 10, text: (value) => (value === 0 ? "0" : numberText(value, 2)) };
  const chart = curveChart({
    title: "The error of differences against their step",
    x: { label: "step", log: true, text: (value) => numberText(value, 2) },
    y,
    series: [],
    reading: "Step",
  });
  const below = h("p", { class: "note" });
  const element = h("section", { class: "panel", "aria-labelledby": "steps-chart" },
    h("h2", { id: "steps-chart" }, "Error against step"),
    h("p", { class: "note" }, "A long step is wrong because the function bends, a short one because the difference drowns in rounding. The best step of each is marked. The complex step subtracts nothing, so it never drowns."),
    chart.element, below);
  return {
    element,
    show({ truth, relative, steps, curves }) {
      y.label = relative ? RELATIVE : "absolute error";
      chart.update(curves.map(({ way, errors, best }) => ({
        name: shortTitle(titles.get(way) ?? way),
        points: errors.map((error, i) => [steps[i], error]),
        best,
        bestText: `${errors[best] === 0 ? "exact" : `best ${numberText(errors[best], 2)}`} at ${numberText(steps[best], 2)}`,
      })));
      const exact = curves.some(({ errors }) => errors.some((error) => error !== null && error <= NOTHING));
      below.textContent = `Measured against ${titles.get(truth) ?? truth}.${relative ? "" : " Every derivative is 0 there: the errors are absolute."}${exact ? " On the bottom line there is no error at all." : ""}`;
    },
  };
}
