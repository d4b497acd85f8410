"use strict";
// One photo's controls act on that photo only. All state lives in the controls themselves.

for (const photo of document.querySelectorAll(".photo")) {
  const slider = photo.querySelector("input[type=range]");
  const readout = photo.querySelector("output");
  const boxes = photo.querySelector("input[type=checkbox]");
  // Buttons, and the words of a caption: one group, so one of them all is chosen.
  const choices = [...photo.querySelectorAll("input[type=radio]")];
  const opacities = new Map(); // each map keeps the opacity it was left at

  const shown = () => photo.querySelector(".layer.shown");

  const fade = () => {
    const percent = Number(slider.value);
    photo.style.setProperty("--opacity", percent / 100);
    readout.value = `${percent} %`;
    slider.setAttribute("aria-valuetext", `${percent} percent`);
    opacities.set(shown(), percent);
  };

  const choose = (number) => {
    for (const part of photo.querySelectorAll("[data-map]")) {
      part.classList.toggle("shown", part.dataset.map === number);
    }
    for (const choice of choices) {
      choice.parentElement.classList.toggle("lit", choice.value === number);
    }
    const layer = shown();
    slider.value = opacities.get(layer) ?? Number(layer.dataset.opacity);
    if (boxes) boxes.disabled = !layer.querySelector(".boxes");
    const picture = photo.querySelector(".stage svg");
    picture.setAttribute("aria-label", layer.dataset.label);
    fade();
  };

  if (!slider) continue; // no map of this photo could be made
  slider.addEventListener("input", fade);
  const outline = () => photo.classList.toggle("no-boxes", boxes !== null && !boxes.checked);
  boxes?.addEventListener("change", outline);
  const chosen = () => choices.find((choice) => choice.checked)?.value;
  for (const choice of choices) {
    choice.addEventListener("change", () => choose(choice.value));
    const word = choice.closest(".caption label");
    if (!word || choice.disabled) continue;
    // A mouse only looks; a touch, a click or a key chooses.
    word.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") choose(choice.value);
    });
    word.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") choose(chosen() ?? choice.value);
    });
  }
  // A reloaded page may come back with its controls set: show what they say.
  outline();
  choose(chosen() ?? shown().dataset.map);
}

for (const button of document.querySelectorAll("button.copy")) {
  const source = document.getElementById(button.dataset.copies);
  button.addEventListener("click", async () => {
    let copied = false;
    try {
      await navigator.clipboard.writeText(source.textContent);
      copied = true;
    } catch {
      // Without leave to use the clipboard: select the text, and try the old way.
      getSelection().selectAllChildren(source);
      copied = document.execCommand("copy");
    }
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

document.documentElement.classList.add("js");
