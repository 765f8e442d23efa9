// How the graph's values are written: their symbols, their roles, their numbers.

export const TEXT = {
  x: "x",
  w1: "w₁",
  b1: "b₁",
  z1: "z₁",
  h: "h",
  w2: "w₂",
  b2: "b₂",
  z2: "z₂",
  yh: "ŷ",
  y: "y",
  L: "L",
  eta: "η",
};
export const ROLE = {
  x: "input",
  w1: "weight",
  b1: "bias",
  z1: "pre-activation",
  h: "ReLU",
  w2: "weight",
  b2: "bias",
  z2: "pre-activation",
  yh: "sigmoid",
  y: "target",
  L: "loss",
  eta: "learning rate",
};

/**
 * Three significant digits; `after` counts the digits after the point of a power of ten.
 *
 * @param {number} value
 */
export function format(value, after = 2) {
  if (Number.isNaN(value)) return "0/0";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(3))).replace("-", "−");
  const [m, e] = value.toExponential(after).split("e");
  const raised = [...String(Number(e))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${m.replace("-", "−")}·10${raised}`;
}
