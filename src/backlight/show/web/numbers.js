// Numbers as text, the same on every page.

/** A number for people: so many significant digits, powers of ten where it is very large or small. */
export function numberText(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, power] = value.toExponential(Math.max(0, digits - 1)).split("e");
  return `${String(Number(mantissa)).replace("-", "−")}·${powerText(Number(power))}`;
}

/** A count: its thousands told apart. */
export function countText(count) {
  return count.toLocaleString("en");
}

/** A share of one as a percentage, which never says 0 or 100 of what is neither. */
export function shareText(share, digits = 1) {
  const percent = share * 100;
  const least = 10 ** -digits;
  if (percent > 0 && percent < least) return `< ${least} %`;
  if (percent < 100 && percent > 100 - least) return `> ${(100 - least).toFixed(digits)} %`;
  return `${percent.toFixed(digits)} %`;
}

/** A power of ten: 10⁻³. */
export function powerText(power) {
  return `10${raised(power)}`;
}

function raised(power) {
  return String(power).replace(/./g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
}
