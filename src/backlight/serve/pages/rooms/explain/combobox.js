// A text field that searches a long list while it is typed in: the editable combobox with a list,
// as the ARIA Authoring Practices describe its keys.

import { announce, h, later } from "../../widgets.js";

/**
 * A combobox: {element, control, set(text), name(label)}.
 *
 * search(text, signal)  → options as [{value, label}], best first
 * onChoose(option)      an option was chosen
 */
export function combobox({ id, label, hint, search, onChoose }) {
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const control = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: hint,
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    oninput: () => look(),
    onfocus: () => control.select(),
    onclick: () => { if (list.hidden) look(0); },
    onblur: () => { close(); control.value = chosen; },
    onkeydown: (event) => {
      if (event.isComposing || !keys[event.key]) return;
      if (keys[event.key](event) !== false) event.preventDefault();
    },
  });
  const title = h("label", { for: id }, label);
  const element = h("div", { class: "field combobox" }, title, control, list);

  let options = [];
  let active = -1;
  let chosen = "";
  let asking = null;

  const keys = {
    ArrowDown: () => (list.hidden ? look(0) : activate((active + 1) % options.length)),
    ArrowUp: () => (list.hidden ? look(0) : activate(active <= 0 ? options.length - 1 : active - 1)),
    Enter: () => (list.hidden || active < 0 ? false : choose(active)),
    Escape: () => {
      if (list.hidden) control.value = "";
      else control.value = chosen;
      close();
    },
    Tab: () => {
      if (!list.hidden && active >= 0 && control.value !== chosen) choose(active);
      return false;
    },
  };

  const find = later(async () => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const text = control.value === chosen ? "" : control.value.trim();
      const found = await search(text, signal);
      if (!signal.aborted && document.activeElement === control) open(found);
    } catch (error) {
      if (error.name !== "AbortError") open([], error.message);
    }
  }, 120);

  function look() {
    find();
  }

  function open(found, trouble = "") {
    options = found;
    list.replaceChildren(...found.map((option, at) => h("li", {
      id: `${id}-${at}`, role: "option", "aria-selected": "false",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => choose(at),
    }, option.label, option.note ? h("small", {}, option.note) : null)));
    if (!found.length) list.append(h("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, trouble || "Nothing of that name"));
    list.hidden = false;
    control.setAttribute("aria-expanded", "true");
    activate(found.length ? 0 : -1);
    announce(trouble || `${found.length} found`);
  }

  function close() {
    asking?.abort();
    find.cancel();
    list.hidden = true;
    list.replaceChildren();
    active = -1;
    control.setAttribute("aria-expanded", "false");
    control.removeAttribute("aria-activedescendant");
  }

  function activate(at) {
    active = options.length ? at : -1;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    if (active < 0) return control.removeAttribute("aria-activedescendant");
    control.setAttribute("aria-activedescendant", `${id}-${active}`);
    const item = list.children[active];
    // Only the list scrolls, never the page.
    if (item.offsetTop < list.scrollTop) list.scrollTop = item.offsetTop;
    else if (item.offsetTop + item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = item.offsetTop + item.offsetHeight - list.clientHeight;
  }

  function choose(at) {
    const option = options[at];
    chosen = option.label;
    control.value = chosen;
    close();
    onChoose(option);
  }

  return {
    element,
    control,
    name(text) {
      title.textContent = text;
      list.setAttribute("aria-label", text);
    },
    set(text) {
      const typing = document.activeElement === control && control.value !== chosen;
      chosen = text;
      if (!typing) control.value = text;
    },
  };
}
