// How the graph's values are written: their symbols, their roles, their numbers.

import { digits } from "../shared/numbers.js";

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
 * A number of the graph, three significant digits unless fewer are asked for.
 *
 * @param {number} value
 * @param {number} [keep]
 */
export const format = (value, keep = 3) => (Number.isNaN(value) ? "0/0" : digits(value, keep));
