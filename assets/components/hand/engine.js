// The lab's trained networks in the browser: one image from pixels to logits, every layer's values kept.
// Sums are carried in double precision: it costs JavaScript nothing, which knows no other, and leaves
// PyTorch's own rounding in single precision as the only difference. A test compares the two.

/**
 * A layer as dlcore.convolution.portable describes it, with its weights and the shape of what comes and goes.
 *
 * @typedef {object} Layer
 * @property {string} name  "features.0.1", as PyTorch spells it
 * @property {string} kind
 * @property {string} title
 * @property {number} [at]
 * @property {number} [eps]
 * @property {Float64Array} w  its numbers; none of a layer that does not learn
 * @property {number[]} from  channels, rows, columns of its input; rows = columns = 1 of a vector
 * @property {number[]} to  of its output
 */

/** @typedef {{shape: number[], layers: Layer[]}} Net */

/** How many numbers a layer learns, from its sizes. */
const COUNTS = {
  conv: (m, n) => 9 * m * n,
  norm: (m) => 4 * m,
  linear: (m, n) => m * n + m,
};

/** The shape of a layer's output, from that of its input. */
const SHAPES = {
  conv: ([, r, q], m) => [m, r, q],
  pool: ([c, r, q]) => [c, Math.floor(r / 2), Math.floor(q / 2)],
  mean: ([c]) => [c, 1, 1],
  flatten: ([c, r, q]) => [c * r * q, 1, 1],
  linear: (_, m) => [m, 1, 1],
};

const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const DIGIT = new Uint8Array(128);
[...SIGNS].forEach((sign, digit) => {
  DIGIT[sign.charCodeAt(0)] = digit;
});

/**
 * Floats as dlcore.convolution.portable.text_of writes them: the bits of each as a number to base 85.
 *
 * @param {string} text
 */
export function floats(text) {
  const bits = new Uint32Array(text.length / 5);
  for (let k = 0, at = 0; k < bits.length; k++) {
    let word = 0;
    for (const end = at + 5; at < end; at++) word = 85 * word + DIGIT[text.charCodeAt(at)];
    bits[k] = word;
  }
  return new Float32Array(bits.buffer);
}

/**
 * The network for images of a shape.
 *
 * @param {any[]} layers
 * @param {Float32Array} weights
 * @param {number[]} shape  channels, rows, columns
 * @returns {Net}
 */
export function networkOf(layers, weights, shape) {
  let from = shape;
  const made = layers.map((layer) => {
    const count = COUNTS[layer.kind]?.(layer.m, layer.n) ?? 0;
    const to = SHAPES[layer.kind]?.(from, layer.m) ?? from;
    const w = Float64Array.from(weights.subarray(layer.at ?? 0, (layer.at ?? 0) + count));
    const one = { ...layer, w, from, to };
    from = to;
    return one;
  });
  return { shape, layers: made };
}

/**
 * What the network is given: channels first, (v / 255 − .5) / .5.
 *
 * @param {ArrayLike<number>} pixels  bytes, row by row, the channels of a pixel together
 * @param {number[]} shape  channels, rows, columns
 */
export function inputOf(pixels, [channels, rows, cols]) {
  const x = new Float64Array(channels * rows * cols);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < rows * cols; p++) x[c * rows * cols + p] = pixels[p * channels + c] / 127.5 - 1;
  return x;
}

/**
 * Every layer's values, channel by channel and row by row; the last are the logits.
 *
 * @param {Net} net
 * @param {Float64Array} x
 */
export function forward(net, x) {
  let h = x;
  return net.layers.map((layer) => (h = STEPS[layer.kind](layer, h)));
}

// z_o = Σ_c w_oc ∗ x_c, with a border of zeros: three rows of the input slide along under nine weights.
function convolve({ w, from: [n, rows, cols], to: [m] }, x) {
  const [tall, wide] = [rows + 2, cols + 2];
  const padded = new Float64Array(n * tall * wide);
  for (let c = 0; c < n; c++)
    for (let r = 0; r < rows; r++) {
      const start = (c * rows + r) * cols;
      padded.set(x.subarray(start, start + cols), (c * tall + r + 1) * wide + 1);
    }
  const z = new Float64Array(m * rows * cols);
  for (let o = 0; o < m; o++)
    for (let c = 0; c < n; c++)
      slideOver(z, o * rows * cols, padded, c * tall * wide, w, 9 * (o * n + c), rows, cols);
  return z;
}

function slideOver(z, to, x, from, w, k, rows, cols) {
  const [w0, w1, w2] = [w[k], w[k + 1], w[k + 2]];
  const [w3, w4, w5] = [w[k + 3], w[k + 4], w[k + 5]];
  const [w6, w7, w8] = [w[k + 6], w[k + 7], w[k + 8]];
  const wide = cols + 2;
  for (let r = 0; r < rows; r++) {
    let p = from + r * wide;
    let q = to + r * cols;
    let [a0, a1] = [x[p], x[p + 1]];
    let [b0, b1] = [x[p + wide], x[p + wide + 1]];
    let [c0, c1] = [x[p + 2 * wide], x[p + 2 * wide + 1]];
    for (let j = 0; j < cols; j++) {
      const a2 = x[p + 2];
      const b2 = x[p + wide + 2];
      const c2 = x[p + 2 * wide + 2];
      z[q++] += w0 * a0 + w1 * a1 + w2 * a2 + w3 * b0 + w4 * b1 + w5 * b2 + w6 * c0 + w7 * c1 + w8 * c2;
      a0 = a1;
      a1 = a2;
      b0 = b1;
      b1 = b2;
      c0 = c1;
      c1 = c2;
      p++;
    }
  }
}

// The largest of each 2 × 2 cells; a row or column left over is dropped.
function pool({ from: [channels, rows, cols], to: [, r, q] }, z) {
  const kept = new Float64Array(channels * r * q);
  let k = 0;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < r; i++)
      for (let j = 0; j < q; j++) {
        const p = (c * rows + 2 * i) * cols + 2 * j;
        kept[k++] = Math.max(z[p], z[p + 1], z[p + cols], z[p + cols + 1]);
      }
  return kept;
}

/**
 * What normalization does to channel c: z ↦ gain · (z − mean) + shift, gain = γ / √(variance + ε).
 *
 * @param {Layer} layer
 * @param {number} c
 */
export function normOf({ w, eps = 0, to: [m] }, c) {
  const [gamma, shift, mean, variance] = [0, 1, 2, 3].map((k) => w[k * m + c]);
  return { gamma, shift, mean, variance, gain: gamma / Math.sqrt(variance + eps) };
}

function normalize(layer, z) {
  const [channels, rows, cols] = layer.to;
  const out = new Float64Array(z.length);
  for (let c = 0; c < channels; c++) {
    const { gain, mean, shift } = normOf(layer, c);
    for (let p = c * rows * cols; p < (c + 1) * rows * cols; p++) out[p] = (z[p] - mean) * gain + shift;
  }
  return out;
}

function mean({ from: [channels, rows, cols] }, a) {
  const means = new Float64Array(channels);
  for (let p = 0; p < a.length; p++) means[Math.floor(p / (rows * cols))] += a[p];
  return means.map((sum) => sum / (rows * cols));
}

function linear({ w, from: [n], to: [m] }, h) {
  const z = new Float64Array(m);
  for (let k = 0; k < m; k++) {
    let sum = w[m * n + k];
    for (let i = 0; i < n; i++) sum += w[k * n + i] * h[i];
    z[k] = sum;
  }
  return z;
}

const STEPS = {
  conv: convolve,
  pool,
  norm: normalize,
  relu: (_, z) => z.map((v) => (v > 0 ? v : 0)),
  mean,
  flatten: (_, h) => h,
  linear,
};

/**
 * The score of every class, before softmax: of one logit −z and z.
 *
 * @param {ArrayLike<number>} logits
 */
export const scoresOf = (logits) => (logits.length === 1 ? [-logits[0], logits[0]] : Array.from(logits));

/**
 * The probability of every class: softmax of the logits, or of one logit the sigmoid.
 *
 * @param {ArrayLike<number>} logits
 */
export function probabilitiesOf(logits) {
  const z = logits.length === 1 ? [0, logits[0]] : Array.from(logits);
  const most = Math.max(...z);
  const e = z.map((v) => Math.exp(v - most));
  const sum = e.reduce((a, b) => a + b);
  return e.map((v) => v / sum);
}

/**
 * Grad-CAM of a class at the last maps A, L = Σ_c α_c A_c, in logit units. The head is linear, pooled or not:
 * ∂y / ∂A are its weights and α_c their mean over the positions, so nothing needs to be differentiated.
 *
 * @param {Net} net
 * @param {Float64Array[]} values  as forward() gives them
 * @param {number} k  class
 */
export function heatOf(net, values, k) {
  const first = net.layers.findIndex(({ name }) => name.startsWith("head"));
  const last = net.layers[net.layers.length - 1];
  const [channels, rows, cols] = net.layers[first].from;
  const cells = rows * cols;
  const [n, sign] = [last.from[0], last.to[0] === 1 && k === 0 ? -1 : 1];
  const row = last.to[0] === 1 ? 0 : k;
  const each = n / channels; // weights of a channel: one behind a mean, otherwise one a position
  const heat = new Float64Array(cells);
  for (let c = 0; c < channels; c++) {
    let alpha = 0;
    for (let p = 0; p < each; p++) alpha += (sign * last.w[row * n + c * each + p]) / cells;
    for (let p = 0; p < cells; p++) heat[p] += alpha * values[first - 1][c * cells + p];
  }
  return { heat, rows, cols };
}
