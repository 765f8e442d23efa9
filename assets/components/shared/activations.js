// The browser's copy of dlcore.neuron.ACTIVATIONS: pairs [f, f']. A test compares both at random states.

// Abramowitz and Stegun 7.1.26, |error| < 1.5e-7, damped by e^-x² in the tails.
/** @type {(x: number) => number} */
const erf = (x) => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - p * Math.exp(-x * x));
};
/** @type {(z: number) => number} */
export const sigmoid = (z) => 0.5 + 0.5 * Math.tanh(0.5 * z);
/** @type {(z: number) => number} */
const cdf = (z) => 0.5 + 0.5 * erf(z / Math.SQRT2);

/** @type {Record<string, [(z: number) => number, (z: number) => number]>} */
export const ACTIVATIONS = {
  identity: [(z) => z, () => 1],
  step: [(z) => (z > 0 ? 1 : 0), () => 0],
  relu: [(z) => (z > 0 ? z : 0), (z) => (z > 0 ? 1 : 0)],
  leaky_relu: [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
  sigmoid: [sigmoid, (z) => sigmoid(z) * (1 - sigmoid(z))],
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  softplus: [(z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), sigmoid],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => Math.exp(Math.min(z, 0))],
  silu: [(z) => z * sigmoid(z), (z) => sigmoid(z) * (1 + z * (1 - sigmoid(z)))],
  gelu: [(z) => z * cdf(z), (z) => cdf(z) + (z * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)],
};
