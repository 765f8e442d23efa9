// A chosen value in full: the map enlarged, the sum over channels with its numbers, then one step after the
// other down to the logit.

import { button, make, write } from "../shared/elements.js";
import { bracketed, clamp, digits } from "../shared/numbers.js";
import { contextOf, css, fresh, lettersOn, picture, shade } from "../shared/picture.js";
import { arrow, tapped, within } from "../shared/pointer.js";
import { before, spanOf, takenApart } from "./cell.js";
import { spoken } from "./columns.js";
import { outline } from "./image.js";

const SHOWN = 4; // channels of the sum that are drawn; the others are one number

export function buildDetail(my, parent) {
  my.detail = make("section", { class: "detail", "aria-label": "The chosen value" }, parent);
  const head = make("div", { class: "large" }, my.detail);
  my.large = picture({ class: "map", tabindex: "0" }, head);
  my.small = make("canvas");
  const turn = make("div", { class: "turn" }, head);
  button("‹", "The map before", () => my.step(-1), turn);
  my.which = make("span", { class: "name" }, turn);
  button("›", "The next map", () => my.step(1), turn);
  my.steps = make("div", { class: "steps" }, my.detail);
  my.parts = make("div", { class: "parts" }, my.steps);
  my.formulas = make("div", { class: "formulas" }, my.steps);
  my.large.onpointerdown = (e) => tapped(my.large, e, (up) => pick(my, up));
  my.large.onkeydown = (e) => {
    const by = arrow(e);
    if (!by || !my.chosen) return;
    e.preventDefault();
    const { g, o, i, j } = my.chosen;
    my.choose(g, o, [i - by[1], j + by[0]]);
    my.host.say(my.formulas.textContent);
  };
}

function pick(my, e) {
  const { x, y, width, height } = within(my.large, e);
  const [, rows, cols] = sizeOf(my);
  const { g, o } = my.chosen;
  my.choose(g, o, [Math.floor((y / height) * rows), Math.floor((x / width) * cols)]);
}

const lastOf = (block) => block.layers[block.layers.length - 1];
/** Channels, rows, columns of the chosen block's last layer. */
export const sizeOf = (my) => my.net.layers[lastOf(my.blocks[my.chosen.g])].to;

/** The texts of the chosen value. The canvas comes after all texts: one layout of the page a frame. */
export function fillDetail(my) {
  const { g, o } = my.chosen;
  const block = my.blocks[g];
  const [n, rows, cols] = sizeOf(my);
  const [i, j] = (my.cell = [clamp(my.chosen.i, 0, rows - 1), clamp(my.chosen.j, 0, cols - 1)]);
  write(my.which, `block ${g + 1}, map ${o}`);
  my.which.title = `of ${n}`;
  const found = takenApart(my.net, my.shown, my.x, block, o, i, j);
  fillParts(my, found, block);
  const texts = [fieldOf(my, block), ...steps(my, found, block, o), onward(my, block, g, o, i, j)];
  while (my.formulas.childElementCount > texts.length) my.formulas.lastChild.remove();
  texts.forEach(([title, text], k) => {
    const row = my.formulas.children[k] ?? make("p", {}, my.formulas);
    write(row.children[0] ?? make("b", {}, row), title);
    write(row.children[1] ?? make("span", {}, row), ` ${text} `);
  });
}

export function drawDetail(my) {
  const { g, o } = my.chosen;
  const [, rows, cols] = sizeOf(my);
  const l = lastOf(my.blocks[g]);
  const values = my.shown[l].subarray(o * rows * cols, (o + 1) * rows * cols);
  const most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12);
  const pixels = new Uint32Array(rows * cols);
  for (let p = 0; p < pixels.length; p++) pixels[p] = my.scale[shade(values[p] / most)];
  Object.assign(my.small, { width: cols, height: rows });
  contextOf(my.small).putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), cols, rows), 0, 0);
  const [c, w, h] = fresh(my.large);
  c.imageSmoothingEnabled = false;
  c.drawImage(my.small, 0, 0, w, h);
  const [i, j] = my.cell;
  outline(c, [(j * w) / cols, (i * h) / rows, w / cols, h / rows], my.data.colors.accent, 2);
  const v = digits(values[i * cols + j]);
  const made = spoken(my, my.chosen.g, o);
  const keys = "Arrow keys choose another one.";
  my.large.setAttribute("aria-label", `Map ${o}, ${made}. Row ${i}, column ${j}: ${v}. ${keys}`);
}

// The strongest channels: patch · kernel = sum, as small squares of color with the number beside them.
function fillParts(my, { parts }, block) {
  const most = (name) => parts.reduce((m, one) => Math.max(m, ...one[name].map(Math.abs)), 1e-12);
  const strongest = [...parts].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum)).slice(0, SHOWN);
  const form = `${strongest.length},${strongest[0]?.patch.length}`;
  if (my.partsForm !== form) buildParts(my, strongest);
  my.partsForm = form;
  const [patch, kernel] = [most("patch"), most("kernel")];
  strongest.forEach((part, k) => {
    const row = my.partRows[k];
    write(row.name, `${inputName(my, block)} ${part.c}`);
    color(my, row.patch, part.patch, patch);
    color(my, row.kernel, part.kernel, kernel);
    write(row.sum, `= ${digits(part.sum)}`);
  });
  const [all, shown] = [parts, strongest].map((list) => list.reduce((sum, one) => sum + one.sum, 0));
  const others = parts.length - strongest.length;
  write(my.others, others > 0 ? `the other ${others} together: ${digits(all - shown)}` : "");
}

function buildParts(my, parts) {
  my.parts.replaceChildren();
  my.partRows = parts.map(({ patch }) => {
    const row = make("div", { class: "part" }, my.parts);
    const squares = () => {
      const box = make(
        "span",
        { class: "squares", style: `--k: ${Math.round(Math.sqrt(patch.length))}` },
        row,
      );
      return patch.map(() => make("i", {}, box));
    };
    const name = make("span", { class: "name" }, row);
    const left = squares();
    make("span", { text: "·" }, row);
    return { name, patch: left, kernel: squares(), sum: make("span", { class: "sum" }, row) };
  });
  my.others = make("div", { class: "part rest" }, my.parts);
}

const COLORS = ["red", "green", "blue"];
function inputName(my, block) {
  if (before(block) >= 0) return "map";
  return my.shape[0] === 1 ? "pixel" : "color";
}

function color(my, squares, values, most) {
  values.forEach((v, k) => {
    const ground = css(my.scale[shade(v / most)]);
    Object.assign(squares[k].style, { background: ground, color: lettersOn(ground) });
    squares[k].title = digits(v);
    write(squares[k], two(v));
  });
}

// Two digits fit a square.
function two(v) {
  const size = Math.abs(v);
  if (size < 0.005) return "0";
  const text = size < 10 ? size.toFixed(size < 1 ? 2 : 1) : size.toFixed(0);
  return (v < 0 ? "−" : "") + text.replace(/^0\./, ".");
}

// What the value can see of the image.
function fieldOf(my, block) {
  const [, rows, cols] = my.shape;
  const span = (k, n) => spanOf(my.net, lastOf(block), my.cell[k], n);
  const [[a, b], [c, d]] = [span(0, rows), span(1, cols)];
  const at = `The value at row ${my.cell[0]}, column ${my.cell[1]}`;
  return [at, `sees rows ${a} to ${b - 1} and columns ${c} to ${d - 1} of the image (framed there).`];
}

/** The steps of a value, each with its numbers. @returns {[string, string][]} */
function steps(my, found, block, o) {
  if (found.mean != null)
    return [["Mean", `over ${found.cells} positions of map ${o}: ${digits(found.mean)}`]];
  const { parts, z, zs, norm, n, a, bias } = found;
  const first = [...parts].sort((p, q) => Math.abs(q.sum) - Math.abs(p.sum)).slice(0, 3);
  const more = parts.length > 3 ? " + …" : "";
  const with_ = bias == null ? "" : ` + b ${bracketed(bias)}`;
  const name =
    before(block) < 0 && my.shape[0] === 3 && parts.length === 3 ? (c) => COLORS[c] : (c) => `map ${c}`;
  const terms = first.map((p) => `${bracketed(p.sum)} [${name(p.c)}]`).join(" + ");
  /** @type {[string, string][]} */
  const lines = [["Sum over channels", `z = ${terms}${more}${with_} = ${digits(z)}`]];
  if (zs)
    lines.push(["Max pooling", `the largest of ${zs.map((v) => digits(v)).join(", ")} is ${digits(z)}`]);
  if (norm) {
    const { mean, variance, gamma, shift } = norm;
    const scaled = `(${digits(z)} − ${bracketed(mean)}) / √(${digits(variance)} + ε)`;
    lines.push([
      "Batch normalization",
      `${scaled} · ${bracketed(gamma)} + ${bracketed(shift)} = ${digits(n)}`,
    ]);
  }
  if (a != null) lines.push(["ReLU", `max(0, ${digits(n ?? z)}) = ${digits(a)}`]);
  return lines;
}

// Where the value goes: into the next block, or through the head into the logit.
function onward(my, block, g, o, i, j) {
  const last = my.net.layers[my.net.layers.length - 1];
  const values = my.shown[lastOf(block)];
  const [, rows, cols] = sizeOf(my);
  const next = my.blocks[g + 1];
  if (next && next.title !== "mean") {
    const to = my.feeds(g, o).slice(0, 3);
    return [
      "Then",
      `it feeds every map of block ${g + 2}, most of all ${to.map(({ c }) => `map ${c}`).join(", ")}.`,
    ];
  }
  const single = last.to[0] === 1;
  const sign = single && my.k === 0 ? -1 : 1;
  const row = (single ? 0 : my.k) * last.from[0];
  const name = my.data.classes[my.k];
  const pooled = next != null || block.at.mean != null;
  const w = sign * last.w[row + (pooled ? o : (o * rows + i) * cols + j)];
  const share = pooled && next ? meanOf(values, o, rows * cols) : values[(o * rows + i) * cols + j];
  const what =
    pooled && next ? `the mean over ${rows * cols} positions, ${digits(share)},` : `${digits(share)}`;
  return ["Logit", `${what} times w = ${digits(w)} adds ${digits(w * share)} to the logit of ${name}.`];
}

function meanOf(values, o, cells) {
  let sum = 0;
  for (let p = o * cells; p < (o + 1) * cells; p++) sum += values[p];
  return sum / cells;
}

/** Where a map is highest. */
export function highest(my, g, o, cols) {
  const layers = my.blocks[g].layers;
  const [n] = sizeOf(my);
  const values = my.shown[layers[layers.length - 1]];
  const cells = values.length / n;
  const map = values.subarray(o * cells, (o + 1) * cells);
  const at = map.indexOf(Math.max(...map));
  return [Math.floor(at / cols), at % cols];
}

/** Until a map is chosen: the one of the last block, and there the place, with the highest value. */
export function loudest(my) {
  const g = my.blocks.findLastIndex((block) => block.title !== "mean");
  const l = my.blocks[g].layers[my.blocks[g].layers.length - 1];
  const [, rows, cols] = my.net.layers[l].to;
  const at = my.start[l].reduce((best, v, p, all) => (v > all[best] ? p : best), 0);
  const [o, p] = [Math.floor(at / (rows * cols)), at % (rows * cols)];
  return { g, o, i: Math.floor(p / cols), j: p % cols };
}
