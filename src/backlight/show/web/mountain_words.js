// What is seen, in words and numbers: the climber's readout, the counts, the places.

import { h } from "./elements.js";
import { numberText } from "./numbers.js";
import { endColour } from "./mountain_colours.js";
import { climberAt } from "./mountain_climbers.js";

/** A place on a map: to a ten-thousandth of its extent or finer. */
export function pointText(at, map) {
  return bracketed(at.map((value, axis) => {
    const { low, high } = map.axes[axis];
    const digits = Math.max(0, 4 - Math.floor(Math.log10(high - low)));
    return String(Number(value.toFixed(digits)) + 0).replace("-", "−");
  }));
}

function bracketed(texts) {
  return texts.length === 1 ? texts[0] : `(${texts.join(", ")})`;
}

/** How a climber ended, in words. */
export function endText(ended, left) {
  if (ended.how === "left") return left === null || left === undefined ? "left the map" : `left the map with step ${left}`;
  if (ended.how === "plateau") return "stuck on flat ground";
  if (ended.how === "reached") return `reached ${ended.place}`;
  return ended.place ? `still under way to ${ended.place}` : "still under way";
}

/** The readout of one climber as pairs of a name and a text. */
export function readout(record, climber, time, map, blind) {
  const here = climberAt(record, climber, time);
  const last = record.paths[climber].length - 1;
  const whole = Math.min(last, Math.floor(time));
  const at = record.paths[climber][whole];
  const slope = record.slopes[climber][whole];
  const pairs = [["step", `${whole} of ${record.gait.steps}`], ["at", pointText(at, map)]];
  if (!blind) pairs.push(["cost", numberText(record.heights[climber][whole], 5)]);
  pairs.push(["slope", bracketed(slope.map((value) => numberText(value)))]);
  if (here.over) pairs.push(["end", endText(record.ended[climber], record.left[climber])]);
  return pairs;
}

/** A description list of pairs, filled anew. */
export function fillList(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([name, text]) => [h("dt", {}, name), h("dd", { "data-name": name }, text)]));
}

/** The counts of where climbers ended: a bar for each way. */
export function fillTally(root, record, map, places) {
  const total = record.paths.length;
  const names = new Map(map.places.map((place) => [place.label, place.name]));
  root.replaceChildren(...record.tally.map(({ how, place, count }) => {
    const bar = h("span", { class: how === "reached" ? "bar-of" : "bar-of weak" });
    bar.style.setProperty("--share", String(count / total));
    bar.style.setProperty("--colour", endColour({ how, place }, places));
    const words = endText({ how, place }) + (how === "reached" ? ` (${names.get(place)})` : "");
    return h("li", { "data-how": how, "data-place": place ?? "" }, h("b", {}, String(count)), h("span", { class: "words" }, words), bar);
  }));
}

/** The places of a map in a table's body: sign, kind, where, cost. */
export function fillPlaces(body, map, places) {
  body.replaceChildren(...map.places.map((place) => {
    const sign = h("span", { class: "sign" }, place.label.split(" ")[1]);
    sign.style.setProperty("--colour", places.get(place.label));
    return h("tr", {},
      h("th", { scope: "row", "aria-label": place.label }, sign), h("td", {}, place.name),
      h("td", { class: "number" }, pointText(place.at, map)), h("td", { class: "number" }, numberText(place.height, 5)));
  }));
}

/** What the map shows, for those who do not see it. */
export function mapText(map, blind) {
  const keys = "Arrow keys move the climber's start.";
  if (blind) return `${map.title}, blindfolded: only the slope under the climber is known. ${keys}`;
  const told = map.places.map((place) => `${place.label}, ${place.name}, at ${pointText(place.at, map)}`);
  return `${map.title}: a ${map.kind} of the cost${told.length ? ` with ${told.join("; ")}` : ""}. ${keys}`;
}
