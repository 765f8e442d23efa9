// What a sliding filter computes: the browser's copy of dlcore.sliding. A test compares the two.

/** @typedef {{k: number, s: number, p: number, d: number}} Geometry  kernel, stride, padding, dilation */

/**
 * Outputs along a side of n pixels; 0 if the window does not fit.
 *
 * @type {(n: number, g: Geometry) => number}
 */
export const outputSize = (n, { k, s, p, d }) =>
  Math.max(0, Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1);

/**
 * What output cell (i, j) reads, multiplies and sums.
 *
 * @param {ArrayLike<number>} x  rows × cols pixels, row by row
 * @param {number} rows
 * @param {number} cols
 * @param {ArrayLike<number>} w  k × k weights, row by row
 * @param {Geometry} g
 * @param {number} i
 * @param {number} j
 */
export function cellAt(x, rows, cols, w, g, i, j) {
  /** @type {number[][]} */
  const places = [];
  const patch = [];
  const products = [];
  let z = 0;
  for (let t = 0; t < g.k; t++) {
    for (let u = 0; u < g.k; u++) {
      const r = i * g.s - g.p + t * g.d;
      const c = j * g.s - g.p + u * g.d;
      const v = r >= 0 && r < rows && c >= 0 && c < cols ? x[r * cols + c] : 0;
      const product = w[t * g.k + u] * v;
      places.push([r, c]);
      patch.push(v);
      products.push(product);
      z += product;
    }
  }
  return { z, patch, products, places };
}

/**
 * The whole output map: m × n values, row by row.
 *
 * @param {ArrayLike<number>} x
 * @param {number} rows
 * @param {number} cols
 * @param {ArrayLike<number>} w
 * @param {Geometry} g
 */
export function slide(x, rows, cols, w, g) {
  const m = outputSize(rows, g);
  const n = outputSize(cols, g);
  const z = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) z[i * n + j] = cellAt(x, rows, cols, w, g, i, j).z;
  return { m, n, z };
}
