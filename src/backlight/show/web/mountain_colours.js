// The colours of places, the same in the picture, in its legend and in the counts.

// Okabe and Ito's, told apart with every kind of colour blindness; letters and numbers stand beside them.
const PLACE_COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#f0e442", "#0072b2"];
const NOWHERE = "#9a9da3";

/** A colour for each place by its label; minima and maxima begin at different ends. */
export function placeColours(places) {
  const colours = new Map();
  let minima = 0;
  let maxima = 0;
  for (const place of places) {
    const count = PLACE_COLOURS.length;
    const index = place.kind === "minimum" ? minima++ : count - 1 - 2 - (maxima++);
    colours.set(place.label, PLACE_COLOURS[((index % count) + count) % count]);
  }
  return colours;
}

/** The colour of a climber by how it ended. */
export function endColour(ended, colours) {
  return ended?.how === "reached" || ended?.how === "underway" ? colours.get(ended.place) ?? NOWHERE : NOWHERE;
}

/** What the style sheet says the page's colours are now. */
export function pageColours(element) {
  const style = getComputedStyle(element);
  const said = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const ink = said("--ink", "#1d1f24");
  const paper = said("--paper", "#fafaf8");
  return {
    ink, paper, muted: said("--muted", "#5d626b"), line: said("--line", "#dfe0dd"),
    raised: said("--raised", "#ffffff"), accent: said("--accent", "#31479e"),
    dark: isDark(paper), font: style.fontFamily, size: parseFloat(style.fontSize),
  };
}

function isDark(colour) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (!hex) return matchMedia("(prefers-color-scheme: dark)").matches;
  return hex.slice(1).reduce((sum, part) => sum + parseInt(part, 16), 0) < 384;
}
