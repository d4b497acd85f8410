// Models that speak: the question that is put to one and its answer; the words of a caption, each
// of which has a map of its own.

import { button, field, h } from "../../widgets.js";

// What is typed for a model of each task, and under which name it is asked.
const FIELDS = {
  vqa: { label: "Question", name: "question" },
  caption: { label: "A caption of your own", name: "caption" },
  embed: { label: "Text to compare with", name: "caption" },
};

export function wordChoice(session, number) {
  const typed = h("input", { type: "text", maxlength: "300", onkeydown: (event) => { if (event.key === "Enter") ask(typed.value); } });
  const typing = field("Question", typed);
  const offered = h("div", { class: "offered" });
  const answered = h("p", { class: "answered" });
  const asking = h("div", { class: "asking" },
    h("div", { class: "question" }, typing, button("Ask", () => ask(typed.value), { class: "primary" })),
    offered, answered);
  const caption = h("p", { class: "caption" });
  const spoken = h("div", {}, h("h3", {}, "What it says"), caption,
    h("p", { class: "note" }, "Choose a word to see where the model looked for it; once more, and the map is that of the whole caption."));
  const known = h("details", { class: "known" });
  const element = h("div", { class: "words" }, spoken, asking, known);
  let drawn = "";

  function ask(text) {
    const { name } = FIELDS[session.model.task];
    session.set(number, { [name]: text.trim(), target: "", against: "", word: "" });
  }

  function update() {
    const side = session.view.sides[number];
    if (!side) return;
    const { task } = session.model;
    element.hidden = !(task in FIELDS);
    if (element.hidden) return;
    typing.firstChild.textContent = FIELDS[task].label;
    spoken.hidden = task !== "caption";
    const said = session.answers[number]?.said ?? null;
    if (document.activeElement !== typed) typed.value = task === "vqa" ? session.questionOf(number) : side.caption;
    const key = JSON.stringify([session.model.name, session.photo, said, side.word]);
    if (key === drawn) return;
    drawn = key;
    drawVocabulary();
    drawOffered();
    answered.textContent = said?.answer ? `Answer: ${said.answer}` : "";
    if (said?.caption) drawCaption(said, side);
  }

  function drawOffered() {
    const sample = session.model.task === "vqa" && session.catalogue.samples.find(({ photo }) => photo === session.photo);
    offered.replaceChildren(...(sample ? sample.questions : []).map((text) => button(text, () => ask(text))));
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
