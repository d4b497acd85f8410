// The spot on the photo that is asked about: put there by a click, moved by arrow keys from cell to
// cell of the layer's grid.

import { h, svg } from "../../widgets.js";
import { cellAt, cellBounds, gridOf, onInput, strongest } from "./places.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

export function spotLayer(session) {
  const cell = ["edge", "core"].map((part) => svg("rect", { class: part }));
  const cross = ["edge", "core"].map((part) => svg("path", { class: part }));
  const marks = svg("g", { class: "spot-marks" }, cell, cross);
  const surface = h("div", {
    class: "surface", tabindex: "0", role: "application", "aria-roledescription": "photo with a spot",
    "aria-label": "Spot on the photo: click, or press an arrow key, to see which channels light it; Escape takes it away",
    onclick: (event) => {
      const { left, top, width, height } = surface.getBoundingClientRect();
      put([((event.clientX - left) / width) * size[0], ((event.clientY - top) / height) * size[1]]);
    },
    onkeydown: (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "Escape" && session.view.spot) put(null);
      else if (MOVES[event.key]) step(MOVES[event.key]);
      else return;
      event.preventDefault();
    },
  });
  let size = [1, 1];

  const shown = () => session.answers[session.view.side];

  function put(spot) {
    session.look({ spot: spot && spot.map((at, axis) => Math.min(Math.max(at, 0), size[axis] - 0.1)) });
  }

  /** To the middle of the next cell; at first to the middle of the strongest one. */
  function step([across, down]) {
    const answer = shown();
    const grid = gridOf(answer);
    if (!grid) return;
    const { spot } = session.view;
    const from = spot ? cellAt(answer, grid, spot) : strongest(answer, grid);
    const to = spot ? { row: from.row + down, column: from.column + across } : from;
    if (to.row < 0 || to.row >= grid.rows || to.column < 0 || to.column >= grid.columns) return;
    const { x, y, width, height } = cellBounds(answer, grid, to);
    put([x + width / 2, y + height / 2]);
  }

  /** `photo`: its width and height in its own pixels. */
  function update(photo) {
    size = photo;
    const { spot } = session.view;
    marks.style.display = spot ? "" : "none";
    if (!spot) return;
    const answer = shown();
    const grid = gridOf(answer);
    const seen = grid && onInput(answer, spot);
    const bounds = seen ? cellBounds(answer, grid, cellAt(answer, grid, spot)) : NOWHERE;
    for (const rect of cell) for (const [name, value] of Object.entries(bounds)) rect.setAttribute(name, value);
    const arm = Math.max(...size) / 90;
    for (const path of cross) path.setAttribute("d", `M${spot[0] - arm} ${spot[1]}h${2 * arm}M${spot[0]} ${spot[1] - arm}v${2 * arm}`);
  }

  return { marks, surface, update };
}
