// What the address says of the room, and what of the room the address says: every setting, both
// sides of a comparison, the spot, how the map is looked at, what was kept. What is left out is as it is at first.

/** What can be set for one map; with a 2 behind the name in the address for the second. */
export const SIDE = ["target", "against", "not", "method", "layer", "gradients", "question", "caption", "word"];

export const OPACITY = 75;
export const DIVIDER = 50;

export function sideOf(query = {}, behind = "") {
  return Object.fromEntries(SIDE.map((name) => [name, query[name + behind] ?? ""]));
}

export function fromAddress(query) {
  const sides = [sideOf(query)];
  if (query.compare === "1") sides.push(sideOf(query, "2"));
  return {
    photo: query.photo ?? "",
    model: query.model ?? "",
    sides,
    side: query.side === "2" && sides.length > 1 ? 1 : 0,
    spot: spotOf(query.spot),
    opacity: percentOf(query.opacity, OPACITY),
    divider: percentOf(query.divider, DIVIDER),
    boxes: query.boxes === "1",
    kept: /^[1-9]\d{0,15}$/.test(query.kept) ? Number(query.kept) : null,
  };
}

export function toAddress(view) {
  const address = {
    photo: view.photo || null,
    model: view.model || null,
    compare: view.sides.length > 1 ? "1" : null,
    side: view.side ? "2" : null,
    spot: view.spot ? view.spot.map((at) => Math.round(at * 10) / 10).join(",") : null,
    opacity: view.opacity === OPACITY ? null : view.opacity,
    divider: view.sides.length < 2 || view.divider === DIVIDER ? null : view.divider,
    boxes: view.boxes ? "1" : null,
    kept: view.kept,
  };
  for (const name of SIDE) {
    address[name] = view.sides[0][name] || null;
    address[`${name}2`] = view.sides[1]?.[name] || null;
  }
  return address;
}

function percentOf(text, otherwise) {
  const number = Number.parseInt(text, 10);
  return Number.isFinite(number) ? Math.min(100, Math.max(0, number)) : otherwise;
}

function spotOf(text) {
  const place = (text ?? "").split(",").map(Number.parseFloat);
  return place.length === 2 && place.every(Number.isFinite) ? place : null;
}
