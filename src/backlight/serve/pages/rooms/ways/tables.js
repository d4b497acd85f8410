// The tables: every way beside the others, and every derivative by the main ones.

import { numberText } from "/static/show/numbers.js";
import { bytesText, secondsText } from "/static/show/units.js";
import { h } from "../../widgets.js";

// A derivative that was published to four digits may differ by its rounding; more is a mistake.
const ROUNDED = 1e-3;
const LISTED = 50;
const SHOWN = ["backprop", "dual", "central", "complex-step"];

export function waysPanel(catalog) {
  const titles = titlesOf(catalog);
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Every way" });
  const below = h("p", { class: "note" });
  const about = h("p", {});
  const element = h("section", { class: "panel", "aria-labelledby": "ways-table" }, h("h2", { id: "ways-table" }, "Every way"), about, place, below);
  return {
    element,
    show(table) {
      about.replaceChildren("f = ", h("b", { class: "value numbers" }, numberText(table.value, 10)), `, by ${table.inputs} number${table.inputs === 1 ? "" : "s"}; one evaluation takes ${secondsText(table.seconds)}.`);
      const size = table.inputs === 1 ? "Derivative" : "Length of the gradient";
      const heads = ["Way", size, "Absolute error", "Relative error", "Evaluations", "Time", "× evaluation", "Peak memory"];
      place.replaceChildren(h("table", { class: "ways" },
        h("thead", {}, h("tr", {}, heads.map((text, i) => h("th", { scope: "col", class: i ? "number" : null }, text)))),
        h("tbody", {}, table.ways.map((row) => wayRow(row, table, titles)))));
      below.textContent = remarks(table, titles);
    },
  };
}

function wayRow(row, table, titles) {
  const name = h("th", { scope: "row" }, titles.get(row.way) ?? row.way);
  if (row.reason !== null) return h("tr", { "data-way": row.way }, name, h("td", { colspan: 7, class: "refused" }, `Refused: ${reasonText(row.reason, titles)}`));
  const truth = row.way === table.truth;
  const cells = [
    numberText(row.norm, 7), truth ? "truth" : errorText(row.absolute_error), truth ? "truth" : errorText(row.relative_error),
    String(row.evaluations), secondsText(row.seconds), numberText(row.seconds / table.seconds, 2), bytesText(row.memory),
  ];
  return h("tr", { "data-way": row.way }, name, cells.map((text) => h("td", { class: "number" }, text)));
}

/** What the ways are called, by their names. */
export function titlesOf(catalog) {
  return new Map(catalog.ways.map(({ name, title }) => [name, title]));
}

/** A title as it stands at the end of a curve: "central", "the complex step". */
export function shortTitle(title) {
  return title.replace(/^the /, "").replace(/ differences$/, "");
}

/** What the library's callers would write, by the names on this page: "use central differences or dual numbers". */
export function reasonText(reason, titles) {
  return reason.replace(/method='[\w-]+'(?: or '[\w-]+')*/g, (names) =>
    names.split("'").filter((_, i) => i % 2).map((name) => titles.get(name) ?? name).join(" or "));
}

function errorText(error) {
  return error === 0 ? "0" : numberText(error, 2);
}

function remarks(table, titles) {
  const told = [`Errors are the largest of any derivative, against ${titles.get(table.truth) ?? table.truth}.`];
  if (table.ways.some(({ reason, relative_error }) => reason === null && relative_error === null)) told.push("–: a derivative that is 0 came out as another number; nothing is relative to 0.");
  const exact = table.ways.filter(({ way, reason }) => ["backprop", "dual"].includes(way) && reason === null);
  if (table.agreement === null && exact.length === 2) told.push(`Backpropagation and dual numbers differ by ${errorText(Math.max(...exact.map((row) => row.absolute_error)))} (absolute).`);
  if (table.agreement !== null) told.push(table.agreement === 0 ? "Backpropagation and dual numbers agree to the last bit." : `Backpropagation and dual numbers agree to ${errorText(table.agreement)} (relative).`);
  told.push("Times and memory were measured just now, in the app: Python and NumPy allocations above the start.");
  return told.join(" ");
}

export function derivativesPanel(catalog) {
  const titles = titlesOf(catalog);
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Every derivative" });
  const below = h("p", { class: "note" });
  const element = h("section", { class: "panel", "aria-labelledby": "derivatives-table" }, h("h2", { id: "derivatives-table" }, "Every derivative"), place, below);
  return {
    element,
    show(table) {
      const ways = SHOWN.filter((way) => table.gradients[way]);
      const heads = ["by", ...ways.map((way) => titles.get(way) ?? way), ...(table.claimed ? [table.claimed.title] : [])];
      const entries = table.entries.slice(0, LISTED);
      const rows = entries.map((entry, i) => derivativeRow(entry, i, ways, table));
      if (table.claimed && table.claimed.value !== null) rows.unshift(valueRow(ways, table));
      place.replaceChildren(h("table", { class: "derivatives" },
        h("thead", {}, h("tr", {}, heads.map((text, i) => h("th", { scope: "col", class: i ? "number" : null }, text)))), h("tbody", {}, rows)));
      below.textContent = table.entries.length > LISTED ? `The first ${LISTED} of ${table.entries.length}.` : "";
      if (rows.some((row) => row.querySelector(".wrong"))) below.textContent += " What was published is wrong where it is marked.";
    },
  };
}

function derivativeRow(entry, i, ways, table) {
  const right = table.gradients[table.truth];
  const largest = Math.max(...right.map(Math.abs));
  return h("tr", { "data-entry": entry }, h("th", { scope: "row" }, entry),
    ways.map((way) => h("td", { class: "number" }, numberText(table.gradients[way][i], 10))),
    table.claimed ? claimedCell(table.claimed.numbers[i], right[i], largest) : null);
}

function valueRow(ways, table) {
  return h("tr", { "data-entry": "f" }, h("th", { scope: "row" }, "f itself"),
    ways.map(() => h("td", { class: "number" }, numberText(table.value, 10))), claimedCell(table.claimed.value, table.value, Math.abs(table.value)));
}

function claimedCell(claimed, right, largest) {
  const wrong = Math.abs(claimed - right) > ROUNDED * largest;
  return h("td", { class: `number ${wrong ? "wrong" : "right"}` }, numberText(claimed, 7), wrong ? h("span", {}, " ✗ wrong") : h("span", {}, " ✓"));
}
