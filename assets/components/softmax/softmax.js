// Scores as bars to drag, the shares softmax makes of them, and the point of the simplex they are.

import { button, make } from "../shared/elements.js";
import { clamp, digits, SUB } from "../shared/numbers.js";
import { boxOf, fresh, picture, segment } from "../shared/picture.js";
import { follow, tapped, within } from "../shared/pointer.js";
import { frames, rest } from "../shared/timing.js";
import { softmax } from "./formulas.js";
import { drawSigmoid, drawSimplex } from "./shares.js";

const TOP = 5; // scores lie in [-5, 5]
const MOST = 5; // classes
const LEFT = 40; // pixels before the first bar
const encode = (s) => `${s.z.join(",")};${s.T}`;
const near = (v) => clamp(Math.round(v * 100) / 100, -TOP, TOP);

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
  const my = { host, draws: 0, pending: null };
  my.frames = frames(() => draw(my));
  my.rest = rest(250, () => send(my));
  my.bars = picture({ class: "bars" }, make("div", { class: "left" }, host.root));
  my.bars.onpointerdown = (e) => {
    const k = barAt(my, e);
    if (k < 0) return;
    const move = (m) => {
      my.state.z[k] = near(scoreAt(my, m));
      moved(my);
    };
    if (e.pointerType === "touch") {
      tapped(my.bars, e, (up) => {
        move(up);
        my.rest.begin();
      });
      return;
    }
    move(e);
    follow(my.bars, e, move, my.rest.begin);
  };
  my.right = picture({ class: "simplex" }, host.root);
  my.panel = make("div", { class: "panel" }, host.root);
  my.formula = make("div", { class: "formula" }, host.root);
  my.observer = new ResizeObserver(my.frames.ask);
  my.observer.observe(host.root);
  return my;
}

function update(my, data) {
  my.theme = my.host.theme();
  my.data = data;
  if (my.pending === data.at) my.pending = null;
  const busy = my.rest.waiting() || my.pending != null;
  if (!my.state || (!busy && encode(my.state) !== data.at)) {
    const [z, T] = data.at.split(";");
    my.state = { z: z.split(",").map(Number), T: Number(T) };
  }
  rows(my);
  my.frames.ask();
}

// A slider a score and one for T; rebuilt only when the number of classes changes.
function rows(my) {
  const K = my.state.z.length;
  if (my.K === K) return show(my);
  my.K = K;
  my.panel.textContent = "";
  my.inputs = [];
  for (let k = 0; k < K; k++) {
    const score = {
      get: () => my.state.z[k],
      set: (v) => (my.state.z[k] = near(v)),
      text: () => my.state.z[k],
    };
    slider(my, `z${SUB[k]}`, { min: -TOP, max: TOP, step: 0.1 }, score);
  }
  // The slider is logarithmic: 0.1 to 10.
  const T = {
    get: () => Math.log10(my.state.T),
    set: (v) => (my.state.T = Number((10 ** v).toPrecision(3))),
    text: () => my.state.T,
  };
  slider(my, "T", { min: -1, max: 1, step: 0.01 }, T);
  buttons(my, K);
  show(my);
}
function slider(my, label, range, value) {
  const row = make("label", { class: "knob" }, my.panel);
  make("span", { text: label, class: "name" }, row);
  const input = make("input", { type: "range", "aria-label": label, ...range }, row);
  const shown = make("output", {}, row);
  input.oninput = () => {
    value.set(+input.value);
    moved(my);
  };
  input.onchange = my.rest.begin;
  my.inputs.push({ input, shown, value });
}
function buttons(my, K) {
  const row = make("div", { class: "row" }, my.panel);
  const add = (text, change, off = false) => {
    const act = () => {
      change(my.state);
      rows(my);
      moved(my);
      my.rest.begin();
    };
    button(text, "", act, row).disabled = off;
  };
  const shift = (by) => (s) => {
    if (s.z.every((v) => Math.abs(v + by) <= TOP)) s.z = s.z.map((v) => near(v + by));
  };
  add("Add ½ to every score", shift(0.5));
  add("Take ½ off", shift(-0.5));
  add("One class more", (s) => s.z.push(0), K >= MOST);
  add("One class fewer", (s) => s.z.pop(), K <= 2);
}
function show(my) {
  for (const { input, shown, value } of my.inputs) {
    if (+input.value !== value.get()) input.value = value.get();
    shown.textContent = digits(value.text());
  }
}
function moved(my) {
  show(my);
  my.frames.ask();
}
function send(my) {
  const at = encode(my.state);
  if (at === my.data.at) return;
  my.pending = at;
  my.host.send("moved", { at, p: softmax(my.state.z, my.state.T) });
}

const slot = (my) => (boxOf(my.bars).clientWidth - LEFT) / my.state.z.length;
function barAt(my, e) {
  const k = Math.floor((within(my.bars, e).x - LEFT) / slot(my));
  return k < my.state.z.length ? k : -1;
}
function scoreAt(my, e) {
  const { y, height } = within(my.bars, e);
  return TOP - ((y - 24) / (height - 64)) * 2 * TOP;
}

function draw(my) {
  if (!my.host.size().width) return;
  const { z, T } = my.state;
  const p = softmax(z, T);
  drawBars(my, z, p);
  const words = `Scores ${z.map((v) => digits(v)).join(", ")} at temperature ${digits(T)} give shares`;
  my.bars.setAttribute("aria-label", `${words} ${p.map((v) => digits(v)).join(", ")}.`);
  if (z.length === 2) drawSigmoid(my, z, T, p);
  else drawSimplex(my, z, p);
  const power = (v) => `e^(${digits(v)}/${digits(T)})`;
  my.formula.textContent = `p${SUB[0]} = ${power(z[0])} / (${z.map(power).join(" + ")}) = ${digits(p[0])}`;
  Object.assign(my.host.root.dataset, { draws: ++my.draws, p: p.join(",") });
}

function drawBars(my, z, p) {
  const [c, w, h] = fresh(my.bars);
  const each = slot(my);
  const y = (v) => 24 + ((TOP - v) / (2 * TOP)) * (h - 64);
  c.font = my.theme.small;
  c.fillStyle = my.theme.text;
  c.strokeStyle = "rgba(124,136,150,.45)";
  c.textAlign = "right";
  for (const v of [-TOP, 0, TOP]) {
    c.fillText(digits(v), 32, y(v) + 4);
    segment(c, [LEFT - 2, y(v)], [w, y(v)]);
  }
  c.textAlign = "left";
  c.fillText("score z (solid) and share p (outlined, full height = 1)", LEFT, 13);
  c.textAlign = "center";
  c.font = my.theme.font;
  z.forEach((v, k) => {
    const x = LEFT + k * each + each * 0.14;
    const wide = each * 0.34;
    const top = y(-TOP) - p[k] * (y(-TOP) - y(TOP));
    c.fillStyle = c.strokeStyle = my.data.colors[k];
    c.fillRect(x, Math.min(y(0), y(v)), wide, Math.max(2, Math.abs(y(v) - y(0))));
    c.fillRect(x - 4, y(v) - 3, wide + 8, 6);
    c.lineWidth = 2.5;
    c.strokeRect(x + wide + 6, top, wide, y(-TOP) - top);
    c.fillStyle = my.theme.text;
    c.fillText(`p${SUB[k]} = ${digits(p[k])}`, x + wide + 3, h - 8);
    c.fillText(digits(v), x + wide / 2, v >= 0 ? y(v) - 8 : y(v) + 18);
  });
}
