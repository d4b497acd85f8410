// The HTTP API, told from its OpenAPI document.

import { getJSON } from "../api.js";
import { h } from "../widgets.js";

export const title = "API";

export async function mount(root) {
  root.append(head());
  const document = await getJSON("/openapi.json");
  const groups = Map.groupBy ? Map.groupBy(entries(document), (e) => e.group) : grouped(entries(document));
  for (const [group, list] of groups) {
    root.append(h("section", { class: "panel endpoints", "aria-labelledby": `group-${group}` },
      h("h2", { id: `group-${group}` }, `/api/${group}`), list.map((entry) => endpoint(entry, document))));
  }
}

function head() {
  const example = `curl -F file=@photo.jpg ${location.origin}/api/photos`;
  return h("header", { class: "masthead" }, h("h1", {}, "API"),
    h("p", { class: "lede" }, "What the rooms do, programs can do too: JSON in, JSON and pictures out. The whole of it as an ",
      h("a", { href: "/openapi.json", target: "_blank" }, "OpenAPI document"), "."),
    h("pre", { class: "example", tabindex: 0, "aria-label": "An example" }, example));
}

function entries(document) {
  const found = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, told] of Object.entries(methods)) {
      found.push({ path, method: method.toUpperCase(), told, group: path.split("/")[2] });
    }
  }
  return found;
}

function grouped(list) {
  const groups = new Map();
  for (const entry of list) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}

function endpoint({ path, method, told }, document) {
  const rows = [
    ...(told.parameters ?? []).map((p) => [p.name, p.in, p.schema, p.required, p.description]),
    ...bodyRows(told.requestBody, document),
  ];
  return h("details", {},
    h("summary", {}, h("code", { class: "method" }, method), " ", h("code", {}, breakable(path)), " ",
      h("span", { class: "note" }, told.summary ?? "")),
    told.description ? h("p", { class: "note" }, told.description) : null,
    rows.length ? table(rows, document) : h("p", { class: "note" }, "Takes nothing."),
    h("p", { class: "note" }, "Answers: ", answers(told.responses)));
}

/** An address that is broken into lines behind its slashes alone. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part) => [part, h("wbr")]).slice(0, -1);
}

function bodyRows(body, document) {
  return Object.values(body?.content ?? {}).flatMap((form) => {
    const schema = followed(form.schema, document);
    return Object.entries(schema.properties ?? {}).map(([name, part]) =>
      [name, "body", part, (schema.required ?? []).includes(name), part.description]);
  });
}

function table(rows, document) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What it takes" },
    h("table", {}, h("thead", {}, h("tr", {}, ["Name", "In", "Kind", "About"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, rows.map(([name, place, schema, required, about]) => h("tr", {},
        h("th", { scope: "row" }, h("code", {}, name), required ? "" : h("small", {}, " optional")),
        h("td", {}, place), h("td", {}, kind(schema, document)), h("td", {}, about ?? ""))))));
}

function kind(schema, document) {
  const told = followed(schema, document);
  if (told.anyOf) return told.anyOf.map((one) => kind(one, document)).join(" or ");
  if (told.enum) return told.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (told.const !== undefined) return JSON.stringify(told.const);
  if (told.format === "binary" || told.contentMediaType) return "file";
  if (told.type === "array") return `list of ${told.items ? kind(told.items, document) : "anything"}${bounds(told, "Items")}`;
  return `${told.type ?? "anything"}${bounds(told, "Length")}${range(told)}`;
}

function bounds(schema, what) {
  const [least, most] = [schema[`min${what}`], schema[`max${what}`]];
  return most === undefined ? "" : ` (${least ?? 0} to ${most})`;
}

function range(schema) {
  const least = schema.minimum ?? schema.exclusiveMinimum;
  const most = schema.maximum ?? schema.exclusiveMaximum;
  if (least === undefined && most === undefined) return "";
  return ` (${least ?? "…"} to ${most ?? "…"})`;
}

function answers(responses) {
  return Object.entries(responses ?? {}).map(([status, told]) => `${status} ${told.description}`).join(" · ");
}

function followed(schema, document) {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((place, name) => place[name], document);
}
