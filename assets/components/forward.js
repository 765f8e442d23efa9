// The browser's copy of dlcore.network.forward and of its heads. A test compares both at random states.

const SPAN = 6; // the window is [-6, 6]²
export const FEATURES = {
  x1: ["x₁", (a) => a], x2: ["x₂", (a, b) => b], x1sq: ["x₁²", (a) => a * a], x2sq: ["x₂²", (a, b) => b * b],
  x1x2: ["x₁x₂", (a, b) => a * b], sinx1: ["sin x₁", (a) => Math.sin(a)], sinx2: ["sin x₂", (a, b) => Math.sin(b)],
};
const HEADS = {
  "cross-entropy": { out: (z) => ACTIVATIONS.sigmoid[0](z), loss: (z, y) => ACTIVATIONS.softplus[0](z) - 0.5 * (y + 1) * z, signed: (a) => 2 * a - 1 },
  "squared-error": { out: Math.tanh, loss: (z, y) => 0.5 * (Math.tanh(z) - y) ** 2, signed: (a) => a },
  regression: { out: (z) => z, loss: (z, y) => 0.5 * (z - y) ** 2, signed: (a) => a },
};
// [neurons, inputs + 1] of every layer; the last column of a layer holds the biases.
export const shapes = (net) => {
  const sizes = [net.features.length, ...net.hidden, 1];
  return sizes.slice(1).map((m, i) => [m, sizes[i] + 1]);
};
// Every layer's output for columns of features: layers[l][neuron] is an array over the points; the last holds z.
export function forward(net, theta, columns) {
  const layers = [columns], f = ACTIVATIONS[net.f][0], all = shapes(net), count = columns[0].length;
  let at = 0;
  all.forEach(([m, n], l) => {
    const h = layers[l], out = [];
    for (let j = 0; j < m; j++) {
      const z = new Float64Array(count).fill(theta[at + n - 1]);
      for (let i = 0; i < n - 1; i++) { const w = theta[at + i], a = h[i]; for (let k = 0; k < count; k++) z[k] += w * a[k]; }
      if (l < all.length - 1) for (let k = 0; k < count; k++) z[k] = f(z[k]);
      out.push(z);
      at += n;
    }
    layers.push(out);
  });
  return layers;
}
export const columnsOf = (net, x1, x2) => net.features.map((name) => Float64Array.from(x1, (a, k) => FEATURES[name][1](a, x2[k])));
export const headOf = (net) => HEADS[net.head];

const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const pack = (v) => { const i = Math.max(0, Math.min(4095, Math.round(((v + SPAN) / (2 * SPAN)) * 4095))); return LETTERS[i >> 6] + LETTERS[i & 63]; };
export const encodeOwn = (points) => points.map(([a, b, y]) => pack(a) + pack(b) + (y > 0 ? "P" : "N")).join("");
