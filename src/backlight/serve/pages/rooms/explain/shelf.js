// Explanations that are kept: listed, opened again, deleted; where the server has a store.

import { getJSON, postJSON, remove } from "../../api.js";
import { announce, button, clearError, h, showError } from "../../widgets.js";

export function shelf(session, signal) {
  const list = h("ul", { class: "kept-list" });
  const keep = button("Keep this explanation", () => store());
  const element = h("section", { class: "panel shelf", "aria-label": "Kept explanations", hidden: true }, h("h2", {}, "Kept"), keep, list);

  async function load() {
    const kept = await getJSON("/api/stored", { signal });
    element.hidden = false;
    list.replaceChildren(...kept.map(item));
  }

  function item(one) {
    return h("li", {}, h("span", {}, one.name), button("Delete", () => forget(one), { "aria-label": `Delete ${one.name}` }));
  }

  async function store() {
    const answer = session.answers[session.view.side];
    clearError(element);
    try {
      await postJSON("/api/stored", { explanation: answer.explanation }, { signal });
      announce("Kept");
      await load();
    } catch (error) {
      showError(element, error);
    }
  }

  async function forget(one) {
    try {
      await remove(`/api/stored/${encodeURIComponent(one.stored)}`, { signal });
      await load();
    } catch (error) {
      showError(element, error);
    }
  }

  function update() {
    keep.disabled = !session.answers[session.view.side];
  }

  return { element, update };
}
