// Gradient descent of one sigmoid neuron on all points at once; a test holds it to dlcore's.

import { sigmoid } from "../shared/activations.js";

/**
 * @typedef {object} Step
 * @property {number[]} theta  [w₁, w₂, b]
 * @property {number} loss  mean cross-entropy over all points
 * @property {number} wrong  number of points on the wrong side of the line
 */

/**
 * All steps from a start: steps + 1 of them.
 *
 * @param {[number, number, number][]} points  [x₁, x₂, y], y is 0 or 1
 * @param {number[]} start  [w₁, w₂, b]
 * @param {number} eta  learning rate
 * @param {number} steps
 * @returns {Step[]}
 */
export function descend(points, start, eta, steps) {
  const path = [];
  let theta = start;
  for (let t = 0; t <= steps; t++) {
    const [w1, w2, b] = theta;
    let [g1, g2, gb, loss, wrong] = [0, 0, 0, 0, 0];
    for (const [x1, x2, y] of points) {
      const z = w1 * x1 + w2 * x2 + b;
      const error = sigmoid(z) - y;
      [g1, g2, gb] = [g1 + error * x1, g2 + error * x2, gb + error];
      loss += Math.max(z, 0) - y * z + Math.log1p(Math.exp(-Math.abs(z)));
      if (z > 0 !== y > 0) wrong++;
    }
    path.push({ theta, loss: loss / points.length, wrong });
    theta = [g1, g2, gb].map((g, k) => theta[k] - (eta * g) / points.length);
  }
  return path;
}

/**
 * The start whose line runs from one place to another, as steep as another start; class 1 keeps its side.
 *
 * @param {number[]} from  [x₁, x₂]
 * @param {number[]} to
 * @param {number[]} like  [w₁, w₂, b]: gives the length of w, and which side is positive
 * @returns {number[]}
 */
export function through(from, to, like) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const size = Math.hypot(like[0], like[1]) / Math.hypot(dx, dy);
  const sign = like[0] * dy - like[1] * dx < 0 ? -1 : 1;
  const w = [sign * size * dy, -sign * size * dx];
  return [...w, -w[0] * from[0] - w[1] * from[1]];
}
