// Which channels light the spot: weight × activation of each, as bars, with the channel's own map.

import { postJSON } from "../../api.js";
import { announce, h } from "../../widgets.js";
import { gridOf, onInput } from "./places.js";
import { mapColour } from "/static/show/colours.js";
import { numberText } from "/static/show/numbers.js";

export function spotPanel(session) {
  const heading = h("h2", {}, "What lights this spot");
  const sum = h("p", { class: "sum numbers" });
  const list = h("ol", { class: "channels" });
  const said = h("p", { class: "note" });
  const element = h("section", { class: "panel spot", "aria-label": "Channels at the spot" }, heading, said, sum, list);
  let asking = null;
  let shown = "";

  async function update() {
    const { spot, side } = session.view;
    const answer = session.answers[side];
    const key = `${answer?.files} ${spot}`;
    heading.textContent = session.compared ? `What lights this spot in map ${"AB"[side]}` : "What lights this spot";
    if (key === shown) return;
    shown = key;
    asking?.abort();
    const nothing = whyNothing(spot, answer);
    if (nothing) return clear(nothing);
    if (!list.children.length) clear("Taking the map apart …");
    asking = new AbortController();
    try {
      const [x, y] = onInput(answer, spot);
      const parts = await postJSON(`${answer.files}/spot`, { x, y }, { signal: asking.signal });
      if (key === shown) draw(parts);
    } catch (error) {
      if (error.name === "AbortError" || key !== shown) return;
      clear(error.message);
      session.lost(side, error);
    }
  }

  /** What stands in the way of an answer and is known without asking. */
  function whyNothing(spot, answer) {
    if (!spot) return "Click the photo, or move over it with the arrow keys: the map's value there is taken apart, channel by channel.";
    if (!answer) return "There is no map yet.";
    if (answer.kept) return "This map is one that was kept: explain it again to take it apart.";
    if (!gridOf(answer)) return `${session.catalogue.method(answer.method).title} looks at no layer: no channels light its map.`;
    return onInput(answer, spot) ? "" : "The model did not see this part of the photo.";
  }

  function clear(text) {
    said.textContent = text;
    sum.textContent = "";
    list.replaceChildren();
  }

  function draw(parts) {
    const { row, column, rows, columns, value, rest, channels } = parts;
    said.textContent = `Row ${row + 1}, column ${column + 1} of ${rows} × ${columns}: the map is the sum of weight × activation over all channels.`;
    sum.replaceChildren(h("strong", {}, numberText(value)), ` = these ${channels.length} channels ${rest < 0 ? "−" : "+"} ${numberText(Math.abs(rest))} by the others`);
    const largest = Math.max(...channels.map((channel) => Math.abs(channel.contribution)), Number.MIN_VALUE);
    list.replaceChildren(...channels.map((channel) => item(channel, largest, parts)));
    announce(`Row ${row + 1}, column ${column + 1}: ${numberText(value)}; most by channel ${channels[0].index}, ${numberText(channels[0].contribution)}`);
  }

  return { element, update, close: () => asking?.abort() };
}

function item({ index, weight, activation, contribution, values }, largest, grid) {
  const share = (Math.abs(contribution) / largest) * 50;
  return h("li", {},
    values ? picture(values, grid, index) : h("div", { class: "small-map" }),
    h("div", { class: "what" },
      h("span", { class: "channel" }, `channel ${index}`),
      h("span", { class: "product numbers" }, `${numberText(weight)} × ${numberText(activation)} = `, h("strong", {}, numberText(contribution)))),
    h("div", { class: "balance", "aria-hidden": "true" },
      h("i", { class: contribution < 0 ? "against" : "for", style: `width:${share}%` })));
}

/** A channel's map, a square for each cell, the spot's own outlined. */
function picture(values, { rows, columns, row, column }, channel) {
  const canvas = h("canvas", { width: columns, height: rows, role: "img", "aria-label": `Map of channel ${channel}` });
  const pixels = canvas.getContext("2d");
  const image = pixels.createImageData(columns, rows);
  const largest = Math.max(...values.map(Math.abs)) || 1;
  const signed = values.some((value) => value < 0);
  values.forEach((value, place) => image.data.set([...mapColour(value / largest, signed), 255], place * 4));
  pixels.putImageData(image, 0, 0);
  const at = `left:${(column / columns) * 100}%;top:${(row / rows) * 100}%;width:${100 / columns}%;height:${100 / rows}%`;
  return h("div", { class: "small-map", style: `aspect-ratio:${columns}/${rows}` }, canvas, h("i", { style: at }));
}
