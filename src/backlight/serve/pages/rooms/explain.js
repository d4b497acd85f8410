// The Explain room: a photo, a model's answer, and where in the photo it comes from.

import { field, h, select, styled } from "../widgets.js";
import { Catalogue } from "./explain/catalogue.js";
import { heading } from "./explain/heading.js";
import { lookBar, sideChoice } from "./explain/look.js";
import { photoRow } from "./explain/photos.js";
import { Session } from "./explain/session.js";
import { setting } from "./explain/setting.js";
import { shelf } from "./explain/shelf.js";
import { spotPanel } from "./explain/spot.js";
import { stage } from "./explain/stage.js";
import { takeAlong } from "./explain/take.js";

export const title = "Explain";

const STYLES = ["room", "photos", "stage", "settings", "spot"].map((part) => `/static/app/rooms/explain/${part}.css`);

export async function mount(root, state) {
  const leaving = new AbortController();
  const catalogue = new Catalogue(leaving.signal);
  await Promise.all([styled(...STYLES), catalogue.load()]);
  const session = new Session(state, catalogue);
  const parts = {
    heading: heading(session),
    photos: photoRow(session, leaving.signal),
    stage: stage(session),
    look: lookBar(session),
    sides: sideChoice(session),
    model: modelChoice(session),
    settings: [setting(session, 0), setting(session, 1)],
    spot: spotPanel(session),
    take: takeAlong(session),
    shelf: shelf(session, leaving.signal),
  };
  root.append(h("div", { class: "head" }, parts.heading.element, parts.photos.element),
    h("div", { class: "explain" },
      h("div", { class: "shown" }, parts.stage.element, parts.look.element),
      parts.spot.element,
      h("section", { class: "panel ask", "aria-label": "What is asked" },
        h("h2", { class: "unseen" }, "What is asked"), parts.model.element, parts.sides.element, parts.settings.map((one) => one.element)),
      h("div", { class: "kept" }, parts.take.element, parts.shelf.element)));

  session.listen(() => {
    for (const part of Object.values(parts).flat()) part.update();
    parts.settings.forEach((one, number) => { one.element.hidden = number !== session.view.side; });
  });
  session.look({});
  session.askAll();
  return () => {
    leaving.abort();
    session.close();
    parts.spot.close();
  };
}

function modelChoice(session) {
  const about = h("p", { class: "note" });
  const control = select(session.catalogue.models.map(({ name }) => name), session.model.name, (name) => session.chooseModel(name));
  const element = h("div", {}, field("Model", control), about);
  const missing = h("option", {});
  function update() {
    const { name } = session.model;
    missing.remove();
    if (session.model.missing) {
      missing.value = missing.textContent = name;
      control.prepend(missing);
    }
    control.value = name;
    about.textContent = session.model.about ?? "";
  }
  return { element, update };
}
