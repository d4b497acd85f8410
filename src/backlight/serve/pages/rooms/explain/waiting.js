// What is waited for, how far it has come, and the way to end it; and what went wrong, in words.

import { mayPass } from "../../api.js";
import { button, h } from "../../widgets.js";

// What is no error.
const WORDS = {
  stopped: "Stopped before the map was done.",
  unasked: "This model answers questions about a photo: ask one.",
  unread: "This model compares a photo with a text: give it one.",
};

const saidOf = (failure) => WORDS[failure] ?? failure?.message;

export function waitingOf(session) {
  const lines = [0, 1].map((number) => line(session, number));
  const element = h("div", { class: "waits" }, lines.map((one) => one.element));
  return { element, update: () => lines.forEach((one) => one.update()) };
}

function line(session, number) {
  const words = h("span", {});
  const bar = h("progress", { "aria-label": "How far the explanation has come" });
  const busy = h("div", { class: "busy" }, words, bar, button("Cancel", () => session.stop(number)));
  const said = h("p", { role: "alert" });
  const again = button("Explain again", () => session.again(number));
  const failed = h("div", { class: "failure" }, said, again);
  const element = h("div", { class: "wait" });

  function update() {
    const running = session.running[number];
    const failure = session.failures[number];
    // What is wrong with both is said once.
    const common = failure && failure !== "stopped" && session.compared && saidOf(session.failures[0]) === saidOf(session.failures[1]);
    const side = session.compared && !common ? `${"AB"[number]}: ` : "";
    if (running) {
      words.textContent = side + told(running);
      if (running.total > 0) Object.assign(bar, { max: running.total, value: running.done });
      else bar.removeAttribute("value");
    }
    if (failure) {
      const text = side + saidOf(failure);
      if (said.textContent !== text) said.textContent = text;
      failed.classList.toggle("calm", String(failure) in WORDS);
      again.hidden = !(failure === "stopped" || failure.lost || mayPass(failure));
    }
    show(running ? busy : failure ? failed : null);
    element.hidden = Boolean(common && number === 1 && !running);
  }

  function show(part) {
    if (element.firstChild === part) return;
    const held = element.contains(document.activeElement);
    element.replaceChildren(...(part ? [part] : []));
    if (held) (part?.querySelector("button") ?? document.getElementById("room")).focus({ preventScroll: true });
  }

  return { element, update };
}

function told({ done, total, queued }) {
  if (queued > 0) return `Waiting for ${queued} before …`;
  return total > 1 ? `Explaining: ${done} of ${total}` : "Explaining …";
}
