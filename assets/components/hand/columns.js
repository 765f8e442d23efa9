// The maps of every block in columns, the lines between them, and the hand that points at one.

import { make, write } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { boxOf, contextOf, fresh, picture, shade } from "../shared/picture.js";
import { arrow, tapped, within } from "../shared/pointer.js";
import { before, strengths } from "./cell.js";
import { outline } from "./image.js";

const LINKS = 6; // drawn on each side of a map: the strongest
/** Kinds of layers in the order in which a block runs them, and what their maps are called. */
export const STAGES = {
  conv: "convolution",
  pool: "after pooling",
  norm: "after normalization",
  relu: "after ReLU",
};
const ORDER = ["conv", "linear", "pool", "norm", "relu", "mean"];

export function buildColumns(my) {
  my.flow.replaceChildren();
  my.columns = my.blocks.map((block, g) => column(my, block, g));
  my.lines = picture({ class: "lines" }, my.flow);
  my.lines.setAttribute("aria-hidden", "true");
}

function column(my, block, g) {
  const box = make("figure", { class: block.title === "mean" ? "column narrow" : "column" }, my.flow);
  const name = make("figcaption", { class: "name" }, box);
  const canvas = picture({ class: "maps", tabindex: "0" }, box);
  const one = { box, name, canvas, block, g, small: make("canvas"), count: 0, grid: gridFor(1, 1, 1, 1, 1) };
  canvas.onpointermove = (e) => {
    const o = mapAt(one, e);
    if (e.pointerType === "mouse" && (o !== my.hover?.o || g !== my.hover?.g))
      my.point(o == null ? null : { g, o });
  };
  canvas.onpointerleave = () => my.point(null);
  canvas.onpointerdown = (e) =>
    tapped(canvas, e, (up) => {
      const o = mapAt(one, up);
      if (o != null) my.choose(g, o, cellAt(my, one, up));
    });
  canvas.onkeydown = (e) => keys(my, one, e);
  canvas.onfocus = () => my.point({ g, o: my.chosen?.g === g ? my.chosen.o : 0 });
  canvas.onblur = () => my.point(null);
  return one;
}

function keys(my, { g, grid, count }, e) {
  const by = arrow(e);
  const at = my.hover?.g === g ? my.hover.o : 0;
  if (by) {
    const next = at + by[0] - by[1] * grid.across;
    if (next >= 0 && next < count) my.point({ g, o: next });
  } else if (e.key === "Enter" || e.key === " ") my.choose(g, at, null);
  else return;
  e.preventDefault();
  const o = my.hover?.o ?? at;
  my.host.say(`map ${o} of ${count}: ${spoken(my, g, o)}`);
}

/** What feeds a map and where it goes, in words. */
export function spoken(my, g, o) {
  const names = (list) => list.map(({ c }) => c).join(", ");
  const from = my.fed(g, o);
  const to = my.feeds(g, o);
  const made =
    before(my.blocks[g]) < 0 ? "made of the image's channels" : `made mostly of maps ${names(from)}`;
  return to.length ? `${made}; it feeds mostly maps ${names(to)} of the next block` : made;
}

/** The layer of a block that is on show: of the stage asked for, or the last one before it. */
export function layerOf(my, block) {
  const until = ORDER.indexOf(my.stage);
  const found = block.layers.filter((l) => ORDER.indexOf(my.net.layers[l].kind) <= Math.max(until, 1));
  return block.at.mean ?? found[found.length - 1] ?? block.layers[0];
}

function gridFor(n, rows, cols, width, height) {
  const gap = rows > 1 ? 1 : 0;
  let best = { across: 1, down: n, side: 0 };
  for (let across = 1; across <= n; across++) {
    const down = Math.ceil(n / across);
    const side = Math.min(width / (across * (cols + gap)), height / (down * (rows + gap)));
    if (side > best.side) best = { across, down, side };
  }
  const drawn = (best.across * (cols + gap) - gap) * best.side;
  return { ...best, gap, rows, cols, left: Math.max(0, (width - drawn) / 2) };
}

export function drawColumns(my) {
  for (const one of my.columns) drawColumn(my, one);
  drawLines(my);
}

function drawColumn(my, one) {
  const l = layerOf(my, one.block);
  const [n, rows, cols] = my.net.layers[l].to;
  const { clientWidth, clientHeight } = boxOf(one.canvas);
  Object.assign(one, { count: n, grid: gridFor(n, rows, cols, clientWidth, clientHeight) });
  const { across, down, gap, side } = one.grid;
  const [wide, tall] = [across * (cols + gap), down * (rows + gap)];
  const values = my.change ? my.shown[l].map((v, p) => v - my.start[l][p]) : my.shown[l];
  const most = limits(my, values, my.change ? values : my.start[l], n, rows * cols);
  const pixels = new Uint32Array(wide * tall);
  for (let o = 0; o < n; o++) {
    const [top, left] = [Math.floor(o / across) * (rows + gap), (o % across) * (cols + gap)];
    for (let r = 0, p = o * rows * cols; r < rows; r++)
      for (let q = 0; q < cols; q++, p++)
        pixels[(top + r) * wide + left + q] = my.scale[shade(values[p] / most(o))];
  }
  Object.assign(one.small, { width: wide, height: tall });
  contextOf(one.small).putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), wide, tall), 0, 0);
  const [c] = fresh(one.canvas);
  c.imageSmoothingEnabled = false;
  c.drawImage(one.small, one.grid.left, 0, wide * side, tall * side);
  name(my, one, l, n, rows, cols, most(0));
}

// One limit for the layer, or one a map; never below the original's, so that what fades looks faded.
function limits(my, values, start, n, cells) {
  const most = (o) => {
    let found = 1e-12;
    for (let p = o * cells; p < (o + 1) * cells; p++)
      found = Math.max(found, Math.abs(values[p]), Math.abs(start[p]));
    return found;
  };
  const each = [...Array(n).keys()].map(most);
  const all = Math.max(...each);
  return (o) => (my.each ? each[o] : all);
}

function name(my, one, l, n, rows, cols, most) {
  const mean = one.block.title === "mean";
  const size = rows * cols > 1 ? `${n} maps ${rows} × ${cols}` : `${n} values`;
  const text = mean ? "means" : my.each ? size : `${size}: ±${digits(most, 2)}`;
  write(one.name, text);
  one.box.title = my.each ? size : `${size}, full color at ±${digits(most)}`;
  const at = `Block ${one.g + 1}, ${my.net.layers[l].name}: ${size}`;
  const keys = "Arrow keys go from map to map, Enter opens one.";
  one.canvas.setAttribute("aria-label", `${at}, values up to ${digits(most)} in size. ${keys}`);
}

const boxOfMap = ({ grid: { across, gap, side, rows, cols, left } }, o) => [
  left + (o % across) * (cols + gap) * side,
  Math.floor(o / across) * (rows + gap) * side,
  cols * side,
  rows * side,
];

function mapAt({ canvas, grid, count }, e) {
  const { x, y } = within(canvas, e);
  const { across, side, gap, rows, cols, left } = grid;
  const [r, q] = [Math.floor(y / side / (rows + gap)), Math.floor((x - left) / side / (cols + gap))];
  const o = r * across + q;
  return r >= 0 && q >= 0 && q < across && o < count ? o : null;
}

// The place in the maps that the block ends in: before pooling there are four for each of these.
function cellAt(my, { block, canvas, grid: { side, gap, rows, cols, left } }, e) {
  const { x, y } = within(canvas, e);
  const [, tall, wide] = my.net.layers[block.layers[block.layers.length - 1]].to;
  const [i, j] = [(y / side) % (rows + gap), ((x - left) / side) % (cols + gap)];
  return [Math.floor((i * tall) / rows), Math.floor((j * wide) / cols)];
}

/** The strongest of the maps that a map is made of, and of those that it feeds. */
export function linksOf(my) {
  const known = my.blocks.map((block) => strengths(my.net, my.shown, my.x, block));
  const strongest = (found) => found.sort((a, b) => Math.abs(b.s) - Math.abs(a.s)).slice(0, LINKS);
  my.fed = (g, o) =>
    strongest(
      [...Array(my.net.layers[my.blocks[g].layers[0]].from[0]).keys()].map((c) => ({ c, s: known[g](o, c) })),
    ).filter(({ s }) => s);
  my.feeds = (g, o) => {
    const next = my.blocks[g + 1];
    if (!next) return [];
    return strongest(
      [...Array(my.net.layers[next.layers[0]].to[0]).keys()].map((c) => ({ c, s: known[g + 1](c, o) })),
    ).filter(({ s }) => s);
  };
}

function drawLines(my) {
  const [c] = fresh(my.lines);
  const home = boxOf(my.lines).getBoundingClientRect();
  const at = (g, o) => {
    const box = my.columns[g].canvas.getBoundingClientRect();
    const [x, y, w, h] = boxOfMap(my.columns[g], o);
    return [x + box.left - home.left, y + box.top - home.top, w, h];
  };
  const { accent } = my.data.colors;
  if (my.chosen) outline(c, at(my.chosen.g, my.chosen.o), accent, 2);
  const on = my.hover ?? my.chosen;
  if (!on) return;
  const { g, o } = on;
  const here = at(g, o);
  const sides = [];
  if (g > 0) for (const link of my.fed(g, o)) sides.push([at(g - 1, link.c), here, link.s]);
  for (const link of my.feeds(g, o)) sides.push([here, at(g + 1, link.c), link.s]);
  const most = Math.max(...sides.map(([, , s]) => Math.abs(s)), 1e-12);
  for (const [from, to, s] of sides) line(my, c, from, to, s / most);
  outline(c, here, accent, 2);
}

function line(my, c, from, to, s) {
  const { positive, negative } = my.data.colors;
  const middle = ([x, y, w, h]) => [x + w / 2, y + h / 2];
  const [[x, y], [u, v]] = [middle(from), middle(to)];
  const down = Math.abs(v - y) > 2 * Math.abs(u - x); // on a phone blocks stand below each other
  c.beginPath();
  c.moveTo(x, y);
  if (down) c.bezierCurveTo(x, (y + v) / 2, u, (y + v) / 2, u, v);
  else c.bezierCurveTo((x + u) / 2, y, (x + u) / 2, v, u, v);
  c.strokeStyle = s > 0 ? positive : negative;
  c.lineWidth = 1 + 3 * Math.abs(s);
  c.setLineDash(s > 0 ? [] : [5, 3]);
  c.globalAlpha = 0.85;
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}
