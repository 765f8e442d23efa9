// The first-order rules, each its formula: one coordinate's θ after step t = 1, 2, …; `memory` is changed.
// Written as dlcore.optimizers.rules writes them, operation by operation.

/**
 * @typedef {object} Rule
 * @property {string} name
 * @property {number} lr  η
 * @property {string} schedule
 * @property {number | null} batch
 * @property {number} beta
 * @property {number} beta1
 * @property {number} beta2
 * @property {number} eps
 * @property {number} weight_decay
 * @property {number} momentum_decay
 * @property {number} history
 * @property {boolean} line_search
 */

/** @typedef {(rule: Rule, theta: number, g: number, m: number[], t: number, eta: number) => number} Step */

/** @type {Step} */
const descend = (_, theta, g, __, ___, eta) => theta - eta * g;

/** @type {Step} */
function adam(rule, theta, g, memory, t, eta) {
  const [m, v] = averages(rule, g, memory);
  const mHat = m / (1 - rule.beta1 ** t);
  const vHat = v / (1 - rule.beta2 ** t);
  return theta - (eta * mHat) / (Math.sqrt(vHat) + rule.eps);
}

/** @type {(rule: Rule, g: number, memory: number[]) => number[]} */
function averages({ beta1, beta2 }, g, memory) {
  memory[0] = beta1 * memory[0] + (1 - beta1) * g;
  memory[1] = beta2 * memory[1] + (1 - beta2) * g * g;
  return memory;
}

/** What is remembered before the first step. @type {Record<string, number[]>} */
export const MEMORY = {
  momentum: [0],
  nesterov: [0],
  adagrad: [0],
  rmsprop: [0],
  adam: [0, 0],
  adamw: [0, 0],
  nadam: [0, 0, 1],
};

/** @type {Record<string, Step>} */
export const STEPS = {
  gradient_descent: descend,
  sgd: descend,
  minibatch: descend,
  momentum(rule, theta, g, memory, _, eta) {
    memory[0] = rule.beta * memory[0] + g;
    return theta - eta * memory[0];
  },
  nesterov(rule, theta, g, memory, _, eta) {
    memory[0] = rule.beta * memory[0] + g;
    return theta - eta * (g + rule.beta * memory[0]);
  },
  adagrad(rule, theta, g, memory, _, eta) {
    memory[0] += g * g;
    return theta - (eta * g) / (Math.sqrt(memory[0]) + rule.eps);
  },
  rmsprop(rule, theta, g, memory, _, eta) {
    memory[0] = rule.beta2 * memory[0] + (1 - rule.beta2) * g * g;
    return theta - (eta * g) / (Math.sqrt(memory[0]) + rule.eps);
  },
  adam,
  adamw: (rule, theta, g, memory, t, eta) =>
    adam(rule, theta * (1 - eta * rule.weight_decay), g, memory, t, eta),
  nadam(rule, theta, g, memory, t, eta) {
    const [m, v] = averages(rule, g, memory);
    const mu = rule.beta1 * (1 - 0.5 * 0.96 ** (t * rule.momentum_decay));
    const next = rule.beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * rule.momentum_decay));
    memory[2] *= mu;
    const product = memory[2];
    const ahead = ((1 - mu) * g) / (1 - product) + (next * m) / (1 - product * next);
    return theta - (eta * ahead) / (Math.sqrt(v / (1 - rule.beta2 ** t)) + rule.eps);
  },
};

/** η's factor at step t of T. @type {Record<string, (t: number, T: number) => number>} */
export const SCHEDULES = {
  constant: () => 1,
  step: (t, T) => 0.1 ** (Number((t - 1) / T >= 0.5) + Number((t - 1) / T >= 0.75)),
  cosine: (t, T) => 0.5 * (1 + Math.cos(Math.PI * ((t - 1) / T))),
  "warm-up": (t, T) => Math.min(1, t / Math.max(1, T / 10)),
};
