// Which network is swept: a published one and a row of its data, or layers that are typed.

import { field, h, select } from "../../widgets.js";
import { LABELS, readHidden, readRate, readRow, readSeed, readSizes } from "./reading.js";
import { quoted, sayAt } from "./wrong.js";

const OWN = "own";
const FALLBACK = { sizes: "2,3,2", hidden: "tanh", output: "softmax", loss: "cross-entropy", seed: "0" };
const MOST_ROWS = 1e6; // until it is known how many there are

/**
 * The panel. `on.changed(address)`: another network; `on.again(address)`: the same with another
 * loss or learning rate. Neither is called while something is typed that cannot be.
 */
export function choicePanel(catalog, address, on) {
  const names = catalog.activations.map(({ name }) => name);
  const known = catalog.networks.map(({ name }) => name);
  const missing = missingFrom(address, known, names);
  const text = (value, attributes, changed) => h("input", { type: "text", value, ...attributes, onchange: changed });
  const another = () => { if (right()) on.changed(told()); };
  const network = select(
    [...catalog.networks.map(({ name, title }) => ({ value: name, label: `${name}: ${title}`, group: "Published" })),
      { value: OWN, label: "Layers of your own …", group: "Yours" }],
    address.sizes !== undefined ? OWN : known.includes(address.net) ? address.net : known[0],
    () => {
      if (network.value === OWN) fitLoss(FALLBACK.loss);
      row.value = 1;
      arrange();
      another();
    });
  const row = h("input", { type: "number", min: 1, step: 1, value: /^\d{1,6}$/.test(address.row ?? "") ? Number(address.row) + 1 : 1, onchange: another });
  const sizes = text(address.sizes ?? FALLBACK.sizes, { inputmode: "text", spellcheck: "false" }, another);
  const hidden = text(address.hidden ?? FALLBACK.hidden, { list: "sweep-activations", spellcheck: "false" }, another);
  const output = select(names, names.includes(address.output) ? address.output : FALLBACK.output, () => {
    fitLoss();
    another();
  });
  const seed = h("input", { type: "number", min: 0, step: 1, value: address.seed ?? FALLBACK.seed, onchange: another });
  const loss = select(lossesOf(), address.loss ?? null, () => again());
  const rate = h("input", { type: "number", min: 0, step: "any", value: address.rate ?? "", onchange: () => { if (rateRight()) again(); } });
  const controls = { row, sizes, hidden, output, seed, loss, rate };
  const hints = { sizes: "inputs, hidden …, outputs", hidden: "one, or one for each layer" };
  const of = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, field(LABELS[name], control, hints[name])]));
  const element = h("div", { class: "panel sweep-choice" }, field("Network", network), Object.values(of),
    h("datalist", { id: "sweep-activations" }, names.map((name) => h("option", { value: name }))));
  let base = null; // the network that is shown
  let taken = readRate(address.rate ?? "").value ?? null; // the learning rate it is shown with

  function arrange() {
    const own = network.value === OWN;
    for (const name of ["sizes", "hidden", "output", "seed"]) of[name].hidden = !own;
    of.row.hidden = own || (base?.rows ?? 1) < 2;
  }

  /** What is typed about the network: { value } or { wrong } for each field that counts. */
  function read() {
    if (network.value !== OWN) return { row: readRow(row.value, base?.name === network.value ? base.rows : MOST_ROWS) };
    const layers = readSizes(sizes.value, catalog.limits);
    return {
      sizes: layers, seed: readSeed(seed.value),
      // How many hidden layers there are is not known while the layers are wrong.
      hidden: readHidden(hidden.value, layers.wrong ? null : layers.value.length - 2, names),
    };
  }

  /** Says at each field what is wrong with it; whether nothing is. */
  function right() {
    const found = read();
    for (const name of ["row", "sizes", "hidden", "seed"]) sayAt(controls[name], found[name]?.wrong ?? null);
    return Object.values(found).every(({ wrong }) => !wrong);
  }

  function rateRight() {
    const { value, wrong } = readRate(rate.value);
    sayAt(rate, wrong ?? null);
    taken = value ?? taken;
    return !wrong;
  }

  function again() {
    if (base) on.again(settingsTold());
    else another();
  }

  function lossesOf(name = null) {
    return catalog.losses.filter(({ outputs }) => !name || outputs.includes(name)).map((one) => one.name);
  }

  /** Only losses that go with the output activation are offered. */
  function fitLoss(wanted = loss.value, name = output.value) {
    const fitting = lossesOf(name);
    loss.replaceChildren(...fitting.map((one) => h("option", { value: one }, one)));
    loss.value = fitting.includes(wanted) ? wanted : fitting[0];
  }

  /** What goes into the address; all that belongs to another network goes out of it. */
  function told() {
    const own = network.value === OWN;
    const start = own ? null : network.value;
    return {
      net: start === known[0] ? null : start,
      row: own || start !== base?.name ? null : Number(row.value) - 1 || null,
      sizes: own ? sizes.value : null, hidden: own ? hidden.value : null, output: own ? output.value : null,
      seed: own ? seed.value : null, loss: own ? loss.value : null, rate: own ? taken : null,
    };
  }

  function settingsTold() {
    return { loss: loss.value === base?.loss ? null : loss.value, rate: taken === base?.learning_rate ? null : taken };
  }

  if (network.value === OWN) fitLoss(address.loss ?? FALLBACK.loss);
  let first = true;
  arrange();

  return {
    element,
    right,
    /** In words what the address asked for and is not here, and what is shown instead. */
    missing: () => (first ? missing : []),
    /** What the chosen network's beginning is asked with. */
    asked() {
      const found = read();
      if (network.value !== OWN) return { path: "/api/sweep/published", body: { name: network.value, row: found.row.value - 1 } };
      return {
        path: "/api/sweep/drawn",
        body: { sizes: found.sizes.value, hidden: found.hidden.value, output: output.value, loss: loss.value, seed: found.seed.value },
      };
    },
    /** The beginning is known: its settings are shown, unless the address had others. */
    started(found) {
      base = found;
      const wanted = first && lossesOf(found.output).includes(address.loss) ? address.loss : found.loss;
      fitLoss(wanted, found.output);
      taken = (first ? taken : null) ?? found.learning_rate;
      rate.value = taken;
      sayAt(rate, null);
      row.max = found.rows;
      first = false;
      arrange();
    },
    /** What is asked beside the network. */
    settings: () => ({ loss: loss.value, learning_rate: taken }),
  };
}

function missingFrom({ net, sizes, row, output, rate }, known, names) {
  const own = sizes !== undefined;
  return [
    !own && net !== undefined && !known.includes(net) && `There is no network ${quoted(net)} here; this is ${known[0]}.`,
    !own && row !== undefined && !/^\d{1,6}$/.test(row) && `There is no row ${quoted(row)}; this is the first.`,
    own && output !== undefined && !names.includes(output) && `There is no activation ${quoted(output)}; this is ${FALLBACK.output}.`,
    rate !== undefined && readRate(rate).wrong && `${quoted(rate)} is no learning rate; the network's own is taken.`,
  ].filter(Boolean);
}
