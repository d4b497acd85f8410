// Where photos come from: a file, the clipboard, a drop anywhere on the page, the samples.

import { postForm } from "../../api.js";
import { announce, h, showError, clearError } from "../../widgets.js";

/** The row of photos above the stage. `signal` ends its listening on the page. */
export function photoRow(session, signal) {
  const chooser = h("input", { type: "file", accept: "image/*", class: "unseen", id: "photo-file", onchange: () => take(chooser.files[0]) });
  const samples = h("ul", { class: "samples", "aria-label": "Sample photos" });
  const element = h("section", { class: "photos", "aria-label": "Photo" },
    h("div", { class: "photo-row" },
      h("div", { class: "choose" },
        chooser,
        h("label", { for: "photo-file", class: "button" }, "Choose a photo"),
        h("small", {}, "or drop or paste one")),
      samples));
  const veil = h("div", { class: "drop-veil", hidden: true, "aria-hidden": "true" }, h("p", {}, "Drop the photo anywhere"));
  element.append(veil);

  async function take(file) {
    if (!file) return;
    clearError(element);
    element.setAttribute("aria-busy", "true");
    announce(`Taking in ${file.name || "the photo"}`);
    const form = new FormData();
    form.append("file", file, file.name || "pasted");
    try {
      session.choosePhoto((await postForm("/api/photos", form, { signal })).photo);
    } catch (error) {
      showError(element, error);
    } finally {
      element.removeAttribute("aria-busy");
      chooser.value = "";
    }
  }

  listen(document, signal, {
    dragover(event) {
      if (!holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      veil.hidden = false;
    },
    dragleave(event) {
      if (!event.relatedTarget) veil.hidden = true;
    },
    drop(event) {
      veil.hidden = true;
      if (!holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    },
    paste(event) {
      const [file] = event.clipboardData?.files ?? [];
      if (!file) return;
      event.preventDefault();
      take(file);
    },
  });

  // A sample is asked for when it comes into sight, not before.
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      target.firstChild.src = target.firstChild.dataset.src;
    }
  });
  signal.addEventListener("abort", () => seen.disconnect());

  let shown = null;
  function update() {
    clearGone();
    if (!shown) {
      shown = session.catalogue.samples.map((sample) => tile(sample));
      samples.append(...shown.map(({ item }) => item));
    }
    for (const { button, sample } of shown) button.setAttribute("aria-pressed", String(sample.photo === session.photo));
    if (session.photo !== pointed) point();
  }

  /** The sample that is shown is in sight in its row, without the page being moved. */
  let pointed = null;
  function point() {
    pointed = session.photo;
    const chosen = samples.querySelector("[aria-pressed=true]")?.parentElement;
    if (!chosen) return;
    const at = chosen.offsetLeft;
    if (at < samples.scrollLeft || at + chosen.offsetWidth > samples.scrollLeft + samples.clientWidth) samples.scrollLeft = at - samples.clientWidth / 2;
  }

  function tile(sample) {
    const button = h("button", { type: "button", title: sample.name, onclick: () => session.choosePhoto(sample.photo) },
      h("img", { "data-src": `/api/photos/${encodeURIComponent(sample.photo)}?side=160`, alt: sample.name, draggable: "false", decoding: "async", fetchpriority: "low" }));
    seen.observe(button);
    return { sample, button, item: h("li", {}, button) };
  }

  /** A refusal is over when another photo is looked at. */
  let refusedOf = null;
  function clearGone() {
    if (session.photo !== refusedOf) clearError(element);
    refusedOf = session.photo;
  }

  return { element, update };
}

function listen(place, signal, handlers) {
  for (const [name, handler] of Object.entries(handlers)) place.addEventListener(name, handler, { signal });
}

function holdsFiles(transfer) {
  return [...(transfer?.types ?? [])].includes("Files");
}
