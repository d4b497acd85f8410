// A page of its own: a landscape and climbs that were recorded on it, to be replayed.

import { h } from "./elements.js";
import { numberText } from "./numbers.js";
import { MountainStage } from "./mountain_stage.js";
import { pointText } from "./mountain_words.js";

/** Draws the page's data, `{map, climbs}`, in `root`. */
export function startMountain(root, data) {
  return new MountainPage(root, data);
}

class MountainPage {
  constructor(root, { map, climbs }) {
    const { direction, momentum } = climbs[0].gait;
    Object.assign(this, { map, climbs, chosen: 0, settings: { direction, rate: middle(climbs), momentum } });
    this.note = h("p", { class: "mountain-note", role: "status" });
    const side = h("div", { class: "mountain-side" });
    const stage = h("div", { class: "mountain-stage" });
    root.classList.add("mountain");
    root.append(side, stage);
    this.stage = new MountainStage(stage, {
      onPlace: (at) => this.follow(nearest(map, this.current, at), at),
      onNudge: (way) => this.follow(towards(map, this.current, this.chosen, way), null),
    });
    side.append(...this.controls(), this.note);
    this.stage.setMap(map);
    this.stage.setRecord(this.current, this.chosen);
    this.note.textContent = `${this.current.paths.length} climbs were recorded for each setting. Click on the map: the one that started nearest is followed.`;
  }

  /** The climbs that were recorded with what is chosen. */
  get current() {
    return this.climbs.find(({ gait }) => Object.entries(this.settings).every(([name, value]) => gait[name] === value));
  }

  controls() {
    const number = (value) => numberText(value, 3);
    const choice = (legend, name, told) => radios(legend, unique(this.climbs, name), this.settings[name], told, (value) => {
      this.settings[name] = value;
      this.replay();
    });
    return [
      choice("Which way", "direction", String), choice("Learning rate", "rate", number),
      ...(unique(this.climbs, "momentum").length > 1 ? [choice("Momentum", "momentum", number)] : []),
      ...(this.map.kind === "plane" ? [radios("Seen as", ["contours", "surface"], "contours", String, (name) => this.stage.setShape(name))] : []),
      tick("Blindfold: only the local slope is shown", (on) => this.stage.setBlind(on)),
    ];
  }

  replay() {
    this.stage.setRecord(this.current, this.chosen);
    this.stage.clock.play();
  }

  follow(climber, asked) {
    this.chosen = climber;
    const { paths } = this.current;
    const start = pointText(paths[climber][0], this.map);
    this.note.textContent = asked
      ? `You asked for ${pointText(asked, this.map)}. The climbs were recorded from ${paths.length} starts; the nearest is ${start}.`
      : `The climb from ${start}, one of ${paths.length} that were recorded.`;
    this.replay();
  }
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

function radios(legend, values, chosen, told, onChange) {
  return h("fieldset", { class: "choices" }, h("legend", {}, legend), h("div", {}, values.map((value) => h("label", {},
    h("input", { type: "radio", name: legend, checked: value === chosen, onchange: () => onChange(value) }),
    h("span", {}, told(value))))));
}

function tick(text, onChange) {
  const input = h("input", { type: "checkbox", onchange: () => onChange(input.checked) });
  return h("label", { class: "mountain-tick" }, input, h("span", {}, text));
}
