// What a person has changed in a network: kept in the address, applied to what the network begins with.
// `w1.2.3` is the weight into unit 2 of layer 1 from unit 3 before it, `b1.2` a bias, `x1`, `t1`.

/** After updates, all weights of a network up to this size go into the address. */
export const MOST_EDITED = 200;

/** The edits in the address: keys and numbers. What cannot be read is left out. */
export function editsFrom(text = "") {
  const edits = new Map();
  for (const part of text.split(" ")) {
    const found = /^(w\d+\.\d+\.\d+|b\d+\.\d+|[xt]\d+)_(-?[\d.]+(?:e[+-]?\d+)?)$/.exec(part);
    if (found && Number.isFinite(Number(found[2]))) edits.set(found[1], Number(found[2]));
  }
  return edits;
}

/** The edits as they stand in the address; null where there are none. */
export function editsText(edits) {
  return [...edits].map(([key, value]) => `${key}_${value}`).join(" ") || null;
}

/** What a sweep is asked with: the beginning, changed. */
export function applied(base, edits) {
  const asked = {
    sizes: base.sizes, hidden: base.hidden, output: base.output,
    parameters: [...base.parameters], x: [...base.x], t: [...base.t],
  };
  const starts = startsOf(base.sizes);
  for (const [key, value] of edits) {
    const [layer, unit, source] = key.slice(1).split(".").map(Number);
    const row = { x: asked.x, t: asked.t }[key[0]];
    if (row) {
      if (layer <= row.length) row[layer - 1] = value;
      continue;
    }
    const [inputs, units] = [base.sizes[layer - 1], base.sizes[layer]];
    if (layer < 1 || unit < 1 || unit > units || (key[0] === "w" && (source < 1 || source > inputs))) continue;
    const before = key[0] === "w" ? source - 1 : inputs;
    asked.parameters[starts[layer] + before * units + unit - 1] = value;
  }
  return asked;
}

/** Edits that begin with the parameters of this sweep; changed inputs and targets stay. */
export function startingFrom(sweep, edits) {
  const all = new Map([...edits].filter(([key]) => "xt".includes(key[0])));
  sweep.layers.forEach(({ weights, biases }, index) => {
    biases.forEach((bias, unit) => {
      weights.forEach((row, source) => all.set(`w${index + 1}.${unit + 1}.${source + 1}`, row[unit]));
      all.set(`b${index + 1}.${unit + 1}`, bias);
    });
  });
  return all;
}

/** The number that stands at a place now. */
export function changedTo(data, update, { kind, layer, unit, source }) {
  if (kind === "input") return data.x[unit];
  if (kind === "target") return data.t[unit];
  const found = data.sweeps[update].layers[layer - 1];
  return kind === "bias" ? found.biases[unit] : found.weights[source][unit];
}

function startsOf(sizes) {
  const starts = [0, 0];
  for (let layer = 1; layer < sizes.length; layer += 1) starts.push(starts[layer] + (sizes[layer - 1] + 1) * sizes[layer]);
  return starts;
}
