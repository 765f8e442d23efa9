// Numbers as they are written: three significant digits, a true minus sign, lowered indices.

export const SUB = ["₁", "₂", "₃", "₄", "₅"];

/** @type {(v: number, low: number, high: number) => number} */
export const clamp = (v, low, high) => Math.max(low, Math.min(high, v));

const RAISED = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];

/** An exponent. @type {(exponent: number) => string} */
export const raised = (exponent) =>
  (exponent < 0 ? "⁻" : "") + [...String(Math.abs(exponent))].map((digit) => RAISED[Number(digit)]).join("");

/**
 * As dlcore.number_text.digits: "0.0123", "−1.1", "4.67·10⁻⁴"; powers of ten below 0.001 and from 100,000 on.
 *
 * @param {number} v
 * @param {number} [keep] significant digits
 */
export function digits(v, keep = 3) {
  const sign = v < 0 ? "−" : "";
  if (!Number.isFinite(v)) return Number.isNaN(Number(v)) ? "not a number" : `${sign}∞`;
  const [mantissa, power] = Math.abs(v)
    .toExponential(keep - 1)
    .split("e");
  const exponent = Number(power);
  if (v === 0 || (exponent >= -3 && exponent < 5)) {
    return sign + String(Number(`${mantissa}e${power}`));
  }
  const factor = String(Number(mantissa));
  return `${sign}${factor === "1" ? "" : `${factor}·`}10${raised(exponent)}`;
}

/**
 * As dlcore.number_text.apart: as many digits as tell v from 1 and −1, which it may only approach.
 *
 * @param {number} v
 */
export function apart(v) {
  const near = 1 - Math.abs(v);
  if (near === 0 || !Number.isFinite(v) || Number(Math.abs(v).toPrecision(3)) !== 1) return digits(v);
  const decimals = 1 - Math.floor(Math.log10(Math.abs(near)));
  return digits(v, Math.min(decimals + Math.floor(Math.log10(Math.abs(v))) + 1, 17));
}

/**
 * A factor or summand: in brackets if it is negative.
 *
 * @param {number} v
 */
export const bracketed = (v) => (v < 0 ? `(${digits(v)})` : digits(v));
