// A sweep of back-propagation, step by step: the network drawn, formulas, derivatives, costs.
// Every number is one that the library computed; this page only shows them.

import { controlsIn } from "./sweep_controls.js";
import { costsIn } from "./sweep_costs.js";
import { counterIn } from "./sweep_counter.js";
import { drawingIn } from "./sweep_drawing.js";
import { h } from "./elements.js";
import { formulasIn } from "./sweep_formulas.js";
import { progressAt } from "./sweep_progress.js";
import { tableIn } from "./sweep_table.js";

/**
 * The sweep in `root`. Options, all of them free to be left out:
 * at: {step, mode, update} to begin with; changed(at): told of every change;
 * editPlace(place, node, name), editValue(place, text, field): make the numbers editable;
 * more(updates): asked for more updates than there are, where that can be had;
 * reset(): what Reset does.
 */
export function sweepPage(root, data, options = {}) {
  const state = { data, step: 0, mode: "unit", update: 0, ...options.at };
  const part = (name, label) => h("section", { class: `sweep-part sweep-${name}`, "aria-label": label });
  const [stage, controls, words, counter, costs, table] = [
    part("picture", "The network"), part("controls", "Steps"), part("said", "What the step computes"),
    part("counter", "Multiplications"), part("course", "Cost over updates"), part("derivatives", "Every derivative"),
  ];
  root.classList.add("sweep");
  root.append(h("div", { class: "sweep-main" }, controls, stage, counter), h("div", { class: "sweep-side" }, words, costs), table);

  const steps = () => state.data.steps[state.mode];
  const act = {
    step: (by) => act.goTo(state.step + by),
    goTo: (step) => change({ step: Math.max(0, Math.min(steps().length - 1, step)) }),
    atEnd: () => state.step === steps().length - 1,
    paused: () => views.formulas.show(state.data, state.data.sweeps[state.update], steps()[state.step], true),
    mode: (mode) => change({ step: sameStep(state.data.steps, state.mode, mode, state.step), mode }),
    update: (by) => toUpdate(state.update + by),
    reset: () => (options.reset ? options.reset() : change({ step: 0, update: 0 })),
  };
  const views = {
    drawing: drawingIn(stage, options.editPlace), formulas: formulasIn(words), counter: counterIn(counter),
    costs: costsIn(costs, (update) => change({ update })), table: tableIn(table, options.editValue),
    controls: controlsIn(controls, costs, act),
  };

  function toUpdate(update) {
    const last = state.data.sweeps.length - 1;
    if (update > last && options.more && !state.data.ended) options.more(update);
    else change({ update: Math.max(0, Math.min(last, update)) });
  }

  function change(changes) {
    Object.assign(state, changes);
    show();
    options.changed?.({ step: state.step, mode: state.mode, update: state.update });
  }

  function show() {
    const { data: shown, step, mode, update } = state;
    const sweep = shown.sweeps[update];
    const now = steps()[step];
    const known = progressAt(steps(), step, shown.sizes);
    views.drawing.show(sweep, known, now);
    views.formulas.show(shown, sweep, now, !views.controls.playing());
    views.counter.show(shown, known);
    views.costs.show(update);
    views.table.show(shown, sweep, now);
    views.controls.show({
      step, mode, update, steps: steps(), updates: shown.sweeps.length - 1, more: Boolean(options.more) && !shown.ended,
    });
  }

  function build() {
    for (const view of [views.drawing, views.counter, views.costs, views.table]) view.build(state.data);
    state.step = Math.min(state.step, steps().length - 1);
    state.update = Math.min(state.update, state.data.sweeps.length - 1);
    show();
  }

  let width = root.clientWidth;
  const watch = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    views.drawing.build(state.data);
    show();
  });
  watch.observe(root);
  build();

  return {
    /** Other numbers, or another network; what is shown stays where it is. */
    set: (next, changes = {}) => {
      Object.assign(state, { data: next }, changes);
      build();
    },
    at: () => ({ step: state.step, mode: state.mode, update: state.update }),
    change,
    stop: views.controls.stop,
    leave: () => {
      watch.disconnect();
      views.controls.leave();
    },
  };
}

/** The step of the other list that shows the same. */
function sameStep(lists, from, to, index) {
  if (from === to) return index;
  const step = lists[from][index];
  const same = lists[to].findIndex((other) => other.phase === step.phase && other.layer === step.layer
    && (to === "layer" || other.units[0] === step.units[0]));
  return Math.max(0, same);
}
