// Times and sizes as text, the same on every page.

/** A time in seconds with three digits and its unit. */
export function secondsText(value) {
  return withUnit(value, [["s", 1], ["ms", 1e-3], ["µs", 1e-6], ["ns", 1e-9]]);
}

/** A number of bytes with three digits and its unit. */
export function bytesText(value) {
  return withUnit(value, [["GB", 1e9], ["MB", 1e6], ["kB", 1e3], ["B", 1]]);
}

function withUnit(value, units) {
  if (value === null || value === undefined) return "–";
  const [name, size] = units.find(([, least]) => value >= least) ?? units[units.length - 1];
  return `${Number((value / size).toPrecision(3))} ${name}`;
}
