// Where the nodes of a network stand, and where the labels of its edges fit without touching.
// Lengths are sixteenths of a rem; `along` is the way the values flow, `across` the other.

export const REM = 16;

/** The places of all nodes. `drawn` lists the units of every layer that are drawn. */
export function layoutOf(sizes, drawn, width) {
  const upright = width < 36 * REM;
  const last = sizes.length - 1;
  const rows = drawn.map((units, layer) => units.length + (layer < last ? 1 : 0) + (units.length < sizes[layer] ? 1 : 0));
  const most = Math.max(...rows);
  const within = (least, value, largest) => Math.max(least * REM, Math.min(largest * REM, value));
  const across = upright ? Math.min(6.5 * REM, (width - 0.6 * REM) / most) : within(4.7, (34 * REM) / most, 7.4);
  const radius = within(0.95, across * (upright ? 0.36 : 0.27), 1.75);
  const edge = radius + 1.4 * REM;
  const along = upright ? Math.max(8 * REM, radius * 2 + 5.6 * REM) : within(8, (width - 2 * edge) / sizes.length, 17);
  const length = along * sizes.length + 2 * edge;
  const breadth = across * most + (upright ? 0 : REM);
  const at = (column, row, of) => {
    const main = edge + column * along;
    const side = breadth / 2 + (row - (of - 1) / 2) * across;
    return upright ? { x: side, y: main } : { x: main, y: side };
  };
  const nodes = drawn.map((units, layer) => units.map((unit, index) => {
    const gap = units.length < sizes[layer] && index >= 4 ? 1 : 0;
    return { ...at(layer, index + gap + (layer < last ? 1 : 0), rows[layer]), unit };
  }));
  const gaps = drawn.map((units, layer) => units.length < sizes[layer] ? at(layer, 4 + (layer < last ? 1 : 0), rows[layer]) : null);
  const biases = drawn.slice(0, last).map((_, layer) => at(layer, 0, rows[layer]));
  const cost = at(sizes.length, 0, 1);
  const targets = nodes[last].map((node) => between(node, cost, 0.46));
  return {
    upright, radius, across, nodes, gaps, biases, cost, targets,
    width: upright ? breadth : length, height: upright ? length : breadth,
  };
}

export function between(from, to, share) {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/**
 * A place on each edge for a label of this size, so that none touches another or a node; null where
 * there is no such. Edges are {from, to, i, j}: which target and which source they join.
 */
export function labelPlaces(edges, size, radius) {
  let best = null;
  for (const start of [0.5, 0.42, 0.34, 0.58, 0.28, 0.66, 0.24, 0.72]) {
    for (const byTarget of [0, 0.08, 0.14, 0.2, -0.08, -0.14]) {
      for (const bySource of [0, 0.09, 0.16, -0.09, -0.16]) {
        const places = edges.map(({ from, to, i, j }) => between(from, to, start + byTarget * i + bySource * j));
        const shares = edges.map(({ i, j }) => start + byTarget * i + bySource * j);
        if (Math.min(...shares) < 0.12 || Math.max(...shares) > 0.88) continue;
        const touching = touches(places, edges, size, radius);
        if (touching === 0) return { places, touching };
        if (best === null || touching < best.touching) best = { places, touching };
      }
    }
  }
  return best;
}

function touches(places, edges, size, radius) {
  let count = 0;
  for (let a = 0; a < places.length; a += 1) {
    for (let b = a + 1; b < places.length; b += 1) {
      if (Math.abs(places[a].x - places[b].x) < size.width && Math.abs(places[a].y - places[b].y) < size.height) count += 1;
    }
    for (const { from, to } of edges) {
      if (nearNode(places[a], from, size, radius) || nearNode(places[a], to, size, radius)) {
        count += 1;
        break;
      }
    }
  }
  return count;
}

function nearNode(place, node, size, radius) {
  return Math.abs(place.x - node.x) < radius + size.width / 2 && Math.abs(place.y - node.y) < radius + 0.9 * REM + size.height / 2;
}
