// Models that speak: the question that is put to one and its answer; the words of a caption, each
// of which has a map of its own.

import { button, field, h } from "../../widgets.js";

export function wordChoice(session, number) {
  const question = h("input", { type: "text", maxlength: "300", onkeydown: (event) => { if (event.key === "Enter") ask(question.value); } });
  const offered = h("div", { class: "offered" });
  const answered = h("p", { class: "answered" });
  const asking = h("div", { class: "asking" },
    h("div", { class: "question" }, field("Question", question), button("Ask", () => ask(question.value), { class: "primary" })),
    offered, answered);
  const caption = h("p", { class: "caption" });
  const spoken = h("div", {}, h("h3", {}, "What it says"), caption,
    h("p", { class: "note" }, "Choose a word to see where the model looked for it; once more, and the map is that of the whole caption."));
  const known = h("details", { class: "known" });
  const element = h("div", { class: "words" }, asking, spoken, known);
  let drawn = "";

  function ask(text) {
    session.set(number, { question: text.trim(), target: "", against: "" });
  }

  function update() {
    const side = session.view.sides[number];
    if (!side) return;
    const { task } = session.model;
    element.hidden = task !== "caption" && task !== "vqa";
    if (element.hidden) return;
    asking.hidden = task !== "vqa";
    spoken.hidden = task !== "caption";
    const said = session.answers[number]?.said ?? null;
    if (document.activeElement !== question) question.value = session.questionOf(number);
    const key = JSON.stringify([session.model.name, session.photo, said, side.word]);
    if (key === drawn) return;
    drawn = key;
    drawVocabulary();
    drawOffered();
    answered.textContent = said?.answer ? `Answer: ${said.answer}` : "";
    if (said?.caption) drawCaption(said, side);
  }

  function drawOffered() {
    const sample = session.catalogue.samples.find(({ photo }) => photo === session.photo);
    offered.replaceChildren(...(sample?.questions ?? []).map((text) => button(text, () => ask(text))));
    offered.hidden = !offered.children.length;
  }

  function drawVocabulary() {
    const words = session.model.vocabulary ?? [];
    known.hidden = !words.length;
    known.replaceChildren(h("summary", {}, `The ${words.length} words it knows`), h("p", { class: "note" }, words.join(", ")));
  }

  function drawCaption(said, side) {
    const at = [...caption.querySelectorAll("button")].indexOf(document.activeElement);
    const chosen = (place) => side.word === String(place);
    caption.replaceChildren(...said.caption.flatMap((word, place) => [
      button(word, () => session.set(number, { word: chosen(place) ? "" : String(place) }), { "aria-pressed": String(chosen(place)), class: said.positions.includes(place) ? "lit" : "" }),
      " ",
    ]));
    if (at >= 0) caption.querySelectorAll("button")[at]?.focus({ preventScroll: true });
  }

  return { element, update };
}
