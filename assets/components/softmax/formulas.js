/**
 * p_k = e^(z_k / T) / Σ e^(z_j / T), the browser's copy of dlcore.neuron.softmax.
 *
 * @param {number[]} z
 * @param {number} T  temperature
 */
export function softmax(z, T) {
  const most = Math.max(...z);
  const e = z.map((v) => Math.exp((v - most) / T));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}
