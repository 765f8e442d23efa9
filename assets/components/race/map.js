// The map: ground, landmarks, every racer's path and place, and the start that a hand can move.

import { make } from "../shared/elements.js";
import { clamp, digits } from "../shared/numbers.js";
import { boxOf, fresh, picture } from "../shared/picture.js";
import { arrow, follow, within } from "../shared/pointer.js";
import { drawCloud } from "./cloud.js";
import { DASHES, label, SHAPES } from "./looks.js";
import { drawSlow } from "./slow_motion.js";
import { pictured } from "./terrain.js";
import { described } from "./words.js";

const FAR = 1e5; // pixels beyond which nothing is drawn
const STAR = new Path2D("M0-8L2-2.6 7.6-2.5 3.2 1 4.7 6.5 0 3.3-4.7 6.5-3.2 1-7.6-2.5-2-2.6Z");

export function buildMap(my, parent) {
  my.map = picture({ class: "map" }, parent);
  const box = boxOf(my.map);
  my.handle = make("button", { class: "start", type: "button" }, box);
  my.handle.onpointerdown = (e) => grab(my, e, my.handle);
  my.handle.onkeydown = (e) => step(my, e);
  // A mouse takes the start from anywhere; a finger taps, so that it can still scroll the page.
  my.map.onpointerdown = (e) => {
    if (e.pointerType === "mouse" && e.button === 0) grab(my, e, my.map);
  };
  my.map.onclick = (e) => {
    if (e.pointerType === "mouse") return;
    put(my, placeOf(my, e));
    my.rest.begin();
  };
  my.where = make("div", { class: "where" }, parent);
}

// ---- the hand
function grab(my, e, target) {
  e.preventDefault();
  my.handle.focus({ preventScroll: true });
  my.held = true;
  const move = (m) => put(my, placeOf(my, m));
  follow(target, e, move, () => {
    my.held = false;
    my.rest.begin();
  });
  if (target === my.map) move(e);
}
function placeOf(my, e) {
  const [[x0, x1], [y0, y1]] = my.data.view;
  const { x, y, width, height } = within(my.map, e);
  return [x0 + ((x1 - x0) * x) / width, y1 - ((y1 - y0) * y) / height];
}
function put(my, /** @type {number[]} */ [x, y]) {
  const [[x0, x1], [y0, y1]] = my.data.view;
  // As the address writes it.
  my.start = [clamp(x, x0, x1), clamp(y, y0, y1)].map((v) => Math.round(v * 1000) / 1000);
  my.moved();
}
function step(my, e) {
  const to = arrow(e);
  if (!to) return;
  e.preventDefault();
  const part = e.shiftKey ? 20 : 200;
  const [x, y] = my.data.view.map(([low, high]) => (high - low) / part);
  put(my, [my.start[0] + to[0] * x, my.start[1] + to[1] * y]);
  my.rest.begin();
}

/** The start's handle, where the start is. */
export function placeStart(my) {
  const [[x0, x1], [y0, y1]] = my.data.view;
  const [x, y] = my.start;
  my.handle.style.left = `${(100 * (x - x0)) / (x1 - x0)}%`;
  my.handle.style.top = `${(100 * (y1 - y)) / (y1 - y0)}%`;
  const text = `Start at (${digits(x)}, ${digits(y)}): drag it, or use the arrow keys`;
  if (my.handle.getAttribute("aria-label") !== text) my.handle.setAttribute("aria-label", text);
}

// ---- the picture
export function drawMap(my) {
  const [c, w, h] = fresh(my.map);
  const {
    view: [[x0, x1], [y0, y1]],
    colors,
    axes,
    title,
  } = my.data;
  const px = (x) => clamp(((x - x0) / (x1 - x0)) * w, -FAR, FAR);
  const py = (y) => clamp(h - ((y - y0) / (y1 - y0)) * h, -FAR, FAR);
  c.drawImage(pictured(my.land, my.map.width, my.map.height, colors), 0, 0, w, h);
  if (my.data.arrows) drawArrows(my, c, px, py);
  if (my.cloud) drawCloud(my, c, px, py);
  else drawPaths(my, c, px, py);
  drawLandmarks(my, c, px, py);
  if (!my.cloud) drawHeads(my, c, px, py);
  drawSlow(my, c, px, py);
  c.font = my.theme.small;
  c.textAlign = "left";
  label(c, my.theme, title, 8, 17);
  for (const v of [x0, (x0 + x1) / 2, x1]) {
    c.textAlign = v === x0 ? "left" : v === x1 ? "right" : "center";
    label(c, my.theme, v === x0 ? `${axes[0]} = ${digits(v)}` : digits(v), clamp(px(v), 4, w - 4), h - 6);
  }
  c.textAlign = "right";
  label(c, my.theme, `${axes[1]} = ${digits(y1)}`, w - 6, 17);
  label(c, my.theme, digits(y0), w - 6, h - 22);
  if (!my.held && !my.playing) my.map.setAttribute("aria-label", described(my));
}

/** Everybody's way; the rest of it fainter while the film runs. */
function drawPaths(my, c, px, py) {
  const ended = my.t >= my.data.steps;
  my.rules.forEach((rule, k) => drawPath(c, my.races[k].path, rule, px, py, my.data.steps, ended ? 1 : 0.3));
  if (!ended) my.rules.forEach((rule, k) => drawPath(c, my.races[k].path, rule, px, py, my.t, 1));
}

function drawHeads(my, c, px, py) {
  my.rules.forEach((rule, k) => {
    const { path } = my.races[k];
    drawHead(c, rule, px(path[2 * my.t]), py(path[2 * my.t + 1]), 1);
  });
}

function drawPath(c, path, { look }, px, py, to, opacity) {
  c.beginPath();
  let [u, v] = [Infinity, Infinity];
  for (let t = 0; t <= to; t++) {
    const [x, y] = [px(path[2 * t]), py(path[2 * t + 1])];
    if (Math.abs(x - u) + Math.abs(y - v) < 0.7 && t < to) continue; // less than can be seen
    c.lineTo(x, y);
    [u, v] = [x, y];
  }
  c.globalAlpha = opacity;
  c.strokeStyle = look.color;
  c.lineWidth = opacity < 1 ? 1.5 : 2.5;
  c.lineJoin = "round";
  c.setLineDash(DASHES[look.dash]);
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}

/** A racer's mark at a place of a canvas. */
export function drawHead(c, { look }, x, y, size) {
  c.save();
  c.translate(x, y);
  c.scale(size, size);
  c.lineWidth = 2.5;
  c.strokeStyle = "#fff";
  c.stroke(SHAPES[look.marker].path);
  c.fillStyle = look.color;
  c.fill(SHAPES[look.marker].path);
  c.restore();
}

function drawLandmarks(my, c, px, py) {
  const { minima, best, saddles, colors } = my.data;
  const small = minima.length > 30 ? 0.5 : 1;
  c.strokeStyle = c.fillStyle = colors.landmark;
  c.lineWidth = 2;
  const at = ([x, y], draw) => {
    c.save();
    c.translate(px(x), py(y));
    c.scale(small, small);
    draw();
    c.restore();
  };
  minima.forEach((point, k) =>
    at(point, () => {
      if (k < best) return c.fill(STAR);
      c.beginPath();
      c.arc(0, 0, 5, 0, 7);
      c.stroke();
    }),
  );
  for (const point of saddles) at(point, () => c.stroke(new Path2D("M-5-5L5 5M-5 5L5-5")));
}

function drawArrows(my, c, px, py) {
  const [[x0, x1], [y0, y1]] = my.data.view;
  const n = 17;
  c.strokeStyle = c.fillStyle = my.data.colors.muted;
  c.lineWidth = 1.2;
  for (let k = 0; k < n * n; k++) {
    const [x, y] = [x0 + ((x1 - x0) * ((k % n) + 0.5)) / n, y0 + ((y1 - y0) * (Math.floor(k / n) + 0.5)) / n];
    const [gx, gy] = my.surface.slope(x, y);
    const long = Math.min(x1 - x0, y1 - y0) / n / 3 / (Math.hypot(gx, gy) || 1);
    if (!Number.isFinite(long)) continue;
    c.beginPath();
    c.moveTo(px(x + long * gx), py(y + long * gy));
    c.lineTo(px(x - long * gx), py(y - long * gy));
    c.stroke();
    c.beginPath();
    c.arc(px(x - long * gx), py(y - long * gy), 2, 0, 7);
    c.fill();
  }
}
