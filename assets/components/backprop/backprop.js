// The stepper: the computation graph of the 2-neuron network, drawn and stepped through in the browser.
// Python hears of new numbers once the hand rests, and of nothing else.

import { button, make } from "../shared/elements.js";
import { clamp } from "../shared/numbers.js";
import { animate, buildGraph, drawGraph, LEAVES } from "./graph.js";
import { math } from "./mathml.js";
import { format } from "./names.js";
import { pass } from "./pass.js";
import { stepsOf } from "./steps.js";

const SLOWLY = 1600; // ms a step

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = build(host);
  return {
    update: (data) => receive(my, data),
    stop() {
      clearInterval(my.timer);
      clearTimeout(my.telling);
      my.observer.disconnect();
      document.removeEventListener("keydown", my.onKey);
    },
  };
}

function build(host) {
  const { root } = host;
  /** @type {any} */
  const my = { host, at: 0, taken: 0, timer: null, moving: [] };
  const hand = {
    set: (name, value) => set(my, name, value),
    settle: () => tell(my, 300),
    jump: (name) => jump(my, name),
    redraw: () => draw(my, true),
    dragged: (name) => ({ start: my.n[name], unit: span(my, name) > 1 ? 0.02 : 0.01 }),
  };
  Object.assign(my, buildGraph(root, hand));
  buildBar(my, make("div", { class: "bar" }, root));
  buildCard(my, make("div", { class: "card" }, root));
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Computation graph. Left and right arrow keys step through the pass.");
  my.onKey = (event) => key(my, event);
  document.addEventListener("keydown", my.onKey);
  my.observer = new ResizeObserver(() => draw(my));
  my.observer.observe(root);
  return my;
}

function buildBar(my, bar) {
  const add = (text, title, act) => {
    const one = button(text, "", act, bar);
    one.title = title;
    return one;
  };
  my.back = add("←  Back", "Back one step (left arrow)", () => go(my, my.at - 1));
  my.next = add("Next  →", "Forward one step (right arrow or space)", () => go(my, my.at + 1));
  my.slow = add("Play slowly", "Play the steps, one every 1.6 seconds", () => play(my, !my.timer));
  add("Take the SGD step", "Write the updated parameters into the graph", () => takeStep(my));
  my.next.classList.add("primary");
  my.counter = make("span", { class: "counter" }, bar);
}

function buildCard(my, card) {
  const left = make("div", {}, card);
  my.title = make("h3", {}, left);
  my.symbols = make("div", { class: "formula" }, left);
  my.numbers = make("div", { class: "formula" }, left);
  my.symbols.tabIndex = my.numbers.tabIndex = 0; // on a narrow screen they scroll: by the keyboard as well
  const right = make("div", {}, card);
  const list = make("dl", {}, right);
  my.flows = [0, 1, 2].map(() => [make("dt", {}, list), make("dd", {}, list)]);
  my.note = make("p", { class: "note" }, right);
}

function receive(my, data) {
  my.data = data;
  for (const [name, color] of Object.entries(data.colours))
    my.host.root.style.setProperty(`--${name}`, color);
  my.steps = stepsOf(data.loss);
  if (my.revision !== data.revision) {
    // Python's numbers win only when Python has changed them
    my.revision = data.revision;
    my.n = { ...data.numbers };
    my.at = Math.max(
      0,
      my.steps.findIndex((step) => step.id === data.step),
    );
    my.taken = 0;
  }
  for (const name of LEAVES) {
    const [min, max, step] = data.limits[name];
    Object.assign(my.nodes[name].value, { min, max, step });
  }
  draw(my);
}

// ---- the numbers
const span = (my, name) => my.data.limits[name][1] - my.data.limits[name][0];
const kept = (my, name, value) => clamp(value, my.data.limits[name][0], my.data.limits[name][1]);
function set(my, name, value) {
  my.n = { ...my.n, [name]: kept(my, name, value) };
  draw(my);
}
function tell(my, delay) {
  clearTimeout(my.telling);
  const send = () => my.host.send("state", { ...my.n, step: my.steps[my.at].id, revision: my.revision });
  my.telling = setTimeout(send, delay);
}
function takeStep(my) {
  const { next } = pass(my.n, my.data.loss);
  for (const [name, value] of Object.entries(next)) my.n = { ...my.n, [name]: kept(my, name, value) };
  my.taken += 1;
  go(my, my.steps.length - 1);
  tell(my, 300);
}

// ---- the steps
function go(my, index) {
  const last = my.steps.length - 1;
  my.at = clamp(index, 0, last);
  if (my.at === last) play(my, false);
  draw(my);
  my.host.say(`${my.title.textContent}. ${my.flows[2][1].textContent}. ${my.note.textContent}`);
  animate(my, my.timer ? 1000 : 350);
  tell(my, 800);
}
function jump(my, name) {
  const found = [...my.steps.keys()].filter((k) => my.steps[k].node === name);
  if (found.length)
    go(my, found.find((k) => k > my.at) ?? found[0]); // a second click finds the way back
  else if (name === "eta") go(my, my.steps.length - 1);
  else
    go(
      my,
      my.steps.findIndex((step) => step.edges.some(([from]) => from === name)),
    );
}
function play(my, on) {
  clearInterval(my.timer);
  my.timer = on ? setInterval(() => go(my, my.at + 1), SLOWLY) : null;
  if (on) go(my, my.at === my.steps.length - 1 ? 0 : my.at + 1);
  my.slow.textContent = my.timer ? "Pause" : "Play slowly";
}
function key(my, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { root } = my.host;
  const [target] = event.composedPath();
  const inside = event.composedPath().includes(root);
  const box = my.graph.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight;
  if (!inside && !(target === document.body && seen)) return;
  if (target.tagName === "INPUT" || (event.key === " " && target.tagName === "BUTTON")) return;
  const move = { ArrowRight: 1, " ": 1, ArrowLeft: -1 }[event.key];
  if (!move) return;
  event.preventDefault();
  play(my, false);
  go(my, my.at + move);
}

// ---- drawing
function draw(my, force = false) {
  if (!my.steps) return;
  const v = pass(my.n, my.data.loss);
  const step = my.steps[my.at];
  const done = new Set(my.steps.slice(0, my.at + 1).map((one) => one.id));
  drawGraph(my, step, done, v, force);
  drawCard(my, step, v);
}

function drawCard(my, step, v) {
  const direction = step.id === "update" ? "Update" : "Forward";
  my.title.textContent = `${step.back ? "Backward" : direction} · ${step.title}`;
  my.symbols.replaceChildren(math(step.symbols()));
  my.numbers.replaceChildren(math(step.numbers(v)));
  const names = step.names ?? ["flows in", "local derivative", "flows out"];
  [step.inflow, step.local, step.outflow].forEach((text, k) => {
    my.flows[k][0].textContent = names[k];
    my.flows[k][1].textContent = text(v);
  });
  my.flows[0][1].className = step.back ? "t0" : "";
  my.flows[1][1].className = step.back ? "t1" : "";
  my.note.textContent = step.note(v);
  const taken = my.taken ? ` after ${my.taken} update${my.taken > 1 ? "s" : ""}` : "";
  my.counter.textContent = `Step ${my.at + 1} of ${my.steps.length} · L = ${format(v.L)}${taken}`;
  my.back.disabled = my.at === 0;
  my.next.disabled = my.at === my.steps.length - 1;
}
