// Three ways: one function, its gradient by every way, compared in error and cost.

import { getJSON, postJSON } from "../api.js";
import { announce, clearError, h, later, showError, styled } from "../widgets.js";
import { numberText } from "/static/show/numbers.js";
import { costPanel } from "./ways/cost.js";
import { functionPanel } from "./ways/function.js";
import { stepsPanel } from "./ways/steps.js";
import { derivativesPanel, reasonText, titlesOf, waysPanel } from "./ways/tables.js";

export const title = "Three ways";

export async function mount(root, state) {
  const [catalog] = await Promise.all([
    getJSON("/api/ways/functions"), styled("/static/app/rooms/ways/ways.css", "/static/show/curves.css"),
  ]);
  const results = { ways: waysPanel(catalog), derivatives: derivativesPanel(catalog), steps: stepsPanel(catalog), cost: costPanel(catalog) };
  const compared = h("div", { class: "compared" }, results.ways.element, results.derivatives.element);
  const curves = h("div", { class: "curved" }, results.steps.element, results.cost.element);
  const place = h("div", { class: "results" }, compared, curves);
  const titles = titlesOf(catalog);
  let running = null, begun = false;

  async function run() {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    const asked = chosen.asked();
    results.cost.forget(asked);
    place.classList.remove("stale");
    place.setAttribute("aria-busy", "true");
    try {
      // One after the other: what is timed should not share the processor with what is not.
      const table = await postJSON("/api/ways/compare", asked, { signal });
      clearError(place);
      chosen.complain(null);
      results.ways.show(table);
      results.derivatives.show(table);
      chosen.evaluated(asked);
      compared.hidden = false;
      results.steps.show(await postJSON("/api/ways/steps", asked, { signal }));
      curves.hidden = false;
      announce(`Compared: f is ${numberText(table.value, 6)}`);
    } catch (error) {
      if (error.name === "AbortError") return;
      compared.hidden = curves.hidden = true;
      error.message = reasonText(error.message, titles);
      if (!chosen.complain(error)) showError(place, error, run);
    }
    place.removeAttribute("aria-busy");
  }

  const soon = later(run, 350);
  const chosen = functionPanel(catalog, state.get(), {
    changed(address, entry) {
      state.set(address, { replace: !(begun && entry) });
      if (begun) soon();
    },
    wrong() {
      soon.cancel();
      running?.abort();
      place.removeAttribute("aria-busy");
      place.classList.add("stale");
    },
  });
  root.append(
    h("header", { class: "masthead" }, h("h1", {}, title),
      h("p", { class: "lede" }, "One gradient by backpropagation, by dual numbers and by finite differences: how right each is, and what it costs.")),
    chosen.element, place);
  compared.hidden = curves.hidden = true;
  const ready = await chosen.begin();
  begun = true;
  if (ready) run();
  return () => {
    chosen.stop();
    soon.cancel();
    running?.abort();
    results.cost.stop();
  };
}
