// Which network is swept: a published one and a row of its data, or layers that are typed.

import { field, h, select } from "../../widgets.js";

const OWN = "own";
const FALLBACK = { sizes: "2,3,2", hidden: "tanh", output: "softmax", loss: "cross-entropy", seed: "0" };

/**
 * The panel. `on.changed(address)`: another network; `on.again(address)`: the same with another
 * loss or learning rate.
 */
export function choicePanel(catalog, address, on) {
  const names = catalog.activations.map(({ name }) => name);
  const known = catalog.networks.map(({ name }) => name);
  const text = (value, attributes, changed) => h("input", { type: "text", value, ...attributes, onchange: changed });
  const another = () => on.changed(told());
  const network = select(
    [...catalog.networks.map(({ name, title }) => ({ value: name, label: `${name}: ${title}`, group: "Published" })),
      { value: OWN, label: "Layers of your own …", group: "Yours" }],
    address.sizes ? OWN : known.includes(address.net) ? address.net : known[0],
    () => {
      if (network.value === OWN) fitLoss(FALLBACK.loss);
      arrange();
      another();
    });
  const row = h("input", { type: "number", min: 1, step: 1, value: Number(address.row ?? 0) + 1, onchange: another });
  const sizes = text(address.sizes ?? FALLBACK.sizes, { inputmode: "text", spellcheck: "false" }, another);
  const hidden = text(address.hidden ?? FALLBACK.hidden, { list: "sweep-activations", spellcheck: "false" }, another);
  const output = select(names, address.output ?? FALLBACK.output, () => {
    fitLoss();
    another();
  });
  const seed = h("input", { type: "number", min: 0, step: 1, value: address.seed ?? FALLBACK.seed, onchange: another });
  const loss = select(lossesOf(), address.loss ?? null, () => on.again(settingsTold()));
  const rate = h("input", { type: "number", min: 0, step: "any", value: address.rate ?? "", onchange: () => on.again(settingsTold()) });
  const of = {
    row: field("Row of its data", row), sizes: field("Units of each layer", sizes, "inputs, hidden …, outputs"),
    hidden: field("Hidden activations", hidden, "one, or one for each layer"), output: field("Output activation", output),
    seed: field("Drawn with seed", seed), loss: field("Loss", loss), rate: field("Learning rate η", rate),
  };
  const element = h("div", { class: "panel sweep-choice" }, field("Network", network), Object.values(of),
    h("datalist", { id: "sweep-activations" }, names.map((name) => h("option", { value: name }))));
  let base = null;

  function arrange() {
    const own = network.value === OWN;
    for (const name of ["sizes", "hidden", "output", "seed"]) of[name].hidden = !own;
    of.row.hidden = own || (base?.rows ?? 1) < 2;
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
      seed: own ? seed.value : null, loss: own ? loss.value : null, rate: own ? rate.value || null : null,
    };
  }

  function settingsTold() {
    return { loss: loss.value === base?.loss ? null : loss.value, rate: Number(rate.value) === base?.learning_rate ? null : rate.value };
  }

  if (network.value === OWN) fitLoss(address.loss ?? FALLBACK.loss);
  let first = true;
  arrange();

  return {
    element,
    /** What the chosen network's beginning is asked with. */
    asked() {
      if (network.value !== OWN) {
        const same = base?.name === network.value || first;
        if (!same) row.value = 1;
        return { path: "/api/sweep/published", body: { name: network.value, row: Math.max(0, Number(row.value) - 1 || 0) } };
      }
      const layers = sizes.value.split(/[\s,;–-]+/).filter(Boolean).map(Number);
      const each = hidden.value.split(/[\s,;]+/).filter(Boolean);
      return {
        path: "/api/sweep/drawn",
        body: {
          sizes: layers, hidden: each.length === 1 ? Array(Math.max(0, layers.length - 2)).fill(each[0]) : each,
          output: output.value, loss: loss.value, seed: Number(seed.value) || 0,
        },
      };
    },
    /** The beginning is known: its settings are shown, unless the address had others. */
    started(found) {
      base = found;
      fitLoss(first && address.loss ? address.loss : found.loss, found.output);
      rate.value = first && address.rate ? address.rate : found.learning_rate;
      row.max = found.rows;
      first = false;
      arrange();
    },
    /** What is asked beside the network. */
    settings: (found) => ({ loss: loss.value, learning_rate: rate.value === "" ? found.learning_rate : Number(rate.value) }),
  };
}
