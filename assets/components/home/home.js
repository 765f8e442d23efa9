// One neuron learning to separate two clouds: it starts by itself, once, and
// again from any line drawn across it.

import { button, make } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { follow, within } from "../shared/pointer.js";
import { film } from "../shared/timing.js";
import { descend, through } from "./descent.js";

const WIDTH = 480;
const HEIGHT = 400;
const UNIT = 40; // one unit of x is 40 pixels: the window is [-6, 6] x [-5, 5]
const TRAIL = [0, 1, 2, 4, 8, 16, 32]; // steps whose lines stay visible, faint
const RATE = 30; // steps a second
const SHORTEST = 0.5; // a drag shorter than this draws no line

const px = (x1) => WIDTH / 2 + UNIT * x1;
const py = (x2) => HEIGHT / 2 - UNIT * x2;

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = build(host);
  return {
    update(data) {
      const first = !my.data;
      my.data = data;
      my.last = data.steps;
      my.slider.max = data.steps;
      if (first) learn(my, data.start);
      else draw(my);
    },
    stop() {
      my.film.pause();
      my.motion.onchange = null;
    },
  };
}

function build(host) {
  /** @type {any} */
  const my = { host, step: undefined, playing: false };
  my.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, host.root);
  my.svg.onpointerdown = (e) => drag(my, e);
  my.numbers = make("div", { class: "numbers" }, host.root);
  const bar = make("div", { class: "bar" }, host.root);
  my.button = button("", "", () => press(my), bar);
  my.slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "Training step" }, bar);
  my.slider.oninput = () => {
    pause(my);
    my.step = Number(my.slider.value);
    draw(my);
  };
  my.film = film(
    () => RATE,
    (steps) => forth(my, steps),
    () => {},
  );
  my.motion = matchMedia("(prefers-reduced-motion: reduce)");
  my.motion.onchange = () => {
    pause(my);
    draw(my);
  };
  return my;
}

// ---- a start, and what follows from it
function learn(my, start) {
  my.path = descend(my.data.points, start, my.data.eta, my.last);
  my.step = my.host.still() ? my.last : 0;
  if (!my.host.still()) play(my);
  draw(my);
}

function drag(my, e) {
  const place = (event) => {
    const { x, y, width, height } = within(my.svg, event);
    return [((x / width) * WIDTH - WIDTH / 2) / UNIT, (HEIGHT / 2 - (y / height) * HEIGHT) / UNIT];
  };
  const from = place(e);
  /** @type {number[] | null} */
  let start = null;
  const move = (event) => {
    const to = place(event);
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < SHORTEST) return;
    pause(my);
    start = through(from, to, my.path[my.step].theta);
    my.path = descend(my.data.points, start, my.data.eta, 0);
    my.step = 0;
    draw(my);
  };
  follow(my.svg, e, move, () => start && learn(my, start));
}

// ---- playing
function press(my) {
  if (my.playing) pause(my);
  else if (my.host.still()) my.step = my.step === my.last ? 0 : my.last;
  else {
    if (my.step === my.last) my.step = 0;
    play(my);
  }
  draw(my);
}
function play(my) {
  my.playing = true;
  my.film.play();
}
function pause(my) {
  my.playing = false;
  my.film.pause();
}
function forth(my, steps) {
  my.step = Math.min(my.step + steps, my.last);
  if (my.step === my.last) my.playing = false;
  if (steps) draw(my);
  return my.playing;
}

// ---- drawing
function draw(my) {
  const { data, path, step } = my;
  const { colors } = data;
  const now = path[step];
  const lines = describe(data, now, step);
  my.svg.replaceChildren();
  const axis = { stroke: colors.muted, "stroke-opacity": 0.5 };
  make("line", { x1: 0, y1: py(0), x2: WIDTH, y2: py(0), ...axis }, my.svg);
  make("line", { x1: px(0), y1: 0, x2: px(0), y2: HEIGHT, ...axis }, my.svg);
  drawSides(my.svg, now.theta, colors);
  const faint = { stroke: colors.muted, "stroke-dasharray": "4 4", "stroke-opacity": 0.75 };
  for (const s of TRAIL.filter((s) => s < step)) drawLine(my.svg, path[s].theta, faint);
  drawLine(my.svg, now.theta, { stroke: colors.accent, "stroke-width": 3.5 });
  drawPoints(my.svg, data.points, now.theta, colors);
  make("text", { x: WIDTH - 22, y: py(0) - 8, text: "x₁" }, my.svg);
  make("text", { x: px(0) + 8, y: 18, text: "x₂" }, my.svg);
  const key = { x: WIDTH - 10, y: HEIGHT - 12, "text-anchor": "end", text: "● class 1   ■ class 0" };
  make("text", key, my.svg);
  my.svg.setAttribute("aria-label", `Two classes of points and the line of one neuron. ${lines.join(" ")}`);
  my.numbers.replaceChildren(lines[0], make("br"), lines[1]);
  my.slider.value = step;
  my.slider.setAttribute("aria-valuetext", lines[0]);
  my.button.textContent = offer(my);
}

// What the button does now, in words.
function offer(my) {
  if (my.playing) return "Pause";
  if (my.step === my.last) return my.host.still() ? "Show the start" : "Play from start";
  return my.host.still() ? "Show the end" : "Play";
}

// Two far points of the line w1 x1 + w2 x2 + b = 0, and its unit normal.
function ends([w1, w2, b]) {
  const norm = Math.hypot(w1, w2) || 1e-9;
  const n = [w1 / norm, w2 / norm];
  const foot = [(-b * n[0]) / norm, (-b * n[1]) / norm];
  const far = (s) => [foot[0] - s * n[1], foot[1] + s * n[0]];
  return { n, from: far(-30), to: far(30) };
}

function drawLine(parent, theta, attributes) {
  const { from, to } = ends(theta);
  const line = { x1: px(from[0]), y1: py(from[1]), x2: px(to[0]), y2: py(to[1]) };
  make("line", { ...line, ...attributes }, parent);
}

function drawSides(parent, theta, colors) {
  const { n, from, to } = ends(theta);
  for (const [side, fill] of /** @type {[number, string][]} */ ([
    [1, colors.positive],
    [-1, colors.negative],
  ])) {
    const beyond = [to, from].map((p) => [p[0] + 30 * side * n[0], p[1] + 30 * side * n[1]]);
    const points = [from, to, ...beyond].map((p) => `${px(p[0])},${py(p[1])}`).join(" ");
    make("polygon", { points, fill, opacity: 0.13 }, parent);
  }
}

function drawPoints(parent, points, [w1, w2, b], colors) {
  for (const [x1, x2, y] of points) {
    const wrong = w1 * x1 + w2 * x2 + b > 0 !== y > 0;
    const look = { fill: y > 0 ? colors.positive : colors.negative, class: wrong ? "wrong" : "" };
    if (y > 0) make("circle", { cx: px(x1), cy: py(x2), r: 6, ...look }, parent);
    else make("rect", { x: px(x1) - 5.5, y: py(x2) - 5.5, width: 11, height: 11, ...look }, parent);
  }
}

function describe({ points, steps }, { theta, loss, wrong }, t) {
  const [w1, w2, b] = theta.map((v) => digits(v));
  const right = `${wrong} of ${points.length} points on the wrong side`;
  return [`Step ${t} of ${steps}: ${right}, loss ${digits(loss)}.`, `w = (${w1}, ${w2}), b = ${b}`];
}
