// Pictures on a canvas: a box that keeps its size, sharp pixels, the diverging scale, text that can be read.

import { make } from "./elements.js";

/**
 * A canvas in a box of its own (shared.css). The style sheet alone gives the box its size, and fresh()
 * measures the box: a canvas that measured itself would, in Safari's engine, grow by
 * its own backing store for ever.
 *
 * @param {Record<string, string | number>} attributes  `class` goes to the box as well
 * @param {Node} parent
 * @returns {HTMLCanvasElement}
 */
export function picture(attributes, parent) {
  return make(
    "canvas",
    { role: "img", ...attributes },
    make("div", { class: `picture ${attributes.class}` }, parent),
  );
}

/**
 * The box around a picture.
 *
 * @param {HTMLCanvasElement} canvas
 */
export const boxOf = (canvas) => /** @type {HTMLElement} */ (canvas.parentElement);

/**
 * A 2-D context whose units are CSS pixels, cleared, with its width and height.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {[CanvasRenderingContext2D, number, number]}
 */
export function fresh(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const { clientWidth: w, clientHeight: h } = boxOf(canvas);
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const c = contextOf(canvas);
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return [c, w, h];
}

/**
 * @param {HTMLCanvasElement} canvas
 */
export const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/**
 * 256 colors of a scale as RGBA in one integer each.
 *
 * @param {[number, string][]} stops  position in [0, 1] and "#rrggbb"
 */
export function scaleOf(stops) {
  const rgb = stops.map(([at, hex]) => [
    at,
    ...[1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)),
  ]);
  const table = new Uint32Array(256);
  for (let i = 0, k = 0; i < 256; i++) {
    const t = i / 255;
    while (k < rgb.length - 2 && t > rgb[k + 1][0]) k++;
    const [a, b] = [rgb[k], rgb[k + 1]];
    const s = (t - a[0]) / (b[0] - a[0]);
    const c = [1, 2, 3].map((j) => Math.round(a[j] + s * (b[j] - a[j])));
    table[i] = 0xff000000 | (c[2] << 16) | (c[1] << 8) | c[0];
  }
  return table;
}

/**
 * Index into a scale of a value in [-1, 1]; beyond it the ends.
 *
 * @param {number} v
 */
export const shade = (v) => Math.max(0, Math.min(255, Math.round(127.5 + 127.5 * v)));

/**
 * A color of a scale as a style sheet writes it.
 *
 * @param {number} c
 */
export const css = (c) => `rgb(${c & 255},${(c >> 8) & 255},${(c >> 16) & 255})`;

/**
 * Black or white: letters on this ground have a contrast of at least 4.5:1, whatever it is.
 *
 * @param {string} ground  as css() writes it
 */
export function lettersOn(ground) {
  const linear = (/** @type {string} */ v) => (Number(v) / 255 + 0.055) ** 2.4 / 1.055 ** 2.4;
  const [r, g, b] = /** @type {string[]} */ (ground.match(/\d+/g)).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
export function segment(c, from, to) {
  c.beginPath();
  c.moveTo(...from);
  c.lineTo(...to);
  c.stroke();
}

/**
 * Text that can be read on any ground.
 *
 * @param {CanvasRenderingContext2D} c
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
export function halo(c, text, x, y) {
  c.lineWidth = 3;
  c.strokeStyle = "rgba(255,255,255,.8)";
  c.strokeText(text, x, y);
  c.fillStyle = "#1B2430";
  c.fillText(text, x, y);
}

/**
 * A small picture, stretched over a canvas: one pixel a cell of a square grid.
 *
 * @param {number} side  cells along a side
 */
export function tile(side) {
  const image = new ImageData(side, side);
  const canvas = make("canvas", { width: side, height: side });
  return {
    pixels: new Uint32Array(image.data.buffer),
    /** Puts the pixels on a canvas of the grid's own size. */
    put(/** @type {HTMLCanvasElement} */ target) {
      contextOf(target).putImageData(image, 0, 0);
    },
    /** Stretches the pixels over w × h. */
    stretch(/** @type {CanvasRenderingContext2D} */ c, /** @type {number} */ w, /** @type {number} */ h) {
      contextOf(canvas).putImageData(image, 0, 0);
      c.imageSmoothingEnabled = true;
      c.drawImage(canvas, 0, 0, w, h);
    },
  };
}
