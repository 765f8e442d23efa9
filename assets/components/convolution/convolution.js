// A filter slid over an image: played, stepped, pointed at; patch × kernel = products, and their sum.
// No server needed.

import { button, make } from "../shared/elements.js";
import { bracketed, clamp, digits } from "../shared/numbers.js";
import { picture, scaleOf } from "../shared/picture.js";
import { arrow, within } from "../shared/pointer.js";
import { film, frames, rest } from "../shared/timing.js";
import { cellOf, drawInput, drawOutput, frameOf } from "./maps.js";
import { cellAt, slide } from "./sliding.js";
import { buildTiles, fillTiles } from "./tiles.js";

const WHITE = 765; // a pixel arrives as the sum of three channels of 0 to 255
const LONGEST = 14; // seconds in which the largest map has been played

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = build(host);
  return {
    update: (data) => update(my, data),
    stop() {
      my.film.pause();
      my.observer.disconnect();
      my.frames.stop();
      my.rest.stop();
    },
  };
}

function build(host) {
  const my = { host, draws: 0, playing: false, hover: null, tap: -1 };
  my.frames = frames(() => draw(my));
  my.ask = my.frames.ask;
  my.rest = rest(500, () => send(my));
  my.film = film(
    () => Math.max(12, last(my) / LONGEST),
    (steps) => forth(my, steps),
    () => stand(my),
  );
  my.recompute = () => {
    compute(my);
    my.ask();
    my.rest.begin();
  };
  buildBar(my, make("div", { class: "bar", role: "group", "aria-label": "Playback" }, host.root));
  const maps = make("div", { class: "maps" }, host.root);
  [my.input, my.inputName] = panel(my, maps);
  [my.output, my.outputName] = panel(my, maps);
  my.tiles = make("div", { class: "tiles" }, host.root);
  my.sum = make("div", { class: "sum" }, host.root);
  my.observer = new ResizeObserver(my.ask);
  my.observer.observe(host.root);
  return my;
}

function buildBar(my, bar) {
  button("|◀", "To the first cell", () => go(my, 0), bar);
  button("‹", "One cell back", () => go(my, index(my) - 1), bar);
  const label = "Play or pause the sliding";
  my.play = button("▶ Play", label, () => (my.playing ? stand(my) : play(my)), bar);
  my.play.hidden = my.host.still();
  button("›", "One cell on", () => go(my, index(my) + 1), bar);
  my.said = make("output", { class: "said" }, bar);
}

function panel(my, maps) {
  const box = make("div", { class: "panel" }, maps);
  const name = make("div", { class: "name" }, box);
  const canvas = picture({ class: "map", tabindex: "0" }, box);
  canvas.onpointermove = (e) => look(my, nearest(my, canvas, e));
  canvas.onpointerleave = () => look(my, null);
  canvas.onclick = (e) => {
    pause(my);
    const at = nearest(my, canvas, e);
    if (!at) return;
    my.hover = null;
    go(my, at[0] * my.map.n + at[1]);
  };
  canvas.onkeydown = (e) => keys(my, e);
  return [canvas, name];
}

function update(my, data) {
  my.theme = my.host.theme();
  my.scale = scaleOf(data.colors.diverging);
  const g = data.geometry;
  const shown = JSON.stringify([data.id, g, data.own, data.own ? 0 : data.kernel]);
  const changed = my.shown !== shown;
  Object.assign(my, { data, g, shown });
  if (changed) {
    my.x = data.pixels.map((v) => v / WHITE);
    pause(my);
    my.hover = null;
  }
  // While the hand is at work, or its word is on the way, the hand is right.
  const free = changed || !(my.rest.waiting() || my.pending);
  if (free) my.w = Float64Array.from(data.kernel);
  compute(my);
  if (free) my.cell = [Math.min(data.cell[0], my.map.m - 1), Math.min(data.cell[1], my.map.n - 1)];
  my.pending = false;
  buildTiles(my);
  my.ask();
}
function compute(my) {
  my.map = slide(my.x, my.data.rows, my.data.cols, my.w, my.g);
  my.limit = my.map.z.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}

// ---- moving
const last = (my) => my.map.m * my.map.n - 1;
const index = (my) => my.cell[0] * my.map.n + my.cell[1];
function put(my, at) {
  const k = clamp(at, 0, last(my));
  my.cell = [Math.floor(k / my.map.n), k % my.map.n];
  my.ask();
}
function go(my, at) {
  pause(my);
  put(my, at);
  my.rest.begin();
}
function look(my, at) {
  if (my.playing) return;
  my.hover = at;
  my.ask();
}
function play(my) {
  if (index(my) >= last(my)) put(my, 0);
  my.playing = true;
  my.hover = null;
  my.play.textContent = "❚❚ Pause";
  my.film.play();
}
function forth(my, steps) {
  if (steps) put(my, index(my) + steps);
  return index(my) < last(my);
}
function pause(my) {
  my.playing = false;
  my.film.pause();
  my.play.textContent = "▶ Play";
  my.ask();
}
function stand(my) {
  pause(my);
  my.rest.begin();
}
function keys(my, e) {
  const [i, j] = my.cell;
  const { m, n } = my.map;
  const by = arrow(e);
  const to = by ? [i - by[1], j + by[0]] : { Home: [0, 0], End: [m - 1, n - 1] }[e.key];
  if (to) {
    e.preventDefault();
    my.hover = null;
    go(my, clamp(to[0], 0, m - 1) * n + clamp(to[1], 0, n - 1));
  } else if (e.key === " ") {
    e.preventDefault();
    my.play.click();
  }
}
function send(my) {
  const value = { cell: my.cell, kernel: my.data.own ? [...my.w] : null };
  const text = JSON.stringify(value);
  if (text === my.sent) return;
  my.sent = text;
  my.pending = true;
  my.host.send("moved", value);
}

// The output cell a pointer means: in the output the one below it, in the input that of the nearest window.
function nearest(my, canvas, e) {
  const { x, y } = within(canvas, e);
  const { m, n } = my.map;
  if (canvas === my.output) {
    const c = cellOf(my);
    const [i, j] = [Math.floor(y / c), Math.floor(x / c)];
    return i >= 0 && j >= 0 && i < m && j < n ? [i, j] : null;
  }
  // positions count from the padded corner
  const { c } = frameOf(my);
  const half = (my.g.d * (my.g.k - 1)) / 2;
  const at = (v, count) => clamp(Math.round((Math.floor(v / c) - half) / my.g.s), 0, count - 1);
  return [at(y, m), at(x, n)];
}

function draw(my) {
  if (!my.host.size().width || !my.map.m || !my.map.n) return;
  const { data } = my;
  const [i, j] = my.hover || my.cell;
  const at = cellAt(my.x, data.rows, data.cols, my.w, my.g, i, j);
  drawInput(my, at.places);
  drawOutput(my, i, j, my.playing ? index(my) : last(my));
  fillTiles(my, at);
  say(my, i, j, at);
  Object.assign(my.host.root.dataset, { draws: ++my.draws, cell: `${i},${j}`, z: at.z, playing: my.playing });
}

// The sum as text, and what the pictures show for those who cannot see them.
function say(my, i, j, at) {
  const { data, g, map } = my;
  const name = `z[${i}, ${j}]`;
  const parts = at.patch.map((v, t) => `${digits(v)}·${bracketed(my.w[t])}`);
  const long = `${parts.slice(0, 4).join(" + ")} + … (${parts.length} products)`;
  my.sum.textContent = `${name} = ${parts.length <= 9 ? parts.join(" + ") : long} = ${digits(at.z)}`;
  my.said.textContent = `row ${i}, column ${j}: z = ${digits(at.z)}`;
  const padding = g.p ? ` and ${g.p} of padding (outlined cells are 0)` : "";
  my.inputName.textContent = `x, ${data.rows} × ${data.cols}${padding}`;
  const limit = digits(my.limit);
  my.outputName.textContent = `z, ${map.m} × ${map.n}: orange below 0, blue above, full color at ±${limit}`;
  const place = `The filter stands at output row ${i}, column ${j}.`;
  my.input.setAttribute("aria-label", `${data.alt}. ${place} Arrow keys move it.`);
  const size = `Output map, ${map.m} by ${map.n}, values up to ${limit} in size`;
  my.output.setAttribute("aria-label", `${size}; ${name} is ${digits(at.z)}. Arrow keys move the cell.`);
}
