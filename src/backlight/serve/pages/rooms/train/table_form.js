// Which table is learned from, what of it is predicted, and how.

import { getJSON, postForm } from "../../api.js";
import { countText } from "/static/show/numbers.js";
import { announce, field, h, select } from "../../widgets.js";

const NUMBERS = [
  { key: "hidden", label: "Hidden units", kind: "text", start: "16", hint: "of each layer, such as 16 or 12, 6; empty for none" },
  { key: "learning_rate", label: "Learning rate", kind: "number", start: "0.005" },
  { key: "batch", label: "Rows a step", kind: "number", start: "32" },
  { key: "epochs", label: "Epochs", kind: "number", start: "300" },
  { key: "weight_decay", label: "Weight decay", kind: "number", start: "0.001" },
  { key: "test_share", label: "Held out", kind: "number", start: "0.2", hint: "share of the rows" },
  { key: "seed", label: "Seed", kind: "number", start: "0" },
];

export function tableForm(offers, state, signal, onError) {
  const known = state.get();
  let table = known.table ?? offers.tables[0];
  let described = null;
  const sample = select(offers.tables.map((name) => ({ value: name, label: name.replace("sample:", "") })), table, (name) => choose(name));
  const file = h("input", { type: "file", accept: ".csv,.tsv,text/csv", onchange: () => upload(file.files[0]) });
  const about = h("p", { class: "note" });
  const target = h("div", {});
  const controls = Object.fromEntries(NUMBERS.map(({ key, kind, start }) => [key, h("input", {
    type: kind, step: "any", value: known[key] ?? start,
    onchange: () => state.set({ [key]: controls[key].value === start ? null : controls[key].value || " " }),
  })]));
  const activation = select(offers.activations.filter((name) => name !== "softmax"), known.activation ?? "tanh", (name) => state.set({ activation: name === "tanh" ? null : name }));
  const optimiser = select(offers.optimisers, known.optimiser ?? "adam", (name) => state.set({ optimiser: name === "adam" ? null : name }));
  let chosen = null;

  let loading = null;
  const load = () => (loading ??= choose(table, known.target ?? null));

  async function choose(name, wanted = null) {
    try {
      take(await getJSON(`/api/train/tables/${encodeURIComponent(name)}`, { signal }), wanted);
    } catch (error) {
      onError(error);
    }
  }

  async function upload(picked) {
    if (!picked) return;
    const form = new FormData();
    form.append("file", picked);
    try {
      take(await postForm("/api/train/tables", form, { signal }), null);
      announce(`${picked.name}: ${described.rows} rows`);
    } catch (error) {
      onError(error);
    }
  }

  function take(told, wanted) {
    described = told;
    table = told.table;
    if (!offers.tables.includes(table) && ![...sample.options].some((option) => option.value === table)) {
      sample.append(h("option", { value: table }, told.name));
    }
    sample.value = table;
    about.textContent = `${countText(told.rows)} rows, ${told.columns.length} columns.`;
    const able = told.columns.filter((column) => column.task);
    chosen = able.some((column) => column.name === wanted) ? wanted : told.target;
    const pick = select(able.map((column) => ({ value: column.name, label: `${column.name} (${column.task === "classify" ? "classes" : "numbers"})` })), chosen, (name) => {
      chosen = name;
      state.set({ target: name });
    });
    target.replaceChildren(field("Predict", pick));
    state.set({ table, target: chosen });
  }

  return {
    element: h("div", { class: "form" },
      field("Table", sample), field("or a CSV file of yours", file, "It stays in this app's memory."), about, target,
      h("details", {}, h("summary", {}, "The network and how it is trained"),
        h("div", { class: "pairs" }, field("Activation", activation), field("Optimiser", optimiser),
          NUMBERS.map(({ key, label, hint }) => field(label, controls[key], hint))))),
    load,
    asked: async () => (await load(), [{
      kind: "table", table, target: chosen ?? "", activation: activation.value, optimiser: optimiser.value,
      hidden: controls.hidden.value.split(/[\s,]+/).filter(Boolean).map(Number),
      ...Object.fromEntries(NUMBERS.slice(1).map(({ key }) => [key, Number(controls[key].value)])),
    }]),
  };
}
