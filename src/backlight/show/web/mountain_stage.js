// The stage of a landscape: its map, the controls of time, the climber's numbers, the counts.

import { player } from "./mountain_player.js";
import { mountainView } from "./mountain_view.js";
import { endText, fillList, fillPlaces, fillTally, mapText, readout } from "./mountain_words.js";

const SPEEDS = [["5", "5 steps a second"], ["20", "20 steps a second"], ["60", "60 steps a second"]];

/**
 * Builds the stage in `root`. `onPlace(point)` and `onNudge(direction, far)` ask for another start;
 * `onTime(step)` is told when time stands still; `say(text)` says something aloud.
 */
export function mountainStage(root, { onPlace, onNudge, onTime = () => {}, say = () => {} }) {
  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...children);
    return element;
  };
  const press = (text, name, action) => {
    const button = make("button", "", text);
    button.type = "button";
    if (name) button.setAttribute("aria-label", name);
    button.addEventListener("click", action);
    return button;
  };
  const holder = make("div", "mountain-holder");
  const numbers = make("dl", "mountain-numbers");
  const tally = make("ul", "mountain-tally");
  const tallyPart = make("section", "mountain-part", make("h2", "", "Where they ended"), tally);
  const body = make("tbody", "");
  const placesPart = make("section", "mountain-part", make("h2", "", "On the map"), placeTable(make, body));
  const slider = make("input", "mountain-time");
  slider.type = "range";
  slider.min = "0";
  slider.step = "1";
  slider.setAttribute("aria-label", "Step");
  const speed = make("select", "mountain-speed");
  speed.setAttribute("aria-label", "Speed");
  for (const [value, text] of SPEEDS) speed.append(new Option(text, value, value === "20", value === "20"));
  const playButton = press("Play", "", () => (clock.playing ? clock.pause() : clock.play()));
  playButton.className = "primary";
  const controls = make("div", "mountain-controls",
    playButton, press("Step on", "", () => clock.seek(Math.floor(clock.time) + 1)),
    press("Step back", "", () => clock.seek(Math.ceil(clock.time) - 1)),
    press("Reset", "", () => clock.seek(0)), slider, speed);
  const climberPart = make("section", "mountain-part", make("h2", "", "The climber"), numbers);
  root.append(holder, controls, make("div", "mountain-told", climberPart, placesPart), tallyPart);

  let view = null;
  let map = null;
  let record = null;
  let chosen = 0;
  let blind = false;

  let said = -1;
  function tellStep(step, time) {
    said = step;
    if (record) fillList(numbers, readout(record, chosen, time, map, blind));
    slider.value = String(step);
    slider.setAttribute("aria-valuetext", `step ${step}`);
  }

  const clock = player({
    onTime(time) {
      view?.draw(time);
      // Words change with whole steps: the page is laid out anew only then.
      const step = Math.floor(time);
      if (step !== said || time === clock.length) tellStep(step, time);
    },
    onState() {
      playButton.textContent = clock.playing ? "Pause" : clock.time >= clock.length ? "Play again" : "Play";
      if (clock.playing || !record) return;
      onTime(Math.floor(clock.time));
      if (clock.time >= clock.length && clock.length) say(endText(record.ended[chosen], record.left[chosen]));
    },
  });
  slider.addEventListener("input", () => clock.seek(Number(slider.value)));
  speed.addEventListener("change", () => clock.setSpeed(Number(speed.value)));

  return {
    clock,
    setMap(next) {
      view?.dispose();
      map = next;
      record = null;
      view = mountainView(map, { onPlace, onNudge });
      holder.replaceChildren(view.element);
      view.setBlind(blind);
      view.tell(mapText(map, blind));
      fillPlaces(body, map, view.places);
      placesPart.hidden = blind;
    },
    /** Shows climbs; the clock begins at `step`. */
    setRecord(next, who = 0, step = 0) {
      record = next;
      chosen = who;
      said = -1;
      view.setRecord(record, chosen);
      clock.pause();
      clock.setLength(Math.max(...record.paths.map((path) => path.length)) - 1);
      slider.max = String(clock.length);
      tallyPart.hidden = blind || record.paths.length < 2;
      fillTally(tally, record, map, view.places);
      clock.seek(step);
    },
    setShape(name) { view?.setShape(name); },
    setBlind(next) {
      blind = next;
      said = -1;
      view?.setBlind(next);
      if (map) view.tell(mapText(map, blind));
      placesPart.hidden = blind;
      tallyPart.hidden = blind || !record || record.paths.length < 2;
      if (record) clock.seek(clock.time);
    },
    dispose() {
      clock.dispose();
      view?.dispose();
    },
  };
}

function placeTable(make, body) {
  const head = make("tr", "");
  for (const [text, className] of [["", ""], ["what", ""], ["at", "number"], ["cost", "number"]]) {
    const cell = make(text ? "th" : "td", className, text);
    if (text) cell.scope = "col";
    head.append(cell);
  }
  return make("div", "scroll", make("table", "", make("thead", "", head), body));
}
