// The race in words: for the legend, for those who listen, and for the picture's accessible name.

import { digits } from "../shared/numbers.js";

/** What the curves below show. */
export const measured = (my) => (my.land.bounded ? "f − f*" : "f");

/** A racer's loss at a step, as the curves show it. */
export function heightAt(my, k, t) {
  const f = my.races[k].losses[t];
  return my.land.bounded ? Math.max(f - my.land.lowest, 0) : f;
}

/** The racer before this one that walks the same path; "" if none does. */
export function sameAs(my, k) {
  const { path } = my.races[k];
  const other = my.races.findIndex((each, i) => i < k && each.path.every((v, j) => v === path[j]));
  return other < 0 ? "" : my.rules[other].title;
}

/** Where everybody ended. */
export function told(my) {
  const last = my.data.steps;
  return my.rules
    .map((rule, k) => {
      const { path, gone } = my.races[k];
      if (gone > 0) return `${rule.title} leaves for infinity at step ${gone}`;
      const end = `(${digits(path[2 * last])}, ${digits(path[2 * last + 1])})`;
      return `${rule.title} ends at ${end} with ${measured(my)} = ${digits(heightAt(my, k, last))}`;
    })
    .join("; ");
}

/** The map for a reader who cannot see it. */
export function described(my) {
  const [x, y] = my.start.map((v) => digits(v));
  const what = `Map of the surface “${my.data.title}” with one path per racer from (${x}, ${y})`;
  return `${what}, ${my.data.steps} steps. ${told(my)}.`;
}
