// The normal distribution's quantile function from + − × ÷ and √ alone, in the order in which dlcore's philox
// computes it: library logarithms differ between languages in the last digit, these operations do not.

const LN2 = 0.6931471805599453;
const ROOT_HALF = 0.7071067811865476;

/**
 * ln x for normal x > 0: x = m·2^e with m in [√½, √2), ln m = 2 artanh s by its series, s = (m − 1)/(m + 1).
 *
 * @param {number} x
 */
export function log(x) {
  let m = x;
  let e = 0;
  for (; m < ROOT_HALF; e--) m *= 2;
  for (; m >= 2 * ROOT_HALF; e++) m /= 2;
  const s = (m - 1) / (m + 1);
  const t = s * s;
  let series = 0;
  for (let k = 11; k >= 0; k--) series = series * t + 1 / (2 * k + 1);
  return e * LN2 + 2 * s * series;
}

// Wichura 1988, "Algorithm AS 241", PPND16: numerator and denominator of a rational function, highest power
// first, for the middle, the tails, and the far tails.
const MIDDLE = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1.0,
  ],
];
const TAIL = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1.0,
  ],
];
const FAR = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1.0,
  ],
];

/** @type {(polynomials: number[][], x: number) => number} */
function ratio([numerator, denominator], x) {
  let above = numerator[0];
  let below = denominator[0];
  for (let i = 1; i < numerator.length; i++) {
    above = above * x + numerator[i];
    below = below * x + denominator[i];
  }
  return above / below;
}

/**
 * The z below which a standard normal variable falls with probability p, for p in (0, 1).
 *
 * @param {number} p
 */
export function quantile(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(MIDDLE, 0.180625 - q * q);
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const tail = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR, r - 5);
  return q < 0 ? -tail : tail;
}
