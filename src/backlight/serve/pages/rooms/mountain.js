// The Mountain room: a climber on the cost of a network, or a hundred of them.

import { MountainStage } from "/static/show/mountain_stage.js";
import { getJSON, postJSON } from "../api.js";
import { announce, clearError, h, inFormsWords, later, showError, styled } from "../widgets.js";
import { gaitForm, gaitOf } from "./mountain/gait_form.js";
import { fieldsOf, whereForm, whereOf } from "./mountain/where_form.js";

export const title = "Mountain";

const CROWD = 100;
const NUDGE = 1 / 50; // of the map, with an arrow key; five times as far with Shift
const FIRST = 0.36; // of the map along every axis: where the first climber starts

export async function mount(root, state) {
  const leaving = new AbortController();
  const [offers] = await Promise.all([
    getJSON("/api/mountain", { signal: leaving.signal }),
    styled("/static/show/mountain.css"),
  ]);
  const room = new Room(root, state, offers, leaving.signal);
  await room.load();
  return () => {
    leaving.abort();
    room.close();
  };
}

class Room {
  constructor(root, state, offers, leaving) {
    Object.assign(this, { root, state, offers, leaving, map: null, asking: null });
    const where = h("div", { class: "mountain-side" });
    this.gait = h("div", { class: "mountain-side" });
    const stage = h("div", { class: "mountain-stage" });
    this.working = h("p", { class: "mountain-note" });
    root.append(
      h("header", { class: "masthead" }, h("h1", {}, title),
        h("p", { class: "lede" }, "The cost of a small network is a landscape. Put a climber down, by a click or with arrow keys, and watch where the slope leads.")),
      h("div", { class: "mountain" }, h("section", { class: "mountain-side", "aria-label": "What is climbed, and how" }, where, this.gait, this.working), stage));
    this.stage = new MountainStage(stage, {
      onPlace: (at) => this.place(at),
      onNudge: (way, far) => this.nudge(way, far),
      onTime: (step) => { if (this.shown) this.state.set({ step: step || null }); },
      onSpeed: (speed) => this.state.set({ speed }),
      onTurn: (turn) => this.state.set({ turn: turn.map((part) => part.toFixed(3)).join(",") }),
      say: announce,
    });
    this.stage.setSpeed(state.get().speed);
    this.soon = later(() => this.climb(), 60);
    whereForm(where, state, offers, () => this.load());
  }

  close() {
    this.soon.cancel();
    this.asking?.abort();
    this.stage.dispose();
  }

  /** Asks the server; an earlier question that is not answered yet is dropped. */
  async ask(path, body, again) {
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    const signal = AbortSignal.any ? AbortSignal.any([asking.signal, this.leaving]) : asking.signal;
    this.working.textContent = "Computing …";
    try {
      const answer = await postJSON(path, body, { signal });
      if (asking !== this.asking) return null;
      clearError(this.root);
      this.working.textContent = "";
      return answer;
    } catch (error) {
      if (asking !== this.asking) return null;
      this.working.textContent = "";
      showError(this.root, inFormsWords(error, fieldsOf(this.root)), again);
      return null;
    }
  }

  async load() {
    this.shown = false;
    this.stage.clock.pause();
    const step = Number(this.state.get().step ?? 0);
    const map = await this.ask("/api/mountain/map", { where: whereOf(this.state, this.offers) }, () => this.load());
    if (!map) return;
    this.map = map;
    this.stage.setMap(map);
    this.look();
    gaitForm(this.gait, this.state, map, { onChange: () => this.soon(), onView: () => this.look() });
    await this.climb(step);
  }

  look() {
    const { seen, blind, turn } = this.state.get();
    const turned = (turn ?? "").split(",").map(Number.parseFloat);
    if (turned.length === 2 && turned.every(Number.isFinite)) this.stage.setTurn(turned);
    this.stage.setShape(seen === "surface" ? "surface" : "contours");
    this.stage.setBlind(blind === "1");
  }

  get start() {
    const given = (this.state.get().at ?? "").split(",").map(Number);
    const fits = given.length === this.map.axes.length && this.state.get().at
      && given.every((value, axis) => value >= this.map.axes[axis].low && value <= this.map.axes[axis].high);
    return fits ? given : this.map.axes.map(({ low, high }) => low + FIRST * (high - low));
  }

  async climb(step = 0) {
    const { crowd, cseed } = this.state.get();
    const record = await this.ask("/api/mountain/climbs", {
      where: whereOf(this.state, this.offers),
      gait: gaitOf(this.state, this.map),
      starts: [this.start],
      drawn: crowd === "1" ? CROWD - 1 : 0,
      draw_seed: Number(cseed ?? 0),
    }, () => this.climb(step));
    if (!record) return;
    this.shown = false;
    this.stage.setRecord(record, 0, step);
    this.shown = true;
    if (step === 0) this.stage.clock.play();
  }

  place(at) {
    const rounded = at.map((value, axis) => {
      const { low, high } = this.map.axes[axis];
      return Number(value.toFixed(Math.max(0, 4 - Math.floor(Math.log10(high - low)))));
    });
    this.state.set({ at: rounded.join(","), step: null });
    this.soon();
  }

  nudge([across, up], far) {
    const share = NUDGE * (far ? 5 : 1);
    const way = this.map.axes.length === 1 ? [across + up] : [across, up];
    this.place(this.start.map((value, axis) => {
      const { low, high } = this.map.axes[axis];
      return Math.min(high, Math.max(low, value + way[axis] * share * (high - low)));
    }));
  }
}
