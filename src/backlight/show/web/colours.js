// The two colour maps of the figures, at seventeen values each: between them colours are mixed
// evenly, which is never off by more than three levels of 255.

const SEQUENTIAL = "2f3c9b 553c9b 743b98 903d93 a9418c bd4984 cd537b da6073 e36c6c eb7965 f1865e f69558 faa453 fdb450 fec650 ffd955 feee63".split(" ").map(channels);
const DIVERGING = "1c6fbd 2680ca 3b93d5 59a7df 7cbbe6 9fcdea c0dced dbe8ef f1f1f1 efe5d7 edd4b8 e9c093 e1a86e d8904d cd7832 c2611e b74c10".split(" ").map(channels);

function channels(code) {
  return [0, 2, 4].map((at) => parseInt(code.slice(at, at + 2), 16));
}

/** The colour [red, green, blue] of a value: in [0, 1], or in [−1, 1] where `signed`. */
export function mapColour(value, signed = false) {
  const stops = signed ? DIVERGING : SEQUENTIAL;
  return mixed(stops, signed ? (value + 1) / 2 : value).map(Math.round);
}

/** The colour a share of the way along colours that stand at even distances. */
export function mixed(stops, share) {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  return stops[below].map((from, channel) => from + (place - below) * (stops[below + 1][channel] - from));
}

/** All colours from the lowest value to the highest, as CSS draws them from left to right. */
export function mapGradient(signed = false) {
  const stops = signed ? DIVERGING : SEQUENTIAL;
  return `linear-gradient(to right, ${stops.map((stop) => `rgb(${stop.join(" ")})`).join(", ")})`;
}
