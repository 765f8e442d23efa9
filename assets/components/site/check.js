// The numbers of the browser beside those that Python wrote into the page.

import { digits } from "../shared/numbers.js";

/**
 * Computes every state anew and says in a sentence how far the numbers are apart.
 *
 * @param {(given: any, page: any) => ArrayLike<number>} compute
 * @param {{cases: {given: any, numbers: number[]}[], allowed: number, what: string}} checks
 * @param {any} page
 */
export function compare(compute, { cases, allowed, what }, page) {
  let [right, largest] = [0, 0];
  for (const { given, numbers } of cases) {
    const found = compute(given, page);
    const apart = numbers.map((v, k) => Math.abs(found[k] - v) / Math.max(1, Math.abs(v)));
    const worst = found.length === numbers.length ? Math.max(...apart) : Number.NaN;
    if (worst <= allowed) right += 1;
    if (!(worst <= largest)) largest = worst;
  }
  const verdict = right === cases.length ? "✓" : "✗";
  const bounds = `largest difference ${digits(largest, 2)} (allowed ${digits(allowed, 1)})`;
  return `${verdict} ${what}: ${right} of ${cases.length} states agree with Python, ${bounds}.`;
}
