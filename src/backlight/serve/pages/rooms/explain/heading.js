// What the model said, as the heading of the room.

import { h } from "../../widgets.js";
import { shareText } from "/static/show/numbers.js";

export function heading(session) {
  const asked = h("h1", {}, "Why did it say that?");
  const facts = h("p", { class: "lede numbers" });
  const element = h("header", { class: "masthead" }, asked, facts);

  function update() {
    const answer = session.answers[session.view.side];
    asked.textContent = answer ? questionOf(answer) : "Why did it say that?";
    facts.textContent = answer ? told(answer) : session.model.name;
  }

  function questionOf({ asked: { model, counterfactual, against, word }, target, said }) {
    if (said.caption) return word === undefined ? "Why this caption?" : `Why the word “${said.positions.map((at) => said.caption[at]).join(" ")}”?`;
    if (counterfactual && against === undefined && target.class !== null) return `What speaks against “${session.catalogue.name(model, target.class)}”?`;
    const name = target.name.split(" rather than ").join("” rather than “");
    return counterfactual ? `What speaks against “${name.replace(/^not /, "")}”?` : `Why “${name}”?`;
  }

  function told({ model, target, layer, method }) {
    return [
      model,
      target.probability === null ? "" : shareText(target.probability),
      session.catalogue.method(method).title,
      layer ? `at ${layer.name}` : "",
    ].filter(Boolean).join(" · ");
  }

  return { element, update };
}
