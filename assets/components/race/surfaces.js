// A surface as the racers meet it: by its formula, by data, or by a formula that a learner has typed.

import { ACTIVATIONS, sigmoid } from "../shared/activations.js";
import { FORMULAS } from "./formulas.js";
import { treeOf } from "./tree.js";

/**
 * @typedef {object} Surface
 * @property {(x: number, y: number) => number} value
 * @property {(x: number, y: number) => number[]} slope  ∂f/∂x, ∂f/∂y
 * @property {(x: number, y: number) => number[]} curvature  ∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²
 * @property {number} [samples]  of data; then there are mini-batches
 * @property {(x: number, y: number, chosen: Int32Array, from: number, b: number) => number[]} [sampled]
 */

/**
 * @param {{name: string, kappa: number, tree?: any, signed?: string, ridge?: number}} told
 * @returns {Surface}
 */
export function surfaceOf({ name, kappa, tree, signed, ridge }) {
  if (signed) return lossOf(numbers(signed), ridge ?? 0);
  if (tree) return treeOf(tree);
  const { value, slope, curvature } = FORMULAS[name];
  return {
    value: (x, y) => value(x, y, kappa),
    slope: (x, y) => slope(x, y, kappa),
    curvature: (x, y) => curvature(x, y, kappa),
  };
}

/** Doubles from base64. @type {(text: string) => Float64Array} */
const numbers = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

const [softplus] = ACTIVATIONS.softplus;

/**
 * The mean of log(1 + e^(−w·u)) over samples u = s x, with a penalty: logistic regression without bias.
 *
 * @param {Float64Array} signed  all first coordinates, then all second ones
 * @param {number} ridge
 * @returns {Surface}
 */
function lossOf(signed, ridge) {
  const n = signed.length / 2;

  /** @type {(x: number, y: number, k: number) => number} */
  const z = (x, y, k) => x * signed[k] + y * signed[n + k];

  /** @type {(x: number, y: number, at: (k: number) => number, b: number) => number[]} */
  function mean(x, y, at, b) {
    let [gx, gy] = [0, 0];
    for (let i = 0; i < b; i++) {
      const k = at(i);
      const pull = sigmoid(-z(x, y, k));
      gx -= pull * signed[k];
      gy -= pull * signed[n + k];
    }
    return [gx / b + ridge * x, gy / b + ridge * y];
  }

  return {
    samples: n,
    value(x, y) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += softplus(-z(x, y, k));
      return sum / n + 0.5 * ridge * (x * x + y * y);
    },
    slope: (x, y) => mean(x, y, (i) => i, n),
    sampled: (x, y, chosen, from, b) => mean(x, y, (i) => chosen[from + i], b),
    curvature(x, y) {
      let [xx, xy, yy] = [0, 0, 0];
      for (let k = 0; k < n; k++) {
        const p = sigmoid(z(x, y, k));
        const [u, v, w] = [signed[k], signed[n + k], p * (1 - p)];
        xx += w * u * u;
        xy += w * u * v;
        yy += w * v * v;
      }
      return [xx / n + ridge, xy / n, yy / n + ridge];
    },
  };
}
