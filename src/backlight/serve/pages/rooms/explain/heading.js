// What the model said, as the heading of the room.

import { h } from "../../widgets.js";
import { percentText } from "./classes.js";

export function heading(session) {
  const asked = h("h1", {}, "Why did it say that?");
  const facts = h("p", { class: "lede numbers" });
  const element = h("header", { class: "masthead" }, asked, facts);

  function update() {
    const answer = session.answers[session.view.side];
    if (!answer) return;
    asked.textContent = `Why “${answer.target.name ?? answer.target.label}”?`;
    facts.textContent = told(answer);
  }

  function told({ target, layer, method, top }) {
    const share = target.probability ?? top?.find(({ index }) => index === target.index)?.probability;
    return [
      session.model.name,
      share === undefined || share === null ? "" : percentText(share),
      session.catalogue.method(method).title,
      layer ? `at ${layer.name ?? layer}` : "",
    ].filter(Boolean).join(" · ");
  }

  return { element, update };
}
