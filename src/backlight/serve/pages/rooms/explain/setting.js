// One setting: what is explained, by which method, at which layer, by which way to the gradient.

import { field, h, select } from "../../widgets.js";
import { classChoice } from "./classes.js";
import { wordChoice } from "./words.js";

export function setting(session, number) {
  const { catalogue } = session;
  const classes = classChoice(session, number);
  const words = wordChoice(session, number);
  const method = select(catalogue.methods.map(({ name, title }) => ({ value: name, label: title })), null,
    (value) => session.set(number, { method: value === catalogue.methods[0].name ? "" : value }));
  const shows = h("p", { class: "note" });
  const caution = h("p", { class: "caution" });
  const layer = h("select", { onchange: () => session.set(number, { layer: layer.value }) });
  const reason = h("p", { class: "note" });
  const way = select(catalogue.gradients.map(({ name, title }) => ({ value: name, label: title })), null,
    (value) => session.set(number, { gradients: value === catalogue.gradients[0].name ? "" : value }));
  const about = h("p", { class: "note" });
  const layerField = h("div", {}, field("Layer", layer), reason);
  const element = h("div", { class: "setting" },
    words.element,
    classes.element,
    h("div", {}, field("Method", method), shows, caution),
    layerField,
    h("div", {}, field("Gradient", way), about));
  let listed = "";

  function update() {
    const side = session.view.sides[number];
    if (!side) return;
    const chosen = catalogue.method(side.method);
    classes.update();
    words.update();
    method.value = chosen.name;
    shows.textContent = sentence(chosen.shows);
    caution.textContent = chosen.caution ? `Caution: ${chosen.caution}.` : "";
    caution.hidden = !chosen.caution;
    way.value = side.gradients || catalogue.gradients[0].name;
    about.textContent = chosen.every_way
      ? "Every way comes to the same map; all but backpropagation run the end of the network once for each channel."
      : "Backpropagation alone serves this method.";
    layer.disabled = !chosen.needs_layer;
    // What an address asks for and cannot be had can still be changed.
    way.disabled = !chosen.every_way && !side.gradients;
    updateLayers(side, chosen);
  }

  /** The list of layers is asked for when there is a map: the map comes first. */
  async function updateLayers(side, chosen) {
    const answer = session.answers[number];
    const key = `${session.model.name} ${session.photo}`;
    if (key !== listed) offer([], side);
    tell(side, chosen, []);
    if (!answer || !chosen.needs_layer || session.model.missing) return;
    const found = await catalogue.layers(session.model.name, session.photo).catch(() => null);
    if (!found || key !== `${session.model.name} ${session.photo}`) return;
    if (key !== listed) offer(found, session.view.sides[number] ?? side);
    listed = key;
    tell(session.view.sides[number] ?? side, chosen, found);
  }

  function offer(found, side) {
    const best = found[0] ? `Best: ${found[0].name}` : "Best";
    const names = found.map(({ name }) => name);
    if (side.layer && !names.includes(side.layer)) names.unshift(side.layer);
    layer.replaceChildren(h("option", { value: "" }, best), ...names.map((name) => h("option", { value: name }, name)));
  }

  function tell(side, chosen, found) {
    layer.value = side.layer;
    if (layer.value !== side.layer) offer(found, side);
    layer.value = side.layer;
    const one = side.layer ? found.find(({ name }) => name === side.layer) : found[0];
    if (!chosen.needs_layer) reason.textContent = "This method looks at pixels, at no layer.";
    else if (one) reason.textContent = `${sentence(one.reason)}`;
    reason.hidden = !reason.textContent;
  }

  return { element, update };
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "";
}
