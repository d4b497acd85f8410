import { h } from "../widgets.js";

export const title = "Explain";

export async function mount(root) {
  root.append(h("header", { class: "masthead" }, h("h1", {}, title)));
}
