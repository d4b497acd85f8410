// The map with its climbers on it: three canvases, one over the other, and a place to click.

import { climberAt, climberLayer } from "./mountain_climbers.js";
import { pageColours, placeColours } from "./mountain_colours.js";
import { contourPicture } from "./mountain_contours.js";
import { slicePicture } from "./mountain_slice.js";
import { surfacePicture } from "./mountain_surface.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

/**
 * A view of one map. `onPlace(point)` is called where somebody clicks; `onNudge([x, y], far)` when
 * an arrow key asks to move on. On a surface, drags and Shift with arrows turn it.
 */
export function mountainView(map, { onPlace, onNudge }) {
  const element = document.createElement("div");
  element.className = `mountain-map ${map.kind}`;
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  const canvases = ["ground", "trails", "dots"].map((name) => {
    const canvas = document.createElement("canvas");
    canvas.className = name;
    canvas.setAttribute("aria-hidden", "true");
    element.append(canvas);
    return canvas;
  });
  const [ground] = canvases;
  const layer = climberLayer(canvases[1], canvases[2]);
  const places = placeColours(map.places);
  const pictures = map.kind === "slice" ? { slice: slicePicture(map) } : { contours: contourPicture(map), surface: surfacePicture(map) };
  let picture = Object.values(pictures)[0];
  let record = null;
  let chosen = 0;
  let time = 0;
  let blind = false;
  let colours = null;

  function look() {
    colours = { ...pageColours(element), climber: "#111318" };
    colours.trail = colours.dark ? "#ffffff" : colours.climber;
    if (map.kind === "slice" || blind) colours.climber = colours.trail = colours.accent;
  }

  function redraw() {
    const width = element.clientWidth;
    const height = element.clientHeight;
    if (!width || !height) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of canvases) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    look();
    const shown = blind && picture === pictures.surface ? pictures.contours : picture;
    shown.draw(ground.getContext("2d"), width, height, colours, places, { blind, ratio });
    layer.forget();
    draw(time);
  }

  function draw(next) {
    time = next;
    if (!record || !colours) return;
    if (blind) drawBlind();
    else layer.draw(record, picture.project, time, chosen, colours);
  }

  function drawBlind() {
    const shown = pictures.slice ?? pictures.contours;
    const here = climberAt(record, chosen, time);
    const height = shown.blindHeight ?? here.height;
    layer.clear();
    const downhill = record.gait.direction === "downhill";
    const [from, to] = shown.slopeLine(here.at, height, here.slope, 0.07, downhill);
    layer.slope(from, to, colours, map.kind === "plane");
    layer.mark(shown.project(here.at, height), colours);
  }

  const point = (event) => {
    const edge = element.getBoundingClientRect();
    return [event.clientX - edge.left - element.clientLeft, event.clientY - edge.top - element.clientTop];
  };
  const clamped = (at) => at.map((value, axis) => Math.min(map.axes[axis].high, Math.max(map.axes[axis].low, value)));
  watchPointer(element, {
    turns: () => !blind && picture === pictures.surface,
    onTurn(dx, dy) {
      picture.turn(dx * 0.008, dy * 0.006);
      redraw();
    },
    onTap(event) {
      const shown = blind && picture === pictures.surface ? pictures.contours : picture;
      onPlace(clamped(shown.unproject(...point(event))));
    },
  });
  element.addEventListener("keydown", (event) => {
    const way = KEYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.shiftKey && !blind && picture === pictures.surface) {
      picture.turn(-way[0] * 0.12, way[1] * 0.09);
      redraw();
    } else onNudge(way, event.shiftKey);
  });
  const resized = new ResizeObserver(redraw);
  resized.observe(element);
  addEventListener("recoloured", redraw);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", redraw);

  return {
    element,
    places,
    draw,
    setRecord(next, who = 0) {
      record = next;
      chosen = who;
      layer.take(record, chosen, places);
    },
    setShape(name) {
      picture = pictures[name] ?? Object.values(pictures)[0];
      redraw();
    },
    setBlind(next) {
      blind = next;
      redraw();
    },
    tell(text) {
      element.setAttribute("aria-label", text);
    },
    dispose() {
      resized.disconnect();
      removeEventListener("recoloured", redraw);
      scheme.removeEventListener("change", redraw);
    },
  };
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
