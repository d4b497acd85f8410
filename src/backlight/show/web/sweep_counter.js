// The counter of multiplications: backwards as the sweep goes on, forwards for comparison.

import { h } from "./elements.js";
import { countText } from "./numbers.js";
import { multiplied } from "./sweep_progress.js";

/** The counter in `root`. */
export function counterIn(root) {
  const done = h("strong", { class: "sweep-count back" });
  const all = h("span");
  const bars = h("div", { class: "sweep-bars", "aria-hidden": "true" });
  const reason = h("p", { class: "sweep-remark" });
  const list = h("div", { class: "sweep-scroll", tabindex: "0", role: "region", "aria-label": "Products of the chain rule" });
  root.append(
    h("h2", {}, "Multiplications"),
    h("p", { class: "sweep-total" }, done, all), bars, reason,
    h("details", {}, h("summary", {}, "Product by product"), list),
  );
  const state = {};

  function build(data) {
    const { backwards, forwards } = data.multiplications;
    state.total = [sum(backwards), sum(forwards)];
    const most = Math.max(...state.total, 1);
    state.bar = h("span", { class: "sweep-bar back" });
    bars.replaceChildren(
      h("span", { class: "sweep-frame" }, state.bar), h("span", { class: "sweep-frame forward" }),
    );
    [...bars.children].forEach((frame, index) => frame.style.setProperty("--share", state.total[index] / most));
    state.cells = backwards.map(() => h("td", { class: "sweep-cell" }));
    list.replaceChildren(h("div", { class: "sweep-orders" },
      productTable("Backwards, from the cost", backwards, state.cells, "vector × matrix"),
      productTable("Forwards, from the parameters", forwards, forwards.map(({ count }) => h("td", { class: "sweep-cell" }, countText(count))), "matrix × matrix")));
    const times = state.total[1] / state.total[0];
    reason.textContent = "Backwards begins at one number, the cost: every product is a vector times a matrix. Forwards begins at "
      + `the parameters and carries a column for each: matrix times matrix, ${numberOf(times)} times as many.`;
  }

  function show(data, known) {
    const counts = multiplied(data.multiplications.backwards, known);
    const so = counts.reduce((total, count) => total + count, 0);
    done.textContent = countText(so);
    done.dataset.value = so;
    all.textContent = ` of ${countText(state.total[0])} backwards · ${countText(state.total[1])} forwards`;
    state.bar.style.setProperty("--done", state.total[0] ? so / state.total[0] : 0);
    counts.forEach((count, index) => {
      const { count: whole } = data.multiplications.backwards[index];
      state.cells[index].textContent = count === whole ? countText(whole) : `${countText(count)} of ${countText(whole)}`;
    });
  }

  return { build, show };
}

function productTable(caption, products, cells, kind) {
  return h("table", { class: "sweep-table" }, h("caption", {}, `${caption}: ${kind}`),
    h("tbody", {}, products.map((product, index) => h("tr", {},
      h("th", { scope: "row" }, wordsOf(product)),
      h("td", {}, `${product.left.join("×")} · ${product.right.join("×")}`), cells[index]))));
}

function wordsOf({ what, layer }) {
  return {
    activation: `g′ of layer ${layer}`, weights: `W of layer ${layer}`, gradient: `a × δ, layer ${layer}`, cost: "∂C/∂a",
  }[what];
}

function sum(products) {
  return products.reduce((total, { count }) => total + count, 0);
}

function numberOf(times) {
  return times.toLocaleString("en", { maximumFractionDigits: 1 });
}
