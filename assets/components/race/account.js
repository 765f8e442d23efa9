// A racer's own account of one step: what it saw and remembered, and its formula line by line with numbers.

import { digits, raised } from "../shared/numbers.js";
import { begun, drawnFor, slopeAt, stepped } from "./racing.js";
import { SCHEDULES } from "./rules.js";

/** @typedef {import("./rules.js").Rule} Rule */
/** @typedef {import("./surfaces.js").Surface} Surface */
/** @typedef {import("./racing.js").Plan} Plan */

/**
 * Everything about the step to θ after step t = 1, 2, …; of both coordinates.
 *
 * @typedef {object} Account
 * @property {number} t
 * @property {number} eta  η of this step
 * @property {number[]} before
 * @property {number[]} after
 * @property {number[]} g  the gradient that the racer saw
 * @property {number[][]} last  what it remembered of x and of y before the step
 * @property {number[][]} memory  … and after it
 */

/**
 * The account of step t of a race from a start.
 *
 * @param {Surface} surface
 * @param {Rule} rule
 * @param {number[]} start
 * @param {Plan} plan
 * @param {number} t
 * @returns {Account}
 */
export function account(surface, rule, start, plan, t) {
  const factor = SCHEDULES[rule.schedule];
  const drawn = drawnFor(surface, rule, plan);
  const state = begun(rule);
  let at = start;
  for (let k = 1; k < t; k++) {
    at = stepped(surface, rule, at, state, k, rule.lr * factor(k, plan.steps), drawn);
  }
  const eta = rule.lr * factor(t, plan.steps);
  const last = [state.x.slice(), state.y.slice()];
  const g = slopeAt(surface, rule, at, t, drawn);
  const after = stepped(surface, rule, at, state, t, eta, drawn);
  return { t, eta, before: at, after, g, last, memory: [state.x, state.y] };
}

/** What a line says, and its number for x (axis 0) and y (axis 1). */
/** @typedef {[string, (axis: number) => number]} Line */

/** @type {(rule: Rule, a: Account) => Line[]} */
const velocity = ({ beta }, { memory }) => [[`v = ${digits(beta)}·v + g`, (k) => memory[k][0]]];

/** @type {(rule: Rule, a: Account) => Line[]} */
function averages({ beta1, beta2 }, { t, memory }) {
  return [
    [`m = ${digits(beta1)}·m + ${digits(1 - beta1)}·g`, (k) => memory[k][0]],
    [`v = ${digits(beta2)}·v + ${digits(1 - beta2)}·g²`, (k) => memory[k][1]],
    [`√v̂ = √(v / (1 − ${digits(beta2)}${raised(t)}))`, (k) => Math.sqrt(memory[k][1] / (1 - beta2 ** t))],
  ];
}

/** m̂ of Adam. @type {(rule: Rule, a: Account, k: number) => number} */
const corrected = ({ beta1 }, { t, memory }, k) => memory[k][0] / (1 - beta1 ** t);

/** @type {(rule: Rule, a: Account) => Line[]} */
function adam(rule, a) {
  const [m, v, root] = averages(rule, a);
  return [m, [`m̂ = m / (1 − ${digits(rule.beta1)}${raised(a.t)})`, (k) => corrected(rule, a, k)], v, root];
}

/** The lines between the gradient and the step; rules that look at more than one coordinate have none. */
/** @type {Record<string, (rule: Rule, a: Account) => Line[]>} */
const LINES = {
  momentum: velocity,
  nesterov: velocity,
  adagrad: (_, { memory }) => [
    ["v = v + g²", (k) => memory[k][0]],
    ["√v", (k) => Math.sqrt(memory[k][0])],
  ],
  rmsprop: ({ beta2 }, { memory }) => [
    [`v = ${digits(beta2)}·v + ${digits(1 - beta2)}·g²`, (k) => memory[k][0]],
    ["√v", (k) => Math.sqrt(memory[k][0])],
  ],
  adam,
  adamw: adam,
  nadam: averages,
};

/** How the step follows from those lines. @type {Record<string, string>} */
const STEP = {
  gradient_descent: "−η g",
  sgd: "−η g",
  minibatch: "−η g",
  momentum: "−η v",
  nesterov: "−η (g + β v)",
  adagrad: "−η g / (√v + ε)",
  rmsprop: "−η g / (√v + ε)",
  adam: "−η m̂ / (√v̂ + ε)",
  adamw: "−η λ θ − η m̂ / (√v̂ + ε)",
  nadam: "−η (m looking ahead) / (√v̂ + ε)",
  newton: "η times −H⁻¹g, or −g",
  lbfgs: "η times −g bent by what it remembers",
};

/**
 * The account line by line.
 *
 * @param {Rule} rule
 * @param {Account} a
 * @returns {Line[]}
 */
export const linesOf = (rule, a) => [
  ["g, the gradient", (k) => a.g[k]],
  ...(LINES[rule.name]?.(rule, a) ?? []),
  [`Δ = ${STEP[rule.name]}, η = ${digits(a.eta)}`, (k) => a.after[k] - a.before[k]],
];

/**
 * What is drawn in the units of the gradient: −g, what the memory adds to it, and what is divided by.
 *
 * @param {Rule} rule
 * @param {Account} a
 * @returns {{name: string, vector: number[]}[]}  the last one may be a divisor, "√v" or "√v̂"
 */
export function arrowsOf(rule, a) {
  const both = (/** @type {(k: number) => number} */ of) => [of(0), of(1)];
  const arrows = [{ name: "−g", vector: both((k) => -a.g[k]) }];
  if (rule.name === "momentum" || rule.name === "nesterov") {
    arrows.push({ name: "−βv", vector: both((k) => -rule.beta * a.last[k][0]) });
  }
  if (rule.name === "adam" || rule.name === "adamw") {
    arrows.push({ name: "−m̂", vector: both((k) => -corrected(rule, a, k)) });
  }
  const root = LINES[rule.name]?.(rule, a).find(([text]) => text.startsWith("√"));
  if (root) arrows.push({ name: root[0].split(" ")[0], vector: both(root[1]) });
  return arrows;
}
