// The diagram: a picture a neuron, a line a weight, a small square a bias, and the buttons that change them.

import { button, make } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { shade } from "../shared/picture.js";
import { edit } from "./editor.js";
import { FEATURES, shapes } from "./forward.js";
import { GRID } from "./plane.js";
import { current, touched } from "./training.js";

const NODE = 36; // pixels of a neuron's side
const GAP = 8; // between two neurons of a layer
const MOST_NEURONS = 8;
const PATIENCE = 5000; // milliseconds in which the server answers a click

export function buildNet(my) {
  const { net } = my.data;
  my.net.textContent = "";
  my.svg = make("svg", { "aria-hidden": "true" }, my.net);
  const layers = [Object.keys(FEATURES), ...net.hidden.map((m) => [...Array(m).keys()])];
  const tall = Math.max(...layers.map((layer) => layer.length));
  my.net.style.height = `${tall * (NODE + GAP) + 34}px`;
  my.nodes = layers.map((layer, l) => {
    const nodes = layer.map((name, j) => (l ? neuronNode(my, l, j) : featureNode(my, name, j)));
    const tools = l ? toolsOf(my, l, layer.length) : null;
    return { nodes, tools };
  });
  buildLinks(my);
  placeLinks(my);
}

function featureNode(my, name, j) {
  const { net } = my.data;
  const on = net.features.includes(name);
  const label = `feature ${FEATURES[name][0]}`;
  const attributes = { class: `node${on ? "" : " off"}`, title: `${label}: ${on ? "in use" : "not used"}` };
  const el = make("button", attributes, my.net);
  Object.assign(el, { type: "button", onclick: () => toggle(my, name) });
  el.setAttribute("aria-pressed", String(on));
  const canvas = make("canvas", { width: GRID, height: GRID }, el);
  make("span", { text: FEATURES[name][0] }, el);
  return { el, canvas, on, l: 0, j, label, name };
}

function neuronNode(my, l, j) {
  const label = `neuron ${j + 1} of layer ${l}`;
  const el = make("div", { class: "node", title: label }, my.net);
  return { el, canvas: make("canvas", { width: GRID, height: GRID }, el), on: true, l, j, label };
}

/** What the next click starts from: the shape asked for last, as long as the server has not answered. */
export function shapeOf(my) {
  const waits = my.wish && performance.now() - my.wishedAt < PATIENCE;
  return waits ? my.wish : my.data.net;
}

function resize(my, layer, by) {
  const { hidden, features } = shapeOf(my);
  const next = hidden.map((m, i) => (i === layer ? m + by : m));
  if (next.every((m) => m >= 1 && m <= MOST_NEURONS)) my.reshape({ hidden: next, features });
}

function toolsOf(my, l, size) {
  const tools = make("div", { class: "tools" }, my.net);
  for (const [text, by] of /** @type {[string, number][]} */ ([
    ["−", -1],
    ["+", 1],
  ])) {
    const label = `${by > 0 ? "One neuron more in" : "One neuron fewer in"} layer ${l}`;
    const one = button(text, label, () => resize(my, l - 1, by), tools);
    one.removeAttribute("title");
    one.disabled = size + by < 1 || size + by > MOST_NEURONS;
  }
  return tools;
}

function toggle(my, name) {
  const { hidden, features } = shapeOf(my);
  const next = features.includes(name)
    ? features.filter((f) => f !== name)
    : Object.keys(FEATURES).filter((f) => f === name || features.includes(f));
  if (next.length) my.reshape({ hidden, features: next });
}

// In theta's order; a bias is drawn as a small square at its neuron.
function buildLinks(my) {
  const { net } = my.data;
  const inputs = net.features.map((name) => my.nodes[0].nodes.find((node) => node.name === name));
  const used = [inputs, ...my.nodes.slice(1).map((layer) => layer.nodes)];
  my.links = [];
  shapes(net).forEach(([m, n], l) => {
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < n; i++)
        my.links.push(linkOf(my, used[l][i], used[l + 1]?.[j], i === n - 1, my.links.length));
    }
  });
}

function linkOf(my, from, to, bias, index) {
  const target = to ? to.label : "the output";
  const link = { index, from, to, label: bias ? `bias of ${target}` : `w from ${from.label} to ${target}` };
  if (bias && !to) return link;
  if (bias) {
    const el = make("button", { type: "button", class: "bias", tabindex: "-1", title: link.label }, to.el);
    el.onclick = (e) => {
      e.stopPropagation();
      edit(my, index);
    };
    return { ...link, bias: el };
  }
  const path = make("path", { fill: "none" }, my.svg);
  path.onclick = () => edit(my, index);
  path.onpointerenter = () => (my.said.textContent = `${link.label} = ${digits(current(my)[index])}`);
  return { ...link, path };
}

export function placeLinks(my) {
  const w = my.net.clientWidth;
  if (!w || !my.nodes) return;
  const left = 48;
  const gap = (w - left - NODE - 34) / Math.max(1, my.nodes.length - 0.3);
  my.nodes.forEach(({ nodes, tools }, l) => {
    nodes.forEach((node, j) => {
      node.x = left + l * gap;
      node.y = 30 + j * (NODE + GAP);
      node.el.style.transform = `translate(${node.x}px,${node.y}px)`;
    });
    if (tools) tools.style.transform = `translate(${left + l * gap - 7}px,0)`;
  });
  for (const { path, from, to } of my.links) {
    if (!path) continue;
    const [a, b] = [from.x + NODE, from.y + NODE / 2];
    const [c, d] = to ? [to.x, to.y + NODE / 2] : [w, Math.min(my.net.clientHeight / 2, 150)];
    const m = (a + c) / 2;
    path.setAttribute("d", `M${a},${b}C${m},${b} ${m},${d} ${c},${d}`);
  }
}

export function drawNet(my, theta, layers) {
  for (const { nodes } of my.nodes)
    for (const node of nodes) heat(my, node, (node.l ? layers[node.l] : my.all)[node.j]);
  const byHand = touched(my);
  for (const link of my.links) drawLink(my, link, theta[link.index], byHand.has(link.index));
}

// The output of one neuron over the plane; a dead one has a frame of its own.
function heat(my, node, a) {
  let most = 1e-12;
  for (const v of a) if (Math.abs(v) > most) most = Math.abs(v);
  const unit = most > 1 ? most : 1;
  for (let k = 0; k < a.length; k++) my.lut.pixels[k] = my.scale[shade((0.8 * a[k]) / unit)];
  my.lut.put(node.canvas);
  const dead = node.l > 0 && a.every((v) => v === 0);
  if (dead === Boolean(node.dead)) return;
  node.dead = dead;
  node.el.classList.toggle("dead", dead);
  node.el.title = node.label + (dead ? ": dead, its output is 0 everywhere" : "");
}

function drawLink(my, link, w, held) {
  const drawn = `${w}${my.chosen === link.index ? "*" : ""}${held}`;
  if (link.drawn === drawn) return;
  link.drawn = drawn;
  const { colors } = my.data;
  const color = held ? colors.accent : w < 0 ? colors.negative : colors.positive;
  if (link.bias) {
    link.bias.style.background = color;
    link.bias.title = `${link.label} = ${digits(w)}`;
  }
  if (!link.path) return;
  // Negative weights are dashed as well: color is never the only sign.
  Object.assign(link.path.style, {
    stroke: color,
    strokeWidth: Math.min(9, 0.7 + 2 * Math.abs(w)).toFixed(2),
    strokeDasharray: w < 0 ? "7 4" : "none",
    opacity: my.chosen === link.index ? 1 : 0.8,
  });
}
