// The cost over the updates, with the sweep that is shown marked on it.

import { numberText } from "./numbers.js";
import { h, svg } from "./elements.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [380, 150, 44, 10, 10, 24];

/** The curve in `root`; `choose(update)` is called where a point of it is clicked. */
export function costsIn(root, choose) {
  const picture = svg("svg", { class: "sweep-costs", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const told = h("p", { class: "sweep-total" });
  const ended = h("p", { class: "sweep-remark" });
  root.append(h("h2", {}, "Cost over updates"), told, picture, ended);
  const state = {};

  function build(data) {
    const costs = data.sweeps.map(({ cost }) => cost);
    const top = Math.max(...costs) || 1;
    const last = Math.max(costs.length - 1, 1);
    const x = (update) => LEFT + ((WIDTH - LEFT - RIGHT) * update) / last;
    const y = (cost) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (cost / top);
    Object.assign(state, { costs, x, y, shown: null });
    state.mark = svg("circle", { class: "sweep-mark", r: 5 });
    state.line = svg("line", { class: "sweep-now", y1: TOP, y2: HEIGHT - BOTTOM });
    const points = costs.map((cost, update) => `${x(update)},${y(cost)}`).join(" ");
    picture.replaceChildren(
      ...[0, top].map((cost) => svg("line", { class: "sweep-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(cost), y2: y(cost) })),
      ...[0, top].map((cost) => svg("text", { class: "sweep-tick end", x: LEFT - 6, y: y(cost) }, numberText(cost, 2))),
      ...[...new Set([0, costs.length - 1])].map((update) => svg("text", { class: "sweep-tick middle", x: x(update), y: HEIGHT - 8 }, String(update))),
      svg("text", { class: "sweep-tick middle", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8 }, "updates"),
      state.line, svg("polyline", { class: "sweep-curve", points }), state.mark,
    );
    picture.onclick = (event) => {
      const box = picture.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * WIDTH;
      const update = Math.round(((at - LEFT) / (WIDTH - LEFT - RIGHT)) * last);
      choose(Math.max(0, Math.min(costs.length - 1, update)));
    };
    ended.textContent = data.ended ? `${data.ended[0].toUpperCase()}${data.ended.slice(1)}.` : "";
  }

  function show(update) {
    const { costs, x, y, mark, line } = state;
    if (state.shown === update) return;
    state.shown = update;
    mark.setAttribute("cx", x(update));
    mark.setAttribute("cy", y(costs[update]));
    line.setAttribute("x1", x(update));
    line.setAttribute("x2", x(update));
    const words = `after ${update} ${update === 1 ? "update" : "updates"}`;
    told.replaceChildren(h("strong", { "data-value": costs[update] }, numberText(costs[update], 6)), ` ${words}`);
    picture.setAttribute("aria-label", `Cost over ${costs.length - 1} updates, from ${numberText(costs[0], 4)} to ${numberText(costs.at(-1), 4)}; ${words} ${numberText(costs[update], 4)}`);
  }

  return { build, show };
}
