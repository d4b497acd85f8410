// Three measures of one photo: its own pixels, the pixels of the model's input, which covers a
// region of it, and the cells of the layer's grid, which covers the input.

/** From a place on the photo to the pixels of the model's input; null where the model saw nothing. */
export function onInput({ region: [x0, y0, x1, y1], size: [width, height] }, [x, y]) {
  if (x < x0 || x >= x1 || y < y0 || y >= y1) return null;
  return [((x - x0) / (x1 - x0)) * width, ((y - y0) / (y1 - y0)) * height];
}

/** From a box (x0, y0, x1, y1) in the input to a rectangle on the photo. */
export function onPhoto({ region: [x0, y0, x1, y1], size: [width, height] }, [left, top, right, bottom]) {
  const across = (x1 - x0) / width;
  const down = (y1 - y0) / height;
  return { x: x0 + left * across, y: y0 + top * down, width: (right - left) * across, height: (bottom - top) * down };
}

/** The grid of the layer that was looked at: {rows, columns}; null for methods that look at none. */
export function gridOf(answer) {
  const [rows, columns] = (answer?.layer?.grid ?? "").split("×").map(Number);
  return rows > 0 && columns > 0 ? { rows, columns } : null;
}

/** The cell of a place on the photo, or the nearest. */
export function cellAt(answer, { rows, columns }, [x, y]) {
  const [x0, y0, x1, y1] = answer.region;
  const column = Math.floor(((x - x0) / (x1 - x0)) * columns);
  const row = Math.floor(((y - y0) / (y1 - y0)) * rows);
  return { row: bounded(row, rows), column: bounded(column, columns) };
}

/** A cell as a rectangle on the photo. */
export function cellBounds(answer, { rows, columns }, { row, column }) {
  const [x0, y0, x1, y1] = answer.region;
  const width = (x1 - x0) / columns;
  const height = (y1 - y0) / rows;
  return { x: x0 + column * width, y: y0 + row * height, width, height };
}

/** The cell where the map is largest; the middle one where its values are not told. */
export function strongest({ map: { values } }, { rows, columns }) {
  if (values?.length !== rows * columns) return { row: Math.floor(rows / 2), column: Math.floor(columns / 2) };
  const place = values.reduce((best, value, at) => (value > values[best] ? at : best), 0);
  return { row: Math.floor(place / columns), column: place % columns };
}

function bounded(at, count) {
  return Math.min(count - 1, Math.max(0, at));
}
