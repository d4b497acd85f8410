// The divider between two maps on one photo: dragged, or moved by the arrow keys.

import { h } from "../../widgets.js";

const KEYS = {
  ArrowLeft: (at) => at - 1, ArrowDown: (at) => at - 1, ArrowRight: (at) => at + 1, ArrowUp: (at) => at + 1,
  PageDown: (at) => at - 10, PageUp: (at) => at + 10, Home: () => 0, End: () => 100,
};

export function dividerOf(session) {
  const element = h("div", {
    class: "divider", role: "slider", tabindex: "0", hidden: true,
    "aria-label": "Divider between map A on the left and map B on the right",
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": "horizontal",
    onkeydown: (event) => {
      const next = KEYS[event.key];
      if (!next) return;
      event.preventDefault();
      move(next(session.view.divider));
    },
    onpointerdown: (event) => {
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      event.preventDefault();
    },
    onpointermove: (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const { left, width } = element.parentElement.getBoundingClientRect();
      move(((event.clientX - left) / width) * 100);
    },
  }, h("span", { class: "grip", "aria-hidden": "true" }, "◂ ▸"));

  function move(to) {
    session.look({ divider: Math.round(Math.min(100, Math.max(0, to))) });
  }

  function update() {
    const { divider } = session.view;
    element.hidden = !session.compared;
    element.style.left = `${divider}%`;
    element.setAttribute("aria-valuenow", divider);
    element.setAttribute("aria-valuetext", `A on ${divider} percent of the photo, B on the rest`);
  }

  return { element, update };
}
