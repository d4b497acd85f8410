// Explanations that are kept: stored, listed, opened again, deleted; where the server has a store.

import { getJSON, postJSON, remove } from "../../api.js";
import { announce, button, clearError, field, h, showError } from "../../widgets.js";
import { whenText } from "./kept.js";

export function shelf(session, signal) {
  const name = h("input", { type: "text", maxlength: "200", onkeydown: (event) => { if (event.key === "Enter") keep(); } });
  const save = button("Keep", () => keep());
  const list = h("ul", { class: "kept-list" });
  const nothing = h("p", { class: "note" }, "Nothing is kept yet.");
  const inside = h("div", {}, h("div", { class: "question" }, field("Keep this explanation as", name), save), list, nothing);
  const closed = h("p", { class: "note" });
  const element = h("section", { class: "panel shelf", "aria-label": "Kept explanations" }, h("h2", {}, "Kept"), inside, closed);
  inside.hidden = true;

  let keeping = false;
  const shown = () => session.answers[session.view.side];

  async function begin() {
    const { keeps, message } = await getJSON("/api/store", { signal });
    closed.hidden = keeps;
    const parts = message ? `${message[0].toUpperCase()}${message.slice(1)}.`.split("`") : [];
    closed.replaceChildren(...parts.map((part, place) => (place % 2 ? h("code", {}, part) : part)));
    inside.hidden = !keeps;
    if (keeps) await load();
  }

  async function load() {
    const kept = await getJSON("/api/stored", { signal });
    nothing.hidden = kept.length > 0;
    list.replaceChildren(...kept.map(item));
  }

  function item(one) {
    return h("li", {},
      button(one.name, () => told(() => open(one)), { class: "open" }),
      h("small", {}, `${one.model}, ${whenText(one.made)}`),
      button("Delete", () => told(() => forget(one)), { "aria-label": `Delete ${one.name}` }));
  }

  function keep() {
    const answer = shown();
    if (!answer || answer.kept || keeping) return;
    keeping = true;
    update();
    told(async () => {
      await postJSON("/api/stored", { explanation: answer.explanation, name: name.value.trim() }, { signal }).catch((error) => {
        session.lost(session.answers.indexOf(answer), error);
        throw error;
      });
      name.value = "";
      announce("Kept");
      await load();
    }).finally(() => {
      keeping = false;
      update();
    });
  }

  async function open(one) {
    await session.reopen(one.stored);
    document.getElementById("room").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  async function forget(one) {
    if (!confirm(`Delete “${one.name}”? Its photo and its map are gone then.`)) return;
    try {
      await remove(`/api/stored/${one.stored}`, { signal });
      announce(`${one.name} is deleted`);
    } finally {
      await load(); // somebody else may have been earlier
    }
    name.focus({ preventScroll: true });
  }

  /** What goes wrong on the way is said here. */
  async function told(run) {
    clearError(element);
    try {
      await run();
    } catch (error) {
      showError(element, error);
    }
  }

  function update() {
    save.disabled = keeping || !shown() || Boolean(shown().kept);
  }

  told(begin);
  return { element, update };
}
