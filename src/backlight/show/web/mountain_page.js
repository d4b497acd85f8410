// A page of its own: a landscape and climbs that were recorded on it, to be replayed.

import { numberText } from "./numbers.js";
import { mountainStage } from "./mountain_stage.js";
import { pointText } from "./mountain_words.js";

/** Draws the page's data, `{map, climbs}`, in `root`. */
export function startMountain(root, data) {
  const { map, climbs } = data;
  const note = made("p", "mountain-note");
  note.setAttribute("role", "status");
  const settings = { direction: climbs[0].gait.direction, rate: middle(climbs), momentum: climbs[0].gait.momentum };
  const side = made("div", "mountain-side");
  const stageRoot = made("div", "mountain-stage");
  root.className = "mountain";
  root.append(side, stageRoot);
  let chosen = 0;

  const current = () => climbs.find(({ gait }) =>
    gait.direction === settings.direction && gait.rate === settings.rate && gait.momentum === settings.momentum);
  const stage = mountainStage(stageRoot, {
    onPlace: (at) => choose(nearest(map, current(), at), at),
    onNudge: (way) => choose(towards(map, current(), chosen, way), null),
  });

  function choose(climber, asked) {
    chosen = climber;
    stage.setRecord(current(), chosen);
    const start = pointText(current().paths[chosen][0], map);
    note.textContent = asked
      ? `You asked for ${pointText(asked, map)}. The climbs were recorded from ${current().paths.length} starts; the nearest is ${start}.`
      : `The climb from ${start}, one of ${current().paths.length} that were recorded.`;
    stage.clock.play();
  }

  function show() {
    stage.setRecord(current(), chosen);
    stage.clock.play();
  }

  side.append(
    radios("Which way", unique(climbs, "direction"), settings.direction, (text) => text, (value) => { settings.direction = value; show(); }),
    radios("Learning rate", unique(climbs, "rate"), settings.rate, (value) => numberText(value, 3), (value) => { settings.rate = value; show(); }),
  );
  const momenta = unique(climbs, "momentum");
  if (momenta.length > 1) side.append(radios("Momentum", momenta, settings.momentum, (value) => numberText(value, 3), (value) => { settings.momentum = value; show(); }));
  if (map.kind === "plane") side.append(radios("Seen as", ["contours", "surface"], "contours", (text) => text, (value) => stage.setShape(value)));
  side.append(tick("Blindfold: only the local slope is shown", (on) => stage.setBlind(on)), note);
  stage.setMap(map);
  stage.setRecord(current(), chosen);
  note.textContent = `${current().paths.length} climbs were recorded for each setting. Click on the map: the one that started nearest is followed.`;
}

function middle(climbs) {
  const rates = unique(climbs, "rate");
  return rates[Math.floor(rates.length / 2)];
}

function unique(climbs, name) {
  return [...new Set(climbs.map(({ gait }) => gait[name]))];
}

function scaledTo(map, at) {
  return at.map((value, axis) => (value - map.axes[axis].low) / (map.axes[axis].high - map.axes[axis].low));
}

function nearest(map, record, at) {
  const here = scaledTo(map, at);
  const far = record.paths.map((path) => Math.hypot(...scaledTo(map, path[0]).map((value, axis) => value - here[axis])));
  return far.indexOf(Math.min(...far));
}

/** The nearest start in a direction: as far to the side as ahead counts thrice. */
function towards(map, record, from, [across, up]) {
  const here = scaledTo(map, record.paths[from][0]);
  let best = { far: Infinity, climber: from };
  record.paths.forEach((path, climber) => {
    const [x, y = 0] = scaledTo(map, path[0]).map((value, axis) => value - here[axis]);
    const ahead = map.kind === "slice" ? x * (across + up) : x * across + y * up;
    const aside = map.kind === "slice" ? 0 : Math.abs(x * up) + Math.abs(y * across);
    if (ahead > 1e-9 && ahead + 3 * aside < best.far) best = { far: ahead + 3 * aside, climber };
  });
  return best.climber;
}

function made(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

function radios(legend, values, chosen, told, onChange) {
  const group = made("fieldset", "choices", made("legend", "", legend));
  const row = made("div", "");
  for (const value of values) {
    const input = made("input", "");
    input.type = "radio";
    input.name = legend;
    input.checked = value === chosen;
    input.addEventListener("change", () => onChange(value));
    row.append(made("label", "", input, made("span", "", told(value))));
  }
  group.append(row);
  return group;
}

function tick(text, onChange) {
  const input = made("input", "");
  input.type = "checkbox";
  input.addEventListener("change", () => onChange(input.checked));
  return made("label", "mountain-tick", input, made("span", "", text));
}
