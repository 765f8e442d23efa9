// What the stepper computes: the pass through the 2-neuron network.
// pass() is a second copy of dlcore's, so that no step waits for the server; a test compares the two.

import { sigmoid, slope } from "../shared/activations.js";

/**
 * Every value and every derivative of one forward and backward pass, and of one SGD step.
 *
 * @param {{x: number, y: number, w1: number, b1: number, w2: number, b2: number, eta?: number}} numbers
 * @param {string} loss  "cross-entropy" or "squared-error"
 */
export function pass({ x, y, w1, b1, w2, b2, eta = 0 }, loss) {
  const forward = (w1, b1, w2, b2) => {
    const z1 = w1 * x + b1,
      h = Math.max(0, z1),
      z2 = w2 * h + b2,
      yh = sigmoid(z2);
    const L =
      loss === "cross-entropy"
        ? Math.max(z2, 0) - y * z2 + Math.log1p(Math.exp(-Math.abs(z2)))
        : (yh - y) ** 2 / 2;
    return { z1, h, z2, yh, L };
  };
  const v = forward(w1, b1, w2, b2);
  const s2 = slope(v.z2),
    s1 = v.z1 > 0 ? 1 : 0;
  const d_yh = loss === "cross-entropy" ? (v.yh - y) / s2 : v.yh - y;
  const d_z2 = loss === "cross-entropy" ? v.yh - y : (v.yh - y) * s2;
  const d_h = d_z2 * w2,
    d_z1 = d_h * s1;
  const g = { d_w1: d_z1 * x, d_b1: d_z1, d_w2: d_z2 * v.h, d_b2: d_z2 };
  const next = { w1: w1 - eta * g.d_w1, b1: b1 - eta * g.d_b1, w2: w2 - eta * g.d_w2, b2: b2 - eta * g.d_b2 };
  const projected = v.L - eta * (g.d_w1 ** 2 + g.d_b1 ** 2 + g.d_w2 ** 2 + g.d_b2 ** 2);
  const real = forward(next.w1, next.b1, next.w2, next.b2).L;
  return { x, y, w1, b1, w2, b2, eta, ...v, s1, s2, d_yh, d_z2, d_h, d_z1, ...g, next, projected, real };
}
