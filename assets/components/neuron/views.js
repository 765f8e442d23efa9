// What stands beside the neuron's plane: the curve of f with its slope, the surface of a, the formula.

import { ACTIVATIONS } from "../shared/activations.js";
import { make } from "../shared/elements.js";
import { apart, bracketed, clamp, digits } from "../shared/numbers.js";
import { css, fresh, segment } from "../shared/picture.js";
import { inWords } from "../shared/theme.js";
import { bestCut, others, SPAN } from "./formulas.js";
import { pale } from "./plane.js";

export function drawCurve(my, f, slope, now) {
  const [c, w, h] = fresh(my.curve);
  const { colors } = my.data;
  const m = { l: 30, r: 10, t: 10, b: 32 };
  const zmax = Math.max(6, Math.ceil(Math.abs(now.z)));
  const bounded = my.unit < 4;
  const low = my.f === "tanh" ? -1.25 : -0.25;
  const [lo, hi] = bounded ? [low, 1.25] : [Math.min(-1.5, f(-zmax)), Math.max(4, f(zmax))];
  const px = (z) => m.l + ((z + zmax) / (2 * zmax)) * (w - m.l - m.r);
  const py = (a) => h - m.b - ((a - lo) / (hi - lo)) * (h - m.t - m.b);
  c.strokeStyle = "rgba(124,136,150,.5)";
  c.lineWidth = 1;
  c.fillStyle = my.theme.text;
  c.font = my.theme.small;
  segment(c, [m.l, py(0)], [w - m.r, py(0)]);
  segment(c, [px(0), m.t], [px(0), h - m.b]);
  c.textAlign = "center";
  for (const t of [-1, -0.5, 0, 0.5, 1]) c.fillText(digits(t * zmax), px(t * zmax), h - m.b + 14);
  c.fillText("z", w - m.r - 4, py(0) - 6);
  c.textAlign = "right";
  const ticks = bounded ? [Math.ceil(low), 0, 1] : [Math.round(lo), 0, Math.round(hi)];
  for (const a of ticks) c.fillText(digits(a), m.l - 5, py(a) + 4);
  c.lineWidth = 2.2;
  for (const [g, dash, color] of [
    [slope, [5, 4], colors.muted],
    [f, [], my.theme.text],
  ]) {
    c.beginPath();
    c.setLineDash(dash);
    c.strokeStyle = color;
    for (let i = 0; i <= 240; i++) {
      const z = ((2 * i) / 240 - 1) * zmax;
      c.lineTo(px(z), py(g(z)));
    }
    c.stroke();
  }
  c.setLineDash([2, 3]);
  c.strokeStyle = colors.accent;
  c.lineWidth = 1.5;
  segment(c, [px(now.z), py(0)], [px(now.z), py(now.a)]);
  segment(c, [px(now.z), py(now.a)], [m.l, py(now.a)]);
  c.setLineDash([]);
  c.fillStyle = colors.accent;
  c.beginPath();
  c.arc(px(now.z), py(now.a), 6, 0, 7);
  c.fill();
  c.fillStyle = my.theme.text;
  c.textAlign = "center";
  c.fillText("— f(z)   - - f′(z)", (w + m.l) / 2, h - 4);
  const at = `at z = ${digits(now.z)} a = ${apart(now.a)}, f′ = ${digits(now.slope)}`;
  my.curve.setAttribute("aria-label", `Curve of ${my.f} and its slope; ${at}.`);
}

export function drawSurface(my, s, f, now) {
  const [c, w, h] = fresh(my.surface);
  const size = Math.min(w / 17, h / 13);
  const lift = my.unit < 4 ? 2.2 / my.unit : 0.55;
  const [cos, sin] = [Math.cos(my.yaw), Math.sin(my.yaw)];
  /**
   * Where a point of the plane with the output a above it lands on the picture.
   *
   * @returns {[number, number]}
   */
  const at = (x, y, a) => {
    const up = clamp((a - my.middle) * lift, -5, 5);
    return [w / 2 + (x * cos - y * sin) * size, h / 2 - 8 + ((x * sin + y * cos) * -0.45 - up) * size + 4];
  };
  c.lineWidth = 0.6;
  c.strokeStyle = "rgba(27,36,48,.35)";
  for (const [, ...corners] of patches(s, f, at, sin, cos)) {
    const a = (corners[0][2] + corners[2][2]) / 2;
    c.fillStyle = css(my.scale[pale((a - my.middle) / my.unit)]);
    c.beginPath();
    for (const [x, y] of corners) c.lineTo(x, y);
    c.closePath();
    c.fill();
    c.stroke();
  }
  const dot = at(s.x[0], s.x[1], now.a);
  c.fillStyle = my.data.colors.accent;
  c.strokeStyle = "#fff";
  c.lineWidth = 1.5;
  c.beginPath();
  c.arc(dot[0], dot[1], 5.5, 0, 7);
  c.fill();
  c.stroke();
  c.fillStyle = my.theme.text;
  c.font = my.theme.small;
  c.textAlign = "center";
  c.fillText("x₁", ...lowered(at(SPAN + 1, 0, my.middle)));
  c.fillText("x₂", ...lowered(at(0, SPAN + 1, my.middle)));
  c.textAlign = "left";
  c.fillText("a over the plane; drag to turn", 4, h - 4);
  const words = `The output a = ${my.f}(z) as a surface over the input plane; arrow keys turn it.`;
  my.surface.setAttribute("aria-label", words);
}
/** @returns {[number, number]} */
const lowered = ([x, y]) => [x, y + 4];

// The surface cut into 20 × 20 patches, the farthest first: [depth, four corners with their a].
function patches(s, f, at, sin, cos) {
  const N = 20;
  const to = (i) => (i / N) * 2 * SPAN - SPAN;
  const slice = others(s);
  const points = [];
  for (let i = 0; i <= N; i++) {
    for (let j = 0; j <= N; j++) {
      const a = f(s.w[0] * to(i) + s.w[1] * to(j) + slice);
      points.push([...at(to(i), to(j), a), a]);
    }
  }
  const found = [];
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      const k = i * (N + 1) + j;
      const depth = to(i + 0.5) * sin + to(j + 0.5) * cos;
      found.push([depth, points[k], points[k + 1], points[k + N + 2], points[k + N + 1]]);
    }
  }
  return found.sort((p, q) => q[0] - p[0]);
}

export function drawFormula(my, s, now) {
  const { colors, points } = my.data;
  my.formula.textContent = "";
  const line = make("div", {}, my.formula);
  const say = (text, color = "", name = "") => {
    const part = make("span", { text, ...(name && { class: name }) }, line);
    if (color) part.style.color = inWords(color);
  };
  const signed = (v) => (v < 0 ? colors.negative : colors.positive);
  say(s.w.length > 1 ? "z = w·x + b = " : "z = wx + b = ");
  s.w.forEach((wi, i) => {
    if (i) say(" + ");
    say(i ? bracketed(wi) : digits(wi), signed(wi), "num");
    say("·");
    say(bracketed(s.x[i]), colors.accent, "num");
  });
  say(s.b < 0 ? " − " : " + ");
  say(digits(Math.abs(s.b)), signed(s.b), "num");
  say(" = ");
  say(digits(now.z), "", "num strong");
  const second = make("div", {}, my.formula);
  make("span", { text: `a = f(z) = ${my.f}(${digits(now.z)}) = ` }, second);
  make("span", { text: apart(now.a), class: "num strong" }, second);
  make("span", { text: `     f′(z) = ${digits(now.slope)}` }, second);
  if (!points.length) return;
  const z = ([p, q]) => s.w[0] * p + (s.w[1] ?? 0) * q + others(s);
  const right = points.filter((point) => z(point) > 0 === point[2] > 0).length;
  const text = `On the right side of the line: ${right} of ${points.length} points`;
  make("div", { text, class: "score" }, my.formula);
  const f = ACTIVATIONS[my.f][0];
  const best = bestCut(
    points.map((point) => f(z(point))),
    points.map((point) => point[2]),
  );
  const sign = best.below ? "<" : "≥";
  const rule = `a ${sign} ${digits(best.cut)} as class +`;
  const cut = `Best cut of the output, ${rule}: ${best.right} of ${points.length} points`;
  make("div", { text: cut, class: "score" }, my.formula);
}
