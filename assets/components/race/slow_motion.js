// One racer in slow motion: its step as arrows on the map, and its formula with the numbers beside it.

import { make } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { account, arrowsOf, linesOf } from "./account.js";
import { label } from "./looks.js";

const LONG = 90; // pixels of the longest arrow in the units of the gradient
const SEEN = 24; // pixels from which on a step is drawn as long as it is
const DASH = [[], [6, 4], [2, 4]];

export function buildSlow(my, parent) {
  my.numbers = make("table", { class: "numbers" }, parent);
}

/** The step on screen of the racer in hand; null at the start, and where the racer has left. */
function stepOf(my) {
  const k = my.rules.findIndex(({ name }) => name === my.chosen);
  const { gone } = my.races[k];
  if (my.t < 1 || (gone > 0 && my.t >= gone)) return null;
  const rule = my.rules[k];
  return { rule, told: account(my.surface, rule, my.start, my.plan, my.t) };
}

/** The table of numbers; empty but in slow motion. */
export function showSlow(my) {
  my.numbers.hidden = !my.slowly;
  my.where.hidden = my.slowly && !my.cloud;
  my.step = my.slowly ? stepOf(my) : null;
  if (!my.slowly) return;
  my.numbers.replaceChildren();
  if (!my.step) {
    const nothing = my.t < 1 ? "stands at its start: → takes the first step" : "has left for infinity";
    make(
      "caption",
      { text: `${my.rules.find(({ name }) => name === my.chosen).title} ${nothing}.` },
      my.numbers,
    );
    return;
  }
  const { rule, told } = my.step;
  const { magnified } = scales(my);
  const larger = magnified > 1 ? `drawn ${digits(magnified, 2)} times as long` : "drawn as long as it is";
  const other = "the other arrows have one scale of their own";
  make("caption", { text: `${rule.title}, step ${told.t}. Δ is ${larger}; ${other}.` }, my.numbers);
  const row = (tag, cells) => {
    const line = make("tr", {}, my.numbers);
    cells.forEach((text, k) => make(k ? tag : "th", { scope: k ? "col" : "row", text }, line));
  };
  row("th", ["", ...my.data.axes]);
  for (const [text, of] of linesOf(rule, told)) row("td", [text, digits(of(0), 4), digits(of(1), 4)]);
  row("td", ["θ ← θ + Δ", ...told.after.map((v) => digits(v, 4))]);
}

/** How long one unit of the gradient is drawn, in the units of the map, and how many times Δ is magnified. */
function scales(my) {
  const { rule, told } = my.step;
  const long = Math.max(...arrowsOf(rule, told).map(({ vector }) => length(my, vector)));
  const step = length(
    my,
    [0, 1].map((k) => told.after[k] - told.before[k]),
  );
  return {
    unit: long > 0 && Number.isFinite(long) ? LONG / long : 0,
    magnified: step > 0 && step < SEEN ? SEEN / step : 1,
  };
}

/** Pixels on the map that a vector of the plane would be long. */
function length(my, /** @type {number[]} */ [x, y]) {
  const [[x0, x1], [y0, y1]] = my.data.view;
  return Math.hypot((x / (x1 - x0)) * my.map.clientWidth, (y / (y1 - y0)) * my.map.clientHeight);
}

export function drawSlow(my, c, px, py) {
  if (!my.step) return;
  const { rule, told } = my.step;
  const { unit, magnified } = scales(my);
  const [x, y] = told.before;
  c.font = my.theme.small;
  c.textAlign = "left";
  arrowsOf(rule, told).forEach(({ name, vector: [u, v] }, k) => {
    const tip = [px(x + unit * u), py(y + unit * v)];
    if (name.startsWith("√")) ellipse(my, c, [px(x), py(y)], tip, name);
    else arrow(my, c, [px(x), py(y)], tip, name, { color: my.theme.text, dash: DASH[k] });
  });
  const [dx, dy] = [0, 1].map((k) => magnified * (told.after[k] - told.before[k]));
  arrow(my, c, [px(x), py(y)], [px(x + dx), py(y + dy)], "Δ", { color: rule.look.color, dash: [], width: 4 });
}

function arrow(my, c, from, to, name, { color, dash, width = 2 }) {
  const [x, y] = to;
  const along = Math.atan2(y - from[1], x - from[0]);
  if (Math.hypot(x - from[0], y - from[1]) < 1) return;
  for (const [style, wide] of [
    [my.theme.ground, width + 3],
    [color, width],
  ]) {
    c.strokeStyle = style;
    c.lineWidth = wide;
    c.setLineDash(dash);
    c.beginPath();
    c.moveTo(...from);
    c.lineTo(x, y);
    c.stroke();
    c.setLineDash([]);
    c.beginPath();
    for (const turn of [2.6, -2.6]) {
      c.moveTo(x, y);
      c.lineTo(x + 9 * Math.cos(along + turn), y + 9 * Math.sin(along + turn));
    }
    c.stroke();
  }
  label(c, my.theme, name, x + 7 * Math.cos(along) + 3, y + 12 * Math.sin(along) + 4);
}

/** What is divided by: as wide and as high as its two numbers. */
function ellipse(my, c, /** @type {number[]} */ [x, y], /** @type {number[]} */ [right, top], name) {
  c.strokeStyle = my.theme.text;
  c.lineWidth = 1.5;
  c.setLineDash(DASH[2]);
  c.beginPath();
  c.ellipse(x, y, Math.abs(right - x), Math.abs(top - y), 0, 0, 7);
  c.stroke();
  c.setLineDash([]);
  label(c, my.theme, name, x + 4, y - Math.abs(top - y) - 4);
}
