// Random numbers that Python draws as well, equal to the last bit: the second copy of dlcore's philox.
// The k-th number is a function of seed, stream and k; there is no state.

import { quantile } from "./normal.js";

const WEYL = [0x9e3779b9, 0xbb67ae85]; // what the key grows by each round

/**
 * The high and the low word of a product of two words.
 *
 * @type {(a: number, b: number) => [number, number]}
 */
function product(a, b) {
  const [ah, al, bh, bl] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = al * bl;
  const middle = ah * bl + (low >>> 16);
  const carry = al * bh + (middle % 0x10000);
  const high = ah * bh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

/**
 * Four random words for a counter: Philox4x32-10 as Random123 publishes it.
 *
 * @param {number[]} counter  four words
 * @param {number[]} key  two words
 * @returns {number[]}
 */
export function philox(counter, key) {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [ph, pl] = product(0xd2511f53, c0);
    const [qh, ql] = product(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(qh ^ c1 ^ k0) >>> 0, ql, (ph ^ c3 ^ k1) >>> 0, pl];
    k0 = (k0 + WEYL[0]) >>> 0;
    k1 = (k1 + WEYL[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The low and the high word of a whole number below 2^53. @type {(v: number) => number[]} */
const halves = (v) => [v >>> 0, Math.floor(v / 2 ** 32)];

/**
 * A number for each pair of words of a stream, from the start-th pair on.
 *
 * @param {number} seed
 * @param {number} n
 * @param {number} stream
 * @param {number} start
 * @param {(a: number, b: number) => number} value
 */
function drawn(seed, n, stream, start, value) {
  for (const v of [seed, stream, start]) {
    if (!Number.isSafeInteger(v) || v < 0) throw new RangeError(`must be in [0, 2^53), not ${v}`);
  }
  const found = new Float64Array(n);
  const key = halves(seed);
  /** @type {number[]} */
  let words = [];
  for (let i = 0; i < n; i++) {
    const k = start + i;
    if (i === 0 || k % 2 === 0) words = philox([...halves(Math.floor(k / 2)), ...halves(stream)], key);
    const at = 2 * (k % 2);
    found[i] = value(words[at], words[at + 1]);
  }
  return found;
}

/**
 * n numbers in [0, 1), all multiples of 2⁻⁵³ equally likely.
 *
 * @param {number} seed  0 to 2⁵³ − 1
 * @param {number} n
 * @param {number} [stream]  an independent sequence of the same seed
 * @param {number} [start]  how many numbers of the sequence to pass over
 */
export const uniforms = (seed, n, stream = 0, start = 0) =>
  drawn(seed, n, stream, start, (a, b) => ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53);

/**
 * n numbers from N(0, 1): the quantile function at the middles of 2⁵² equal parts of (0, 1).
 *
 * @param {number} seed
 * @param {number} n
 * @param {number} [stream]
 * @param {number} [start]
 */
export const normals = (seed, n, stream = 0, start = 0) =>
  drawn(seed, n, stream, start, (a, b) => quantile(((a >>> 6) * 2 ** 26 + (b >>> 6) + 0.5) / 2 ** 52));

/**
 * The numbers 0 … n − 1 in random order: the order that sorts n uniforms.
 *
 * @param {number} seed
 * @param {number} n
 * @param {number} [stream]
 * @param {number} [start]
 */
export function permutation(seed, n, stream = 0, start = 0) {
  const u = uniforms(seed, n, stream, start);
  return [...u.keys()].sort((i, j) => u[i] - u[j] || i - j);
}
