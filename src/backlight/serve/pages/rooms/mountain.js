import { h } from "../widgets.js";

export const title = "Mountain";

export async function mount(root) {
  root.append(h("header", { class: "masthead" }, h("h1", {}, title)));
}
