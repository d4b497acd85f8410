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
    oninput: () => {
      // What was found for less of the text is not what is meant now.
      options = [];
      activate(-1);
      look();
    },
    onfocus: () => control.select(),
    onclick: () => { if (list.hidden) look(); },
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
  let awaited = false; // whether a search is on its way
  let entered = false; // whether Enter was pressed meanwhile

  const keys = {
    ArrowDown: () => (list.hidden ? look() : activate((active + 1) % options.length)),
    ArrowUp: () => (list.hidden ? look() : activate(active <= 0 ? options.length - 1 : active - 1)),
    Enter: () => {
      if (awaited) entered = true;
      else if (list.hidden || active < 0) return false;
      else choose(options[active]);
      return true;
    },
    Escape: () => {
      if (list.hidden) control.value = "";
      else control.value = chosen;
      close();
    },
    Tab: () => {
      if (!list.hidden && active >= 0 && control.value !== chosen) choose(options[active]);
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
      if (signal.aborted || document.activeElement !== control) return;
      awaited = false;
      if (entered && text && found.length) choose(found[0]);
      else open(found, text ? 0 : -1);
    } catch (error) {
      if (error.name !== "AbortError") open([], -1, error.message);
    }
  }, 120);

  function look() {
    awaited = true;
    find();
  }

  function open(found, first, trouble = "") {
    awaited = entered = false;
    options = found;
    list.replaceChildren(...found.map((option, at) => h("li", {
      id: `${id}-${at}`, role: "option", "aria-selected": "false",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => choose(option),
    }, option.label, option.note ? h("small", {}, option.note) : null)));
    if (!found.length) list.append(h("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, trouble || "Nothing of that name"));
    list.hidden = false;
    control.setAttribute("aria-expanded", "true");
    activate(found.length ? first : -1);
    announce(trouble || `${found.length} found`);
  }

  function close() {
    asking?.abort();
    find.cancel();
    awaited = entered = false;
    list.hidden = true;
    list.replaceChildren();
    active = -1;
    control.setAttribute("aria-expanded", "false");
    control.removeAttribute("aria-activedescendant");
  }

  function activate(at) {
    active = Number.isInteger(at) && at < options.length ? at : -1;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    if (active < 0) return control.removeAttribute("aria-activedescendant");
    control.setAttribute("aria-activedescendant", `${id}-${active}`);
    const item = list.children[active];
    // Only the list scrolls, never the page.
    if (item.offsetTop < list.scrollTop) list.scrollTop = item.offsetTop;
    else if (item.offsetTop + item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = item.offsetTop + item.offsetHeight - list.clientHeight;
  }

  function choose(option) {
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
