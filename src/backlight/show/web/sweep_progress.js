// How far a sweep has come at a step: which numbers have been computed by then.

/** For every layer (0: the inputs) and unit, what is known after the steps up to `index`. */
export function progressAt(steps, index, sizes) {
  const blank = () => sizes.map((units) => new Uint8Array(units));
  const known = { forward: blank(), delta: blank(), slopes: blank(), cost: false, update: false };
  for (const step of steps.slice(0, index + 1)) {
    if (step.phase === "cost" || step.phase === "update") known[step.phase] = true;
    const marks = step.phase === "inputs" ? known.forward : known[step.phase];
    if (Array.isArray(marks)) for (const unit of step.units) marks[step.layer][unit] = 1;
  }
  return known;
}

/** The multiplications of every backward product that are done by then. */
export function multiplied(products, known) {
  const share = (marks) => marks.reduce((sum, mark) => sum + mark, 0) / marks.length;
  return products.map(({ what, layer, count }) => {
    if (what === "gradient") return Math.round(count * share(known.slopes[layer]));
    // Through the weights of a layer the errors of the layer before it are reached.
    return Math.round(count * share(known.delta[what === "weights" ? layer - 1 : layer]));
  });
}

/** Which edges a step is about: "into" the units of its layer, "out of" them, or all. */
export function edgesOf(step, layers) {
  if (step.phase === "forward" || step.phase === "slopes") return { layer: step.layer, into: step.units };
  if (step.phase === "delta" && step.layer < layers) return { layer: step.layer + 1, outOf: step.units };
  return { layer: null };
}
