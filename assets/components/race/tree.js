// A learner's formula as plain data, ["*", 2, ["exp", "x"]]: interpreted, never run as code. Value, slope and
// curvature are carried through it together, by second-order dual numbers (x + ε₁, y + ε₂).

/** @typedef {(z: number) => number} Real */
/** @typedef {(a: number, b: number) => number} Pair */

import { ACTIVATIONS, sigmoid, slope } from "../shared/activations.js";

const CONSTANTS = { pi: Math.PI, e: Math.E };
/** @type {Pair} */
const above = (a, b) => (a > b ? 1 : a < b ? 0 : a === b ? 0.5 : Number.NaN);
const zero = () => 0;
const one = () => 1;

/** f, f′, f″; what jumps or bends takes the slope that Python gives it. @type {Record<string, Real[]>} */
const OF_ONE = {
  neg: [(z) => -z, () => -1, zero],
  exp: [Math.exp, Math.exp, Math.exp],
  log: [Math.log, (z) => 1 / z, (z) => -1 / z / z],
  sqrt: [Math.sqrt, (z) => 0.5 / Math.sqrt(z), (z) => -0.25 / z / Math.sqrt(z)],
  sin: [Math.sin, Math.cos, (z) => -Math.sin(z)],
  cos: [Math.cos, (z) => -Math.sin(z), (z) => -Math.cos(z)],
  tan: [Math.tan, (z) => 1 + Math.tan(z) ** 2, (z) => 2 * Math.tan(z) * (1 + Math.tan(z) ** 2)],
  sinh: [Math.sinh, Math.cosh, Math.sinh],
  cosh: [Math.cosh, Math.sinh, Math.cosh],
  tanh: [...ACTIVATIONS.tanh, (z) => -8 * Math.tanh(z) * slope(2 * z)],
  sigmoid: [sigmoid, slope, (z) => slope(z) * (1 - 2 * sigmoid(z))],
  softplus: [...ACTIVATIONS.softplus, slope],
  abs: [Math.abs, Math.sign, zero],
  relu: [(z) => Math.max(z, 0), ACTIVATIONS.relu[1], zero],
  step: [(z) => (Number.isNaN(z) ? z : z > 0 ? 1 : 0), zero, zero],
};
OF_ONE.ln = OF_ONE.log;

/** f, then ∂a, ∂b, ∂aa, ∂ab, ∂bb. @type {Record<string, Pair[]>} */
const OF_TWO = {
  "+": [(a, b) => a + b, one, one, zero, zero, zero],
  "-": [(a, b) => a - b, one, () => -1, zero, zero, zero],
  "*": [(a, b) => a * b, (_, b) => b, (a) => a, zero, one, zero],
  "/": [
    (a, b) => a / b,
    (_, b) => 1 / b,
    (a, b) => -a / b / b,
    zero,
    (_, b) => -1 / b / b,
    (a, b) => (2 * a) / b / b / b,
  ],
  "**": [
    (a, n) => a ** n,
    (a, n) => n * a ** (n - 1),
    (a, n) => a ** n * Math.log(a),
    (a, n) => n * (n - 1) * a ** (n - 2),
    (a, n) => a ** (n - 1) * (1 + n * Math.log(a)),
    (a, n) => a ** n * Math.log(a) ** 2,
  ],
  max: [Math.max, above, (a, b) => above(b, a), zero, zero, zero],
  min: [Math.min, (a, b) => above(b, a), above, zero, zero, zero],
};

/** A part that stands still plays no part, however steep it is met. @type {Pair} */
const times = (steepness, moved) => (moved === 0 ? 0 : steepness * moved);

/**
 * @param {any} tree  nested lists, each an operation and its parts; numbers; the names x, y, pi and e
 * @returns {import("./surfaces.js").Surface}
 */
export function treeOf(tree) {
  /** @type {{f: Function[], of: number[]}[]} */
  const parts = [];
  /** Six numbers a part: value, ∂x, ∂y, ∂xx, ∂xy, ∂yy. @type {number[]} */
  const begin = [];
  const place = { x: add([], []), y: add([], []) };
  begin[6 * place.x + 1] = begin[6 * place.y + 2] = 1;
  const last = read(tree);
  const held = Float64Array.from(begin);

  /** @type {(f: Function[], of: number[], constant?: number) => number} */
  function add(f, of, constant = 0) {
    begin.push(constant, 0, 0, 0, 0, 0);
    return parts.push({ f, of }) - 1;
  }

  /** The number of a part of the tree, which comes after the numbers of its own parts. */
  function read(/** @type {any} */ part) {
    if (typeof part === "number") return add([], [], part);
    if (typeof part === "string") return place[part] ?? add([], [], CONSTANTS[part]);
    const [name, ...inner] = part;
    return add((inner.length > 1 ? OF_TWO : OF_ONE)[name], inner.map(read));
  }

  /** @type {(x: number, y: number, order: number) => void} */
  function evaluate(x, y, order) {
    held[6 * place.x] = x;
    held[6 * place.y] = y;
    for (let k = 2; k < parts.length; k++) {
      const { f, of } = parts[k];
      if (of.length === 1) through(f, 6 * of[0], 6 * k, order);
      else if (of.length === 2) together(f, 6 * of[0], 6 * of[1], 6 * k, order);
    }
  }

  /** @type {(f: Function[], a: number, to: number, order: number) => void} */
  function through(f, a, to, order) {
    const z = held[a];
    held[to] = f[0](z);
    if (order === 0) return;
    const d = f[1](z);
    held[to + 1] = times(d, held[a + 1]);
    held[to + 2] = times(d, held[a + 2]);
    if (order === 1) return;
    const dd = f[2](z);
    for (const [k, i, j] of SECOND) {
      held[to + k] = times(dd, held[a + i] * held[a + j]) + times(d, held[a + k]);
    }
  }

  /** @type {(f: Function[], a: number, b: number, to: number, order: number) => void} */
  function together(f, a, b, to, order) {
    const [p, q] = [held[a], held[b]];
    held[to] = f[0](p, q);
    if (order === 0) return;
    const [da, db] = [f[1](p, q), f[2](p, q)];
    held[to + 1] = times(da, held[a + 1]) + times(db, held[b + 1]);
    held[to + 2] = times(da, held[a + 2]) + times(db, held[b + 2]);
    if (order === 1) return;
    const [aa, ab, bb] = [f[3](p, q), f[4](p, q), f[5](p, q)];
    for (const [k, i, j] of SECOND) {
      const crossed = held[a + i] * held[b + j] + held[a + j] * held[b + i];
      held[to + k] =
        times(aa, held[a + i] * held[a + j]) +
        times(ab, crossed) +
        times(bb, held[b + i] * held[b + j]) +
        times(da, held[a + k]) +
        times(db, held[b + k]);
    }
  }

  return {
    value(x, y) {
      evaluate(x, y, 0);
      return held[6 * last];
    },
    slope(x, y) {
      evaluate(x, y, 1);
      return [held[6 * last + 1], held[6 * last + 2]];
    },
    curvature(x, y) {
      evaluate(x, y, 2);
      return [held[6 * last + 3], held[6 * last + 4], held[6 * last + 5]];
    },
  };
}

/** Where ∂xx, ∂xy and ∂yy stand, and the two first derivatives that meet in each. */
const SECOND = [
  [3, 1, 1],
  [4, 1, 2],
  [5, 2, 2],
];
