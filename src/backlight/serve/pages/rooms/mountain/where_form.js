// Which landscape: one on offer, or a slice or plane of your own about a network.

import { choices, field, h, select } from "../../widgets.js";

const OWN = "own";
const LABELS = { reach: "How far the map goes", directions: "Seed of the directions" };
const KINDS = [
  { value: "slice", label: "One weight" },
  { value: "plane", label: "Two weights" },
  { value: "random", label: "Random plane" },
  { value: "toward", label: "To another network" },
];

/** The landscape that the address names, as the API takes it. */
export function whereOf(state, offers) {
  const given = state.get();
  if (given.land !== OWN) return { offer: given.land || offers.landscapes[0].name };
  const network = networkOf(given, offers);
  const where = { network: network.name };
  const kind = kindOf(given, network);
  if (kind === "slice") where.weights = [given.w1 ?? network.weights[0]];
  if (kind === "plane") where.weights = [given.w1 ?? network.weights[0], given.w2 ?? network.weights[1]];
  if (kind === "random") where.directions = Number(given.dseed ?? 0);
  if (kind === "toward") where.toward = given.to ?? network.toward[0];
  if (given.reach) where.reach = Number(given.reach);
  return where;
}

function networkOf(given, offers) {
  return offers.networks.find(({ name }) => name === given.net) ?? offers.networks[0];
}

function kindOf(given, network) {
  const fits = KINDS.some(({ value }) => value === given.kind) && (given.kind !== "toward" || network.toward.length);
  return fits ? given.kind : "slice";
}

/** The form in `root`; `onChange()` once the address says something else. */
export function whereForm(root, state, offers, onChange) {
  const change = (changes) => {
    // Another map: what was chosen for the old one is forgotten.
    state.set({ ...changes, at: null, rate: null, step: null, turn: null }, { replace: false });
    draw();
    onChange();
  };

  function own(given) {
    const network = networkOf(given, offers);
    const kind = kindOf(given, network);
    const kinds = KINDS.filter(({ value }) => value !== "toward" || network.toward.length);
    const weight = (label, name, other) => field(label, select(
      network.weights.map((value) => ({ value, label: value, disabled: value === other })), name.value,
      (value) => change({ [name.key]: value })));
    const w1 = given.w1 ?? network.weights[0];
    const w2 = given.w2 ?? network.weights[1];
    return [
      field("Network", select(offers.networks.map(({ name, about }) => ({ value: name, label: `${name}: ${about}` })), network.name,
        (net) => change({ net, w1: null, w2: null, to: null, reach: null }))),
      choices("Along", kinds, kind, (value) => change({ kind: value, reach: null })),
      kind === "slice" && weight("Weight", { key: "w1", value: w1 }),
      kind === "plane" && h("div", { class: "mountain-pair" },
        weight("First weight", { key: "w1", value: w1 }, w2), weight("Second weight", { key: "w2", value: w2 }, w1)),
      kind === "random" && field(LABELS.directions, number("directions", given.dseed ?? 0, 1, (dseed) => change({ dseed }))),
      kind === "toward" && field("To", select(network.toward, given.to ?? network.toward[0], (to) => change({ to }))),
      field(LABELS.reach, number("reach", given.reach ?? usualReach(kind, network), "any", (reach) => change({ reach }))),
    ];
  }

  function draw() {
    const given = state.get();
    const land = given.land === OWN ? OWN : whereOf(state, offers).offer;
    const offer = offers.landscapes.find(({ name }) => name === land);
    const list = [
      ...offers.landscapes.map(({ name, title }) => ({ value: name, label: title, group: "On offer" })),
      { value: OWN, label: "A network and weights of your choice", group: "Your own" },
    ];
    const focused = root.contains(document.activeElement) ? document.activeElement.id : null;
    root.replaceChildren(
      field("Landscape", select(list, land, (value) => change({ land: value }), { id: "mountain-land" })),
      ...(offer ? [h("p", { class: "note" }, offer.look)] : own(given).filter(Boolean)));
    if (focused) document.getElementById(focused)?.focus();
  }
  draw();
}

function usualReach(kind, network) {
  return { slice: network.reach, plane: network.reach, random: 1, toward: 0.4 }[kind];
}

/** What the server may find fault with, by its place in the request: for `inFormsWords`. */
export function fieldsOf(root) {
  return Object.fromEntries(Object.entries(LABELS).map(([name, label]) =>
    [`where.${name}`, { label, control: root.querySelector(`#mountain-${name}`) }]));
}

function number(name, value, step, onChange) {
  const control = h("input", { type: "number", id: `mountain-${name}`, value, step, min: 0, onchange: () => {
    if (control.value !== "" && control.checkValidity()) onChange(control.value);
  } });
  return control;
}
