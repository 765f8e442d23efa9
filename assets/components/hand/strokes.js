// The brush: strokes as the address writes them, and what they make of an image. Bytes in, bytes out: the
// server is sent exactly the pixels that the picture shows.

import { uniforms } from "../shared/philox.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const GRID = LETTERS.length; // places along a side that a stroke can name; the lab's images are smaller
/** Letters that the address has for strokes. */
export const MOST = 2000;
const NOISE = 160; // brightness between the darkest and the brightest that noise adds
const BELL = [1, 6, 15, 20, 15, 6, 1]; // a row of Pascal's triangle: a bell of standard deviation 1.2 pixels

/** What a brush can do: letter in the address, name. */
export const TOOLS = { p: "Paint", b: "Blur", m: "Move", n: "Noise", k: "Marker" };
/** Colors that Paint can take; the position is the option of the stroke. */
export const PAINTS = ["background", "color under the brush", "black", "white"];

/**
 * @typedef {object} Stroke
 * @property {string} tool  a letter of TOOLS
 * @property {number} size  of the brush, pixels across
 * @property {number} option  of Paint the color, of Marker the class, of Noise the seed
 * @property {[number, number][]} points  row, column; at least one
 */

/**
 * Strokes as the address writes them: "pFAKLKM.kAAGG".
 *
 * @param {Stroke[]} strokes
 */
export function written(strokes) {
  const letters = (values) => values.map((v) => LETTERS[Math.max(0, Math.min(GRID - 1, v))]).join("");
  return strokes.map((s) => s.tool + letters([s.size, s.option, ...s.points.flat()])).join(".");
}

/**
 * The strokes of an address; those that are none are left out.
 *
 * @param {string} text
 * @returns {Stroke[]}
 */
export function read(text) {
  const found = [];
  for (const part of text ? text.split(".") : []) {
    const numbers = [...part.slice(1)].map((letter) => LETTERS.indexOf(letter));
    const [size, option, ...at] = numbers;
    if (!(part[0] in TOOLS) || !at.length || at.length % 2 || numbers.some((v) => v < 0)) continue;
    const points = at.flatMap((v, k) => (k % 2 ? [] : [[v, at[k + 1]]]));
    found.push({ tool: part[0], size, option, points: /** @type {[number, number][]} */ (points) });
  }
  return found;
}

/**
 * The image after these strokes.
 *
 * @param {Uint8Array} image  row by row, the channels of a pixel together
 * @param {number[]} shape  channels, rows, columns
 * @param {Stroke[]} strokes
 * @param {Uint8Array} original  before any stroke: what is its background?
 * @param {number[][]} markers  a color a class
 */
export function painted(image, shape, strokes, original, markers) {
  let now = image;
  for (const stroke of strokes) {
    const next = now.slice();
    WAYS[stroke.tool]({ now, next, shape, stroke, original, markers });
    now = next;
  }
  return now;
}

const WAYS = { p: paint, b: blur, m: move, n: noise, k: mark };

function paint({ now, next, shape, stroke, original }) {
  const color = colorOf(stroke, now, shape, original);
  for (const p of under(stroke, shape)) put(next, shape, p, color);
}

function colorOf({ option, points }, now, shape, original) {
  const channels = shape[0];
  if (option === 1) {
    const at = place(points[0], shape);
    return Array.from(now.subarray(at * channels, (at + 1) * channels));
  }
  if (option === 0) return backgroundOf(original, shape);
  return Array(channels).fill(option === 2 ? 0 : 255);
}

/** The median color along the border of an image. */
export function backgroundOf(image, [channels, rows, cols]) {
  const border = [...Array(rows * cols).keys()].filter((p) => {
    const [i, j] = [Math.floor(p / cols), p % cols];
    return i === 0 || j === 0 || i === rows - 1 || j === cols - 1;
  });
  return [...Array(channels).keys()].map((c) => {
    const values = border.map((p) => image[p * channels + c]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  });
}

function blur({ now, next, shape, stroke }) {
  const [channels, rows, cols] = shape;
  const inside = (v, n) => Math.max(0, Math.min(n - 1, v));
  for (const p of under(stroke, shape)) {
    const [i, j] = [Math.floor(p / cols), p % cols];
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      BELL.forEach((a, u) => {
        const r = inside(i + u - 3, rows);
        BELL.forEach((b, t) => (sum += a * b * now[(r * cols + inside(j + t - 3, cols)) * channels + c]));
      });
      next[p * channels + c] = Math.round(sum / 4096);
    }
  }
}

// What lies under the brush where it came down goes where it is let go; the hole takes the color of its rim.
function move({ now, next, shape, stroke }) {
  const [channels, rows, cols] = shape;
  const [from, to] = [stroke.points[0], stroke.points[stroke.points.length - 1]];
  const disc = under({ ...stroke, points: [from] }, shape);
  const rim = [...under({ ...stroke, size: stroke.size + 2, points: [from] }, shape)].filter(
    (p) => !disc.has(p),
  );
  const fill = [...Array(channels).keys()].map((c) =>
    Math.round(rim.reduce((sum, p) => sum + now[p * channels + c], 0) / Math.max(1, rim.length)),
  );
  for (const p of disc) put(next, shape, p, fill);
  for (const p of disc) {
    const [i, j] = [Math.floor(p / cols) + to[0] - from[0], (p % cols) + to[1] - from[1]];
    if (i < 0 || j < 0 || i >= rows || j >= cols) continue;
    put(next, shape, i * cols + j, now.subarray(p * channels, (p + 1) * channels));
  }
}

function noise({ now, next, shape, stroke }) {
  const channels = shape[0];
  for (const p of under(stroke, shape)) {
    const drawn = uniforms(stroke.option, channels, 0, p * channels);
    put(
      next,
      shape,
      p,
      drawn.map((u, c) => Math.max(0, Math.min(255, Math.round(now[p * channels + c] + NOISE * (u - 0.5))))),
    );
  }
}

function mark({ next, shape, stroke, markers }) {
  const color = markers[stroke.option] ?? [0, 0, 0];
  for (const p of under({ ...stroke, size: 3, points: stroke.points.slice(-1) }, shape))
    put(next, shape, p, color);
}

function put(image, [channels], p, color) {
  for (let c = 0; c < channels; c++) image[p * channels + c] = color[c];
}

const place = ([i, j], [, rows, cols]) => Math.min(i, rows - 1) * cols + Math.min(j, cols - 1);

/**
 * The pixels that a stroke touches: those under a round brush on its way from point to point.
 *
 * @param {Stroke} stroke
 * @param {number[]} shape
 * @returns {Set<number>}
 */
export function under({ size, points }, [, rows, cols]) {
  const touched = new Set();
  const reach = Math.floor(size / 2);
  points.forEach(([i, j], k) => {
    const [a, b] = points[Math.max(0, k - 1)];
    const steps = Math.max(1, Math.abs(i - a), Math.abs(j - b));
    for (let s = k ? 1 : steps; s <= steps; s++) {
      const [r, q] = [Math.round(a + ((i - a) * s) / steps), Math.round(b + ((j - b) * s) / steps)];
      for (let u = -reach; u <= reach; u++)
        for (let t = -reach; t <= reach; t++) {
          if (u * u + t * t > (size * size) / 4 || r + u < 0 || q + t < 0) continue;
          if (r + u < rows && q + t < cols) touched.add((r + u) * cols + q + t);
        }
    }
  });
  return touched;
}
