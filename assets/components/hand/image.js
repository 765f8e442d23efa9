// The image under the hand: its pixels, the brush, the field of the chosen cell; and the heat map over it.

import { make, write } from "../shared/elements.js";
import { clamp } from "../shared/numbers.js";
import { contextOf, fresh, picture, shade } from "../shared/picture.js";
import { arrow, follow, within } from "../shared/pointer.js";
import { spanOf } from "./cell.js";
import { heatOf } from "./engine.js";

export function buildImage(my, parent) {
  const box = make("div", { class: "seen" }, parent);
  my.image = panel(box, "the image: draw on it", "0");
  my.heat = panel(box, "Grad-CAM", "");
  my.heatBeside = panel(box, "Grad-CAM", "");
  const canvas = my.image.canvas;
  canvas.onpointerdown = (e) => {
    if (e.button) return;
    e.preventDefault();
    canvas.focus();
    my.cursor = placeOf(my, e);
    my.begin(my.cursor);
    const move = (event) => {
      my.cursor = placeOf(my, event);
      my.goOn(my.cursor);
    };
    follow(canvas, e, move, () => {
      my.end();
      canvas.onpointermove = look;
    });
  };
  const look = (e) => {
    my.cursor = placeOf(my, e);
    my.ask();
  };
  canvas.onpointermove = look;
  canvas.onpointerleave = canvas.onblur = () => {
    my.cursor = null;
    my.ask();
  };
  canvas.onkeydown = (e) => keys(my, e);
}

function panel(parent, text, tabindex) {
  const box = make("figure", {}, parent);
  const canvas = picture({ class: "pixels", ...(tabindex && { tabindex }) }, box);
  const name = make("figcaption", { class: "name", text }, box);
  return { canvas, name, small: make("canvas"), box };
}

// Arrow keys move the brush, the space bar or Enter touches down with it; Move wants a second touch.
function keys(my, e) {
  const [, rows, cols] = my.shape;
  const by = arrow(e);
  if (by) {
    const [i, j] = my.cursor ?? [Math.floor(rows / 2), Math.floor(cols / 2)];
    my.cursor = [clamp(i - by[1], 0, rows - 1), clamp(j + by[0], 0, cols - 1)];
    if (my.live) my.goOn(my.cursor);
  } else if (e.key === " " || e.key === "Enter") {
    my.cursor ??= [Math.floor(rows / 2), Math.floor(cols / 2)];
    if (my.live) my.end();
    else my.begin(my.cursor);
    if (my.tool !== "m") my.end();
  } else if (e.key === "Escape") my.undo();
  else return;
  e.preventDefault();
  my.host.say(`row ${my.cursor?.[0]}, column ${my.cursor?.[1]}`);
  my.ask();
}

function placeOf(my, e) {
  const [, rows, cols] = my.shape;
  const { x, y, width, height } = within(my.image.canvas, e);
  const at = [Math.floor((y / height) * rows), Math.floor((x / width) * cols)];
  return [clamp(at[0], 0, rows - 1), clamp(at[1], 0, cols - 1)];
}

export function drawImage(my) {
  const [channels, rows, cols] = my.shape;
  const bytes = my.comparing ? my.original : my.pixels;
  const pixels = new Uint32Array(rows * cols);
  for (let p = 0; p < pixels.length; p++) {
    const [r, g, b] =
      channels === 3 ? [0, 1, 2].map((c) => bytes[3 * p + c]) : Array(3).fill(bytes[p * channels]);
    pixels[p] = 0xff000000 | (b << 16) | (g << 8) | r;
  }
  my.gray = pixels;
  const [c, w, h] = stretched(my.image, pixels, rows, cols, false);
  const unit = /** @type {[number, number]} */ ([w / cols, h / rows]);
  if (my.chosen && my.data.whole) drawField(my, c, unit);
  if (my.cursor) drawBrush(my, c, unit);
  const many = my.strokes.length;
  const drawn = many ? `, ${many} ${many > 1 ? "strokes" : "stroke"}` : ": draw on it";
  write(my.image.name, my.comparing ? "the original" : `the image${drawn}`);
  const said = `${my.data.alt}, ${rows} by ${cols} pixels, ${many} strokes. Predicted: ${my.told}.`;
  my.image.canvas.setAttribute("aria-label", `${said} Arrow keys move the brush, the space bar uses it.`);
}

function stretched({ canvas, small }, pixels, rows, cols, smooth) {
  const [c, w, h] = fresh(canvas);
  Object.assign(small, { width: cols, height: rows });
  contextOf(small).putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), cols, rows), 0, 0);
  c.imageSmoothingEnabled = smooth;
  c.drawImage(small, 0, 0, w, h);
  return /** @type {[CanvasRenderingContext2D, number, number]} */ ([c, w, h]);
}

function drawField(my, c, [ux, uy]) {
  const { g, i, j } = my.chosen;
  const block = my.blocks[g];
  const l = block.layers[block.layers.length - 1];
  const [, rows, cols] = my.shape;
  const [top, bottom] = spanOf(my.net, l, i, rows);
  const [left, right] = spanOf(my.net, l, j, cols);
  outline(c, [left * ux, top * uy, (right - left) * ux, (bottom - top) * uy], my.data.colors.accent, 2);
}

function drawBrush(my, c, [ux, uy]) {
  const [i, j] = my.cursor;
  const reach = my.tool === "k" ? 1.5 : my.size / 2;
  c.beginPath();
  if (my.tool === "k") c.rect((j + 0.5 - reach) * ux, (i + 0.5 - reach) * uy, 2 * reach * ux, 2 * reach * uy);
  else c.ellipse((j + 0.5) * ux, (i + 0.5) * uy, reach * ux, reach * uy, 0, 0, 7);
  for (const [color, wide] of /** @type {[string, number][]} */ ([
    ["#fff", 4],
    ["#1B2430", 1.5],
  ])) {
    c.strokeStyle = color;
    c.lineWidth = wide;
    c.stroke();
  }
}

/** A frame that can be seen on any ground. */
export function outline(c, box, color, wide) {
  for (const [ink, width] of /** @type {[string, number][]} */ ([
    ["rgba(255,255,255,.9)", wide + 2],
    [color, wide],
  ])) {
    c.strokeStyle = ink;
    c.lineWidth = width;
    c.strokeRect(box[0] + 1, box[1] + 1, Math.max(1, box[2] - 2), Math.max(1, box[3] - 2));
  }
}

/** Grad-CAM of the class asked about, of one network or of both. */
export function drawHeat(my) {
  const name = my.data.classes[my.k];
  heatIn(my, my.heat, my, `Grad-CAM of ${name}`);
  heatIn(my, my.heatBeside, my.second, `Grad-CAM, ${my.second?.title}`);
}

// A heat map on the gray image: blue speaks for the class, orange against it. An MLP has no maps to draw.
function heatIn(my, panel, network, text) {
  const layers = network?.net.layers ?? [];
  const first = layers.findIndex(({ name }) => name.startsWith("head"));
  panel.box.hidden = !network || layers[first].from[1] * layers[first].from[2] === 1;
  if (panel.box.hidden) return;
  const { heat, rows, cols } = heatOf(network.net, network.shown, my.k);
  const [, tall, wide] = my.shape;
  const start = heatOf(network.net, network.start, my.k).heat;
  const limit = [...heat, ...start].reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12);
  const large = enlarged(heat, rows, cols, tall, wide);
  const pixels = my.gray.map((color, p) => {
    const gray = 0.3 * (color & 255) + 0.59 * ((color >> 8) & 255) + 0.11 * ((color >> 16) & 255);
    const v = large[p] / limit;
    const mix = my.scale[shade(v)];
    const share = 0.75 * Math.min(1, Math.abs(v) * 1.5);
    const part = (k) => Math.round((1 - share) * gray + share * ((mix >> (8 * k)) & 255));
    return 0xff000000 | (part(2) << 16) | (part(1) << 8) | part(0);
  });
  stretched(panel, pixels, tall, wide, false);
  write(panel.name, text);
  const at = heat.indexOf(Math.max(...heat));
  const most = `highest at row ${Math.floor(at / cols)}, column ${at % cols} of ${rows} by ${cols}`;
  panel.canvas.setAttribute("aria-label", `${text}, heat map at the last maps: ${most}.`);
}

// Between the middles of the cells in a straight line, as dlcore.heatmaps.upsample does; flat beyond them.
function enlarged(heat, rows, cols, tall, wide) {
  const steps = (n, to) =>
    [...Array(to).keys()].map((p) => {
      const at = clamp(((p + 0.5) * n) / to - 0.5, 0, n - 1);
      const low = Math.min(Math.floor(at), Math.max(0, n - 2));
      return [low, Math.min(low + 1, n - 1), at - low];
    });
  const across = steps(cols, wide);
  return steps(rows, tall).flatMap(([i, k, s]) =>
    across.map(([j, q, t]) => {
      const upper = heat[i * cols + j] * (1 - t) + heat[i * cols + q] * t;
      return upper * (1 - s) + (heat[k * cols + j] * (1 - t) + heat[k * cols + q] * t) * s;
    }),
  );
}
