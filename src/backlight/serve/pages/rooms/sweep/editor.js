// A field that opens over a number in the drawing, and closes when the number is taken or left.

import { h } from "../../widgets.js";
import { numberExpected, numberFrom, sayAt } from "./wrong.js";

/** `take(spot, value)` is called with a number that was typed, and tells whether it was of use. */
export function editorIn(take) {
  let holder = null;

  function open(node, name, value, spot) {
    close();
    const stage = node.closest(".sweep-stage");
    const [box, frame] = [node.getBoundingClientRect(), stage.getBoundingClientRect()];
    const field = h("input", { type: "text", inputmode: "decimal", class: "sweep-editor", "aria-label": name, value: String(value) });
    const mine = h("div", { class: "sweep-editing" }, field);
    const middle = (box.top + box.bottom) / 2 - frame.top;
    // What is wrong is said towards the middle of the drawing, where there is room for it.
    mine.classList.toggle("low", middle > frame.height / 2);
    mine.style.left = `${(box.left + box.right) / 2 - frame.left + stage.scrollLeft}px`;
    mine.style.top = `${middle + stage.scrollTop}px`;
    holder = mine;
    let done = false;
    const end = async (wanted) => {
      if (done) return;
      const number = numberFrom(field.value);
      if (wanted && number === null) {
        sayAt(field, numberExpected(name, field.value));
        return;
      }
      done = true;
      mine.remove();
      if (wanted && number !== value) await take(spot, number);
      if (wanted !== null) refocus(stage, name);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") end(true);
      else if (event.key === "Escape") end(false);
      event.stopPropagation();
    });
    field.addEventListener("blur", () => end(numberFrom(field.value) === null ? null : true));
    stage.append(mine);
    field.focus();
    field.select();
  }

  function close() {
    holder?.remove();
    holder = null;
  }

  return { open, close };
}

/** The drawing is made anew where a number changes: the focus goes back to where it was. */
function refocus(stage, name) {
  if (document.activeElement && document.activeElement !== document.body) return;
  stage.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}
