// A grid of 400 starts: where each racer takes them. Computed a piece at a time, between two pictures.

import { walk } from "./racing.js";

export const SIDE = 20;
export const UNFINISHED = -1;
export const DIVERGED = -2;
const RADIUS = 0.15; // how near counts as arrived
const BUDGET = 8; // milliseconds of work between two pictures

/** @typedef {import("./surfaces.js").Surface} Surface */
/** @typedef {import("./rules.js").Rule} Rule */

/**
 * Where 400 starts end under one rule.
 *
 * @typedef {object} Crowd
 * @property {Int16Array} label  the minimum reached, UNFINISHED or DIVERGED
 * @property {Int32Array} since  the step from which on a start's racer is where it ends
 * @property {Float64Array | null} paths  x₀, y₀, x₁, y₁, … of one start after the other
 * @property {number} done  starts that are through
 */

/**
 * Start k of SIDE × SIDE that fill a view, row by row from below.
 *
 * @type {(view: number[][], k: number) => number[]}
 */
export const startOf = ([[x0, x1], [y0, y1]], k) => [
  x0 + ((x1 - x0) * (k % SIDE)) / (SIDE - 1),
  y0 + ((y1 - y0) * Math.floor(k / SIDE)) / (SIDE - 1),
];

/**
 * @param {number} steps
 * @param {boolean} moving  whether the paths are kept
 * @returns {Crowd}
 */
export const gathered = (steps, moving) => ({
  label: new Int16Array(SIDE * SIDE),
  since: new Int32Array(SIDE * SIDE).fill(steps),
  paths: moving ? new Float64Array(SIDE * SIDE * (2 * steps + 2)) : null,
  done: 0,
});

/**
 * The minimum within reach of a point, or UNFINISHED.
 *
 * @type {(minima: number[][], x: number, y: number) => number}
 */
export function arrivedAt(minima, x, y) {
  let [nearest, found] = [RADIUS, UNFINISHED];
  minima.forEach(([u, v], k) => {
    const away = Math.hypot(x - u, y - v);
    if (away < nearest) [nearest, found] = [away, k];
  });
  return found;
}

/**
 * Goes on with a crowd until it is through or the time is up; says whether it is through.
 *
 * @param {Crowd} crowd
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {{view: number[][], minima: number[][], plan: import("./racing.js").Plan}} told
 * @param {number} [until]  a moment of performance.now()
 */
export function goOn(crowd, surface, rule, { view, minima, plan }, until = performance.now() + BUDGET) {
  const long = 2 * plan.steps + 2;
  while (crowd.done < SIDE * SIDE) {
    const k = crowd.done++;
    const path = crowd.paths?.subarray(k * long, (k + 1) * long);
    const { gone, end } = walk(surface, rule, startOf(view, k), plan, path);
    const label = gone > 0 ? DIVERGED : arrivedAt(minima, end[0], end[1]);
    crowd.label[k] = label;
    if (gone > 0) crowd.since[k] = gone;
    else if (path && label >= 0) crowd.since[k] = settled(path, minima[label], plan.steps);
    if (performance.now() > until) break;
  }
  return crowd.done === SIDE * SIDE;
}

/** The step from which on a path stays within reach of a point. */
function settled(
  /** @type {Float64Array} */ path,
  /** @type {number[]} */ [u, v],
  /** @type {number} */ steps,
) {
  let t = steps;
  while (t > 0 && Math.hypot(path[2 * t - 2] - u, path[2 * t - 1] - v) < RADIUS) t--;
  return t;
}

/** Shares of the starts that reach a global minimum, another one, none yet, and that leave. */
export function sharesOf(/** @type {Crowd} */ { label }, /** @type {number} */ best) {
  const share = (/** @type {(k: number) => boolean} */ test) => label.filter(test).length / label.length;
  return {
    reached: share((k) => k >= 0 && k < best),
    elsewhere: share((k) => k >= best),
    unfinished: share((k) => k === UNFINISHED),
    diverged: share((k) => k === DIVERGED),
  };
}
