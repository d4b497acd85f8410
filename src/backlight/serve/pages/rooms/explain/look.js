// How the maps are looked at: opacity, boxes, two beside each other; and what the colours mean.

import { choices, h, slider } from "../../widgets.js";
import { sideName } from "./names.js";
import { mapGradient } from "/static/show/colours.js";

const LEGENDS = {
  sequential: {
    words: ["0", "", "the map's maximum"], colours: mapGradient(),
    told: "Colours: from blue, nothing, over magenta and orange to yellow, the map's maximum",
  },
  diverging: {
    words: ["against", "0", "for"], colours: mapGradient(true),
    told: "Colours: from blue, against, over white to orange, for",
  },
  relief: {
    words: ["lowers", "0", "raises"], colours: "linear-gradient(to right, #000, #808080, #fff)",
    told: "Brightness of each colour: from dark, lowers the score, over mid grey to bright, raises it",
  },
};

export function lookBar(session) {
  const opacity = slider("Opacity of the map", {
    min: 0, max: 100, value: session.view.opacity, told: (value) => `${value} %`,
    onInput: (value) => session.look({ opacity: value }),
  });
  const boxes = h("input", { type: "checkbox", checked: session.view.boxes, onchange: () => session.look({ boxes: boxes.checked }) });
  const compare = h("input", { type: "checkbox", checked: session.compared, onchange: () => session.compare(compare.checked) });
  const legends = h("div", { class: "legends" });
  const notes = h("ul", { class: "notes", "aria-label": "Notes on the map" });
  const element = h("div", { class: "look" },
    opacity.element,
    h("div", { class: "ticks" },
      h("label", { class: "tick" }, boxes, h("span", {}, "Boxes")),
      h("label", { class: "tick" }, compare, h("span", {}, "Compare two settings"))),
    legends, notes);
  let drawn = "";

  function update() {
    const answers = session.answers.filter(Boolean);
    const kinds = answers.map((answer) => answer.legend);
    // The method's caution stands beside the method.
    const told = [...new Set(answers.flatMap((answer) => [
      ...answer.notes.filter((note) => !isCaution(note, answer)),
      ...(session.view.boxes && answer.unboxed ? [`No box: ${answer.unboxed}`] : []),
    ]))];
    const key = JSON.stringify([kinds, told]);
    compare.checked = session.compared;
    if (key === drawn) return;
    drawn = key;
    // One legend where both maps are read alike.
    notes.replaceChildren(...told.map((note) => h("li", {}, note)));
    notes.hidden = !told.length;
    legends.replaceChildren(...[...new Set(kinds)].map(legend));
  }

  function isCaution(note, { method }) {
    const { caution } = session.catalogue.method(method);
    return Boolean(caution) && note.endsWith(caution);
  }

  return { element, update };
}

function legend(kind) {
  const { words, colours, told } = LEGENDS[kind];
  return h("div", { class: "legend", role: "img", "aria-label": told },
    h("i", { style: `background:${colours}` }), ...words.map((word) => h("span", {}, word)));
}

/** Which of two settings is shown beside the photo. */
export function sideChoice(session) {
  const place = h("div", { class: "sides" });
  let drawn = "";

  function update() {
    const names = session.view.sides.map((side, number) => sideName(session, number));
    place.hidden = !session.compared;
    const key = `${names} ${session.view.side}`;
    if (key === drawn) return;
    drawn = key;
    const held = place.contains(document.activeElement);
    place.replaceChildren(choices("Setting", names.map((label, value) => ({ label, value })), session.view.side, (side) => session.look({ side })));
    if (held) place.querySelector(":checked")?.focus();
  }

  return { element: place, update };
}
