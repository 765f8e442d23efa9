// One neuron's numbers: its output, its state as a text, and the geometry of its line in the window.

import { ACTIVATIONS } from "../shared/activations.js";
import { clamp } from "../shared/numbers.js";

/** @typedef {{w: number[], b: number, x: number[]}} State */

export const MOST = { w: 4, b: 10, x: 5 };
export const SPAN = 6; // the window is [-6, 6]²

/** @type {(v: number, most: number) => number} */
export const near = (v, most) => clamp(Math.round(v * 1000) / 1000, -most, most);

/** @type {(s: State) => string} */
export const encode = (s) => [s.w.join(","), String(s.b), s.x.join(",")].join(";");
/** @type {(text: string) => State} */
export const decode = (text) => {
  const [w, b, x] = text.split(";").map((part) => part.split(",").map(Number));
  return { w, b: b[0], x };
};

/**
 * z = w·x + b, a = f(z), f'(z): what Python computes as well.
 *
 * @param {State} s
 * @param {string} f  a name in ACTIVATIONS
 */
export function neuron(s, f) {
  const z = s.w.reduce((sum, wi, i) => sum + wi * s.x[i], s.b);
  return { z, a: ACTIVATIONS[f][0](z), slope: ACTIVATIONS[f][1](z) };
}

/**
 * The bias and what the inputs beyond the window's two add to it: the picture is a slice.
 *
 * @type {(s: State) => number}
 */
export const others = (s) => s.w.reduce((sum, wi, i) => (i < 2 ? sum : sum + wi * s.x[i]), s.b);

/**
 * The point of the line nearest to the origin, kept inside the window.
 *
 * @param {State} s
 * @returns {[number, number]}
 */
export function foot(s) {
  const [w1, w2] = [s.w[0], s.w[1] ?? 0];
  const c = others(s);
  const q = w1 * w1 + w2 * w2;
  if (q < 1e-9) return [0, 0];
  const [p1, p2] = [(-c * w1) / q, (-c * w2) / q];
  const far = Math.max(1, Math.max(Math.abs(p1), Math.abs(p2)) / (SPAN - 0.4));
  return [p1 / far, p2 / far];
}

/**
 * Distance of a point from the line z = 0, with its sign.
 *
 * @type {(s: State, p: number, q: number) => number}
 */
export const distance = (s, p, q) =>
  (s.w[0] * p + (s.w[1] ?? 0) * q + others(s)) / Math.hypot(s.w[0], s.w[1] ?? 0);

/**
 * The one cut of the outputs a that gets most points right, and whether the class + lies below it.
 *
 * @param {number[]} a  an output for each point
 * @param {number[]} signs  its class, +1 or −1
 * @returns {{right: number, cut: number, below: boolean}}
 */
export function bestCut(a, signs) {
  const levels = [...new Set(a)].sort((p, q) => p - q);
  let best = { right: 0, cut: 0, below: false };
  levels.forEach((level, i) => {
    const cut = i ? (levels[i - 1] + level) / 2 : level;
    const above = a.filter((v, k) => v >= cut === signs[k] > 0).length;
    for (const below of [false, true]) {
      const right = below ? a.length - above : above;
      if (right > best.right) best = { right, cut, below };
    }
  });
  return best;
}

/**
 * Pushes the line through a point: only b changes.
 *
 * @param {State} s
 * @param {[number, number]} point
 */
export function push(s, [p, q]) {
  s.b = near(s.b - (s.w[0] * p + (s.w[1] ?? 0) * q + others(s)), MOST.b);
}

/**
 * Turns the line about an anchor: w points from it to the tip, and b keeps the line on it.
 *
 * @param {State} s
 * @param {[number, number]} anchor
 * @param {[number, number]} tip
 */
export function turn(s, anchor, tip) {
  const slice = others(s) - s.b;
  for (let i = 0; i < Math.min(2, s.w.length); i++) s.w[i] = near(tip[i] - anchor[i], MOST.w);
  s.b = near(-(s.w[0] * anchor[0] + (s.w[1] ?? 0) * anchor[1]) - slice, MOST.b);
}
