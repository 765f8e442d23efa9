// The input plane: the output as color, the line z = 0 with its neighbors, w, the points, the handles.
// With one input the plane is an axis, and the height of the picture is a.

import { apart, clamp, digits } from "../shared/numbers.js";
import { fresh, halo, segment, shade, tile } from "../shared/picture.js";
import { within } from "../shared/pointer.js";
import { foot, others, SPAN } from "./formulas.js";

const GRID = 72;
const INK = "#1B2430";
/** A ground on which lines can be read. @type {(v: number) => number} */
export const pale = (v) => shade(0.6 * clamp(v, -1, 1));

/**
 * Coordinates of a pointer over the plane.
 *
 * @returns {[number, number]}
 */
export function pointed(my, e) {
  const { x, y, width, height } = within(my.plane, e);
  return [(x / width) * 2 * SPAN - SPAN, SPAN - (y / height) * 2 * SPAN];
}

export function drawPlane(my, s, f, now) {
  const [c, w, h] = fresh(my.plane);
  const flat = s.w.length === 1;
  const to = { w, h, px: (x) => ((x + SPAN) / (2 * SPAN)) * w, py: (y) => h - ((y + SPAN) / (2 * SPAN)) * h };
  drawGround(my, c, to, s, f);
  drawAxes(my, c, to, flat);
  drawLine(my, c, to, s);
  if (flat) drawOutput(c, to, (x) => f(s.w[0] * x + s.b));
  for (const [x1, x2, y] of my.data.points) mark(c, to.px(x1), to.py(flat ? 0 : x2), y, my.data.colors);
  place(my.handles.x, to, s.x[0], flat ? 0 : s.x[1]);
  const at = foot(s);
  place(my.handles.line, to, ...at);
  place(my.handles.tip, to, at[0] + s.w[0], at[1] + (s.w[1] ?? 0));
  const list = (values) => `(${values.map((v) => digits(v)).join(", ")})`;
  say(my.handles.x, s.x[0], `x = ${list(s.x)}`);
  say(my.handles.line, s.b, `b = ${digits(s.b)}`);
  say(my.handles.tip, s.w[0], `w = ${list(s.w)}`);
  const numbers = `w = ${list(s.w)}, b = ${digits(s.b)}; at x = ${list(s.x)}`;
  const words = `Input ${flat ? "line" : "plane"}: ${my.f} neuron with ${numbers}`;
  my.plane.setAttribute("aria-label", `${words} z = ${digits(now.z)} and a = ${apart(now.a)}.`);
}

function drawGround(my, c, to, s, f) {
  my.ground ??= tile(GRID);
  const { pixels } = my.ground;
  const slice = others(s);
  const w2 = s.w[1] ?? 0;
  for (let j = 0, k = 0; j < GRID; j++) {
    const q = SPAN - ((j + 0.5) / GRID) * 2 * SPAN;
    for (let i = 0; i < GRID; i++, k++) {
      const z = s.w[0] * (((i + 0.5) / GRID) * 2 * SPAN - SPAN) + w2 * q + slice;
      pixels[k] = my.scale[pale((f(z) - my.middle) / my.unit)];
    }
  }
  my.ground.stretch(c, to.w, to.h);
}

function drawAxes(my, c, { w, px, py }, flat) {
  c.strokeStyle = "rgba(30,40,50,.35)";
  c.lineWidth = 1;
  segment(c, [px(-SPAN), py(0)], [px(SPAN), py(0)]);
  segment(c, [px(0), py(-SPAN)], [px(0), py(SPAN)]);
  c.font = my.theme.small;
  c.textAlign = "center";
  for (const t of [-4, -2, 2, 4]) {
    halo(c, digits(t), px(t), py(0) + 14);
    if (!flat) halo(c, digits(t), px(0) - 12, py(t) + 4);
  }
  halo(c, flat ? "x" : "x₁", w - 12, py(0) - 6);
  if (!flat) halo(c, "x₂", px(0) + 14, 16);
}

function drawLine(my, c, { w, px, py }, s) {
  const w2 = s.w[1] ?? 0;
  const length = Math.hypot(s.w[0], w2);
  if (length <= 1e-3) return label(c, "w = 0: no line, the output is the same everywhere", w / 2, 24, INK);
  const u = [s.w[0] / length, w2 / length];
  for (const level of [0, -2, -1, 1, 2]) {
    // Level sets of z, hence of a: parallel straight lines, whatever f is.
    const d = (level - others(s)) / length;
    const p = [u[0] * d, u[1] * d];
    c.setLineDash(level ? [3, 5] : []);
    c.lineWidth = level ? 1 : 2.5;
    c.strokeStyle = level ? "rgba(27,36,48,.6)" : INK;
    segment(c, [px(p[0] - 20 * u[1]), py(p[1] + 20 * u[0])], [px(p[0] + 20 * u[1]), py(p[1] - 20 * u[0])]);
  }
  c.setLineDash([]);
  const at = foot(s);
  const tip = [px(at[0] + s.w[0]), py(at[1] + w2)];
  c.strokeStyle = c.fillStyle = my.data.colors.accent;
  c.lineWidth = 3;
  segment(c, [px(at[0]), py(at[1])], [tip[0], tip[1]]);
  label(c, "w", tip[0] + 14 * u[0], tip[1] - 14 * u[1] + 4, my.data.colors.accent);
  label(c, "z = 0", px(at[0] - 2.6 * u[1]), py(at[1] + 2.6 * u[0]), INK);
}

// With one input: a over x.
function drawOutput(c, { px, py }, a) {
  c.beginPath();
  c.lineWidth = 2.5;
  c.strokeStyle = INK;
  for (let i = 0; i <= 200; i++) {
    const x = (i / 200) * 2 * SPAN - SPAN;
    c.lineTo(px(x), py(a(x)));
  }
  c.stroke();
}

function label(c, text, x, y, color) {
  c.font = "600 13px sans-serif";
  c.textAlign = "center";
  c.lineWidth = 4;
  c.strokeStyle = "rgba(255,255,255,.85)";
  c.strokeText(text, x, y);
  c.fillStyle = color;
  c.fillText(text, x, y);
}

/** What a handle holds, for who hears it: one number as the position of a slider, all of them in words. */
function say(handle, value, words) {
  handle.setAttribute("aria-valuenow", digits(value).replace("−", "-"));
  handle.setAttribute("aria-valuetext", words);
  handle.hidden = false;
}

function place(handle, { w, h, px, py }, x, y) {
  handle.style.transform = `translate(${clamp(px(x), 0, w)}px,${clamp(py(y), 0, h)}px)`;
}

// Classes differ in color, in shape and in the sign written into them.
function mark(c, x, y, sign, colors) {
  c.beginPath();
  c.fillStyle = sign > 0 ? colors.positive : colors.negative;
  if (sign > 0) c.arc(x, y, 9, 0, 7);
  else c.rect(x - 8, y - 8, 16, 16);
  c.fill();
  c.lineWidth = 2;
  c.strokeStyle = "#fff";
  c.stroke();
  c.fillStyle = "#fff";
  c.font = "700 14px sans-serif";
  c.textAlign = "center";
  c.fillText(sign > 0 ? "+" : "−", x, y + 5);
}
