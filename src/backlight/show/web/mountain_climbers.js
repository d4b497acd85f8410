// Climbers over a picture: their trails, drawn on as they go, and themselves, drawn anew each frame.

import { endColour } from "./mountain_colours.js";

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
    over: time >= last,
  };
}

/** Draws climbers of a record onto two canvases, by where `project` puts their points. */
export function climberLayer(trailCanvas, dotCanvas) {
  const trails = trailCanvas.getContext("2d");
  const dots = dotCanvas.getContext("2d");
  let drawn = -1; // the step up to which trails are drawn

  function drawTrails(record, project, upTo, chosen, colours, places) {
    if (upTo < drawn) forget();
    const from = Math.max(0, drawn);
    if (upTo <= drawn) return;
    const many = record.paths.length > 1;
    record.paths.forEach((path, climber) => {
      const last = Math.min(upTo, path.length - 1);
      if (last <= from) return;
      trails.beginPath();
      for (let step = from; step <= last; step++) trails.lineTo(...project(path[step], record.heights[climber][step]));
      const mine = climber === chosen;
      trails.globalAlpha = mine ? 1 : 0.5;
      trails.lineWidth = (mine || !many ? 0.16 : 0.08) * colours.size;
      trails.lineJoin = "round";
      trails.strokeStyle = many && !mine ? endColour(record.ended[climber], places) : colours.trail;
      trails.stroke();
    });
    trails.globalAlpha = 1;
    drawn = upTo;
  }

  function forget() {
    trails.clearRect(0, 0, trailCanvas.width, trailCanvas.height);
    drawn = -1;
  }

  function dot(record, climber, project, time, colours, places, mine) {
    const { at, height } = climberAt(record, climber, time);
    const [x, y] = project(at, height);
    const radius = (mine ? 0.48 : 0.3) * colours.size;
    dots.beginPath();
    dots.arc(x, y, radius, 0, 7);
    dots.fillStyle = mine ? colours.climber : endColour(record.ended[climber], places);
    dots.fill();
    dots.lineWidth = mine ? 0.14 * colours.size : 0.07 * colours.size;
    dots.strokeStyle = mine ? "#ffffff" : "rgba(0, 0, 0, 0.75)";
    dots.stroke();
  }

  return {
    forget,
    clear() {
      dots.clearRect(0, 0, dotCanvas.width, dotCanvas.height);
    },
    draw(record, project, time, chosen, colours, places) {
      this.clear();
      drawTrails(record, project, Math.floor(time), chosen, colours, places);
      for (let climber = 0; climber < record.paths.length; climber++) {
        if (climber !== chosen) dot(record, climber, project, time, colours, places, false);
      }
      if (chosen >= 0) dot(record, chosen, project, time, colours, places, true);
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
