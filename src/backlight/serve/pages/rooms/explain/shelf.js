// Explanations that are kept: stored, listed, opened again, deleted; where the server has a store.

import { getJSON, postJSON, remove } from "../../api.js";
import { announce, button, clearError, field, h, showError } from "../../widgets.js";

export function shelf(session, signal) {
  const name = h("input", { type: "text", maxlength: "200", onkeydown: (event) => { if (event.key === "Enter") keep(); } });
  const save = button("Keep", () => keep());
  const list = h("ul", { class: "kept-list" });
  const nothing = h("p", { class: "note" }, "Nothing is kept yet.");
  const inside = h("div", {}, h("div", { class: "question" }, field("Keep this explanation as", name), save), list, nothing);
  const closed = h("p", { class: "note" });
  const element = h("section", { class: "panel shelf", "aria-label": "Kept explanations" }, h("h2", {}, "Kept"), inside, closed);
  inside.hidden = true;

  const shown = () => session.answers[session.view.side];

  async function begin() {
    const { keeps, message } = await getJSON("/api/store", { signal });
    closed.hidden = keeps;
    closed.textContent = message ? `${message[0].toUpperCase()}${message.slice(1)}.` : "";
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
    if (answer) {
      told(async () => {
        await postJSON("/api/stored", { explanation: answer.explanation, name: name.value.trim() }, { signal });
        name.value = "";
        announce("Kept");
        await load();
      });
    }
  }

  async function open(one) {
    const { asked, answer } = await getJSON(`/api/stored/${one.stored}`, { signal });
    session.reopen({ ...asked, photo: answer.photo });
    document.getElementById("room").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  async function forget(one) {
    await remove(`/api/stored/${one.stored}`, { signal });
    announce(`${one.name} is deleted`);
    await load();
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
    save.disabled = !shown();
  }

  told(begin);
  return { element, update };
}

function whenText(made) {
  return new Date(made).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
