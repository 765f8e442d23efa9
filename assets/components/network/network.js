// A small network that trains: played, stepped, rewound, changed by hand and trained on, without asking the
// server.

import { button, choice, make } from "../shared/elements.js";
import { picture, scaleOf, tile } from "../shared/picture.js";
import { film, frames, rest } from "../shared/timing.js";
import { chartT, drawChart } from "./chart.js";
import { buildNet, drawNet, placeLinks, shapeOf } from "./diagram.js";
import { buildEditor, show } from "./editor.js";
import { sizeOf } from "./engine.js";
import { columnsOf, encodeOwn, FEATURES, forward, numbers, SPAN } from "./forward.js";
import { drawHidden, drawOut, GRID, hover, paintPoint, score } from "./plane.js";
import { advance, atRest, begin, current, epochOf, goesOn, lastOf, prepare } from "./training.js";

const MOST_LAYERS = 6;
const SPEEDS = [5, 15, 60, 300]; // epochs a second
const AT_ONCE = 80; // milliseconds for which a page may stand still to get to the state that it opens with
const BUSY = 12; // milliseconds of training between two pictures
const SHOW_AFTER = 400; // milliseconds of waiting after which the way to a state is shown

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = build(host);
  return {
    update: (data) => update(my, data),
    stop() {
      my.halt();
      my.observer.disconnect();
      my.frames.stop();
      my.rest.stop();
    },
  };
}

function build(host) {
  const my = {
    host,
    t: 0,
    edits: [],
    playing: false,
    speed: 60,
    brush: 1,
    view: "plane",
    links: [],
    draws: 0,
  };
  my.frames = frames(() => draw(my));
  my.ask = my.frames.ask;
  my.rest = rest(400, () => send(my));
  my.film = film(
    () => my.speed,
    (steps) => forth(my, steps),
    () => stand(my),
  );
  my.reshape = (value) => {
    Object.assign(my, { wish: value, wishedAt: performance.now() });
    host.tell("shape", value);
  };
  my.halt = () => pause(my);
  my.seek = (epoch, edits) => seek(my, epoch, edits);
  my.lut = tile(GRID);
  buildBar(my, make("div", { class: "bar", role: "group", "aria-label": "Playback" }, host.root));
  const left = make("div", { class: "left" }, host.root);
  my.net = make("div", { class: "net" }, left);
  my.editor = make("div", { class: "editor" }, left);
  buildOutput(my, make("div", { class: "right" }, host.root));
  buildChart(my);
  my.observer = new ResizeObserver(() => {
    placeLinks(my);
    my.ask();
  });
  my.observer.observe(host.root);
  return my;
}

function buildBar(my, bar) {
  button("|◀", "Back to the same initial weights", () => go(my, 0), bar);
  button("‹", "One epoch back", () => go(my, my.t - 1), bar);
  my.play = button("▶ Play", "Play or pause the training", () => (my.playing ? stand(my) : play(my)), bar);
  my.on = button("›", "One epoch on", () => step(my), bar);
  my.scrub = make("input", { type: "range", min: 0, step: 1, "aria-label": "Epoch" }, bar);
  my.scrub.oninput = () => {
    pause(my);
    put(my, +my.scrub.value);
  };
  my.scrub.onchange = () => stand(my);
  my.clock = make("output", { class: "clock" }, bar);
  my.depth = make("span", { class: "depth" }, bar);
  make("span", { text: "Layers " }, my.depth);
  button("−", "One hidden layer fewer", () => deepen(my, -1), my.depth).removeAttribute("title");
  button("+", "One hidden layer more", () => deepen(my, 1), my.depth).removeAttribute("title");
  const speed = make("select", { "aria-label": "Speed", title: "Epochs a second" }, bar);
  for (const s of SPEEDS)
    make("option", { value: s, text: `${s}/s`, ...(s === my.speed && { selected: "" }) }, speed);
  speed.onchange = () => (my.speed = +speed.value);
}

function deepen(my, by) {
  const { hidden, features } = shapeOf(my);
  const next = by < 0 ? hidden.slice(0, -1) : [...hidden, 2];
  if (next.length <= MOST_LAYERS) my.reshape({ hidden: next, features });
}

function buildOutput(my, right) {
  my.out = picture({ class: "out" }, right);
  my.out.onpointermove = (e) => hover(my, e);
  my.out.onpointerleave = () => (my.tip.textContent = my.hint);
  my.out.onclick = (e) => paintPoint(my, e);
  my.brushes = make("div", { class: "brushes" }, right);
  choice(
    [
      [1, "Add + points"],
      [-1, "Add − points"],
    ],
    (y) => (my.brush = y),
    my.brushes,
  );
  my.views = make("div", { class: "brushes" }, right);
  const look = (view) => {
    my.view = view;
    my.ask();
  };
  choice(
    [
      ["plane", "The plane"],
      ["hidden", "What the last layer sees"],
    ],
    look,
    my.views,
  );
  my.tip = make("div", { class: "tip" }, right);
  my.score = make("div", { class: "score" }, right);
}

function buildChart(my) {
  my.chart = picture({ class: "chart" }, my.host.root);
  my.chart.onpointermove = (e) => {
    my.hoverT = chartT(my, e);
    my.ask();
  };
  my.chart.onpointerleave = () => {
    my.hoverT = null;
    my.ask();
  };
  my.chart.onclick = (e) => go(my, chartT(my, e));
}

function update(my, data) {
  const first = !my.data;
  const another = first || my.data.id !== data.id;
  my.data = data;
  const shape = ({ hidden, features }) => JSON.stringify([hidden, features]);
  if (my.wish && shape(my.wish) === shape(data.net)) my.wish = null;
  my.scale = scaleOf(data.colors.diverging);
  my.theme = my.host.theme();
  if (another) receive(my, data);
  const asked = JSON.stringify([data.epoch, data.edits]);
  if (another || (asked !== my.asked && !my.pending && !my.rest.waiting())) {
    my.asked = asked;
    // Once, and where the address asks for no moment of its own, the training is seen as it happens.
    if (first && data.trains && !data.asks && !my.host.still()) {
      begin(my, []);
      play(my, data.lead);
    } else seek(my, data.epoch, data.edits);
    buildEditor(my);
  }
  my.pending = false;
  my.brushes.hidden = !data.own;
  my.views.hidden = !data.net.hidden.length;
  if (my.views.hidden) my.view = "plane";
  my.tip.textContent = my.hint = hintOf(data);
  if (my.goal == null) my.ask();
}

function hintOf({ regression, classes, shown, own }) {
  const key = regression ? "Color: target and ŷ" : `● ${classes[1]}   ■ ${classes[0]}`;
  const splits = `Filled: train, hollow: validation${shown.includes("e") ? ", dashed: test" : ""}.`;
  const hint = own ? "Click to add a point, click a point to remove it." : "Point at a place to read ŷ.";
  return `${key}. ${splits} ${hint}`;
}

// Another training: its points, what trains on them, the grid over the plane in its features.
function receive(my, data) {
  pause(my);
  const { net } = data;
  my.p = sizeOf(net);
  const xy = numbers(data.x);
  my.points = [...numbers(data.y)].map((y, k) => [xy[2 * k], xy[2 * k + 1], y, data.split[k]]);
  my.columns = columnsOf(
    net,
    my.points.map((p) => p[0]),
    my.points.map((p) => p[1]),
  );
  const middle = (i) => ((i + 0.5) / GRID) * 2 * SPAN - SPAN;
  const cells = [...Array(GRID * GRID).keys()];
  const g1 = cells.map((k) => middle(k % GRID));
  const g2 = cells.map((k) => -middle(Math.floor(k / GRID)));
  my.grid = columnsOf(net, g1, g2);
  my.all = columnsOf({ ...net, features: Object.keys(FEATURES) }, g1, g2);
  my.play.disabled = my.on.disabled = !data.trains;
  prepare(my);
  buildNet(my);
}

// ---- playback
function play(my, until = Infinity) {
  pause(my);
  my.until = until;
  my.playing = true;
  my.play.textContent = "❚❚ Pause";
  my.film.play();
}
function pause(my) {
  my.playing = false;
  my.film.pause();
  cancelAnimationFrame(my.chasing);
  my.goal = null;
  my.typing = null;
  my.play.textContent = "▶ Play";
}
function stand(my) {
  pause(my);
  my.rest.begin();
}
const more = (my) => goesOn(my) && epochOf(my) < my.until;
// As many epochs as the speed asks for, or as this machine manages between two pictures.
function forth(my, steps) {
  const until = performance.now() + BUSY;
  for (let k = 0; k < steps && more(my) && (k === 0 || performance.now() < until); k++) advance(my);
  if (steps) draw(my);
  return more(my);
}
function step(my) {
  pause(my);
  advance(my);
  my.ask();
  my.rest.begin();
}
function put(my, t) {
  my.t = Math.max(0, Math.min(lastOf(my), t));
  my.ask();
}
function go(my, t) {
  pause(my);
  put(my, t);
  my.rest.begin();
}

// From the initial weights to an epoch, with the edits made on the way: at once, or in pieces between two
// pictures.
function seek(my, epoch, edits) {
  pause(my);
  begin(my, edits);
  my.goal = epoch;
  my.since = performance.now();
  chase(my, AT_ONCE);
}
function chase(my, budget) {
  const now = performance.now();
  while (goesOn(my) && epochOf(my) < my.goal && performance.now() < now + budget) advance(my);
  if (goesOn(my) && epochOf(my) < my.goal) {
    if (now > my.since + SHOW_AFTER) draw(my);
    my.chasing = requestAnimationFrame(() => chase(my, 2 * BUSY));
    return;
  }
  my.goal = null;
  my.ask();
  my.rest.begin();
}

function send(my) {
  const own = my.data.own ? encodeOwn(my.points) : "";
  const [epoch, edits] = [epochOf(my), my.edits];
  const text = JSON.stringify([my.data.id, epoch, edits, own]);
  if (text === my.sent) return;
  my.sent = text;
  my.pending = true;
  my.asked = JSON.stringify([epoch, edits]);
  my.host.send("moved", { id: my.data.id, epoch, edits, own, ...atRest(my) });
}

function draw(my) {
  if (!my.host.size().width) return;
  const { net } = my.data;
  const theta = current(my);
  const layers = forward(net, theta, my.grid);
  drawNet(my, theta, layers);
  score(my);
  if (my.view === "hidden") drawHidden(my, theta);
  else drawOut(my, layers[layers.length - 1][0]);
  drawChart(my);
  const epoch = epochOf(my);
  my.scrub.max = lastOf(my);
  my.scrub.value = my.t;
  my.scrub.setAttribute("aria-valuetext", `epoch ${epoch}`);
  my.clock.textContent = my.goal == null ? `epoch ${epoch}` : `epoch ${epoch} of ${my.goal}`;
  if (my.chosen != null) show(my, my.typing);
  const seen = { draws: ++my.draws, epoch, loss: my.records[my.t].scores.train?.loss, playing: my.playing };
  Object.assign(my.host.root.dataset, seen);
}
