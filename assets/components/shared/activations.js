// The browser's copy of dlcore.neuron.ACTIVATIONS: pairs [f, f']. A test compares both at random states.

/** @type {(z: number) => number} */
const shrunk = (z) => Math.exp(-Math.abs(z)); // in [0, 1]: nothing overflows, nothing cancels
/** σ(z) with both tails: σ(−40) = 4.25e-18, not 0. @type {(z: number) => number} */
export const sigmoid = (z) => (z >= 0 ? 1 : shrunk(z)) / (1 + shrunk(z));
/** σ(z) σ(−z); σ (1 − σ) would be 0 as soon as σ(z) rounds to 1. @type {(z: number) => number} */
export const slope = (z) => shrunk(z) / (1 + shrunk(z)) ** 2;

// erfc(x) e^x² for x ≥ 0 as a Chebyshev series in s = (x − K)/(x + K), divided by 1 + 2x; right to 1e-15,
// and the
// tail stays a tail. Its coefficients were computed with forty digits.
const K = 3.75;
const SERIES = [
  1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5,
  4.13902798607301e-6, 7.74038306619849e-7, -2.1886401049234397e-7, 1.076499946567091e-8,
  4.521959811218287e-9, -7.754400208831351e-10, -6.318088340886684e-11, 2.86879501093067e-11,
  1.9455868545777337e-13, -9.65469674843344e-13, 3.252548148148733e-14, 3.347811948286806e-14,
  -1.8645628804192365e-15, -1.250795053068757e-15, 7.418235256632697e-17,
];
/** @type {(x: number) => number} */
const scaled = (x) => {
  const s = (2 * (x - K)) / (x + K);
  let [one, two] = [0, 0];
  for (let k = SERIES.length - 1; k > 0; k--) [one, two] = [s * one - two + SERIES[k], one];
  return (0.5 * s * one - two + SERIES[0]) / (1 + 2 * x);
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
