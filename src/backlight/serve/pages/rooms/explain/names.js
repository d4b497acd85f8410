// What the two settings are called, so that they can be told apart.

/** A or B, its method, and where that is the same for both, what else it differs by. */
export function sideName(session, number) {
  return `${"AB"[number]} · ${[methodTitle(session, number), differenceOf(session, number)].filter(Boolean).join(", ")}`;
}

function methodTitle({ catalogue, view }, number) {
  return catalogue.method(view.sides[number]?.method).title;
}

function differenceOf(session, number) {
  const [mine, other] = [session.view.sides[number], session.view.sides[1 - number]];
  if (!mine || !other || methodTitle(session, 0) !== methodTitle(session, 1)) return "";
  const { catalogue, model } = session;
  const label = (index) => (/^\d+$/.test(index) ? catalogue.name(model.name, index) : index);
  const told = {
    not: (value) => (value ? "against" : "for"),
    target: (value) => label(value) || session.answers[number]?.target.name || "the top class",
    against: (value) => (value ? `rather than ${label(value)}` : ""),
    layer: (value) => value || session.answers[number]?.layer?.name || "the best layer",
    gradients: (value) => (catalogue.gradients.find(({ name }) => name === value) ?? catalogue.gradients[0]).title,
    question: (value) => value || session.questionOf(number),
    caption: (value) => value || "its own caption",
    word: (value) => session.answers[number]?.said.caption?.[Number(value || NaN)] ?? "the whole caption",
  };
  const differing = Object.keys(told).find((name) => mine[name] !== other[name]);
  return differing ? told[differing](mine[differing]) : "";
}
