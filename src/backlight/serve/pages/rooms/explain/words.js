// Models that speak: the question that is put to one, its answer, the words of its caption, each of
// which has a map of its own.

import { button, field, h } from "../../widgets.js";

export function wordChoice(session, number) {
  const question = h("input", { type: "text", maxlength: "300", onkeydown: (event) => { if (event.key === "Enter") ask(); } });
  const asking = h("div", { class: "question" }, field("Question", question), button("Ask", () => ask(), { class: "primary" }));
  const answered = h("p", { class: "answered" });
  const caption = h("p", { class: "caption" });
  const note = h("p", { class: "note" }, "A word's map shows where the model looked for it.");
  const spoken = h("div", {}, h("h3", {}, "Caption"), caption, note);
  const element = h("div", { class: "words" }, asking, answered, spoken);
  let drawn = "";

  function ask() {
    session.set(number, { question: question.value.trim(), target: "" });
  }

  function update() {
    const side = session.view.sides[number];
    if (!side) return;
    const { task } = session.model;
    const said = session.answers[number]?.said ?? null;
    element.hidden = task !== "caption" && task !== "vqa" && task !== "answer";
    asking.hidden = task === "caption";
    spoken.hidden = task !== "caption";
    answered.hidden = asking.hidden || !said;
    if (document.activeElement !== question) question.value = side.question;
    if (said) draw(said, side);
  }

  function draw(said, side) {
    const key = JSON.stringify([said, side.word]);
    if (key === drawn) return;
    drawn = key;
    answered.textContent = said.answer ?? said.text ?? "";
    const at = [...caption.querySelectorAll("button")].indexOf(document.activeElement);
    caption.replaceChildren(...(said.words ?? []).flatMap((word, place) => [
      h("button", { type: "button", "aria-pressed": String(side.word === String(place)), onclick: () => session.set(number, { word: side.word === String(place) ? "" : String(place) }) }, word.word ?? word),
      " ",
    ]));
    if (at >= 0) caption.querySelectorAll("button")[at]?.focus({ preventScroll: true });
  }

  return { element, update };
}
