// The Train room: what is trained is chosen, watched, stopped, taken up again and taken along.

import { getJSON, mayPass } from "../api.js";
import { button, choices, clearError, h, showError, slider, styled } from "../widgets.js";
import { classicForm } from "./train/classic_form.js";
import { tableForm } from "./train/table_form.js";
import { Watched } from "./train/watched.js";
import { comparison } from "./train/comparison.js";
import { runView } from "./train/run_view.js";

export const title = "Train";

const DELTAS = ["mccaffrey", "mccaffrey-squared-error", "mccaffrey-cross-entropy"];
const PACES = [1, 3, 10, 30, 100, 300, 1000, null]; // epochs a second; null: as fast as they go

export async function mount(root, state) {
  const leaving = new AbortController();
  const [offers] = await Promise.all([
    getJSON("/api/train/offers", { signal: leaving.signal }),
    styled("/static/show/curves.css", "/static/app/rooms/train/train.css"),
  ]);
  const room = new Room(root, state, offers, leaving.signal);
  await room.open();
  return () => {
    leaving.abort();
    room.close();
  };
}

class Room {
  constructor(root, state, offers, signal) {
    Object.assign(this, { root, state, offers, signal });
    this.watched = [];
    this.forms = {
      classic: classicForm(offers.classics, state),
      table: tableForm(offers, state, signal, () => this.readiness()),
      deltas: deltasForm(offers.classics),
    };
    this.kind = this.forms[state.get().kind] ? state.get().kind : "table";
    this.form = h("div", { class: "form" });
    this.start = button("Start", () => this.begin(), { class: "primary" });
    this.stop = button("Stop", () => this.each("stop"), { disabled: true });
    this.resume = button("Go on", () => this.each("resume"), { disabled: true });
    this.pace = this.paceSlider();
    this.trouble = h("div", { class: "trouble" });
    this.shown = h("div", { class: "runs" });
    root.append(
      h("header", { class: "masthead" }, h("h1", {}, title),
        h("p", { class: "lede" }, "A network learns by back-propagation while you look: the published runs, or your own table.")),
      h("div", { class: "train" },
        h("section", { class: "panel ask", "aria-label": "What is trained" },
          choices("What", [
            { value: "table", label: "A table" }, { value: "classic", label: "A published run" },
            { value: "deltas", label: "Three output deltas" },
          ], this.kind, (kind) => this.choose(kind)),
          this.form, this.pace.element,
          h("div", { class: "row" }, this.start, this.stop, this.resume), this.trouble),
        this.shown));
    this.showForm();
  }

  /** What the address says was being watched is watched again. */
  async open() {
    const runs = (this.state.get().runs ?? "").split(",").filter(Boolean);
    if (this.kind === "table") await this.forms.table.load();
    clearError(this.shown);
    if (!runs.length) return this.showNothing();
    try {
      const told = await Promise.all(runs.map((run) => getJSON(`/api/train/runs/${encodeURIComponent(run)}`, { signal: this.signal })));
      this.watch(told);
    } catch (error) {
      if (!mayPass(error)) this.state.set({ runs: null });
      this.showNothing();
      showError(this.shown, error, () => this.open());
    }
  }

  close() {
    for (const one of this.watched) one.close();
    this.view?.close();
    this.watched = [];
    this.view = null;
  }

  choose(kind) {
    this.kind = kind;
    this.state.set({ kind });
    this.showForm();
    if (kind === "table") this.forms.table.load();
  }

  showForm() {
    this.form.replaceChildren(this.forms[this.kind].element);
    this.readiness();
  }

  /** Start is there where there is something to be trained. */
  readiness() {
    this.start.disabled = this.beginning || !(this.forms?.[this.kind].ready?.() ?? true);
  }

  showNothing() {
    this.shown.replaceChildren(h("p", { class: "note" }, "Nothing is being trained. Press Start, and its curves, weights and regions appear here while it learns."));
  }

  async begin() {
    const form = this.forms[this.kind];
    clearError(this.trouble);
    clearError(form.element);
    this.beginning = true;
    this.readiness();
    try {
      const pace = this.paceNow();
      const told = [];
      for (const one of await form.asked()) {
        told.push(await new Watched(one, this.signal).begin({ ...one, pace }));
      }
      if (!told.length) return; // the form has said why
      this.close();
      this.state.set({ runs: told.map((one) => one.run).join(",") }, { replace: false });
      this.watch(told);
    } catch (error) {
      if (!form.refused?.(error)) showError(this.trouble, error, () => this.begin());
    } finally {
      this.beginning = false;
      this.readiness();
    }
  }

  watch(told) {
    this.watched = told.map((one) => new Watched(one, this.signal));
    const look = { x: Number(this.state.get().x ?? 0), y: Number(this.state.get().y ?? 1), output: Number(this.state.get().output ?? 0) };
    const view = this.view = told.length > 1 ? comparison(told) : runView(told[0], look, (changed) => this.look(changed), (error) => this.fail(error));
    this.shown.replaceChildren(view.element);
    this.latest = [...told];
    const update = () => {
      view.update(told.length > 1 ? this.latest : this.latest[0]);
      this.buttons();
    };
    this.watched.forEach((one, i) => one.follow((standing) => {
      if (this.silent) clearError(this.shown);
      this.silent = false;
      this.latest[i] = { ...this.latest[i], ...standing };
      update();
    }, (error) => {
      // The browser tries again and again; a page that is read is moved to the error once.
      if (!this.silent || !mayPass(error)) this.fail(error);
      this.silent = mayPass(error);
    }));
    update();
    if (told.length === 1 && (look.x !== 0 || look.y !== 1 || look.output !== 0)) this.look(look);
  }

  buttons() {
    const states = this.latest.map((one) => one.state);
    this.stop.disabled = !states.includes("running");
    this.resume.disabled = !states.includes("paused");
  }

  async each(what) {
    clearError(this.shown);
    try {
      await Promise.all(this.there().map((one) => one.tell(what)));
    } catch (error) {
      this.fail(error);
    }
  }

  look(changed) {
    this.state.set({ x: changed.x || null, y: changed.y === 1 ? null : changed.y, output: changed.output || null });
    this.lookedAt = changed;
    this.tellLook();
  }

  tellLook() {
    const looked = { x: 0, y: 1, output: 0, ...this.lookedAt, pace: this.paceNow() };
    Promise.all(this.there().map((one) => one.tell("look", looked))).catch((error) => this.fail(error));
  }

  paceNow() {
    return PACES[Number(this.pace.control.value)];
  }

  paceSlider() {
    const told = (place) => (PACES[place] === null ? "as fast as it goes" : `${PACES[place]} epochs a second`);
    const known = Number(this.state.get().pace ?? 3);
    return slider("Pace", {
      min: 0, max: PACES.length - 1, value: known in PACES ? known : 3, told,
      onInput: (place) => {
        this.state.set({ pace: place === 3 ? null : place });
        if (this.watched.length) this.tellLook();
      },
    });
  }

  /** The runs that the server still has, as far as is known. */
  there() {
    return this.watched.filter((_, i) => this.latest[i].state !== "gone");
  }

  /** What goes wrong with the runs that are watched; one that is gone is shown as gone. */
  fail(error) {
    showError(this.shown, error);
    const i = this.watched.findIndex((one) => one.run === error.run);
    if (error.status !== 404 || i < 0) return;
    this.latest[i] = { ...this.latest[i], state: "gone" };
    this.view.update(this.watched.length > 1 ? this.latest : this.latest[0]);
    this.buttons();
    this.state.set({ runs: null });
    if (this.kind === "table") this.forms.table.check();
  }
}

function deltasForm(classics) {
  const known = new Map(classics.map((one) => [one.name, one]));
  return {
    element: h("div", {},
      h("p", { class: "note" }, "Three articles, three output deltas, one network (4-5-3): softmax's diagonal as it was published, the gradient of the squared error, the gradient of the cross-entropy."),
      h("ul", { class: "plain" }, DELTAS.map((name) => h("li", {}, known.get(name).title)))),
    asked: () => DELTAS.map((name) => ({ kind: "classic", name })),
  };
}
