// A trained network in the hand: one image from pixel to class, painted on while every map, every score and
// the heat map follow. The network runs here; the server is told where the hand rests, and checks it.

import { make, write } from "../shared/elements.js";
import { clamp } from "../shared/numbers.js";
import { scaleOf } from "../shared/picture.js";
import { frames, rest } from "../shared/timing.js";
import { buildBar, drawBar, fillBar, takeUp } from "./bar.js";
import { computeBeside, settleBeside } from "./beside.js";
import { blocksOf } from "./cell.js";
import { buildColumns, drawColumns, linksOf } from "./columns.js";
import { buildDetail, drawDetail, fillDetail, highest, loudest, sizeOf } from "./detail.js";
import { floats, forward, heatOf, inputOf, networkOf, probabilitiesOf } from "./engine.js";
import { buildImage, drawHeat, drawImage } from "./image.js";
import { buildScores, drawScores, fillScores } from "./scores.js";
import { MOST, painted, read, written } from "./strokes.js";

const KEPT = 16; // weights of so many epochs stay here
/** Weights that have been sent, by the name of run and epoch. @type {Map<string, Float32Array>} */
const weights = new Map();

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = build(host);
  return {
    update: (data) => update(my, data),
    stop() {
      my.observer.disconnect();
      my.frames.stop();
      my.rest.stop();
    },
  };
}

function build(host) {
  /** @type {any} */
  const my = { host, tool: "p", size: 5, paint: 0, marker: 0, stage: "relu", draws: 0, strokes: [] };
  my.frames = frames(() => draw(my));
  my.ask = () => my.frames.ask();
  my.rest = rest(400, () => send(my));
  hands(my);
  const picture = make("div", { class: "picture-row" }, host.root);
  buildBar(my, picture);
  buildImage(my, picture);
  my.flow = make("div", { class: "flow" }, picture);
  buildScores(my, picture);
  my.sentence = make("div", { class: "sentence" }, picture);
  buildDetail(my, host.root);
  takeUp(my, "p");
  my.observer = new ResizeObserver(() => my.ask());
  my.observer.observe(host.root);
  return my;
}

// What the parts may ask for.
function hands(my) {
  const changed = () => {
    my.stale = true;
    my.ask();
    my.rest.begin();
  };
  const shown = () => {
    my.ask();
    my.rest.begin();
  };
  my.begin = (at) => {
    const option = { p: my.paint, k: my.marker, n: my.strokes.length % 64 }[my.tool] ?? 0;
    my.comparing = false;
    my.live = { tool: my.tool, size: my.size, option, points: [at] };
    changed();
  };
  my.goOn = (at) => {
    if (!my.live) return;
    const { points, tool } = my.live;
    const [i, j] = points[points.length - 1];
    if (i === at[0] && j === at[1]) return;
    if (tool === "m") points.splice(1, 1, at);
    else if (tool === "k") points.splice(0, 1, at);
    else if (isStraight(points, at)) points.splice(-1, 1, at);
    else points.push(at);
    changed();
  };
  my.end = () => {
    if (!my.live) return;
    const all = [...my.strokes, my.live];
    my.live = null;
    my.full = written(all).length > MOST;
    if (!my.full) keep(my, all);
    changed();
  };
  my.undo = () => {
    my.live = null;
    my.full = false;
    keep(my, my.strokes.slice(0, -1));
    changed();
  };
  my.compare = () => {
    my.comparing = !my.comparing;
    changed();
  };
  my.look = (view) => {
    Object.assign(my, view);
    shown();
  };
  my.explain = (k) => {
    my.askedClass = my.k = k;
    my.rest.begin();
  };
  my.point = (hover) => {
    my.hover = hover;
    my.ask();
  };
  my.choose = (g, o, cell) => {
    my.chosen = my.picked = { g, o, i: 0, j: 0 };
    const [, rows, cols] = sizeOf(my);
    const [i, j] = cell ?? highest(my, g, o, cols);
    Object.assign(my.chosen, { i: clamp(i, 0, rows - 1), j: clamp(j, 0, cols - 1) });
    shown();
  };
  my.step = (by) => {
    const [n] = sizeOf(my);
    my.choose(my.chosen.g, (my.chosen.o + by + n) % n, null);
  };
  my.putBeside = (beside) => {
    my.beside = beside;
    settleBeside(my, weights);
    changed();
  };
  my.train = (epoch) => {
    my.epoch = epoch;
    if (weights.has(nameOf(my))) settle(my);
    else my.rest.begin();
    shown();
  };
}

function keep(my, strokes) {
  my.strokes = strokes;
  my.base = painted(my.original, my.shape, strokes, my.original, my.data.markers);
}

// Whether the way goes on as it came, along a row, a column or a diagonal: the address needs no such point.
function isStraight(points, [i, j]) {
  if (points.length < 2) return false;
  const [[a, b], [c, d]] = points.slice(-2);
  const steps = Math.max(Math.abs(c - a), Math.abs(d - b));
  const [u, v] = [(c - a) / steps, (d - b) / steps];
  return Number.isInteger(u) && Number.isInteger(v) && i - c === u && j - d === v;
}

const nameOf = (my) => `${my.data.run}:${my.epoch}`;

function update(my, data) {
  const { run, pixels, shape, state } = data;
  const image = JSON.stringify([pixels, shape]);
  const other = !my.data || my.data.run !== run || my.imageSent !== image;
  Object.assign(my, { data, shape, theme: my.host.theme(), scale: scaleOf(data.colors.diverging) });
  for (const [name, text] of Object.entries(data.weights)) {
    weights.delete(name);
    weights.set(name, floats(text));
    if (weights.size > KEPT) weights.delete([...weights.keys()][0]);
  }
  const asked = JSON.stringify(state);
  if (other || (asked !== my.asked && !my.rest.waiting() && !my.pending)) adopt(my, state);
  my.asked = asked;
  my.pending = false;
  if (my.imageSent !== image) {
    my.imageSent = image;
    my.original = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0));
    my.x0 = inputOf(my.original, shape);
    my.live = null;
  }
  my.host.root.classList.toggle("small", !data.whole);
  keep(my, my.strokes);
  settle(my);
  if (other) my.rest.begin(); // the server checks what the picture opens with, too
  my.ask();
}

// What the address says.
function adopt(my, state) {
  my.strokes = read(state.strokes);
  my.epoch = state.epoch;
  my.askedClass = state.k;
  Object.assign(my, { stage: state.stage, each: state.each, beside: state.beside });
  const [g, o, i, j] = state.spot ?? [];
  my.picked = state.spot && { g, o, i, j };
}

// The network with the weights of this epoch: made when they are here, asked for when they are not.
function settle(my) {
  const name = nameOf(my);
  const known = weights.get(name);
  if (!known) return my.rest.begin();
  if (my.made !== name) {
    my.net = networkOf(my.data.layers, known, my.shape);
    const blocks = blocksOf(my.net);
    const form = JSON.stringify([blocks, my.net.layers.map((l) => l.to), my.data.classes]);
    if (my.form !== form) {
      Object.assign(my, { form, blocks });
      buildColumns(my);
      fillScores(my);
    }
    my.made = name;
    my.rest.begin();
  }
  fillBar(my);
  my.start = forward(my.net, my.x0);
  settleBeside(my, weights);
  const p = probabilitiesOf(my.start[my.start.length - 1]);
  my.k = my.askedClass ?? p.indexOf(Math.max(...p));
  const { g, o, i, j } = my.picked ?? loudest(my);
  my.chosen = { g: Math.min(g, my.blocks.length - 1), o: 0, i, j };
  my.chosen.o = Math.min(o, sizeOf(my)[0] - 1);
  my.stale = true;
}

function compute(my) {
  const began = performance.now();
  my.pixels = my.live ? painted(my.base, my.shape, [my.live], my.original, my.data.markers) : my.base;
  const x = inputOf(my.pixels, my.shape);
  my.values = forward(my.net, x);
  [my.shown, my.x] = my.comparing ? [my.start, my.x0] : [my.values, x];
  computeBeside(my, x);
  linksOf(my);
  my.stale = false;
  my.pass = performance.now() - began;
}

function draw(my) {
  if (!my.host.size().width || !my.net) return;
  const began = performance.now();
  if (my.stale) compute(my);
  drawBar(my);
  drawScores(my);
  if (my.data.whole) fillDetail(my);
  if (my.full) write(my.sentence, "The link holds no more strokes: take some back, or begin again.");
  if (my.data.whole) drawDetail(my);
  drawImage(my);
  drawHeat(my);
  if (my.data.whole) drawColumns(my);
  const logits = my.shown[my.shown.length - 1];
  const took = performance.now() - began;
  const seen = { draws: ++my.draws, logits: logits.join(","), strokes: my.strokes.length };
  Object.assign(my.host.root.dataset, seen, {
    pass: my.pass.toFixed(2),
    frame: took.toFixed(2),
    epoch: my.epoch,
  });
}

// What the address keeps, and what the server checks: the pixels as they are now, and what was made of them.
function send(my) {
  if (my.live) return; // the hand has not come to rest: its end begins the rest anew
  const missing = !weights.has(nameOf(my));
  const { g, o, i, j } = my.picked ?? {};
  const spot = my.picked ? [g, o, i, j] : null;
  const state = { strokes: written(my.strokes), epoch: my.epoch, k: my.askedClass, spot };
  const view = { stage: my.stage, each: Boolean(my.each), beside: my.beside };
  const value = { has: [...weights.keys()], run: my.data.run, state: { ...state, ...view } };
  if (!missing) {
    if (my.stale) compute(my);
    Object.assign(value, {
      pixels: btoa(Array.from(my.pixels, (byte) => String.fromCharCode(byte)).join("")),
      logits: [...my.values[my.values.length - 1]],
      sums: my.values.map((map) => map.reduce((a, b) => a + b, 0)),
      heat: [...heatOf(my.net, my.values, my.k).heat],
      k: my.k,
      beside: my.second ? [...my.second.values[my.second.values.length - 1]] : [],
      chosen: ["g", "o", "i", "j"].map((name) => my.chosen[name]),
    });
    my.host.say(my.sentence.textContent);
  }
  const text = JSON.stringify(value);
  if (text === my.sent) return;
  my.sent = text;
  my.pending = true;
  my.host.send("moved", value);
}
