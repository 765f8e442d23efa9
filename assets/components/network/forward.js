// The browser's copy of dlcore.network.forward and of its heads. A test compares both at random states.

import { ACTIVATIONS, sigmoid } from "../shared/activations.js";

/** @typedef {{features: string[], hidden: number[], f: string, head: string}} Net */

export const SPAN = 6; // the window is [-6, 6]²

/**
 * Name and formula of every feature of a point.
 *
 * @type {Record<string, [string, (a: number, b: number) => number]>}
 */
export const FEATURES = {
  x1: ["x₁", (a) => a],
  x2: ["x₂", (_, b) => b],
  x1sq: ["x₁²", (a) => a * a],
  x2sq: ["x₂²", (_, b) => b * b],
  x1x2: ["x₁x₂", (a, b) => a * b],
  sinx1: ["sin x₁", (a) => Math.sin(a)],
  sinx2: ["sin x₂", (_, b) => Math.sin(b)],
};

/**
 * What the last layer's z means: the output, the loss for a target, its derivative by z, the output as a sign
 * in [-1, 1].
 *
 * @typedef {object} Head
 * @property {(z: number) => number} out
 * @property {(z: number, y: number) => number} loss
 * @property {(z: number, y: number) => number} delta
 * @property {(a: number) => number} signed
 */
/** @type {Record<string, Head>} */
const HEADS = {
  "cross-entropy": {
    out: sigmoid,
    loss: (z, y) => 0.5 * ((1 + y) * ACTIVATIONS.softplus[0](-z) + (1 - y) * ACTIVATIONS.softplus[0](z)),
    delta: (z, y) => 0.5 * ((1 - y) * sigmoid(z) - (1 + y) * sigmoid(-z)),
    signed: (a) => 2 * a - 1,
  },
  "squared-error": {
    out: Math.tanh,
    loss: (z, y) => 0.5 * (Math.tanh(z) - y) ** 2,
    delta: (z, y) => (Math.tanh(z) - y) * ACTIVATIONS.tanh[1](z),
    signed: (a) => a,
  },
  regression: { out: (z) => z, loss: (z, y) => 0.5 * (z - y) ** 2, delta: (z, y) => z - y, signed: (a) => a },
};
/** @type {(net: Net) => Head} */
export const headOf = (net) => HEADS[net.head];

/**
 * [neurons, inputs + 1] of every layer; the last column of a layer holds the biases.
 *
 * @param {Net} net
 */
export const shapes = (net) => {
  const sizes = [net.features.length, ...net.hidden, 1];
  return sizes.slice(1).map((m, i) => [m, sizes[i] + 1]);
};

/**
 * Every layer's output for columns of features: layers[l][neuron] is an array over the points, the last
 * layer holds z.
 *
 * @param {Net} net
 * @param {ArrayLike<number>} theta  layer by layer, neuron by neuron: weights, then bias
 * @param {Float64Array[]} columns
 * @param {boolean} [before]  gives what f was applied to instead, layer by layer
 */
export function forward(net, theta, columns, before = false) {
  const layers = [columns];
  const seen = [columns];
  const f = ACTIVATIONS[net.f][0];
  const all = shapes(net);
  let at = 0;
  all.forEach(([m, n], l) => {
    const out = [];
    for (let j = 0; j < m; j++, at += n) {
      const z = affine(theta, at, n, layers[l]);
      out.push(z);
    }
    if (before) seen.push(out.map((z) => z.slice()));
    if (l < all.length - 1) for (const z of out) for (let k = 0; k < z.length; k++) z[k] = f(z[k]);
    layers.push(out);
  });
  return before ? seen : layers;
}

/**
 * The last layer's z at every point.
 *
 * @param {Net} net
 * @param {ArrayLike<number>} theta
 * @param {Float64Array[]} columns
 */
export function scores(net, theta, columns) {
  const layers = forward(net, theta, columns);
  return layers[layers.length - 1][0];
}

// w·h + b of one neuron, whose n numbers stand in theta from `at` on.
function affine(theta, at, n, h) {
  const z = new Float64Array(h[0].length).fill(theta[at + n - 1]);
  for (let i = 0; i < n - 1; i++) {
    const w = theta[at + i];
    const a = h[i];
    for (let k = 0; k < z.length; k++) z[k] += w * a[k];
  }
  return z;
}

/**
 * The features of points, a column each.
 *
 * @param {Net} net
 * @param {ArrayLike<number>} x1
 * @param {ArrayLike<number>} x2
 */
export const columnsOf = (net, x1, x2) =>
  net.features.map((name) => Float64Array.from(x1, (a, k) => FEATURES[name][1](a, x2[k])));

/** Double-precision numbers from base64. @type {(text: string) => Float64Array} */
export const numbers = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const pack = (v) => {
  const i = Math.max(0, Math.min(4095, Math.round(((v + SPAN) / (2 * SPAN)) * 4095)));
  return LETTERS[i >> 6] + LETTERS[i & 63];
};
/** Points drawn by hand as the address writes them: five letters each. @type {(points: any[]) => string} */
export const encodeOwn = (points) =>
  points.map(([a, b, y]) => pack(a) + pack(b) + (y > 0 ? "P" : "N")).join("");
