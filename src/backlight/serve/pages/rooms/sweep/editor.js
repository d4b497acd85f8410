// A field that opens over a number in the drawing, and closes when the number is taken or left.

import { h } from "../../widgets.js";

/** `take(spot, value)` is called with a number that was typed, and tells whether it was of use. */
export function editorIn(take) {
  let field = null;

  function open(node, name, value, spot) {
    close();
    const stage = node.closest(".sweep-stage");
    const [box, frame] = [node.getBoundingClientRect(), stage.getBoundingClientRect()];
    field = h("input", { type: "text", inputmode: "decimal", class: "sweep-editor", "aria-label": name, value: String(value) });
    field.style.left = `${(box.left + box.right) / 2 - frame.left + stage.scrollLeft}px`;
    field.style.top = `${(box.top + box.bottom) / 2 - frame.top + stage.scrollTop}px`;
    const mine = field;
    let done = false;
    const end = async (wanted) => {
      if (done) return;
      const number = Number(mine.value.trim().replace("−", "-"));
      const good = mine.value.trim() !== "" && Number.isFinite(number);
      if (wanted && !good) {
        mine.setAttribute("aria-invalid", "true");
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
    field.addEventListener("blur", () => end(Number.isFinite(Number(mine.value)) && mine.value.trim() !== "" ? true : null));
    stage.append(field);
    field.focus();
    field.select();
  }

  function close() {
    field?.remove();
    field = null;
  }

  return { open, close };
}

/** The drawing is made anew where a number changes: the focus goes back to where it was. */
function refocus(stage, name) {
  if (document.activeElement && document.activeElement !== document.body) return;
  stage.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}
