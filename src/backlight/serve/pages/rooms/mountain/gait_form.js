// How climbers go: the way, the learning rate, momentum, noise, steps.

import { numberText } from "/static/show/numbers.js";
import { button, choices, field, h, select, slider } from "../../widgets.js";

const STEPS = ["50", "100", "200", "400"];
const FAR = 2; // powers of ten that a rate may be above and below the usual one

/** The gait that the address names; `map` has the usual rate and slope. */
export function gaitOf(state, map) {
  const given = state.get();
  return {
    direction: given.dir === "uphill" ? "uphill" : "downhill",
    rate: Number(given.rate) > 0 ? Number(given.rate) : map.rate,
    momentum: Number(given.mom ?? 0),
    noise: Number(given.noise ?? 0) * map.slope,
    steps: Number(given.steps ?? 200),
    seed: Number(given.nseed ?? 0),
  };
}

/** The form in `root`. `onChange()` follows every change, `onView()` those of how it is seen. */
export function gaitForm(root, state, map, { onChange, onView }) {
  const given = state.get();
  const change = (changes) => {
    state.set({ ...changes, step: null });
    onChange();
  };
  const gait = gaitOf(state, map);
  const shuffle = button("Other noise", () => change({ nseed: Number(state.get().nseed ?? 0) + 1 }));
  const noisy = (factor) => { shuffle.disabled = !(factor > 0); };
  noisy(Number(given.noise ?? 0));
  const rate = slider("Learning rate", {
    min: -FAR, max: FAR, step: 0.05, value: Math.log10(gait.rate / map.rate),
    told: (power) => numberText(rounded(map.rate * 10 ** power), 3),
    onInput: (power) => change({ rate: rounded(map.rate * 10 ** power) }),
  });
  const crowd = h("input", { type: "checkbox", checked: given.crowd === "1", onchange: () => {
    others.disabled = !crowd.checked;
    change({ crowd: crowd.checked ? "1" : null });
  } });
  const others = button("Other starts", () => change({ cseed: Number(state.get().cseed ?? 0) + 1 }), { disabled: !crowd.checked });
  const tick = (input, text) => h("label", { class: "mountain-tick" }, input, h("span", {}, text));
  root.replaceChildren(
    choices("Which way", [{ value: "downhill", label: "Downhill" }, { value: "uphill", label: "Uphill" }], gait.direction, (dir) => change({ dir })),
    rate.element,
    slider("Momentum", { min: 0, max: 0.99, step: 0.01, value: gait.momentum, told: (value) => value.toFixed(2), onInput: (mom) => change({ mom }) }).element,
    slider("Noise on the slope", {
      min: 0, max: 5, step: 0.1, value: Number(given.noise ?? 0), told: (value) => (value ? `${value.toFixed(1)} × the usual slope` : "none"),
      onInput: (noise) => { noisy(noise); change({ noise }); },
    }).element,
    field("Steps", select(STEPS.includes(String(gait.steps)) ? STEPS : [...STEPS, String(gait.steps)], String(gait.steps), (steps) => change({ steps }))),
    tick(crowd, "A hundred climbers: yours and 99 from anywhere"),
    h("div", { class: "mountain-row" }, others, shuffle),
    ...viewControls(state, map, tick, onView));
}

function viewControls(state, map, tick, onView) {
  const given = state.get();
  const blind = h("input", { type: "checkbox", checked: given.blind === "1", onchange: () => {
    state.set({ blind: blind.checked ? "1" : null });
    onView();
  } });
  const seen = [{ value: "contours", label: "Contours" }, { value: "surface", label: "Surface" }];
  return [
    ...(map.kind === "plane" ? [choices("Seen as", seen, given.seen === "surface" ? "surface" : "contours", (value) => {
      state.set({ seen: value === "surface" ? value : null });
      onView();
    })] : []),
    tick(blind, "Blindfold: only the local slope is shown"),
  ];
}

function rounded(value) {
  return Number(value.toPrecision(3));
}
