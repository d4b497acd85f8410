// What a gradient costs as the function grows, drawn while it is measured.

import { events } from "../../api.js";
import { curveChart } from "/static/show/curves.js";
import { countText } from "/static/show/numbers.js";
import { secondsText } from "/static/show/units.js";
import { reasonText, shortTitle, titlesOf } from "./tables.js";
import { button, clearError, h, showError } from "../../widgets.js";

export function costPanel(catalog) {
  const titles = titlesOf(catalog);
  const measured = new Map(); // way -> points
  const chart = curveChart({
    title: "The time of one gradient against the number of parameters",
    x: { label: "parameters", log: true, text: countText },
    y: { label: "time of one gradient (s)", log: true, text: secondsText },
    series: [],
    reading: "Parameters",
  });
  const progress = h("progress", { max: 1, value: 0, "aria-label": "Measured" });
  const begin = button("Measure", () => measure(), { class: "primary" });
  const end = button("Stop", () => stop(), { disabled: true });
  const about = h("p", { class: "note" });
  const below = h("p", { class: "note", role: "status" });
  const holder = h("div", { class: "drawn" }, chart.element);
  const element = h("section", { class: "panel cost", "aria-labelledby": "cost-chart" },
    h("h2", { id: "cost-chart" }, "Cost against size"),
    h("p", { class: "note" }, "The function is made larger and larger, and each way timed on it, here and now. Differences pay for every parameter; backpropagation hardly minds."),
    h("div", { class: "row" }, begin, end, progress), about, holder, below);
  holder.hidden = true;
  let asked = null, running = null;

  async function measure() {
    stop();
    measured.clear();
    clearError(element);
    running = new AbortController();
    const mine = running;
    let sizes = [];
    begin.disabled = true;
    end.disabled = false;
    below.textContent = "";
    progress.value = 0;
    try {
      await events("/api/ways/cost", asked, (name, data) => {
        if (mine !== running) return;
        if (name === "growing") {
          about.textContent = `What grows: ${data.title}.`;
          sizes = data.sizes;
          for (const way of data.ways) measured.set(way, []);
        } else if (name === "cost") {
          took(data);
          progress.value = (sizes.indexOf(data.parameters) + 1) / sizes.length;
        } else if (name === "failure") throw new Error(data.message);
      }, { signal: mine.signal });
      if (mine !== running) return;
      progress.value = 1;
      below.textContent = told();
    } catch (error) {
      if (mine === running) showError(element, error);
    }
    if (mine === running) rest();
  }

  function took({ way, parameters, seconds, reason }) {
    if (seconds === null) {
      measured.delete(way);
      below.textContent = `${titles.get(way) ?? way}: ${reasonText(reason, titles)}`;
      return;
    }
    measured.get(way).push([parameters, seconds]);
    holder.hidden = false;
    chart.update([...measured].filter(([, points]) => points.length).map(([way, points]) => ({ name: shortTitle(titles.get(way) ?? way), points })));
  }

  function told() {
    const [backprop, central] = [measured.get("backprop"), measured.get("central")];
    const last = central?.at(-1);
    const beside = backprop?.find(([parameters]) => parameters === last?.[0]);
    if (!beside) return "";
    return `At ${countText(last[0])} parameters central differences take ${countText(Math.round(last[1] / beside[1]))} times as long as backpropagation.`;
  }

  function rest() {
    running = null;
    begin.disabled = false;
    end.disabled = true;
  }

  function stop() {
    if (!running) return;
    running.abort();
    rest();
    below.textContent = "Stopped.";
  }

  return {
    element,
    stop,
    /** Another function is asked about: what was measured is not its own. */
    forget(next) {
      stop();
      asked = next;
      measured.clear();
      holder.hidden = true;
      progress.value = 0;
      about.textContent = below.textContent = "";
      clearError(element);
    },
  };
}
