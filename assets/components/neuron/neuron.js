// One neuron moved by hand: the input plane with its line, the curve of f, the surface over the plane.
// Nothing is sent while the hand moves; one message follows when it rests.

import { ACTIVATIONS } from "../shared/activations.js";
import { make } from "../shared/elements.js";
import { boxOf, picture, scaleOf } from "../shared/picture.js";
import { arrow, follow, tapped } from "../shared/pointer.js";
import { frames, rest } from "../shared/timing.js";
import { decode, distance, encode, foot, MOST, near, neuron, push, turn } from "./formulas.js";
import { knobs, show } from "./knobs.js";
import { drawPlane, pointed } from "./plane.js";
import { drawCurve, drawFormula, drawSurface } from "./views.js";

const HANDLES = { x: "input x", tip: "weights w", line: "bias b" };
const PATIENCE = 3000; // ms in which what was sent has to come back

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
  const my = { host, knobs: [], yaw: 0.6, pending: null, sentAt: 0, held: false, shape: "", draws: 0 };
  my.frames = frames(() => draw(my));
  my.rest = rest(250, () => send(my));
  my.ask = my.frames.ask;
  my.moved = (except) => {
    show(my, except);
    my.ask();
  };
  buildPlane(my, host.root);
  const right = make("div", { class: "side" }, host.root);
  my.curve = picture({ class: "curve" }, right);
  buildSurface(my, right);
  my.panel = make("div", { class: "knobs" }, host.root);
  my.formula = make("div", { class: "formula" }, host.root);
  my.observer = new ResizeObserver(my.ask);
  my.observer.observe(host.root);
  return my;
}

function buildPlane(my, root) {
  my.plane = picture({ class: "plane" }, root);
  my.handles = {};
  for (const [name, words] of Object.entries(HANDLES)) {
    const label = `${words}: drag, or use the arrow keys`;
    const most = MOST[{ x: "x", tip: "w", line: "b" }[name]];
    const range = { "aria-valuemin": -most, "aria-valuemax": most };
    // Until it has its place and its value, nobody can grab it, see it or hear of it.
    const spoken = { role: "slider", tabindex: "0", "aria-label": label, ...range, hidden: "" };
    const handle = make("div", { class: `handle ${name}`, ...spoken }, boxOf(my.plane));
    my.handles[name] = handle;
    handle.onpointerdown = (e) => grab(my, name, e, handle);
    handle.onkeydown = (e) => step(my, name, e);
  }
  my.plane.onpointerdown = (e) => {
    if (e.pointerType === "touch") tapped(my.plane, e, (up) => put(my, up));
    else grab(my, nearLine(my, e) ? "line" : "x", e, my.plane);
  };
}

function buildSurface(my, parent) {
  my.surface = picture({ class: "surface", tabindex: "0" }, parent);
  my.surface.onpointerdown = (e) => {
    const yaw = my.yaw;
    follow(my.surface, e, (m) => {
      my.yaw = yaw + (m.clientX - e.clientX) / 120;
      my.ask();
    });
  };
  my.surface.onkeydown = (e) => {
    const to = arrow(e);
    if (!to?.[0]) return;
    my.yaw += 0.1 * to[0];
    e.preventDefault();
    my.ask();
  };
}

function update(my, data) {
  my.data = data;
  my.f = data.f;
  my.scale = scaleOf(data.colors.diverging);
  my.theme = my.host.theme();
  if (my.pending === data.at || Date.now() - my.sentAt > PATIENCE) my.pending = null;
  const busy = my.held || my.rest.waiting() || my.pending !== null;
  if (!my.state || my.state.w.length !== data.n || (!busy && encode(my.state) !== data.at)) {
    my.state = decode(data.at);
    my.pending = null;
  }
  knobs(my);
  my.ask();
}

function send(my) {
  const at = encode(my.state);
  if (at === my.data.at) return;
  my.pending = at;
  my.sentAt = Date.now();
  const { z, a } = neuron(my.state, my.f);
  my.host.send("moved", { at, f: my.f, z, a });
}

// ---- the hand
function nearLine(my, e) {
  const s = my.state;
  return Math.hypot(s.w[0], s.w[1] ?? 0) > 0.05 && Math.abs(distance(s, ...pointed(my, e))) < 0.35;
}
function grab(my, name, e, target) {
  e.preventDefault();
  target.focus?.();
  my.held = true;
  my.anchor = foot(my.state);
  const move = (m) => {
    drag(my, name, pointed(my, m));
    my.moved();
  };
  follow(target, e, move, () => {
    my.held = false;
    my.rest.begin();
  });
  if (target === my.plane && name === "x") move(e);
}
/** The input goes to where a finger has tapped. */
function put(my, up) {
  drag(my, "x", pointed(my, up));
  my.moved();
  my.rest.begin();
}
function drag(my, name, point) {
  const s = my.state;
  if (name === "x") for (let i = 0; i < Math.min(2, s.x.length); i++) s.x[i] = near(point[i], MOST.x);
  else if (name === "line") push(s, point);
  else turn(s, my.anchor, point);
}
function step(my, name, e) {
  const to = arrow(e);
  if (!to) return;
  e.preventDefault();
  const size = e.shiftKey ? 0.5 : 0.1;
  const s = my.state;
  if (name === "line") s.b = near(s.b + size * (to[0] + to[1]), MOST.b);
  else {
    const [v, most] = name === "x" ? [s.x, MOST.x] : [s.w, MOST.w];
    for (let i = 0; i < Math.min(2, v.length); i++) v[i] = near(v[i] + size * to[i], most);
  }
  my.moved();
  my.rest.begin();
}

function draw(my) {
  if (!my.host.size().width) return;
  const s = my.state;
  const [f, slope] = ACTIVATIONS[my.f];
  const now = neuron(s, my.f);
  my.middle = f(0);
  my.unit = { sigmoid: 0.5, step: 1, tanh: 1 }[my.f] || 4; // a - f(0) at which the color is full
  drawPlane(my, s, f, now);
  drawCurve(my, f, slope, now);
  const box = boxOf(my.surface);
  const plane = s.w.length > 1;
  box.style.display = plane ? "" : "none";
  /** @type {HTMLElement} */ (box.parentElement).style.gridTemplateRows = plane ? "" : "1fr";
  if (plane) drawSurface(my, s, f, now);
  drawFormula(my, s, now);
  Object.assign(my.host.root.dataset, {
    draws: ++my.draws,
    z: now.z,
    a: now.a,
    slope: now.slope,
    at: encode(s),
  });
}
