// The frame around a map: its axes with ticks and names, and hatching for what is flat.

import { roundTicks } from "./ticks.js";

/** The rectangle inside of the axes, in pixels of the page. */
export function frameBox(width, height, size) {
  const left = 3.6 * size;
  const top = 0.8 * size;
  return { left, top, width: Math.max(10, width - left - 0.9 * size), height: Math.max(10, height - top - 3.1 * size) };
}

/** Ticks, their numbers and the names of both axes. */
export function drawAxes(context, box, horizontal, vertical, colours) {
  const { size } = colours;
  const small = 0.78 * size;
  context.save();
  context.font = `${small}px ${colours.font}`;
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(box.left, box.top, box.width, box.height);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const { value, text } of roundTicks(horizontal.low, horizontal.high, box.width / (5 * size))) {
    const x = box.left + ((value - horizontal.low) / (horizontal.high - horizontal.low)) * box.width;
    tickLine(context, x, box.top + box.height, x, box.top + box.height + 0.3 * size);
    context.fillText(text, x, box.top + box.height + 0.4 * size);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { value, text } of roundTicks(vertical.low, vertical.high, box.height / (3 * size))) {
    const y = box.top + (1 - (value - vertical.low) / (vertical.high - vertical.low)) * box.height;
    tickLine(context, box.left - 0.3 * size, y, box.left, y);
    context.fillText(text, box.left - 0.45 * size, y);
  }
  context.fillStyle = colours.ink;
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.fillText(horizontal.name, box.left + box.width / 2, box.top + box.height + 3 * size);
  context.translate(0.15 * size, box.top + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "top";
  context.fillText(vertical.name, 0, 0);
  context.restore();
}

function tickLine(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** Slanted lines over the part of a box where `mask` (a canvas, stretched over it) is not clear. */
export function drawHatching(context, box, mask, colour, size, ratio) {
  const sheet = document.createElement("canvas");
  sheet.width = Math.max(1, Math.round(box.width * ratio));
  sheet.height = Math.max(1, Math.round(box.height * ratio));
  const pen = sheet.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(mask, 0, 0, sheet.width, sheet.height);
  pen.globalCompositeOperation = "source-in";
  const lines = document.createElement("canvas");
  lines.width = sheet.width;
  lines.height = sheet.height;
  const hatch = lines.getContext("2d");
  hatch.strokeStyle = colour;
  hatch.lineWidth = ratio;
  hatch.beginPath();
  for (let x = -sheet.height; x < sheet.width; x += 0.55 * size * ratio) {
    hatch.moveTo(x, sheet.height);
    hatch.lineTo(x + sheet.height, 0);
  }
  hatch.stroke();
  pen.drawImage(lines, 0, 0);
  context.drawImage(sheet, box.left, box.top, box.width, box.height);
}

/** A word on a pill, so that it can be read on any ground. */
export function drawPill(context, text, x, y, { fill, ink = "#16181c", size, font, bold = true }) {
  context.save();
  context.font = `${bold ? 650 : 450} ${size}px ${font}`;
  const wide = context.measureText(text).width + 0.9 * size;
  const high = 1.5 * size;
  context.fillStyle = fill;
  context.strokeStyle = "rgba(0, 0, 0, 0.45)";
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x - wide / 2, y - high / 2, wide, high, 0.4 * size);
  context.fill();
  context.stroke();
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.05 * size);
  context.restore();
  return wide;
}
