// Sweep: back-propagation through a network with its real numbers, every one of which may be changed.

import { getJSON, postJSON } from "../api.js";
import { announce, clearError, h, later, showError, styled } from "../widgets.js";
import { editorIn } from "./sweep/editor.js";
import { applied, changedTo, editsFrom, editsText, MOST_EDITED, startingFrom } from "./sweep/edits.js";
import { choicePanel } from "./sweep/choice.js";
import { numberExpected, numberFrom, sayAt, sayNothing } from "./sweep/wrong.js";
import { numberText } from "/static/show/numbers.js";
import { sweepPage } from "/static/show/sweep.js";

export const title = "Sweep";

export async function mount(root, state) {
  const [catalog] = await Promise.all([
    getJSON("/api/sweep/networks"), styled("/static/show/sweep.css", "/static/app/rooms/sweep/sweep.css"),
  ]);
  const place = h("div", { class: "swept" });
  const about = h("p", { class: "note" });
  const missing = h("p", { class: "sweep-missing", role: "status" });
  const room = { base: null, data: null, view: null, edits: editsFrom(state.get().edits), asking: null };

  const panel = choicePanel(catalog, state.get(), {
    changed(address) {
      state.set({ ...address, edits: null, update: null, step: null }, { replace: false });
      room.edits = new Map();
      begin({ step: 0, update: 0 });
    },
    again(address) {
      state.set(address);
      soon();
    },
  });
  root.append(
    h("header", { class: "masthead" }, h("h1", {}, title),
      h("p", { class: "lede" }, "Back-propagation step by step: values forward, errors back, on every edge the factors of the chain rule. Click any weight, input or target to change it.")),
    panel.element, missing, about, place);

  /** The network that is chosen, from its beginning. */
  async function begin(at) {
    if (!panel.right()) return;
    await answered(async (signal) => {
      const { path, body } = panel.asked();
      room.base = await postJSON(path, body, { signal });
      missing.textContent = panel.missing().join(" ");
      panel.started(room.base);
      about.textContent = [room.base.source, room.base.remark].filter(Boolean).join(". ");
      await sweep(room.edits, at, signal);
    });
  }

  /** The sweep with these edits; what is shown changes only once the numbers are there. */
  async function sweep(edits, at, signal, updates = null) {
    const asked = { ...applied(room.base, edits), ...panel.settings() };
    let most = updates ?? Math.max(0, Number(at.update) > 50 ? Number(at.update) : 0);
    most = Math.min(most, catalog.limits.updates);
    const data = await postJSON("/api/sweep", { ...asked, ...(most ? { updates: most } : {}) }, { signal });
    Object.assign(room, { data, edits });
    sayNothing(place);
    state.set({ edits: editsText(edits) });
    if (room.view) room.view.set(data, at);
    else room.view = sweepPage(place, data, { at, changed: told, editPlace, editValue, more, reset });
    told(room.view.at());
  }

  /** Run it, and say in words what goes wrong; only the last one that was asked for counts. */
  async function answered(run) {
    room.asking?.abort();
    room.asking = new AbortController();
    place.setAttribute("aria-busy", "true");
    try {
      await run(room.asking.signal);
      clearError(root);
      return true;
    } catch (error) {
      if (error.name === "AbortError") return false;
      showError(root, error, () => answered(run));
      return false;
    } finally {
      place.removeAttribute("aria-busy");
    }
  }

  function told({ step, mode, update }) {
    if (update !== room.update) sayNothing(place); // the table holds other numbers now
    room.update = update;
    state.set({ step: step || null, mode: mode === "unit" ? null : mode, update: update || null });
  }

  const soon = later(() => answered((signal) => sweep(room.edits, room.view?.at() ?? {}, signal)), 250);

  const editor = editorIn((spot, value) => edit(spot, value));

  function editPlace(spot, node, name) {
    editor.open(node, name, changedTo(room.data, room.view.at().update, spot), spot);
  }

  async function editValue(spot, text, field) {
    const value = numberFrom(text);
    sayAt(field, value === null ? numberExpected(field.getAttribute("aria-label"), text) : null);
    if (value === null) return;
    if (!(await edit(spot, value))) field.value = String(changedTo(room.data, room.view.at().update, spot));
  }

  /** Change one number. Weights that updates have led to become those that are begun with. */
  async function edit(spot, value) {
    const at = room.view.at();
    room.view.stop();
    const moved = at.update > 0 && (spot.kind === "weight" || spot.kind === "bias");
    if (moved && room.base.parameters.length > MOST_EDITED) {
      showError(root, new Error(`After an update, weights can be changed in networks of up to ${MOST_EDITED} parameters: take the updates back first.`));
      return false;
    }
    const edits = moved ? startingFrom(room.data.sweeps[at.update], room.edits) : new Map(room.edits);
    edits.set(...changedKey(spot, value));
    const done = await answered((signal) => sweep(edits, moved ? { ...at, update: 0 } : at, signal));
    if (done) announce(`Changed. The cost is ${numberText(room.data.sweeps[room.view.at().update].cost, 6)}`);
    return done;
  }

  function more(update) {
    if (update > catalog.limits.updates) {
      announce(`Up to ${catalog.limits.updates} updates are recorded.`);
      return;
    }
    const updates = Math.min(catalog.limits.updates, Math.max(update, 2 * (room.data.sweeps.length - 1)));
    answered((signal) => sweep(room.edits, { ...room.view.at(), update }, signal, updates));
  }

  function reset() {
    room.edits = new Map();
    answered((signal) => sweep(room.edits, { step: 0, update: 0 }, signal));
  }

  const { step, mode, update } = state.get();
  await begin({ step: counted(step), update: counted(update), mode: mode === "layer" ? "layer" : "unit" });
  return () => {
    soon.cancel();
    room.asking?.abort();
    room.view?.leave();
  };
}

function changedKey(spot, value) {
  const { kind, layer, unit, source } = spot;
  const key = { weight: `w${layer}.${unit + 1}.${source + 1}`, bias: `b${layer}.${unit + 1}`, input: `x${unit + 1}`, target: `t${unit + 1}` }[kind];
  return [key, value];
}

function counted(text) {
  return /^\d{1,6}$/.test(text ?? "") ? Number(text) : 0;
}
