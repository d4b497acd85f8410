// Climbers over a picture: their trails, drawn on as they go, and themselves, drawn anew each frame.

import { endColour } from "./mountain_colours.js";

const HIDDEN = 0.28; // of the ink of what is in sight: behind a hill climbers can still be made out

/** Where a climber is at a time between two steps: its point, cost and slope. */
export function climberAt(record, climber, time) {
  const path = record.paths[climber];
  const last = path.length - 1;
  const step = Math.min(last, Math.floor(time));
  const next = Math.min(last, step + 1);
  const part = Math.min(1, time - step);
  const mix = (from, to) => from + (to - from) * part;
  return {
    at: path[step].map((value, axis) => mix(value, path[next][axis])),
    height: mix(record.heights[climber][step], record.heights[climber][next]),
    slope: record.slopes[climber][step],
    step,
    between: part > 0 && next > step,
    over: time >= last,
  };
}

/** Climbers by the colour of their end, without the chosen one: each group is one stroke. */
function grouped(record, chosen, places) {
  const groups = new Map();
  record.ended.forEach((ended, climber) => {
    if (climber === chosen) return;
    const colour = endColour(ended, places);
    if (!groups.has(colour)) groups.set(colour, []);
    groups.get(colour).push(climber);
  });
  return groups;
}

/** Draws climbers of a record onto two canvases, where a picture of the map puts their points. */
export function climberLayer(trailCanvas, dotCanvas) {
  const trails = trailCanvas.getContext("2d");
  const dots = dotCanvas.getContext("2d");
  let drawn = -1; // the step up to which trails are drawn
  let groups = new Map();

  /** Adds the trail between two steps to two lines: what is in sight of it, and what is hidden. */
  function addTrail(lines, record, picture, climber, from, upTo) {
    const [path, heights] = [record.paths[climber], record.heights[climber]];
    const last = Math.min(upTo, path.length - 1);
    let line = null;
    for (let step = from + 1; step <= last; step++) {
      const here = lines[picture.hides?.(path[step], heights[step]) ? 1 : 0];
      if (here !== line) here.moveTo(...picture.project(path[step - 1], heights[step - 1]));
      line = here;
      for (const [at, height] of picture.way?.(path[step - 1], path[step]) ?? []) line.lineTo(...picture.project(at, height));
      line.lineTo(...picture.project(path[step], heights[step]));
    }
  }

  function stroke(record, picture, climbers, upTo, { colour, width, alpha }) {
    const lines = [new Path2D(), new Path2D()];
    for (const climber of climbers) addTrail(lines, record, picture, climber, Math.max(0, drawn), upTo);
    trails.lineWidth = width;
    trails.lineJoin = "round";
    trails.strokeStyle = colour;
    lines.forEach((line, hidden) => {
      trails.globalAlpha = hidden ? alpha * HIDDEN : alpha;
      trails.stroke(line);
    });
    trails.globalAlpha = 1;
  }

  function drawTrails(record, picture, upTo, chosen, colours) {
    if (upTo < drawn) forget();
    if (upTo <= drawn) return;
    for (const [colour, climbers] of groups) {
      stroke(record, picture, climbers, upTo, { colour, width: 0.08 * colours.size, alpha: 0.5 });
    }
    stroke(record, picture, [chosen], upTo, { colour: colours.trail, width: 0.16 * colours.size, alpha: 1 });
    drawn = upTo;
  }

  function forget() {
    trails.clearRect(0, 0, trailCanvas.width, trailCanvas.height);
    drawn = -1;
  }

  function drawDots(record, picture, climbers, time, { fill, edge, radius, width }) {
    const circles = [new Path2D(), new Path2D()]; // in sight, and hidden
    for (const climber of climbers) {
      const { at, height: level, between } = climberAt(record, climber, time);
      const height = (between && picture.ground?.(at)) || level;
      const [x, y] = picture.project(at, height);
      const circle = circles[picture.hides?.(at, height) ? 1 : 0];
      circle.moveTo(x + radius, y);
      circle.arc(x, y, radius, 0, 7);
    }
    dots.fillStyle = fill;
    dots.lineWidth = width;
    dots.strokeStyle = edge;
    circles.forEach((circle, hidden) => {
      dots.globalAlpha = hidden ? HIDDEN : 1;
      dots.fill(circle);
      dots.stroke(circle);
    });
    dots.globalAlpha = 1;
  }

  return {
    forget,
    clear() {
      dots.clearRect(0, 0, dotCanvas.width, dotCanvas.height);
    },
    /** Another record is drawn from now on. */
    take(record, chosen, places) {
      forget();
      groups = grouped(record, chosen, places);
    },
    /**
     * `picture` has project(at, height); where something can be hidden, hides(at, height); where
     * climbers are to keep to the ground between two steps, ground(at) and way(from, to), the points
     * [at, height] between them.
     */
    draw(record, picture, time, chosen, colours) {
      this.clear();
      drawTrails(record, picture, Math.floor(time), chosen, colours);
      const { size } = colours;
      for (const [fill, climbers] of groups) {
        drawDots(record, picture, climbers, time, { fill, edge: "rgba(0, 0, 0, 0.75)", radius: 0.3 * size, width: 0.07 * size });
      }
      drawDots(record, picture, [chosen], time, { fill: colours.climber, edge: "#ffffff", radius: 0.48 * size, width: 0.14 * size });
    },
    /** The chosen climber alone. */
    mark([x, y], colours) {
      dots.beginPath();
      dots.arc(x, y, 0.48 * colours.size, 0, 7);
      dots.fillStyle = colours.climber;
      dots.fill();
    },
    /** The slope under the chosen climber: all that is known under a blindfold. */
    slope(from, to, colours, arrow) {
      dots.strokeStyle = colours.ink;
      dots.lineWidth = 0.2 * colours.size;
      dots.lineCap = "round";
      dots.beginPath();
      dots.moveTo(...from);
      dots.lineTo(...to);
      if (arrow) {
        const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
        for (const side of [-0.5, 0.5]) {
          dots.moveTo(...to);
          dots.lineTo(to[0] - 0.8 * colours.size * Math.cos(angle + side), to[1] - 0.8 * colours.size * Math.sin(angle + side));
        }
      }
      dots.stroke();
    },
  };
}
