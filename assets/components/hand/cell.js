// One value of a map, taken apart: what it sees of the image, patch and kernel of every channel, their
// sum, then pooling, normalization and ReLU, one after the other.

import { normOf } from "./engine.js";

/**
 * A block: a convolution (or a linear layer) with all that follows until the next one.
 *
 * @typedef {object} Block
 * @property {string} title
 * @property {number[]} layers  positions in the network
 * @property {Record<string, number>} at  kind of a layer -> its position
 */

/**
 * The blocks of a network in order; behind a pooled head its mean is the last. The logits are none.
 *
 * @param {import("./engine.js").Net} net
 * @returns {Block[]}
 */
export function blocksOf(net) {
  /** @type {Block[]} */
  const blocks = [];
  net.layers.forEach(({ kind, name }, l) => {
    if (l === net.layers.length - 1 || kind === "flatten") return;
    const begins = kind === "conv" || kind === "linear" || kind === "mean" || !blocks.length;
    if (begins) blocks.push({ title: kind === "mean" ? "mean" : name, layers: [], at: {} });
    const block = blocks[blocks.length - 1];
    block.layers.push(l);
    block.at[kind] = l;
  });
  return blocks;
}

/** What a block is given: the position of the layer before it; −1 is the image. */
export const before = (block) => block.layers[0] - 1;

/** The pixels, first and after the last, along a side of n that cell i of layer l can depend on. */
export function spanOf(net, l, i, n) {
  let [first, last] = [i, i];
  for (let k = l; k >= 0; k--) {
    const { kind } = net.layers[k];
    if (kind === "conv") [first, last] = [first - 1, last + 1];
    if (kind === "pool") [first, last] = [2 * first, 2 * last + 1];
    if (kind === "linear" || kind === "mean" || kind === "flatten") return [0, n];
  }
  return [Math.max(0, first), Math.min(n, last + 1)];
}

/**
 * How channel o of a block comes to its value at (i, j).
 *
 * @param {import("./engine.js").Net} net
 * @param {Float64Array[]} values
 * @param {Float64Array} x  what the network was given
 * @param {Block} block
 * @param {number} o
 * @param {number} i
 * @param {number} j
 */
export function takenApart(net, values, x, block, o, i, j) {
  const read = (l, c, r, q) => values[l][(c * net.layers[l].to[1] + r) * net.layers[l].to[2] + q];
  const { conv, linear, pool, norm, relu, mean } = block.at;
  const input = before(block) < 0 ? x : values[before(block)];
  if (mean != null)
    return { parts: [], mean: values[mean][o], cells: net.layers[mean].from[1] * net.layers[mean].from[2] };
  if (linear != null) {
    const layer = net.layers[linear];
    const parts = linearParts(layer, input, o);
    return {
      parts,
      z: values[linear][o],
      bias: layer.w[layer.to[0] * layer.from[0] + o],
      a: values[relu]?.[o],
    };
  }
  const cells = pool == null ? [[i, j]] : [0, 1, 2, 3].map((k) => [2 * i + (k >> 1), 2 * j + (k & 1)]);
  const zs = cells.map(([r, q]) => read(conv, o, r, q));
  const winner = zs.indexOf(Math.max(...zs));
  const [r, q] = cells[winner];
  return {
    parts: patches(net.layers[conv], input, o, r, q),
    cell: [r, q],
    z: zs[winner],
    zs: pool == null ? null : zs,
    norm: norm == null ? null : { ...normOf(net.layers[norm], o), eps: net.layers[norm].eps },
    n: norm == null ? null : read(norm, o, i, j),
    a: relu == null ? null : read(relu, o, i, j),
  };
}

// Of every input channel: 3 × 3 values, 3 × 3 weights, the sum of their products.
function patches({ w, from }, input, o, r, q) {
  const [n, rows, cols] = from;
  return [...Array(n).keys()].map((c) => {
    const patch = [];
    for (let u = -1; u <= 1; u++)
      for (let t = -1; t <= 1; t++) {
        const inside = r + u >= 0 && q + t >= 0 && r + u < rows && q + t < cols;
        patch.push(inside ? input[(c * rows + r + u) * cols + q + t] : 0);
      }
    const kernel = Array.from(w.subarray(9 * (o * n + c), 9 * (o * n + c) + 9));
    return { c, patch, kernel, sum: patch.reduce((sum, v, k) => sum + v * kernel[k], 0) };
  });
}

function linearParts({ w, from }, input, o) {
  const n = from[0];
  return [...Array(n).keys()].map((c) => {
    const [v, weight] = [input[c], w[o * n + c]];
    return { c, patch: [v], kernel: [weight], sum: v * weight };
  });
}

/**
 * How strongly each channel of a block's input goes into channel o: Σ |w| over the kernel times mean |x|,
 * with the sign of the kernel's sum.
 *
 * @param {import("./engine.js").Net} net
 * @param {Float64Array[]} values
 * @param {Float64Array} x
 * @param {Block} block
 */
export function strengths(net, values, x, block) {
  const l = block.layers[0];
  const { kind, w, from, to } = net.layers[l];
  const n = from[0];
  const input = before(block) < 0 ? x : values[before(block)];
  const cells = from[1] * from[2];
  if (kind === "mean") return (o, c) => (o === c ? 1 : 0);
  const means = [...Array(n).keys()].map((c) => {
    let sum = 0;
    for (let p = c * cells; p < (c + 1) * cells; p++) sum += Math.abs(input[p]);
    return sum / cells;
  });
  const size = kind === "conv" ? 9 : (w.length / to[0] - 1) / n;
  return (o, c) => {
    let [sum, most] = [0, 0];
    for (let k = size * (o * n + c); k < size * (o * n + c + 1); k++) {
      sum += w[k];
      most += Math.abs(w[k]);
    }
    return Math.sign(sum) * most * means[c];
  };
}
