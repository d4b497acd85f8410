// The stage of a landscape: its map, the controls of time, the climber's numbers, the counts.

import { h } from "./elements.js";
import { player } from "./player.js";
import { stepButtons } from "./step_buttons.js";
import { MountainView } from "./mountain_view.js";
import { endText, fillList, fillPlaces, fillTally, mapText, readout } from "./mountain_words.js";

const SPEEDS = ["5", "20", "60"]; // steps a second
const USUAL_SPEED = "20";

/**
 * Builds the stage in `root`. `onPlace(point)` and `onNudge(direction, far)` ask for another start;
 * `onTime(step)` is told where time stands still, `onSpeed(text)` how fast it goes, null for the usual
 * speed, `onTurn([around, above])` how a surface is turned; `say(text)` says something aloud.
 */
export class MountainStage {
  constructor(root, { onPlace, onNudge, onTime = () => {}, onSpeed = () => {}, onTurn = () => {}, say = () => {} }) {
    Object.assign(this, { onPlace, onNudge, onTime, onSpeed, onTurn, say, view: null, map: null, record: null, chosen: 0, blind: false, told: -1 });
    this.clock = player({ speed: Number(USUAL_SPEED), onTime: (time) => this.goes(time), onState: () => this.stands() });
    this.holder = h("div", { class: "mountain-holder" });
    this.numbers = h("dl", { class: "mountain-numbers" });
    this.tally = h("ul", { class: "mountain-tally" });
    this.places = h("tbody");
    this.tallyPart = part("Where they ended", this.tally);
    this.placesPart = part("On the map", placeTable(this.places));
    root.append(this.holder, this.controls(),
      h("div", { class: "mountain-told" }, part("The climber", this.numbers), this.placesPart, this.tallyPart));
  }

  controls() {
    const { clock } = this;
    const press = (text, action, attributes = {}) => h("button", { type: "button", onclick: action, ...attributes }, text);
    const { first, back, forward } = stepButtons({
      first: () => clock.seek(0), back: () => clock.seek(Math.ceil(clock.time) - 1), forward: () => clock.seek(Math.floor(clock.time) + 1),
    });
    this.ends = { first, back, forward };
    this.play = press("Play", () => (clock.playing ? clock.pause() : clock.play()), { class: "primary" });
    this.slider = h("input", {
      type: "range", class: "mountain-time", min: 0, step: 1, "aria-label": "Step", oninput: () => clock.seek(Number(this.slider.value)),
    });
    this.speed = h("select", { class: "mountain-speed", "aria-label": "Speed", onchange: () => {
      clock.setSpeed(Number(this.speed.value));
      this.onSpeed(this.speed.value === USUAL_SPEED ? null : this.speed.value);
    } }, SPEEDS.map((value) => h("option", { value, selected: value === USUAL_SPEED }, `${value} steps a second`)));
    return h("div", { class: "mountain-controls" }, first, back, forward, this.play, this.slider, this.speed);
  }

  /** Time goes on. Words change with whole steps: the page is laid out anew only then. */
  goes(time) {
    this.view?.draw(time);
    const step = Math.floor(time);
    if (step === this.told && time !== this.clock.length) return;
    this.told = step;
    if (this.record) fillList(this.numbers, readout(this.record, this.chosen, time, this.map, this.blind));
    this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", `step ${step}`);
  }

  /** Time has begun to go, or stands still. */
  stands() {
    const { clock, record, chosen } = this;
    const over = clock.time >= clock.length;
    this.ends.first.disabled = this.ends.back.disabled = clock.time <= 0 && !clock.playing;
    this.ends.forward.disabled = over;
    this.play.textContent = clock.playing ? "Pause" : over ? "Play again" : "Play";
    if (clock.playing || !record) return;
    this.onTime(Math.floor(clock.time));
    if (over) this.say(endText(record.ended[chosen], record.left[chosen]));
  }

  setMap(map) {
    this.view?.dispose();
    this.map = map;
    this.record = null;
    this.view = new MountainView(map, { onPlace: this.onPlace, onNudge: this.onNudge, onTurn: this.onTurn });
    this.holder.replaceChildren(this.view.element);
    fillPlaces(this.places, map, this.view.places);
    this.setBlind(this.blind);
  }

  /** Shows climbs; the clock begins at `step`. */
  setRecord(record, chosen = 0, step = 0) {
    this.clock.pause();
    Object.assign(this, { record, chosen, told: -1 });
    this.view.setRecord(record, chosen);
    this.clock.setLength(Math.max(...record.paths.map((path) => path.length)) - 1);
    this.slider.max = String(this.clock.length);
    fillTally(this.tally, record, this.map, this.view.places);
    this.hide();
    this.clock.seek(step);
  }

  setShape(name) {
    this.view?.setShape(name);
  }

  /** The surface as seen from [around, above], in radians. */
  setTurn(turn) {
    this.view?.setTurn(turn);
  }

  /** Steps a second, where they are among those on offer. */
  setSpeed(speed) {
    if (!SPEEDS.includes(speed)) return;
    this.speed.value = speed;
    this.clock.setSpeed(Number(speed));
  }

  setBlind(blind) {
    this.blind = blind;
    this.told = -1;
    this.hide();
    if (!this.view) return;
    this.view.setBlind(blind);
    this.view.element.setAttribute("aria-label", mapText(this.map, blind));
    if (this.record) this.clock.seek(this.clock.time);
  }

  /** What would tell of the landscape is hidden under a blindfold. */
  hide() {
    this.placesPart.hidden = this.blind;
    this.tallyPart.hidden = this.blind || !this.record || this.record.paths.length < 2;
  }

  dispose() {
    this.clock.dispose();
    this.view?.dispose();
  }
}

function part(heading, content) {
  return h("section", { class: "mountain-part" }, h("h2", {}, heading), content);
}

function placeTable(body) {
  const heads = ["what", "at", "cost"].map((text, k) => h("th", { scope: "col", class: k ? "number" : null }, text));
  return h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, h("td"), heads)), body));
}
