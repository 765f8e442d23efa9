// The computation graph: where its nodes stand, its edges with the derivatives found so far, the moving dots.

import { button, make } from "../shared/elements.js";
import { follow } from "../shared/pointer.js";
import { format, ROLE, TEXT } from "./names.js";

// Column and row of each node; on a narrow screen the two are exchanged.
const PLACE = {
  x: [0, 1],
  w1: [1, 0],
  z1: [1, 1],
  b1: [1, 2],
  h: [2, 1],
  w2: [3, 0],
  z2: [3, 1],
  b2: [3, 2],
  yh: [4, 1],
  y: [5, 0],
  L: [5, 1],
  eta: [5, 2],
};
const EDGES = [
  ["x", "z1"],
  ["w1", "z1"],
  ["b1", "z1"],
  ["z1", "h"],
  ["h", "z2"],
  ["w2", "z2"],
  ["b2", "z2"],
  ["z2", "yh"],
  ["yh", "L"],
  ["y", "L"],
];
export const LEAVES = ["x", "w1", "b1", "w2", "b2", "y", "eta"];
const PARAMETERS = ["w1", "b1", "w2", "b2"];
const NARROW = 700; // pixels

/** All nodes; what the hand does to them goes to set, settle (it rests) and jump. */
export function buildGraph(root, hand) {
  const graph = make("div", { class: "graph" }, root);
  const svg = make("svg", { "aria-hidden": "true" }, graph);
  const nodes = Object.fromEntries(Object.keys(PLACE).map((name) => [name, makeNode(graph, name, hand)]));
  return { graph, svg, nodes };
}

function makeNode(graph, name, hand) {
  const leaf = LEAVES.includes(name);
  const node = make("div", { class: leaf ? "node leaf" : "node" }, graph);
  const top = make("div", { class: "top" }, node);
  const handle = button(TEXT[name], "", () => hand.jump(name), top);
  handle.className = "name";
  const value = make(leaf ? "input" : "output", {}, top);
  const slope = make("span", { class: "slope" }, node);
  if (leaf) makeEditable(name, handle, value, hand);
  else handle.title = `${ROLE[name]}: jump to this node`;
  return { node, handle, value, slope };
}

function makeEditable(name, handle, input, hand) {
  input.type = "number";
  input.setAttribute("aria-label", `${TEXT[name]}, ${ROLE[name]}`);
  input.onchange = () => {
    const v = Number.parseFloat(input.value);
    if (Number.isFinite(v)) {
      hand.set(name, v);
      hand.settle();
    }
    hand.redraw();
  };
  handle.title = `${ROLE[name]}: drag to change, click to jump`;
  handle.classList.add("drag");
  handle.onpointerdown = (down) => {
    const { start, unit } = hand.dragged(name);
    let moved = false;
    const move = (event) => {
      const distance = event.clientX - down.clientX;
      moved ||= Math.abs(distance) > 3;
      if (moved) hand.set(name, Math.round((start + distance * unit) * 100) / 100);
    };
    follow(handle, down, move, () => {
      handle.dataset.moved = moved ? "yes" : "";
      if (moved) hand.settle();
    });
  };
  handle.onclick = () => {
    if (!handle.dataset.moved) hand.jump(name);
  };
}

function layout(my) {
  const width = my.host.size().width || 800;
  const tall = width < NARROW;
  const [columns, rows] = tall ? [3, 6] : [6, 3];
  const w = Math.min(106, (width - 12 * (columns - 1)) / columns);
  const h = 58;
  const gap = tall ? 34 : 36;
  const at = (name) => {
    const [i, j] = tall ? [PLACE[name][1], PLACE[name][0]] : PLACE[name];
    return { x: (i * (width - w)) / (columns - 1), y: j * (h + gap), i, j };
  };
  return { width, height: rows * h + (rows - 1) * gap, w, h, at };
}

// From border to border: the middles of two nodes, drawn back along the row or column they share.
function ends(from, to, { at, w, h }) {
  const a = at(from);
  const b = at(to);
  const [ax, ay, bx, by] = [a.x + w / 2, a.y + h / 2, b.x + w / 2, b.y + h / 2];
  const dx = a.j === b.j ? Math.sign(bx - ax) : 0;
  const dy = a.i === b.i ? Math.sign(by - ay) : 0;
  return [ax + (dx * w) / 2, ay + (dy * h) / 2, bx - (dx * (w + 4)) / 2, by - (dy * (h + 4)) / 2];
}

export function drawGraph(my, step, done, v, force) {
  const place = layout(my);
  my.graph.style.height = `${place.height}px`;
  for (const name of Object.keys(PLACE)) drawNode(my, name, step, done, v, place, force);
  my.svg.setAttribute("viewBox", `0 0 ${place.width} ${place.height}`);
  const defs = make("defs");
  for (const name of ["e", "t0", "t1", "t2", "back"]) arrowhead(name, defs);
  my.svg.replaceChildren(defs);
  my.moving = [];
  for (const [from, to] of EDGES) drawEdge(my, from, to, step, done, v, place);
}

function drawNode(my, name, step, done, v, place, force) {
  const { node, value, slope } = my.nodes[name];
  const { x, y } = place.at(name);
  Object.assign(node.style, { left: `${x}px`, top: `${y}px`, width: `${place.w}px`, height: `${place.h}px` });
  const leaf = LEAVES.includes(name);
  const known = leaf || done.has(name);
  const updated = step.id === "update" && PARAMETERS.includes(name);
  node.classList.toggle("now", step.node === name || updated);
  node.classList.toggle("unknown", !known);
  if (!leaf) value.textContent = known ? format(v[name]) : "·";
  else if (force || value !== my.host.root.getRootNode().activeElement)
    value.value = Number(v[name].toPrecision(6));
  const found = done.has(`d_${name}`);
  slope.textContent = found ? `∂L/∂${TEXT[name]} ${format(v[`d_${name}`], 2)}` : ROLE[name];
  slope.classList.toggle("known", found);
}

function arrowhead(name, defs) {
  const size = { markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" };
  const marker = make("marker", { id: `arrow-${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4, ...size }, defs);
  make("path", { d: "M0 0 8 4 0 8z", class: `fill ${name}` }, marker);
}

function drawEdge(my, from, to, step, done, v, place) {
  const same = ([a, b]) => a === from && b === to;
  const k = step.edges.findIndex(same);
  const solved = my.steps.find((one) => one.back && done.has(one.id) && one.edges.some(same));
  const now = k >= 0;
  const backwards = now ? step.back : solved;
  let kind = solved ? "back" : "e";
  if (now) kind = step.back ? "t1" : `t${k}`;
  const [x1, y1, x2, y2] = ends(from, to, place);
  const line = make("line", { x1, y1, x2, y2, class: `edge ${kind}${now ? " now" : ""}` }, my.svg);
  line.setAttribute(backwards ? "marker-start" : "marker-end", `url(#arrow-${kind})`);
  if (now) my.moving.push(step.back ? [x2, y2, x1, y1, kind] : [x1, y1, x2, y2, kind]);
  if (!solved) return;
  // the local derivative, on its edge
  const level = y1 === y2;
  const at = { x: (x1 + x2) / 2 + (level ? 0 : 8), y: (y1 + y2) / 2 + (level ? -7 : 5) };
  const look = { class: `label ${kind}`, "text-anchor": level ? "middle" : "start" };
  make("text", { ...at, ...look, text: `×${format(solved.value(v))}` }, my.svg);
}

/** A dot along every edge of the step, in the direction in which it computes. */
export function animate(my, duration) {
  if (my.host.still()) return;
  for (const [x1, y1, x2, y2, kind] of my.moving) {
    const dot = make("circle", { r: 5, class: `fill ${kind}` }, my.svg);
    const way = [
      [x1, y1],
      [x2, y2],
    ].map(([x, y]) => ({ transform: `translate(${x}px, ${y}px)` }));
    dot.animate(way, { duration, easing: "ease-in-out" }).onfinish = () => dot.remove();
  }
}
