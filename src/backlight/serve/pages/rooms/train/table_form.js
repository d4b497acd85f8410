// Which table is learned from, what of it is predicted, and how.

import { getJSON, postForm } from "../../api.js";
import { announce, clearError, field, h, inFormsWords, select, showError } from "../../widgets.js";
import { counted } from "./words.js";

const NUMBERS = [
  { key: "hidden", label: "Hidden units", kind: "text", start: "16", hint: "of each layer, such as 16 or 12, 6; empty for none" },
  { key: "learning_rate", label: "Learning rate", kind: "number", start: "0.005" },
  { key: "batch", label: "Rows a step", kind: "number", start: "32" },
  { key: "epochs", label: "Epochs", kind: "number", start: "300" },
  { key: "weight_decay", label: "Weight decay", kind: "number", start: "0.001" },
  { key: "test_share", label: "Held out", kind: "number", start: "0.2", hint: "share of the rows" },
  { key: "seed", label: "Seed", kind: "number", start: "0" },
];

const TOLD = 3; // columns, of those that cannot be predicted

/** `onChange` is called whenever `ready()` may have become another. */
export function tableForm(offers, state, signal, onChange) {
  const known = state.get();
  let table = known.table ?? offers.tables[0];
  let described = null; // what the server says of it
  let chosen = null; // the column to predict
  let wanted = known.target ?? null; // of the next table, where it has such a column
  let gone = false; // the server has it no longer
  let loading = null;
  let asked = 0; // of tables; the last one that was asked for counts
  const sample = select(offers.tables.map((name) => ({ value: name, label: name.replace("sample:", "") })), table, (name) => choose(name));
  // Emptied first, so that the same file may be chosen again.
  const file = h("input", { type: "file", accept: ".csv,.tsv,text/csv", onclick: () => { file.value = ""; }, onchange: () => upload(file.files[0]) });
  const about = h("p", { class: "note" });
  const target = h("div", {});
  const controls = Object.fromEntries(NUMBERS.map(({ key, kind, start }) => [key, h("input", {
    type: kind, step: "any", value: known[key] ?? start,
    onchange: () => state.set({ [key]: controls[key].value === start ? null : controls[key].value || " " }),
  })]));
  const activation = select(offers.activations.filter((name) => name !== "softmax"), known.activation ?? "tanh", (name) => state.set({ activation: name === "tanh" ? null : name }));
  const optimiser = select(offers.optimisers, known.optimiser ?? "adam", (name) => state.set({ optimiser: name === "adam" ? null : name }));
  const element = h("div", { class: "form" },
    field("Table", sample), field("or a CSV file of yours", file, "It stays in this app's memory."), about, target,
    h("details", {}, h("summary", {}, "The network and how it is trained"),
      h("div", { class: "pairs" }, field("Activation", activation), field("Optimiser", optimiser),
        NUMBERS.map(({ key, label, hint }) => field(label, controls[key], hint)))));
  const fields = {
    table: { label: "Table", control: sample },
    activation: { label: "Activation", control: activation }, optimiser: { label: "Optimiser", control: optimiser },
    ...Object.fromEntries(NUMBERS.map(({ key, label }) => [key, { label, control: controls[key] }])),
  };

  const load = () => (loading ??= choose(table));

  function choose(name) {
    return use(getJSON(addressOf(name), { signal }), sample, name, () => choose(name));
  }

  function upload(picked) {
    if (!picked) return;
    const form = new FormData();
    form.append("file", picked);
    use(postForm("/api/train/tables", form, { signal }), file, null, () => upload(picked));
  }

  /** The table that comes; what goes wrong is told at `control`. */
  function use(answer, control, name, again) {
    const mine = ++asked;
    clearError(element);
    loading = answer.then((told) => {
      if (mine !== asked) return;
      take(told);
      if (control === file) announce([`${told.name}: ${counted(told.rows, "row")}`, chosen === null ? noneText(told) : ""].filter(Boolean).join(". "));
    }, (error) => {
      if (mine !== asked) return;
      loading = described && Promise.resolve();
      if (error.status === 404) return lose(name);
      if (described) sample.value = table;
      showError(element, Object.assign(error, { control }), again);
    });
    return loading;
  }

  function take(told) {
    described = told;
    table = told.table;
    gone = false;
    clearError(element);
    if (![...sample.options].some((option) => option.value === table)) sample.append(h("option", { value: table }, told.name));
    sample.value = table;
    about.textContent = `${counted(told.rows, "row")}, ${counted(told.columns.length, "column")}.`;
    const able = told.columns.filter((column) => column.task);
    chosen = able.some((column) => column.name === wanted) ? wanted : told.target;
    wanted = null;
    const pick = select(able.map((column) => ({ value: column.name, label: `${column.name} (${column.task === "classify" ? "classes" : "numbers"})` })), chosen, (name) => {
      chosen = name;
      state.set({ target: name });
    });
    fields.target = { label: "Predict", control: pick };
    const none = chosen === null ? noneText(told) : "";
    target.replaceChildren(none ? h("p", {}, none) : field("Predict", pick));
    state.set({ table, target: chosen });
    onChange();
  }

  /** The server has a table no longer. */
  function lose(name) {
    const option = [...sample.options].find((one) => one.value === name);
    const called = option?.text ?? "The table of this address";
    option?.remove();
    if (name === table) {
      wanted = chosen ?? wanted;
      gone = true;
      described = chosen = loading = null;
      about.textContent = "";
      target.replaceChildren();
      file.value = "";
    }
    sample.value = described ? table : "";
    const told = `${called} is no longer in the app's memory: choose the file again, or another table.`;
    showError(element, Object.assign(new Error(told), { control: file }));
    onChange();
  }

  /** Whether the server still has the table; told where it has not. */
  async function check() {
    const name = table;
    if (!described || offers.tables.includes(name)) return;
    await getJSON(addressOf(name), { signal }).catch((error) => error.status === 404 && name === table && lose(name));
  }

  function settings() {
    for (const { key, label, start, kind } of NUMBERS) {
      const control = controls[key];
      const parts = kind === "text" ? parted(control.value) : [control.value];
      const wrong = parts.find((part) => part.trim() === "" || !Number.isFinite(Number(part)));
      if (wrong === undefined) continue;
      const is = kind === "text" ? `: ${wrong} is no number` : ` is ${control.validity.badInput ? "no number" : "empty"}`;
      throw Object.assign(new Error(`${label}${is}; expected a number such as ${start}`), { control });
    }
    const { hidden, ...others } = controls;
    return {
      hidden: parted(hidden.value).map(Number),
      ...Object.fromEntries(Object.entries(others).map(([key, control]) => [key, Number(control.value)])),
    };
  }

  return {
    element, load, check,
    ready: () => !gone && (!described || chosen !== null),
    /** What is to be trained; nothing where there is no table, which is told then. */
    async asked() {
      await load();
      if (!described || chosen === null) return [];
      return [{ kind: "table", table, target: chosen, activation: activation.value, optimiser: optimiser.value, ...settings() }];
    },
    /** Whether the form has told by itself why the server, or it, refuses what it asks for. */
    refused(error) {
      if (error.status === 404) {
        lose(table);
        file.focus({ preventScroll: true });
        return true;
      }
      const { control } = inFormsWords(error, fields);
      if (!control) return false;
      showError(element, error);
      control.focus({ preventScroll: true });
      return true;
    },
  };
}

function addressOf(table) {
  return `/api/train/tables/${encodeURIComponent(table)}`;
}

function parted(text) {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** Why there is nothing to predict, by its first columns. */
function noneText({ columns }) {
  const more = columns.length > TOLD ? `; and ${counted(columns.length - TOLD, "more column")}` : "";
  return `No column of this table can be predicted: ${columns.slice(0, TOLD).map((one) => one.problem).join("; ")}${more}.`;
}
