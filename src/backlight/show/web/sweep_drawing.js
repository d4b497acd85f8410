// The network drawn: nodes, edges, biases, targets and the cost, with the numbers of a step.

import { h, putAttribute, putText, svg } from "./elements.js";
import { countText, numberText } from "./numbers.js";
import { weightIndex } from "./sweep_elements.js";
import { briefly, idlePlaces, litPlaces, weightOf, writeLabel } from "./sweep_labels.js";
import { REM, between, layoutOf } from "./sweep_layout.js";
import { edgesOf } from "./sweep_progress.js";

const BIAS = 0.62; // the radius of a bias, as a part of a unit's

/** A drawing in `root`. `edit(place, node)` is called where a number is to be changed, if given. */
export function drawingIn(root, edit = null) {
  const state = { data: null, layout: null, edges: [], places: new Map() };
  const stage = h("div", { class: "sweep-stage", tabindex: "0", role: "group", "aria-label": "The network" });
  root.append(stage, h("p", { class: "sweep-remark" }, "In a circle the signal a, above it the net z, below it the error δ. "
    + "The heavier a line, the larger the weight; dashed ones are negative."));

  function build(data) {
    state.data = data;
    state.places.clear();
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const layout = layoutOf(data.sizes, data.drawn, (stage.clientWidth / unit) * REM);
    state.layout = layout;
    state.edges = edgesIn(data, layout);
    const picture = svg("svg", {
      viewBox: `0 0 ${layout.width} ${layout.height}`, class: "sweep-network",
    }, arrowheads());
    picture.style.width = `${layout.width / REM}rem`;
    picture.style.height = `${layout.height / REM}rem`;
    picture.append(
      svg("g", {}, state.edges.map((edge) => edge.line)),
      svg("g", {}, costLines(layout)),
      svg("g", {}, nodesIn(state, edit)),
      svg("g", {}, state.edges.map((edge) => edge.label)),
    );
    stage.replaceChildren(picture);
    for (const edge of state.edges) editable(edge.label, edit, edge.place, edge.name);
  }

  function edgesIn({ drawn, sizes }, { nodes, biases }) {
    const edges = [];
    for (let layer = 1; layer < sizes.length; layer += 1) {
      nodes[layer].forEach((to, i) => {
        const sources = [{ node: biases[layer - 1], source: null }, ...nodes[layer - 1].map((node) => ({ node, source: node.unit }))];
        sources.forEach(({ node, source }, j) => {
          const bias = source === null;
          const name = bias
            ? `bias of unit ${to.unit + 1} of layer ${layer}`
            : `weight ${weightIndex(to.unit, source)} of layer ${layer}`;
          edges.push({
            layer, unit: to.unit, source, from: node, to, i, j, name, editable: edit ? " editable" : "",
            place: { kind: bias ? "bias" : "weight", layer, unit: to.unit, source },
            line: svg("line", { class: "sweep-edge", x1: node.x, y1: node.y, x2: to.x, y2: to.y }),
            label: svg("g", { class: "sweep-label" }, svg("text"), svg("text")),
          });
        });
      });
    }
    return edges;
  }

  function show(sweep, known, step) {
    drawNodes(state, sweep, known, step);
    drawEdges(state, sweep, known, step);
    if (stage.scrollWidth > stage.clientWidth) scrollTo(step);
  }

  /** Where the drawing is wider than there is room, the units of a step come into sight. */
  function scrollTo({ layer, units }) {
    const node = layer === null ? state.costNode : state.nodes[layer].find(({ unit }) => unit === units[0])?.group;
    if (!node) return;
    const [box, frame] = [node.getBoundingClientRect(), stage.getBoundingClientRect()];
    if (box.left < frame.left || box.right > frame.right) stage.scrollLeft += (box.left + box.right - frame.left - frame.right) / 2;
  }

  return { build, show, stage };
}

function arrowheads() {
  const head = (name) => svg("marker", {
    id: `sweep-arrow-${name}`, class: `sweep-arrow ${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4,
    markerWidth: 5, markerHeight: 5, orient: "auto-start-reverse",
  }, svg("path", { d: "M0 0 L8 4 L0 8 z" }));
  return svg("defs", {}, head("forward"), head("back"));
}

function costLines({ nodes, targets, cost }) {
  return nodes.at(-1).map((node, index) => {
    const { x, y } = targets[index];
    return svg("polyline", { class: "sweep-edge faint", points: `${node.x},${node.y} ${x},${y} ${cost.x},${cost.y}` });
  });
}

function nodesIn(state, edit) {
  const { layout, data } = state;
  const { radius, box } = layout;
  const last = data.sizes.length - 1;
  state.nodes = layout.nodes.map((nodes, layer) => nodes.map((node) => {
    const parts = {
      circle: svg("circle", { cx: node.x, cy: node.y, r: radius }),
      net: svg("text", { class: "sweep-net", x: node.x, y: node.y - radius - 0.45 * REM }),
      value: svg("text", { class: "sweep-value", x: node.x, y: node.y }),
      delta: svg("text", { class: "sweep-delta", x: node.x, y: node.y + radius + 0.55 * REM }),
    };
    parts.group = svg("g", { class: "sweep-node", "data-layer": layer, "data-unit": node.unit }, Object.values(parts));
    if (layer === 0) editable(parts.group, edit, { kind: "input", unit: node.unit }, `input ${node.unit + 1}`);
    return { ...parts, layer, unit: node.unit };
  }));
  const biases = layout.biases.map((place) => svg("g", { class: "sweep-bias" },
    svg("circle", { cx: place.x, cy: place.y, r: radius * BIAS }), svg("text", { x: place.x, y: place.y }, "1")));
  const gaps = layout.gaps.map((place, layer) => place && svg("text", { class: "sweep-gap", x: place.x, y: place.y },
    `${countText(data.sizes[layer] - data.drawn[layer].length)} more`)).filter(Boolean);
  state.targets = layout.targets.map((place, index) => {
    const unit = data.drawn[last][index];
    const text = svg("text", { x: place.x, y: place.y });
    const group = svg("g", { class: "sweep-target", "data-unit": unit },
      svg("rect", { x: place.x - box.width / 2, y: place.y - box.height / 2, ...box, rx: 6 }), text);
    editable(group, edit, { kind: "target", unit }, `target ${unit + 1}`);
    return { group, text, unit };
  });
  const { cost } = layout;
  state.cost = svg("text", { class: "sweep-value", x: cost.x, y: cost.y + 0.45 * REM });
  state.costNode = svg("g", { class: "sweep-cost" },
    svg("circle", { cx: cost.x, cy: cost.y, r: Math.max(radius, 1.5 * REM) }),
    svg("text", { class: "sweep-net", x: cost.x, y: cost.y - 0.55 * REM }, "cost"), state.cost);
  return [...biases, ...gaps, ...state.targets.map(({ group }) => group), state.costNode, ...state.nodes.flat().map(({ group }) => group)];
}

function editable(group, edit, place, name) {
  if (!edit) return;
  group.classList.add("editable");
  group.setAttribute("tabindex", "0");
  group.setAttribute("role", "button");
  group.dataset.name = name;
  const open = () => edit(place, group, name);
  group.addEventListener("click", open);
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open();
  });
}

function drawNodes({ nodes, targets, cost, costNode, data, layout }, sweep, known, step) {
  for (const node of nodes.flat()) {
    const { layer, unit, group } = node;
    const found = layer ? sweep.layers[layer - 1] : null;
    const forward = known.forward[layer][unit] === 1;
    const back = layer > 0 && known.delta[layer][unit] === 1;
    const signal = layer ? found.signals[unit] : data.x[unit];
    fitted(node.value, forward ? signal : null, layout.radius);
    putText(node.net, layer ? (forward ? `z ${briefly(found.nets[unit])}` : "") : `x${lowered(unit + 1)} `);
    putText(node.delta, back ? `δ ${briefly(found.deltas[unit])}` : "");
    const active = step.layer === layer && step.units.includes(unit);
    group.classList.toggle("forward", forward);
    group.classList.toggle("back", back);
    group.classList.toggle("active", active && ["inputs", "forward", "delta", "slopes"].includes(step.phase));
    putAttribute(group, "aria-label", nodeWords(layer, unit, signal, found, forward, back));
    if (!group.hasAttribute("tabindex")) putAttribute(group, "role", "img");
  }
  for (const { text, unit, group } of targets) {
    putText(text, `t ${briefly(data.t[unit])}`);
    putAttribute(group, "aria-label", `target ${unit + 1}: t ${briefly(data.t[unit])}`);
  }
  fitted(cost, known.cost ? sweep.cost : null, Math.max(layout.radius, 1.5 * REM));
  costNode.classList.toggle("active", step.phase === "cost");
  costNode.classList.toggle("forward", known.cost);
}

function nodeWords(layer, unit, signal, found, forward, back) {
  const who = layer ? `unit ${unit + 1} of layer ${layer}` : `input ${unit + 1}`;
  if (!layer) return `${who}: x${lowered(unit + 1)} ${shortest(signal)}`;
  const values = forward ? `z ${numberText(found.nets[unit], 6)}, a ${numberText(signal, 6)}` : "not computed yet";
  return `${who}: ${values}${back ? `, δ ${numberText(found.deltas[unit], 6)}` : ""}`;
}

function shortest(value) {
  return numberText(value, Math.abs(value) < 0.01 ? 2 : 3);
}

/** A number in a circle, as large as there is room for. */
function fitted(element, value, radius) {
  const text = value === null ? "" : shortest(value);
  if (element.textContent === text) return;
  element.textContent = text;
  element.style.fontSize = `${Math.min(13, (2 * radius - 5) / (0.62 * Math.max(1, text.length)))}px`;
}

function lowered(number) {
  return String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
}

function drawEdges(state, sweep, known, step) {
  const { edges, data } = state;
  const about = edgesOf(step, data.sizes.length - 1);
  const chosen = (edge) => step.phase === "update" || (edge.layer === about.layer
    && (about.into ? about.into.includes(edge.unit) : edge.source !== null && about.outOf.includes(edge.source)));
  const largest = Math.max(...edges.map((edge) => Math.abs(weightOf(sweep, edge))), 1e-300);
  const { places, long } = litPlaces(state, edges.filter(chosen), step, { data, sweep });
  const idle = step.phase === "update" ? new Map() : idlePlaces(state, about.layer, { data, sweep });
  const flow = step.phase === "forward" ? "forward" : "back";
  edges.forEach((edge) => {
    const weight = weightOf(sweep, edge);
    const lit = places.has(edge);
    putAttribute(edge.line, "class", `sweep-edge${chosen(edge) ? ` active ${flow}` : ""}${weight < 0 ? " negative" : ""}`);
    const width = `${1 + 2.6 * (Math.abs(weight) / largest)}px`;
    if (edge.width !== width) edge.line.style.setProperty("--width", width);
    edge.width = width;
    arrow(edge, chosen(edge) && step.phase !== "update" ? flow : null, state.layout);
    putAttribute(edge.label, "class", `sweep-label${edge.editable}${lit ? ` active ${flow}` : ""}`);
    writeLabel(edge, places.get(edge) ?? idle.get(edge), { data, sweep, phase: lit ? step.phase : "idle", long });
    // What is named must hold what is seen, so that it can be asked for by voice.
    putAttribute(edge.label, "aria-label", `${edge.name}: ${edge.label.textContent}`);
    putAttribute(edge.label, "data-value", weight);
  });
}

function arrow(edge, flow, { radius, upright }) {
  const length = Math.hypot(edge.to.x - edge.from.x, edge.to.y - edge.from.y);
  // Upright, the net above a unit and the error below it stand where arrows come in.
  const line = upright ? REM : 0;
  const below = edge.layer > 1 ? line : 0;
  const end = between(edge.from, edge.to, 1 - (radius + line + 2) / length);
  const begin = between(edge.from, edge.to, ((edge.source === null ? radius * BIAS : radius + below) + 2) / length);
  const [x1, y1] = flow === "back" ? [begin.x, begin.y] : [edge.from.x, edge.from.y];
  for (const [name, value] of Object.entries({ x1, y1, x2: flow ? end.x : edge.to.x, y2: flow ? end.y : edge.to.y })) putAttribute(edge.line, name, value);
  putAttribute(edge.line, "marker-end", flow === "forward" ? "url(#sweep-arrow-forward)" : "");
  putAttribute(edge.line, "marker-start", flow === "back" ? "url(#sweep-arrow-back)" : "");
}
