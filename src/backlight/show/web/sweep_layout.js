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
  const across = upright ? within(3.6, (width - 0.4 * REM) / most, 7) : within(4.3, (31 * REM) / most, 7.4);
  const radius = within(0.95, across * (upright ? 0.36 : 0.29), 1.75);
  const edge = radius + 1.4 * REM;
  const along = upright ? radius * 2 + 8 * REM : within(8, (width - 2 * edge) / sizes.length, 17);
  const length = along * sizes.length + 2 * edge;
  const breadth = across * (most - 1) + 2 * (upright ? across / 2 : radius + 1.3 * REM);
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
  const targets = nodes[last].map(({ x, y }) => (upright ? { x, y: y + along * 0.44 } : { x: x + along * 0.48, y }));
  const box = { width: Math.min(4 * REM, upright ? across - 4 : along - 2 * radius - 12), height: 1.6 * REM };
  return {
    upright, radius, nodes, gaps, biases, cost, targets, box,
    width: upright ? breadth : length, height: upright ? length : breadth,
  };
}

export function between(from, to, share) {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/**
 * A place on each edge for a label of this size, so that none touches another or a node; where there
 * is no such, the places where the fewest do. Edges are {from, to, i, j}: which target and source.
 */
export function labelPlaces(edges, size, radius) {
  let best = null;
  // Of many edges only the plain patterns are tried: a step must not be waited for.
  const many = edges.length > 16;
  const byTargets = many || alike(edges, "i") ? [0] : [0, 0.08, 0.16, 0.24, -0.08, -0.16, -0.24];
  const bySources = many || alike(edges, "j") ? [0] : [0, 0.09, 0.18, -0.09, -0.18];
  for (const byTarget of byTargets) {
    for (const bySource of bySources) {
      for (let start = 50; start >= 18; start = start >= 50 ? 99 - start : 100 - start) {
        const shares = edges.map(({ i, j }) => start / 100 + byTarget * i + bySource * j);
        if (Math.min(...shares) < 0.12 || Math.max(...shares) > 0.88) continue;
        const places = edges.map(({ from, to }, index) => between(from, to, shares[index]));
        const touching = touches(places, edges, size, radius, best ? best.touching : Infinity);
        if (best === null || touching < best.touching) best = { places, touching };
        if (touching === 0) return best;
      }
    }
  }
  return best;
}

function alike(edges, index) {
  return edges.every((edge) => edge[index] === edges[0][index]);
}

function touches(places, edges, size, radius, enough) {
  let count = 0;
  for (let a = 0; a < places.length && count < enough; a += 1) {
    for (let b = a + 1; b < places.length; b += 1) {
      if (Math.abs(places[a].x - places[b].x) < size.width && Math.abs(places[a].y - places[b].y) < size.height) count += 1;
    }
    count += edges.some(({ from, to }) => nearNode(places[a], from, size, radius) || nearNode(places[a], to, size, radius));
  }
  return count;
}

/** A node takes its circle, and a line of text above and below that. */
function nearNode(place, node, size, radius) {
  const [across, down] = [Math.abs(place.x - node.x) - size.width / 2, Math.abs(place.y - node.y) - size.height / 2];
  return (across < radius + 2 && down < radius + 2) || (across < 34 && down < radius + REM);
}
