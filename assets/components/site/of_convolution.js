// The sliding filter's state in the address: the cell that is looked at, and a learner's own filter.

import { outputSize, slide } from "../convolution/sliding.js";
import { clamp } from "../shared/numbers.js";

const [CELL, OWN, MINE] = ["convolution_cell", "convolution_own", "your own"];

function into(data, said, page, _, my) {
  const { rows, cols, geometry: g } = data;
  const kernel = said.convolution_kernel?.[0] ?? page.controls[1].default;
  const problem = page.more.problems[`${Math.min(rows, cols)}|${g.k}|${g.p}|${g.d}`];
  if (problem) return problem;
  data.own = kernel === MINE;
  data.kernel = data.own
    ? resized(read(said[OWN]?.[0]) ?? page.more.own, g.k)
    : page.more.filters[`${kernel}|${g.k}`];
  data.alt = data.alt.replace("{kernel}", kernel).replace("{k}", String(g.k));
  my.m = [rows, cols].map((n) => outputSize(n, g));
  const found = /^(\d{1,4}),(\d{1,4})$/.exec(said[CELL]?.[0] ?? "");
  const cell = found ? [Number(found[1]), Number(found[2])] : my.m.map((n) => Math.floor(n / 2));
  data.cell = cell.map((at, k) => Math.min(at, my.m[k] - 1));
}

// A square of weights, row by row.
function read(text) {
  const values = (text ?? "").split(",").map(Number);
  const k = Math.sqrt(values.length);
  if (!text || k % 1 || k > 7 || !values.every(Number.isFinite)) return null;
  const kept = values.map((v) => clamp(v, -99, 99));
  return Array.from({ length: k }, (_, i) => kept.slice(i * k, (i + 1) * k));
}

// Cut or filled with zeros around its middle, as dlcore.convolution.kernels.resized does.
function resized(w, k) {
  const shift = ((k - 1) >> 1) - ((w.length - 1) >> 1);
  return Array.from({ length: k * k }, (_, at) => w[Math.floor(at / k) - shift]?.[(at % k) - shift] ?? 0);
}

function from(name, { cell, kernel }, _said, _page, my) {
  if (name !== "moved") return null;
  const middle = my.m.every((n, k) => cell[k] === Math.floor(n / 2));
  const own = kernel?.map((v) => String(Number(v.toPrecision(4)))).join(",");
  return { [CELL]: middle ? [] : [cell.join(",")], ...(own ? { [OWN]: [own] } : {}) };
}

const judge = (name, text) => (name === CELL ? /^\d{1,4},\d{1,4}$/.test(text) : read(text) !== null);

function compute({ x, side, w, geometry }) {
  return [...slide(x, side, side, w, geometry).z];
}

export const state = { into, from, judge, compute };
