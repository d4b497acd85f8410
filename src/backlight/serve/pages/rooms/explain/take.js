// What a person takes along: the picture, the page, the numbers, the command that asks the same.

import { announce, button, clearError, fileLink, h, showError } from "../../widgets.js";
import { whenText } from "./kept.js";
import { numberText } from "/static/show/numbers.js";

const FILES = [["picture.png", "PNG", "The picture, with legend and caption"], ["page.html", "Page", "A page of its own that works without a server"], ["map.npz", "NPZ", "The raw map, for NumPy"]];

export function takeAlong(session) {
  const heading = h("h2", {}, "Take it along");
  const links = h("p", { class: "row" });
  const facts = h("p", { class: "note numbers" });
  const command = h("code", { id: "explain-command" });
  const copy = button("Copy", () => copied());
  const asking = h("div", { class: "same" }, h("h3", {}, "The same on the command line"), h("div", { class: "command" }, h("pre", {}, command), copy));
  const element = h("section", { class: "panel take", "aria-label": "Take it along" }, heading, links, facts,
    asking);
  let drawn = null;

  function update() {
    const { side } = session.view;
    const answer = session.answers[side];
    element.hidden = !answer;
    heading.textContent = session.compared ? `Take map ${"AB"[side]} along` : "Take it along";
    if (!answer || answer === drawn) return;
    drawn = answer;
    clearError(element);
    // The page is drawn by who made the explanation, and not kept.
    const files = FILES.filter(([name]) => !answer.kept || name !== "page.html");
    links.replaceChildren(...files.map(([name, text, title]) => file(answer, `${answer.files}/${name}`, text, title)));
    const elsewhere = answer.kept || answer.photo.startsWith("sample:"); // than where the person has it
    if (elsewhere) links.append(file(answer, `/api/photos/${encodeURIComponent(answer.photo)}/file`, "Photo", "The photo itself, which the command below reads"));
    if (answer.kept) links.append(button("Explain again", () => session.again(0)));
    facts.textContent = factsOf(answer);
    command.textContent = answer.command;
    asking.hidden = !answer.command; // a made scene is no file that could be named there
  }

  function file(answer, href, text, title) {
    return fileLink(text, href, (error) => {
      showError(element, error);
      session.lost(session.answers.indexOf(answer), error);
    }, { title });
  }

  async function copied() {
    try {
      await navigator.clipboard.writeText(command.textContent);
      copy.textContent = "Copied";
      announce("The command is copied");
    } catch {
      getSelection().selectAllChildren(command);
      copy.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  }

  return { element, update };
}

function factsOf({ map, seconds, gradients_title: way, kept }) {
  const took = `by ${way}, in ${numberText(seconds, 2)}\u00a0s${kept ? `; kept as “${kept.name}” on ${whenText(kept.made)}` : ""}`;
  if (!map.values) return `The raw map: ${map.rows} × ${map.columns} pixels, ${took}.`;
  const low = map.values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = map.values.reduce((most, value) => Math.max(most, value), -Infinity);
  return `The raw map: ${map.rows} × ${map.columns} values from ${numberText(low)} to ${numberText(high)}, ${took}.`;
}
