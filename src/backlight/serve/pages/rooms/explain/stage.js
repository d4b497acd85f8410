// The photo, and over it the maps: one, or two on either side of a divider. Lengths inside the
// drawing are photo pixels.

import { putAttributes } from "/static/show/elements.js";
import { h, svg } from "../../widgets.js";
import { dividerOf } from "./divider.js";
import { sideName } from "./names.js";
import { onPhoto } from "./places.js";
import { spotLayer } from "./spot_layer.js";
import { waitingOf } from "./waiting.js";

// A photo this small is shown with every pixel as a square.
const SMALL_SIDE = 96;

export function stage(session) {
  const ground = svg("image", { class: "ground", preserveAspectRatio: "none" });
  const veil = svg("path", { class: "veil", "fill-rule": "evenodd", fill: "url(#explain-hatch)" });
  const cuts = [svg("rect", {}), svg("rect", {})];
  const outlines = [0, 1].map(() => svg("g", { class: "boxes" }));
  const layers = [0, 1].map((number) => svg("g", { class: "layer", "clip-path": `url(#explain-side-${number})` }));
  const hatch = svg("pattern", { id: "explain-hatch", patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  const drawing = svg("svg", { role: "img", preserveAspectRatio: "none" },
    svg("defs", {}, hatch, cuts.map((cut, number) => svg("clipPath", { id: `explain-side-${number}` }, cut))),
    ground, veil, layers);
  const spot = spotLayer(session);
  const divider = dividerOf(session);
  const tags = [0, 1].map((number) => h("p", { class: `tag tag-${number}`, hidden: true }));
  const gone = h("p", { class: "gone", hidden: true }, "The server no longer has this photo. Choose it again, or take a sample.");
  const frame = h("div", { class: "frame" }, drawing, tags, gone);
  const waiting = waitingOf(session);
  const element = h("figure", { class: "stage" }, frame, waiting.element);

  drawing.append(spot.marks);
  frame.append(spot.surface, divider.element);

  let size = [4, 3];
  let photo = null;

  const known = () => session.answers.find((answer) => answer?.photo === photo);

  function take(address) {
    const picture = new Image();
    picture.onload = () => {
      if (session.photo !== photo) return;
      frame.classList.remove("missing");
      gone.hidden = true;
      // It may be shown smaller than it is: an answer tells its own size.
      if (!known()) fit([picture.naturalWidth, picture.naturalHeight]);
      ground.setAttribute("href", address);
    };
    picture.onerror = () => {
      ground.removeAttribute("href");
      frame.classList.add("missing");
      gone.hidden = false;
    };
    picture.src = address;
  }

  function fit(next) {
    size = next;
    const [width, height] = size;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    frame.style.setProperty("--ratio", width / height);
    const step = Math.max(width, height) / 90;
    hatch.replaceChildren(svg("rect", { width: step, height: step, class: "shade" }), svg("rect", { width: step / 8, height: step, class: "line" }));
    putAttributes(hatch, { width: step, height: step });
    putAttributes(ground, { width, height });
    ground.classList.toggle("crisp", Math.max(width, height) <= SMALL_SIDE);
  }

  function update() {
    // With an answer that was kept its photo is there again.
    const back = known()?.kept && frame.classList.contains("missing") && known() !== drawn[0];
    if (session.photo !== photo || back) {
      photo = session.photo;
      ground.removeAttribute("href");
      if (photo) take(`/api/photos/${encodeURIComponent(photo)}`);
    }
    if (known() && String(known().whole) !== String(size)) fit(known().whole);
    const [width, height] = size;
    const at = session.compared ? (session.view.divider / 100) * width : width;
    putAttributes(cuts[0], { x: 0, y: 0, width: at, height });
    putAttributes(cuts[1], { x: at, y: 0, width: width - at, height });
    frame.style.setProperty("--opacity", session.view.opacity / 100);
    frame.classList.toggle("bare", !session.answers.some(Boolean));
    const shown = session.view.sides.map((side, number) => draw(number));
    layers[1].style.display = session.compared ? "" : "none";
    drawVeil(known());
    drawing.setAttribute("aria-label", labelled(shown));
    tags.forEach((tag, number) => {
      tag.hidden = !session.compared;
      tag.textContent = session.compared ? sideName(session, number) : "";
    });
    spot.update(size);
    divider.update();
    waiting.update();
  }

  /** One side's map; the last one pales while another is waited for. */
  const drawn = [null, null];
  function draw(number) {
    const answer = session.answers[number]?.photo === photo ? session.answers[number] : null;
    const layer = layers[number];
    layer.classList.toggle("stale", Boolean(session.running[number]));
    layer.classList.toggle("no-boxes", !session.view.boxes);
    if (answer !== drawn[number]) {
      drawn[number] = answer;
      if (answer) lay(answer, number);
      else layer.replaceChildren();
    }
    outline(number);
    return answer;
  }

  /** The new map takes the old one's place when its picture is there, so that nothing flickers. */
  async function lay(answer, number) {
    const picture = new Image();
    picture.src = answer.heat;
    await picture.decode().catch(() => null);
    if (drawn[number] !== answer) return;
    const [x0, y0, x1, y1] = answer.region;
    layers[number].replaceChildren(
      svg("image", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, preserveAspectRatio: "none", href: answer.heat, class: "heat" }),
      outlines[number]);
    laid[number] = answer;
    outline(number);
  }

  /** The box of the map that lies there, which comes when it is first to be seen. */
  const laid = [null, null];
  const outlined = [null, null];
  function outline(number) {
    const answer = laid[number];
    const box = answer?.box ?? null;
    if (box === outlined[number]) return;
    outlined[number] = box;
    outlines[number].replaceChildren(...(box ? ["edge", "core"] : []).map((part) => svg("rect", { class: part, ...onPhoto(answer, box) })));
  }

  function drawVeil(answer) {
    const [width, height] = size;
    const [x0, y0, x1, y1] = answer?.region ?? [0, 0, width, height];
    const cropped = x0 > 0 || y0 > 0 || x1 < width || y1 < height;
    if (cropped) veil.setAttribute("d", `M0 0H${width}V${height}H0Z M${x0} ${y0}H${x1}V${y1}H${x0}Z`);
    else veil.removeAttribute("d");
  }

  function labelled(shown) {
    const told = shown.filter(Boolean).map((answer) => `the ${session.catalogue.method(answer.method).title} map for ${answer.target.name}`);
    return told.length ? `The photo with ${told.join(" on the left, and on the right ")}` : "The photo";
  }

  fit(size);
  return { element, update };
}
