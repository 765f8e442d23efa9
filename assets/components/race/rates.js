// What a learning rate comes to: the loss after the race at each of 41 rates, the best of them, and the rate
// beyond which the nearest minimum cannot hold the racer.

import { walk } from "./racing.js";

/** Eight a decade, from 1e-4 to 10. */
export const RATES = Array.from({ length: 41 }, (_, k) => 10 ** (-4 + k / 8));

/** @typedef {import("./surfaces.js").Surface} Surface */
/** @typedef {import("./rules.js").Rule} Rule */

/**
 * The loss after the race at each of RATES; NaN where the racer leaves.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {number[]} start
 * @param {import("./racing.js").Plan} plan
 */
export const lossesAt = (surface, rule, start, plan) =>
  RATES.map((lr) => {
    const { gone, end } = walk(surface, { ...rule, lr }, start, plan);
    return gone > 0 ? Number.NaN : surface.value(end[0], end[1]);
  });

/** The rate with the lowest loss; NaN where all of them diverge. @type {(losses: number[]) => number} */
export function bestOf(losses) {
  let best = -1;
  losses.forEach((f, k) => {
    if (Number.isFinite(f) && (best < 0 || f < losses[best])) best = k;
  });
  return RATES[best] ?? Number.NaN;
}

/**
 * λmax at the minimum nearest to a point; NaN where there is no minimum.
 *
 * @param {Surface} surface
 * @param {number[][]} minima
 * @param {number[]} at
 */
export function steepest(surface, minima, [x, y]) {
  if (!minima.length) return Number.NaN;
  const away = minima.map(([u, v]) => Math.hypot(u - x, v - y));
  const [u, v] = minima[away.indexOf(Math.min(...away))];
  const [xx, xy, yy] = surface.curvature(u, v);
  return (xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy);
}

/** ηλ from which on a quadratic's minimum does not hold the racer, as dlcore.optimizers.stability has it. */
export function largestStep(/** @type {Rule} */ { name, beta, line_search: searches }) {
  if (name === "momentum") return 2 * (1 + beta);
  if (name === "nesterov") return (2 * (1 + beta)) / (1 + 2 * beta);
  if (name === "newton") return searches ? Number.NaN : 2; // its λ is 1
  return ["gradient_descent", "sgd", "minibatch"].includes(name) ? 2 : Number.NaN;
}

/** The rate there; NaN where a rule has no such rate. @type {(rule: Rule, lambda: number) => number} */
export const limitOf = (rule, lambda) => largestStep(rule) / (rule.name === "newton" ? 1 : lambda);

/** The factor by which momentum shrinks an error per step. @type {(a: number, b: number) => number} */
export function heavyBallRate(a, b) {
  const half = (1 + b - a) / 2;
  const under = half * half - b;
  return under < 0 ? Math.sqrt(b) : Math.abs(half) + Math.sqrt(under);
}
