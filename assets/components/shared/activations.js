// The browser's copy of dlcore.neuron.ACTIVATIONS: pairs [f, f']. A test compares both at random states.

/** @type {(z: number) => number} */
const shrunk = (z) => Math.exp(-Math.abs(z)); // in [0, 1]: nothing overflows, nothing cancels
/** σ(z) with both tails: σ(−40) = 4.25e-18, not 0. @type {(z: number) => number} */
export const sigmoid = (z) => (z >= 0 ? 1 : shrunk(z)) / (1 + shrunk(z));
/** σ(z) σ(−z); σ (1 − σ) would be 0 as soon as σ(z) rounds to 1. @type {(z: number) => number} */
export const slope = (z) => shrunk(z) / (1 + shrunk(z)) ** 2;

// erfc(x) e^x² for x ≥ 0, Abramowitz and Stegun 7.1.26: |error of erf| < 1.5e-7, and the tail stays a tail.
/** @type {(x: number) => number} */
const scaled = (x) => {
  const t = 1 / (1 + 0.3275911 * x);
  return ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
};
/** The normal distribution function. @type {(z: number) => number} */
const cdf = (z) => {
  const tail = 0.5 * scaled(Math.abs(z) / Math.SQRT2) * Math.exp(-0.5 * z * z);
  return z < 0 ? tail : 1 - tail;
};

/** @type {Record<string, [(z: number) => number, (z: number) => number]>} */
export const ACTIVATIONS = {
  identity: [(z) => z, () => 1],
  step: [(z) => (z > 0 ? 1 : 0), () => 0],
  relu: [(z) => (z > 0 ? z : 0), (z) => (z > 0 ? 1 : 0)],
  leaky_relu: [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
  sigmoid: [sigmoid, slope],
  tanh: [Math.tanh, (z) => 4 * slope(2 * z)],
  softplus: [(z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), sigmoid],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => Math.exp(Math.min(z, 0))],
  silu: [(z) => z * sigmoid(z), (z) => sigmoid(z) * (1 + z * sigmoid(-z))],
  gelu: [(z) => z * cdf(z), (z) => cdf(z) + (z * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)],
};
