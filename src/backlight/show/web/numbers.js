// Numbers as text, the same on every page.

/** A number for people: so many significant digits, powers of ten where it is very large or small. */
export function numberText(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, power] = value.toExponential(Math.max(0, digits - 1)).split("e");
  return `${String(Number(mantissa)).replace("-", "−")}·10${raised(Number(power))}`;
}

function raised(power) {
  return String(power).replace(/./g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
}
