// The surfaces' value, slope and curvature: printed by dlcore.optimizers.symbolic, as formulas.py is.
// biome-ignore-all format: printed by a program

const TAU = 6.283185307179586;

/** @typedef {(x: number, y: number, kappa: number) => number} Value */
/** @typedef {(x: number, y: number, kappa: number) => number[]} Derivatives */

/** @type {Record<string, {value: Value, slope: Derivatives, curvature: Derivatives}>} */
export const FORMULAS = {
  bowl: {
    value(x, y, kappa) {
      return 0.5 * kappa * y * y + 0.5 * x * x;
    },
    slope(x, y, kappa) {
      return [x, kappa * y];
    },
    curvature(_x, _y, kappa) {
      return [1, 0, kappa];
    },
  },
  saddle: {
    value(x, y) {
      return 0.5 * x * x + 0.25 * y * y * y * y - 0.5 * y * y;
    },
    slope(x, y) {
      return [x, y * (y * y - 1)];
    },
    curvature(_x, y) {
      return [1, 0, 3 * y * y - 1];
    },
  },
  beale: {
    value(x, y) {
      const s0 = -x;
      const s1 = s0 + x * y + 1.5;
      const s2 = s0 + x * y * y + 2.25;
      const s3 = s0 + x * y * y * y + 2.625;
      return s1 * s1 + s2 * s2 + s3 * s3;
    },
    slope(x, y) {
      const s0 = 2 * x;
      const s1 = y * y * y;
      const s2 = 8 * x;
      const s3 = s1 * s2 - s2 + 21;
      const s4 = y * y;
      const s5 = 4 * x;
      const s6 = s4 * s5 - s5 + 9;
      return [
          0.25 * s3 * (s1 - 1) + 0.5 * s6 * (s4 - 1) + (y - 1) * (s0 * y - s0 + 3),
          s0 * (0.375 * s3 * s4 + 0.5 * s6 * y + x * y - x + 1.5),
      ];
    },
    curvature(x, y) {
      const s0 = y - 1;
      const s1 = y * y;
      const s2 = s1 - 1;
      const s3 = y * y * y;
      const s4 = s3 - 1;
      const s5 = 2 * x;
      const s6 = 4 * x;
      const s7 = 6 * s1 * x;
      const s8 = 8 * x;
      const s9 = 0.75 * s3 * s8 - 0.75 * s8 + 15.75;
      return [
          2 * s0 * s0 + 2 * s2 * s2 + 2 * s4 * s4,
          s0 * s5 + s1 * s9 + s2 * s6 * y + s4 * s7 + s5 * y - s5 + y * (s1 * s6 - s6 + 9) + 3,
          s5 * (s7 + s9 * y + 9 * x * y * y * y * y - x + 4.5),
      ];
    },
  },
  rosenbrock: {
    value(x, y) {
      const s0 = 1 - x;
      const s1 = -x * x + y;
      return s0 * s0 + 100 * s1 * s1;
    },
    slope(x, y) {
      const s0 = -x * x + y;
      return [-400 * s0 * x + 2 * x - 2, 200 * s0];
    },
    curvature(x, y) {
      return [2 * (600 * x * x - 200 * y + 1), -400 * x, 200];
    },
  },
  himmelblau: {
    value(x, y) {
      const s0 = x + y * y - 7;
      const s1 = x * x + y - 11;
      return s0 * s0 + s1 * s1;
    },
    slope(x, y) {
      const s0 = x * x + y - 11;
      const s1 = x + y * y - 7;
      return [4 * s0 * x + 2 * s1, 2 * s0 + 4 * s1 * y];
    },
    curvature(x, y) {
      return [2 * (6 * x * x + 2 * y - 21), 4 * (x + y), 2 * (2 * x + 6 * y * y - 13)];
    },
  },
  rastrigin: {
    value(x, y) {
      return x * x + y * y - 10 * Math.cos(TAU * x) - 10 * Math.cos(TAU * y) + 20;
    },
    slope(x, y) {
      const s0 = 5 * TAU;
      return [2 * s0 * Math.sin(TAU * x) + 2 * x, 2 * s0 * Math.sin(TAU * y) + 2 * y];
    },
    curvature(x, y) {
      const s0 = 5 * TAU * TAU;
      return [2 * s0 * Math.cos(TAU * x) + 2, 0, 2 * s0 * Math.cos(TAU * y) + 2];
    },
  },
  two_wells: {
    value(x, y) {
      const s0 = y * y;
      const s1 = 5 * s0;
      const s2 = x - 1;
      const s3 = x + 1;
      return s0 + x * x - 2 * Math.exp(-s1 - 5 * s2 * s2) - 3 * Math.exp(-s1 - 5 * s3 * s3);
    },
    slope(x, y) {
      const s0 = x + 1;
      const s1 = 5 * y * y;
      const s2 = 15 * Math.exp(-5 * s0 * s0 - s1);
      const s3 = x - 1;
      const s4 = 10 * Math.exp(-s1 - 5 * s3 * s3);
      return [2 * s0 * s2 + 2 * s3 * s4 + 2 * x, 2 * y * (s2 + s4 + 1)];
    },
    curvature(x, y) {
      const s0 = x + 1;
      const s1 = s0 * s0;
      const s2 = y * y;
      const s3 = 5 * s2;
      const s4 = Math.exp(-5 * s1 - s3);
      const s5 = 150 * s4;
      const s6 = x - 1;
      const s7 = s6 * s6;
      const s8 = Math.exp(-s3 - 5 * s7);
      const s9 = 100 * s8;
      const s10 = 15 * s4 + 10 * s8 + 1;
      return [
          -2 * s1 * s5 + 2 * s10 - 2 * s7 * s9,
          -100 * y * (3 * s0 * s4 + 2 * s6 * s8),
          2 * s10 - 2 * s2 * s5 - 2 * s2 * s9,
      ];
    },
  },
  plateau: {
    value(x, y) {
      return 1 - Math.exp(-0.25 * x * x - y * y);
    },
    slope(x, y) {
      const s0 = Math.exp(-0.25 * x * x - y * y);
      return [0.5 * s0 * x, 2 * s0 * y];
    },
    curvature(x, y) {
      const s0 = x * x;
      const s1 = y * y;
      const s2 = Math.exp(-0.25 * s0 - s1);
      return [0.25 * s2 * (2 - s0), -s2 * x * y, -4 * s1 * s2 + 2 * s2];
    },
  },
  monkey_saddle: {
    value(x, y) {
      return x * x * x - 3 * x * y * y;
    },
    slope(x, y) {
      return [3 * (x * x - y * y), -6 * x * y];
    },
    curvature(x, y) {
      const s0 = 6 * x;
      return [s0, -6 * y, -s0];
    },
  },
};
