// The buttons, the slider of the steps, the keys, and playing by itself.

import { h } from "./elements.js";
import { player } from "./player.js";
import { stepButtons } from "./step_buttons.js";

const SPEED = 1.1; // steps a second

/** The controls: of the steps in `root`, of the updates in `course`. `act` has: step(by), goTo(step),
 * atEnd(), paused(), mode(name), update(by), reset(). */
export function controlsIn(root, course, act) {
  const clock = player({ speed: SPEED, onTime: (time) => plays(Math.floor(time)), onState: () => named(clock.playing ? "Pause" : "Play") });
  let shown = 0;
  const press = (text, name, run, attributes = {}) => h("button", { type: "button", "aria-label": name, title: name, onclick: run, ...attributes }, text);
  const { first, back: before, forward: next } = stepButtons(
    { first: () => act.goTo(0), back: () => act.step(-1), forward: () => act.step(1) },
    { keys: true, attributes: { class: "step-button primary" } });
  const play = press("Play", "Play", () => (clock.playing ? clock.pause() : start()), { class: "sweep-play" });
  const range = h("input", { type: "range", min: 0, step: 1, "aria-label": "Step of the sweep", oninput: () => act.goTo(Number(range.value)) });
  const told = h("output", { class: "sweep-told" });
  // Buttons, not radio buttons: the arrow keys are for the steps.
  const modes = [["unit", "Unit by unit"], ["layer", "Layer by layer"]].map(([name, text]) =>
    h("button", { type: "button", "data-mode": name, onclick: () => act.mode(name) }, text));
  const back = press("Take back", "Take back the last update", () => act.update(-1));
  const apply = press("Apply the update", "Apply the update", () => act.update(1), { class: "sweep-apply" });
  const ten = press("× 10", "× 10: apply ten updates", () => act.update(10));
  const reset = press("Reset", "Reset: back to the first sweep", () => act.reset());
  root.append(
    h("div", { class: "sweep-row" }, first, before, next, play,
      h("div", { class: "sweep-modes", role: "group", "aria-label": "How far a step goes" }, modes)),
    h("div", { class: "sweep-row sweep-slide" }, range, told),
  );
  course.append(h("div", { class: "sweep-row" }, apply, ten, back, reset));

  function start() {
    if (act.atEnd()) act.goTo(0);
    clock.play();
  }

  function plays(step) {
    if (step !== shown) act.goTo(step);
  }

  function named(word) {
    play.textContent = word;
    play.setAttribute("aria-label", word);
    play.title = word;
    if (!clock.playing) act.paused();
  }

  const keys = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.("input, select, textarea, [contenteditable]")) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    act.step(by);
  };
  document.addEventListener("keydown", keys);

  function show({ step, steps, mode, update, updates, more }) {
    shown = step;
    clock.setLength(steps.length - 1);
    if (Math.floor(clock.time) !== step) clock.jump(step);
    range.max = steps.length - 1;
    range.value = step;
    range.setAttribute("aria-valuetext", `step ${step + 1} of ${steps.length}: ${steps[step].words}`);
    told.textContent = `step ${step + 1} of ${steps.length}`;
    for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    before.disabled = first.disabled = step === 0;
    next.disabled = step === steps.length - 1;
    apply.disabled = ten.disabled = update >= updates && !more;
    back.disabled = update === 0;
  }

  const leave = () => {
    clock.dispose();
    document.removeEventListener("keydown", keys);
  };
  return { show, stop: clock.pause, leave, playing: () => clock.playing };
}
