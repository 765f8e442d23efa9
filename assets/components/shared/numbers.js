// Numbers as they are written: three significant digits, a true minus sign, lowered indices.

export const SUB = ["₁", "₂", "₃", "₄", "₅"];

/** @type {(v: number, low: number, high: number) => number} */
export const clamp = (v, low, high) => Math.max(low, Math.min(high, v));

/**
 * Three significant digits: "−0.5", "1.23e+5".
 *
 * @param {number} v
 */
export function digits(v) {
  if (!Number.isFinite(v)) return String(v);
  const size = Math.abs(v);
  if (size === 0) return "0";
  const text = size < 1e-3 || size >= 1e4 ? size.toExponential(2) : String(Number(size.toPrecision(3)));
  return (v < 0 ? "−" : "") + text;
}

/**
 * A factor or summand: in brackets if it is negative.
 *
 * @param {number} v
 */
export const bracketed = (v) => (v < 0 ? `(${digits(v)})` : digits(v));
