// The ground under the race: heights on a grid, drawn in bands, the higher the denser.

import { make } from "../shared/elements.js";
import { contextOf } from "../shared/picture.js";

const BANDS = 16;
const [FINE, COARSE] = [121, 61]; // points along a side; coarse where each costs a walk over data

/**
 * Heights over the view, and what losses are measured from.
 *
 * @param {import("./surfaces.js").Surface} surface
 * @param {{view: number[][], minima: number[][], log: boolean}} told
 */
export function groundOf(surface, { view: [[x0, x1], [y0, y1]], minima, log }) {
  const n = surface.samples ? COARSE : FINE;
  const f = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      f[j * n + i] = surface.value(x0 + ((x1 - x0) * i) / (n - 1), y0 + ((y1 - y0) * j) / (n - 1));
    }
  }
  const finite = f.filter(Number.isFinite).sort();
  const lowest = minima.length ? Math.min(...minima.map(([x, y]) => surface.value(x, y))) : (finite[0] ?? 0);
  const unit = log ? Math.max(finite[Math.floor(finite.length / 10)] - lowest, 1e-9) : 0;
  const height = f.map((v) => (unit ? Math.log10(1 + Math.max(v - lowest, 0) / unit) : v));
  const seen = height.filter(Number.isFinite);
  return {
    n,
    height,
    lowest,
    bounded: minima.length > 0,
    low: seen.reduce((a, b) => Math.min(a, b), Infinity),
    high: seen.reduce((a, b) => Math.max(a, b), -Infinity),
    /** @type {HTMLCanvasElement | null} */
    picture: null,
  };
}

/**
 * The heights as a picture of w × h pixels, made once a size.
 *
 * @param {ReturnType<typeof groundOf>} land
 * @param {number} w
 * @param {number} h
 * @param {{ground: number[], density: number}} colors
 */
export function pictured(land, w, h, colors) {
  if (land.picture?.width === w && land.picture.height === h) return land.picture;
  const canvas = make("canvas", { width: w, height: h });
  const image = new ImageData(w, h);
  const band = new Int8Array(w * h);
  for (let j = 0; j < h; j++)
    for (let i = 0; i < w; i++) band[j * w + i] = bandAt(land, i / (w - 1), 1 - j / (h - 1));
  const [r, g, b] = colors.ground;
  for (let k = 0; k < w * h; k++) {
    const line = (k % w < w - 1 && band[k] !== band[k + 1]) || (k < w * (h - 1) && band[k] !== band[k + w]);
    image.data.set([r, g, b, 255 * (line ? 0.75 : (colors.density * Math.max(band[k], 0)) / BANDS)], 4 * k);
  }
  contextOf(canvas).putImageData(image, 0, 0);
  land.picture = canvas;
  return canvas;
}

/** The band of a place, from the four heights around it; −1 where there is none. */
function bandAt(
  /** @type {ReturnType<typeof groundOf>} */ { n, height, low, high },
  /** @type {number} */ u,
  /** @type {number} */ v,
) {
  const [p, q] = [u * (n - 1), v * (n - 1)];
  const [i, j] = [Math.min(n - 2, Math.floor(p)), Math.min(n - 2, Math.floor(q))];
  const [s, t] = [p - i, q - j];
  const k = j * n + i;
  const below = (1 - s) * height[k] + s * height[k + 1];
  const above = (1 - s) * height[k + n] + s * height[k + n + 1];
  const share = ((1 - t) * below + t * above - low) / Math.max(high - low, 1e-12);
  return Number.isFinite(share) ? Math.min(BANDS - 1, Math.floor(share * BANDS)) : -1;
}
