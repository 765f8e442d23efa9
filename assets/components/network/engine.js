// Training a small network: its gradient written out, the optimizers, an epoch. The browser's copy of
// dlcore/network/trajectory.py; a test holds one to the other, update by update.

import { ACTIVATIONS } from "../shared/activations.js";
import { permutation, uniforms } from "../shared/philox.js";
import { columnsOf, headOf, shapes } from "./forward.js";

const [WEIGHTS, ORDERS] = [0, 1]; // streams of a seed, as in dlcore/network/network.py
const [BETA, BETA1, BETA2, EPSILON] = [0.9, 0.9, 0.999, 1e-8];

/**
 * What decides a training besides its points; a batch of 0 takes all of them.
 *
 * @typedef {{net: import("./forward.js").Net, optimizer: string, lr: number, l1: number, l2: number,
 *   batch: number, seed: number}} Plan
 *
 * Parameters after so many epochs and steps, and the optimizer's moving means (empty where it has none).
 *
 * @typedef {{epoch: number, steps: number, theta: Float64Array, m: Float64Array, v: Float64Array}} State
 *
 * Training points: the features of all of them one after another, and the targets.
 *
 * @typedef {{rows: Float64Array, y: Float64Array}} Points
 */

/** Number of parameters. @type {(net: import("./forward.js").Net) => number} */
export const sizeOf = (net) => shapes(net).reduce((sum, [m, n]) => sum + m * n, 0);

/** 1 where a weight stands, 0 where a bias does. @param {import("./forward.js").Net} net */
function weightsOf(net) {
  const mask = new Uint8Array(sizeOf(net)).fill(1);
  let at = 0;
  for (const [m, n] of shapes(net)) for (let j = 0; j < m; j++, at += n) mask[at + n - 1] = 0;
  return mask;
}

/**
 * The state before the first epoch.
 *
 * @param {Plan} plan
 * @returns {State}
 */
export function start({ net, seed, optimizer }) {
  const weights = weightsOf(net);
  const theta = uniforms(seed, weights.length, WEIGHTS).map((u, k) => (weights[k] ? u - 0.5 : 0.1));
  const moments = (/** @type {string[]} */ ...kept) =>
    new Float64Array(kept.includes(optimizer) ? theta.length : 0);
  return { epoch: 0, steps: 0, theta, m: moments("momentum", "adam"), v: moments("adam") };
}

/**
 * Points of the plane as the network takes them.
 *
 * @param {import("./forward.js").Net} net
 * @param {number[]} x1
 * @param {number[]} x2
 * @param {ArrayLike<number>} y
 * @returns {Points}
 */
export function pointsOf(net, x1, x2, y) {
  const columns = columnsOf(net, x1, x2);
  const d = columns.length;
  const rows = new Float64Array(d * y.length);
  columns.forEach((column, i) => {
    column.forEach((v, k) => {
      rows[k * d + i] = v;
    });
  });
  return { rows, y: Float64Array.from(y) };
}

// f' from a = f(z) where that spares an exponential; right to 1e-16.
/** @type {Record<string, (a: number) => number>} */
const SLOPE_OF_OUTPUT = { tanh: (a) => 1 - a * a, sigmoid: (a) => a * (1 - a) };

/**
 * The gradient of the mean loss over the points chosen[from … to − 1]; the array is the same each time.
 *
 * @param {import("./forward.js").Net} net
 * @returns {(theta: Float64Array, points: Points, chosen: ArrayLike<number>, from: number, to: number)
 *   => Float64Array}
 */
export function gradientOf(net) {
  const all = shapes(net);
  const last = all.length - 1;
  const h = all.map(([, n]) => new Float64Array(n).fill(1)); // a 1 at the end: the bias is one more weight
  const z = all.map(([m]) => new Float64Array(m));
  const delta = all.map(([m]) => new Float64Array(m));
  const ends = all.map(([m, n]) => m * n);
  const begins = ends.map((_, l) => ends.slice(0, l).reduce((a, b) => a + b, 0));
  const gradient = new Float64Array(sizeOf(net));
  const [f, slope] = ACTIVATIONS[net.f];
  const head = headOf(net);
  const ofOutput = SLOPE_OF_OUTPUT[net.f];

  /** @param {Float64Array} theta */
  function forth(theta) {
    for (let l = 0; l <= last; l++) {
      const [m, n] = all[l];
      let k = begins[l];
      for (let j = 0; j < m; j++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += theta[k++] * h[l][i];
        z[l][j] = sum;
        if (l < last) h[l + 1][j] = f(sum);
      }
    }
  }

  /** @param {Float64Array} theta */
  function back(theta) {
    for (let l = last; l >= 0; l--) {
      const [m, n] = all[l];
      const below = l > 0 ? delta[l - 1].fill(0) : null;
      let k = begins[l];
      for (let j = 0; j < m; j++, k += n) {
        const e = delta[l][j];
        for (let i = 0; i < n; i++) gradient[k + i] += e * h[l][i];
        if (below) for (let i = 0; i < n - 1; i++) below[i] += e * theta[k + i];
      }
      if (!below) return;
      for (let i = 0; i < n - 1; i++) below[i] *= ofOutput ? ofOutput(h[l][i]) : slope(z[l - 1][i]);
    }
  }

  return (theta, { rows, y }, chosen, from, to) => {
    const d = all[0][1] - 1;
    gradient.fill(0);
    for (let k = from; k < to; k++) {
      const at = chosen[k];
      for (let i = 0; i < d; i++) h[0][i] = rows[at * d + i];
      forth(theta);
      delta[last][0] = head.delta(z[last][0], y[at]) / (to - from);
      back(theta);
    }
    return gradient;
  };
}

/** @type {Record<string, (state: State, g: Float64Array, lr: number) => void>} */
const RULES = {
  sgd({ theta }, g, lr) {
    for (let k = 0; k < theta.length; k++) theta[k] -= lr * g[k];
  },
  momentum({ theta, m }, g, lr) {
    for (let k = 0; k < theta.length; k++) {
      m[k] = BETA * m[k] + g[k];
      theta[k] -= lr * m[k];
    }
  },
  adam({ theta, m, v, steps }, g, lr) {
    const [first, second] = [1 - BETA1 ** steps, 1 - BETA2 ** steps];
    for (let k = 0; k < theta.length; k++) {
      m[k] = BETA1 * m[k] + (1 - BETA1) * g[k];
      v[k] = BETA2 * v[k] + (1 - BETA2) * g[k] * g[k];
      theta[k] -= (lr * (m[k] / first)) / (Math.sqrt(v[k] / second) + EPSILON);
    }
  },
};

/**
 * A plan on its points: one update, and one epoch. Both change the state that they are given.
 *
 * @param {Plan} plan
 * @param {Points} points
 */
export function trainerOf(plan, points) {
  const { net, optimizer, lr, l1, l2, batch, seed } = plan;
  const gradient = gradientOf(net);
  const weights = weightsOf(net);
  const n = points.y.length;
  const size = batch ? Math.min(batch, n) : n;

  /** @type {(state: State, chosen: ArrayLike<number>, from: number, to: number) => void} */
  function update(state, chosen, from, to) {
    const g = gradient(state.theta, points, chosen, from, to);
    if (l1 || l2) {
      for (let k = 0; k < g.length; k++) {
        if (weights[k]) g[k] += l2 * state.theta[k] + l1 * Math.sign(state.theta[k]);
      }
    }
    state.steps++;
    RULES[optimizer](state, g, lr);
  }

  /** @param {State} state */
  function epoch(state) {
    const order = permutation(seed, n, ORDERS, state.epoch * n);
    for (let i = 0; i < n; i += size) update(state, order, i, Math.min(i + size, n));
    state.epoch++;
  }
  return { update, epoch };
}

/** A state of its own. @type {(state: State) => State} */
export const copied = ({ epoch, steps, theta, m, v }) => ({
  epoch,
  steps,
  theta: theta.slice(),
  m: m.slice(),
  v: v.slice(),
});

/**
 * The layers, from 0, that hold a parameter which is no finite number.
 *
 * @param {import("./forward.js").Net} net
 * @param {Float64Array} theta
 */
export function overflowed(net, theta) {
  let at = 0;
  const bad = shapes(net).map(([m, n]) => theta.subarray(at, (at += m * n)).some((v) => !Number.isFinite(v)));
  return [...bad.keys()].filter((l) => bad[l]);
}
