// The map with its climbers on it: three canvases, one over the other, and a place to click.

import { h } from "./elements.js";
import { climberAt, climberLayer } from "./mountain_climbers.js";
import { pageColours, placeColours } from "./mountain_colours.js";
import { contourPicture } from "./mountain_contours.js";
import { slicePicture } from "./mountain_slice.js";
import { surfacePicture } from "./mountain_surface.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const SLOPE_LENGTH = 0.07; // of the map: half of the line that shows a slope under a blindfold

/**
 * A view of one map. `onPlace(point)` is called where somebody clicks; `onNudge([x, y], far)` when
 * an arrow key asks to move on. On a surface, drags and Shift with arrows turn it:
 * `onTurn([around, above])`.
 */
export class MountainView {
  constructor(map, { onPlace, onNudge, onTurn }) {
    Object.assign(this, { map, onPlace, onNudge, onTurn, record: null, chosen: 0, time: 0, blind: false, colours: null });
    this.places = placeColours(map.places);
    this.pictures = map.kind === "slice" ? { slice: slicePicture(map) } : { contours: contourPicture(map), surface: surfacePicture(map) };
    this.picture = Object.values(this.pictures)[0];
    this.canvases = ["ground", "trails", "dots"].map((name) => h("canvas", { class: name, "aria-hidden": "true" }));
    this.layer = climberLayer(this.canvases[1], this.canvases[2]);
    this.element = h("div", { class: `mountain-map ${map.kind}`, tabindex: 0, role: "application", onkeydown: (event) => this.key(event) }, this.canvases);
    this.listen();
  }

  listen() {
    watchPointer(this.element, {
      turns: () => this.turns,
      onTurn: (dx, dy) => this.turn(dx * 0.008, dy * 0.006),
      onTap: (event) => this.tap(event),
    });
    this.redrawn = () => this.redraw();
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.resized = new ResizeObserver(this.redrawn);
    this.resized.observe(this.element);
    this.scheme.addEventListener("change", this.redrawn);
    addEventListener("recoloured", this.redrawn);
  }

  dispose() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.redrawn);
    removeEventListener("recoloured", this.redrawn);
  }

  /** Under a blindfold there is no surface to be seen: a plane is then looked at from above. */
  get shown() {
    return this.blind ? this.pictures.slice ?? this.pictures.contours : this.picture;
  }

  get turns() {
    return this.shown === this.pictures.surface && this.pictures.surface !== undefined;
  }

  redraw() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of this.canvases) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.colours = this.look();
    this.shown.draw(this.canvases[0].getContext("2d"), width, height, this.colours, this.places, { blind: this.blind, ratio });
    this.element.classList.toggle("turned", this.turns);
    this.layer.forget();
    this.draw(this.time);
  }

  look() {
    const colours = pageColours(this.element);
    if (this.map.kind === "slice" || this.blind) return { ...colours, climber: colours.accent, trail: colours.accent };
    return { ...colours, climber: "#111318", trail: colours.dark ? "#ffffff" : "#111318" };
  }

  /** The climbers at a time, in steps. */
  draw(time) {
    this.time = time;
    if (!this.record || !this.colours) return;
    if (this.blind) this.drawSlope();
    else this.layer.draw(this.record, this.shown, time, this.chosen, this.colours);
  }

  drawSlope() {
    const { at, height, slope } = climberAt(this.record, this.chosen, this.time);
    const level = this.shown.blindHeight ?? height;
    const downhill = this.record.gait.direction === "downhill";
    const [from, to] = this.shown.slopeLine(at, level, slope, SLOPE_LENGTH, downhill);
    this.layer.clear();
    this.layer.slope(from, to, this.colours, this.map.kind === "plane");
    this.layer.mark(this.shown.project(at, level), this.colours);
  }

  tap(event) {
    const edge = this.element.getBoundingClientRect();
    const { clientLeft, clientTop } = this.element;
    const at = this.shown.unproject(event.clientX - edge.left - clientLeft, event.clientY - edge.top - clientTop);
    this.onPlace(at.map((value, axis) => Math.min(this.map.axes[axis].high, Math.max(this.map.axes[axis].low, value))));
  }

  key(event) {
    const way = KEYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.shiftKey && this.turns) this.turn(-way[0] * 0.12, way[1] * 0.09);
    else this.onNudge(way, event.shiftKey);
  }

  turn(around, above) {
    const [from, under] = this.pictures.surface.turned;
    this.setTurn([from + around, under + above]);
    this.onTurn(this.pictures.surface.turned);
  }

  setTurn(turn) {
    this.pictures.surface?.turn(turn);
    this.redraw();
  }

  setRecord(record, chosen) {
    Object.assign(this, { record, chosen });
    this.layer.take(record, chosen, this.places);
  }

  setShape(name) {
    this.picture = this.pictures[name] ?? Object.values(this.pictures)[0];
    this.redraw();
  }

  setBlind(blind) {
    this.blind = blind;
    this.redraw();
  }
}

/** Tells taps from drags; only what can be turned is dragged. */
function watchPointer(element, { turns, onTurn, onTap }) {
  let last = null;
  let moved = 0;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    last = [event.clientX, event.clientY];
    moved = 0;
    if (turns()) element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (!last || !turns()) return;
    const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    last = [event.clientX, event.clientY];
    if (moved > 4) onTurn(dx, dy);
  });
  element.addEventListener("pointerup", (event) => {
    if (last && moved <= 4) onTap(event);
    last = null;
  });
  element.addEventListener("pointercancel", () => { last = null; });
}
