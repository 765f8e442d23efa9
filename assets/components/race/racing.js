// A race: every rule walks from a start, in the browser as in dlcore, with the same chance.

import { normals, uniforms } from "../shared/philox.js";
import { MEMORY, SCHEDULES, STEPS } from "./rules.js";
import { MOVES, nothing } from "./second_order.js";

export const EDGE = 1e6; // a racer whose next point lies beyond has diverged, and stays where it was
const [SHOCKS, SAMPLES] = [0, 1]; // streams of the generator

/** @typedef {import("./rules.js").Rule} Rule */
/** @typedef {import("./surfaces.js").Surface} Surface */

/**
 * What decides a race besides surface, rule and start.
 *
 * @typedef {object} Plan
 * @property {number} steps
 * @property {number} noise  σ of one sample's gradient, per coordinate
 * @property {number} seed
 */

/** @typedef {{shocks: Float64Array | null, chosen: Int32Array | null}} Drawn */

/** @type {Map<string, Drawn>} */
const known = new Map();

/**
 * The noise and the mini-batches of a race: the same for all rules, and drawn once.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {Plan} plan
 * @returns {Drawn}
 */
export function drawnFor({ samples }, rule, { steps, noise, seed }) {
  const b = samples && rule.batch ? rule.batch : 0;
  const name = `${samples} ${b} ${rule.batch} ${steps} ${noise} ${seed}`;
  let found = known.get(name);
  if (!found) {
    const sigma = noise / Math.sqrt(rule.batch || 1);
    const shocks = noise ? normals(seed, 2 * steps, SHOCKS).map((z) => sigma * z) : null;
    const chosen = b ? Int32Array.from(uniforms(seed, b * steps, SAMPLES), (u) => u * Number(samples)) : null;
    found = { shocks, chosen };
    if (known.size > 50) known.clear();
    known.set(name, found);
  }
  return found;
}

/**
 * What is remembered of a racer between two steps.
 *
 * @param {Rule} rule
 */
export const begun = (rule) => {
  const memory = MEMORY[rule.name] ?? [];
  return { x: memory.slice(), y: memory.slice(), both: nothing() };
};

/**
 * The gradient that a racer sees at step t: of its mini-batch, with the race's noise.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {number[]} at
 * @param {number} t
 * @param {Drawn} drawn
 */
export function slopeAt(surface, rule, at, t, { shocks, chosen }) {
  const b = rule.batch ?? 0;
  const g =
    chosen && surface.sampled
      ? surface.sampled(at[0], at[1], chosen, b * (t - 1), b)
      : surface.slope(at[0], at[1]);
  if (shocks) {
    g[0] += shocks[2 * t - 2];
    g[1] += shocks[2 * t - 1];
  }
  return g;
}

/**
 * One step: where the racer is after step t. The state is changed.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {number[]} at
 * @param {ReturnType<typeof begun>} state
 * @param {number} t
 * @param {number} eta
 * @param {Drawn} drawn
 * @returns {number[]}
 */
export function stepped(surface, rule, at, state, t, eta, drawn) {
  const g = slopeAt(surface, rule, at, t, drawn);
  const move = MOVES[rule.name];
  if (move) return move(surface, rule, at, g, state.both, eta);
  const step = STEPS[rule.name];
  return [step(rule, at[0], g[0], state.x, t, eta), step(rule, at[1], g[1], state.y, t, eta)];
}

/** Inside, and a number. @type {(at: number[]) => boolean} */
const inside = ([x, y]) => Math.abs(x) <= EDGE && Math.abs(y) <= EDGE;

/**
 * The path x₀, y₀, x₁, y₁, … of a rule, and the step at which it left for infinity, or −1.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {number[]} start
 * @param {Plan} plan
 * @param {Float64Array} [path]  to be filled in; without it only the last point is kept
 */
export function walk(surface, rule, start, plan, path) {
  const { steps } = plan;
  const factor = SCHEDULES[rule.schedule];
  const drawn = drawnFor(surface, rule, plan);
  const state = begun(rule);
  let at = start;
  let gone = -1;
  path?.set(at, 0);
  for (let t = 1; t <= steps; t++) {
    const next = stepped(surface, rule, at, state, t, rule.lr * factor(t, steps), drawn);
    if (!inside(next)) {
      gone = t;
      break;
    }
    at = next;
    path?.set(at, 2 * t);
  }
  if (path && gone > 0) for (let t = gone; t <= steps; t++) path.set(at, 2 * t);
  return { gone, end: at };
}

/**
 * A racer's whole race: path, f along it, and when it left.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {number[]} start
 * @param {Plan} plan
 */
export function raced(surface, rule, start, plan) {
  const path = new Float64Array(2 * plan.steps + 2);
  const { gone } = walk(surface, rule, start, plan, path);
  const losses = new Float64Array(plan.steps + 1);
  for (let t = 0; t <= plan.steps; t++) losses[t] = surface.value(path[2 * t], path[2 * t + 1]);
  return { path, losses, gone };
}
