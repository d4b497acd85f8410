// The spot on the photo that is asked about: put there by a click, moved by arrow keys from cell to
// cell of the layer's grid.

import { h, svg } from "../../widgets.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function spotLayer(session) {
  const cell = ["edge", "core"].map((part) => svg("rect", { class: part }));
  const dot = ["edge", "core"].map((part) => svg("path", { class: part }));
  const marks = svg("g", { class: "spot-marks" }, cell, dot);
  const surface = h("div", {
    class: "surface", tabindex: "0", role: "application", "aria-roledescription": "photo with a spot",
    "aria-label": "Spot on the photo: click, or press an arrow key, to see which channels light it; Escape takes it away",
    onclick: (event) => {
      const { left, top, width, height } = surface.getBoundingClientRect();
      put([((event.clientX - left) / width) * size[0], ((event.clientY - top) / height) * size[1]]);
    },
    onkeydown: (event) => {
      if (event.key === "Escape" && session.view.spot) put(null);
      else if (MOVES[event.key] && !event.altKey && !event.ctrlKey && !event.metaKey) step(MOVES[event.key]);
      else return;
      event.preventDefault();
    },
  });
  let size = [1, 1];

  function put(spot) {
    session.look({ spot: spot && spot.map((at, axis) => Math.min(Math.max(at, 0), size[axis] - 0.1)) });
  }

  /** To the middle of the next cell; at first to the middle of the strongest one. */
  function step([across, down]) {
    const grid = gridOf(session);
    if (!grid) return;
    const from = session.view.spot ? cellAt(grid, session.view.spot) : strongest(grid);
    const move = session.view.spot ? [across, down] : [0, 0];
    const column = Math.min(grid.columns - 1, Math.max(0, from.column + move[0]));
    const row = Math.min(grid.rows - 1, Math.max(0, from.row + move[1]));
    const { x, y, width, height } = cellBounds(grid, row, column);
    put([x + width / 2, y + height / 2]);
  }

  function update(next) {
    size = next;
    const { spot } = session.view;
    marks.style.display = spot ? "" : "none";
    if (!spot) return;
    const grid = gridOf(session);
    const inside = grid && isSeen(grid, spot) ? cellAt(grid, spot) : null;
    const bounds = inside ? cellBounds(grid, inside.row, inside.column) : { x: 0, y: 0, width: 0, height: 0 };
    for (const rect of cell) for (const [name, value] of Object.entries(bounds)) rect.setAttribute(name, value);
    const arm = Math.max(...size) / 90;
    const cross = `M${spot[0] - arm} ${spot[1]}h${2 * arm}M${spot[0]} ${spot[1] - arm}v${2 * arm}`;
    for (const path of dot) path.setAttribute("d", cross);
  }

  return { marks, surface, update };
}

/** The grid of the map that is set at the moment, over the part of the photo that the model saw. */
function gridOf(session) {
  const answer = session.answers[session.view.side];
  if (!answer?.layer) return null;
  return { rows: answer.map.rows, columns: answer.map.columns, values: answer.map.values, region: answer.region };
}

function isSeen({ region: [x0, y0, x1, y1] }, [x, y]) {
  return x >= x0 && x < x1 && y >= y0 && y < y1;
}

function cellAt({ rows, columns, region: [x0, y0, x1, y1] }, [x, y]) {
  const column = Math.floor(((x - x0) / (x1 - x0)) * columns);
  const row = Math.floor(((y - y0) / (y1 - y0)) * rows);
  return { row: Math.min(rows - 1, Math.max(0, row)), column: Math.min(columns - 1, Math.max(0, column)) };
}

function cellBounds({ rows, columns, region: [x0, y0, x1, y1] }, row, column) {
  const width = (x1 - x0) / columns;
  const height = (y1 - y0) / rows;
  return { x: x0 + column * width, y: y0 + row * height, width, height };
}

function strongest({ columns, values }) {
  const place = values.reduce((best, value, at) => (value > values[best] ? at : best), 0);
  return { row: Math.floor(place / columns), column: place % columns };
}
