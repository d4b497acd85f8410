// Which published run is trained again.

import { countText } from "/static/show/numbers.js";
import { field, h, select } from "../../widgets.js";

export function classicForm(classics, state) {
  const known = new Map(classics.map((one) => [one.name, one]));
  const about = h("p", { class: "note" });
  let chosen = known.has(state.get().classic) ? state.get().classic : classics[0].name;
  const tell = () => {
    const one = known.get(chosen);
    about.textContent = `${one.title}. ${countText(one.epochs)} epochs at most. ${one.source}.`;
  };
  const control = select(classics.map((one) => one.name), chosen, (name) => {
    chosen = name;
    state.set({ classic: name });
    tell();
  });
  tell();
  return {
    element: h("div", { class: "form" }, field("Run", control), about),
    asked: () => [{ kind: "classic", name: chosen }],
  };
}
