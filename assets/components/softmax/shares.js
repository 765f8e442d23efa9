// The shares as a place: on the sigmoid for two classes, in the triangle for three.

import { ACTIVATIONS } from "../shared/activations.js";
import { digits, SUB } from "../shared/numbers.js";
import { fresh, segment } from "../shared/picture.js";
import { softmax } from "./formulas.js";

export function drawSigmoid(my, z, T, p) {
  const [c, w, h] = fresh(my.right);
  const x = (v) => w / 2 + (v / 10) * (w / 2 - 20);
  const y = (v) => h - 44 - v * (h - 80);
  c.strokeStyle = "rgba(124,136,150,.45)";
  for (const v of [0, 0.5, 1]) segment(c, [20, y(v)], [w - 20, y(v)]);
  c.beginPath();
  c.strokeStyle = my.theme.text;
  c.lineWidth = 2.2;
  for (let i = 0; i <= 200; i++) {
    const d = (i / 200) * 20 - 10;
    c.lineTo(x(d), y(ACTIVATIONS.sigmoid[0](d / T)));
  }
  c.stroke();
  dot(c, [x(z[0] - z[1]), y(p[0])], 7, my.data.colors[0]);
  c.fillStyle = my.theme.text;
  c.font = my.theme.font;
  c.textAlign = "center";
  for (const v of [-10, -5, 0, 5, 10]) c.fillText(digits(v), x(v), h - 26);
  c.fillText("two classes: p₁ = σ((z₁ − z₂)/T), over z₁ − z₂", w / 2, h - 6);
  c.textAlign = "left";
  for (const v of [0, 1]) c.fillText(String(v), 4, y(v) + 4);
  const words = `Sigmoid curve; at z1 minus z2 = ${digits(z[0] - z[1])} p1 = ${digits(p[0])}.`;
  my.right.setAttribute("aria-label", words);
}

function dot(c, [x, y], radius, color) {
  c.fillStyle = color;
  c.beginPath();
  c.arc(x, y, radius, 0, 7);
  c.fill();
}

export function drawSimplex(my, z, p) {
  const [c, w, h] = fresh(my.right);
  const say = (text, x, y) => {
    c.fillStyle = my.theme.text;
    c.textAlign = "center";
    c.font = my.theme.font;
    c.fillText(text, x, y);
  };
  if (z.length > 3) {
    say(`${z.length} shares that sum to 1 fill a simplex of ${z.length - 1} dimensions.`, w / 2, h / 2 - 10);
    say("With three classes it is this triangle; with two, a line.", w / 2, h / 2 + 14);
    my.right.setAttribute("aria-label", "No picture: the simplex has more than two dimensions.");
    return;
  }
  const corners = triangle(w, h);
  /** @type {(q: number[]) => [number, number]} */
  const at = (q) => [sum(q, corners, 0), sum(q, corners, 1)];
  c.beginPath();
  for (const [x, y] of corners) c.lineTo(x, y);
  c.closePath();
  c.strokeStyle = my.theme.text;
  c.lineWidth = 1.5;
  c.stroke();
  // The way of the same scores from T = 20 (near the middle) to T = 0.05 (in a corner).
  c.beginPath();
  c.strokeStyle = my.data.muted;
  c.setLineDash([4, 4]);
  for (let i = 0; i <= 80; i++) c.lineTo(...at(softmax(z, 10 ** (1.3 - (i / 80) * 2.6))));
  c.stroke();
  c.setLineDash([]);
  corners.forEach((corner, k) => {
    dot(c, corner, 6, my.data.colors[k]);
    say(`p${SUB[k]} = 1`, corner[0], k === 2 ? corner[1] - 12 : corner[1] + 24);
  });
  c.strokeStyle = my.theme.ground;
  c.lineWidth = 2;
  dot(c, at(p), 8, my.data.accent);
  c.stroke();
  say("dashed: the same scores, T from 20 to 0.05", w / 2, h - 6);
  my.right.setAttribute(
    "aria-label",
    `Simplex: the point with shares ${p.map((v) => digits(v)).join(", ")}.`,
  );
}

const sum = (q, corners, i) => q.reduce((total, v, k) => total + v * corners[k][i], 0);
/** @type {(w: number, h: number) => [number, number][]} */
function triangle(w, h) {
  const size = Math.min(w - 70, (h - 90) * 1.15);
  const left = (w - size) / 2;
  const [top, tall] = [34, size * 0.866];
  return [
    [left, top + tall],
    [left + size, top + tall],
    [left + size / 2, top],
  ];
}
