// The stepper: the computation graph of the 2-neuron network, drawn and stepped through in the browser.
// Put after backprop_steps.js. Python hears of new numbers once the hand rests, and of nothing else.

// Column and row of each node; on a narrow screen the two are exchanged.
const PLACE = {
  x: [0, 1], w1: [1, 0], z1: [1, 1], b1: [1, 2], h: [2, 1], w2: [3, 0], z2: [3, 1], b2: [3, 2],
  yh: [4, 1], y: [5, 0], L: [5, 1], eta: [5, 2],
};
const LEAVES = ["x", "w1", "b1", "w2", "b2", "y", "eta"];
const EDGES = [
  ["x", "z1"], ["w1", "z1"], ["b1", "z1"], ["z1", "h"], ["h", "z2"], ["w2", "z2"], ["b2", "z2"],
  ["z2", "yh"], ["yh", "L"], ["y", "L"],
];

const SVG = "http://www.w3.org/2000/svg";
function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}
const INSTANCES = new WeakMap();

class Stepper {
  constructor(root) {
    this.root = root;
    this.svg = s("svg", { "aria-hidden": "true" });
    this.graph = el("div", "graph", this.svg);
    this.nodes = Object.fromEntries(Object.keys(PLACE).map((name) => [name, this.makeNode(name)]));
    this.buttons = {
      back: this.button("←  Back", "Back one step (left arrow)", () => this.go(this.at - 1)),
      next: this.button("Next  →", "Forward one step (right arrow or space)", () => this.go(this.at + 1)),
      play: this.button("Play slowly", "Play the steps, one every 1.6 seconds", () => this.play(!this.timer)),
      take: this.button("Take the SGD step", "Write the updated parameters into the graph", () => this.takeStep()),
    };
    this.buttons.next.classList.add("primary");
    this.counter = el("span", "counter");
    this.title = el("h3"); this.symbols = el("div", "formula"); this.numbers = el("div", "formula");
    this.symbols.tabIndex = this.numbers.tabIndex = 0; // on a narrow screen they scroll: by the keyboard as well
    this.flows = [0, 1, 2].map(() => [el("dt"), el("dd")]);
    this.note = el("p", "note");
    this.card = el("div", "card", el("div", "", this.title, this.symbols, this.numbers), el("div", "", el("dl", "", ...this.flows.flat()), this.note));
    this.live = el("div", "live");
    this.live.setAttribute("aria-live", "polite");
    root.replaceChildren(this.graph, el("div", "bar", this.buttons.back, this.buttons.next, this.buttons.play, this.buttons.take, this.counter), this.card, this.live);
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Computation graph. Left and right arrow keys step through the pass.");
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(root);
  }

  button(label, title, action) {
    const button = el("button", "", label);
    button.type = "button"; button.title = title; button.onclick = action;
    return button;
  }

  makeNode(name) {
    const handle = this.button(TEXT[name], "", null);
    handle.className = "name";
    const value = LEAVES.includes(name) ? el("input") : el("output");
    const slope = el("span", "slope");
    const node = el("div", LEAVES.includes(name) ? "node leaf" : "node", el("div", "top", handle, value), slope);
    this.graph.append(node);
    if (LEAVES.includes(name)) this.makeEditable(name, handle, value);
    else { handle.title = `${ROLE[name]}: jump to this node`; handle.onclick = () => this.jump(name); }
    return { node, handle, value, slope };
  }

  makeEditable(name, handle, input) {
    input.type = "number"; input.setAttribute("aria-label", `${TEXT[name]}, ${ROLE[name]}`);
    input.onchange = () => { const v = Number.parseFloat(input.value); if (Number.isFinite(v)) { this.set(name, v); this.tell(300); } this.draw(true); };
    handle.title = `${ROLE[name]}: drag to change, click to jump`;
    handle.classList.add("drag");
    handle.onpointerdown = (down) => {
      const start = this.n[name], unit = (this.data.limits[name][1] - this.data.limits[name][0]) > 1 ? 0.02 : 0.01;
      let moved = false;
      handle.setPointerCapture(down.pointerId);
      handle.onpointermove = (move) => {
        const distance = move.clientX - down.clientX;
        moved ||= Math.abs(distance) > 3;
        if (moved) this.set(name, Math.round((start + distance * unit) * 100) / 100);
      };
      handle.onpointerup = handle.onpointercancel = () => { handle.onpointermove = handle.onpointerup = handle.onpointercancel = null; handle.dataset.moved = moved ? "yes" : ""; if (moved) this.tell(300); };
    };
    handle.onclick = () => { if (!handle.dataset.moved) this.jump(name); };
  }

  receive({ data, setStateValue }) {
    this.send = setStateValue;
    this.data = data;
    Object.entries(data.colours).forEach(([name, colour]) => this.root.style.setProperty(`--${name}`, colour));
    this.steps = stepsOf(data.loss);
    if (this.revision !== data.revision) { // Python's numbers win only when Python has changed them
      this.revision = data.revision;
      this.n = { ...data.numbers };
      this.at = Math.max(0, this.steps.findIndex((step) => step.id === data.step));
      this.taken = 0;
    }
    for (const name of LEAVES) {
      const [least, most, by] = data.limits[name];
      Object.assign(this.nodes[name].value, { min: least, max: most, step: by });
    }
    this.draw();
  }

  set(name, value) {
    const [least, most] = this.data.limits[name];
    this.n = { ...this.n, [name]: Math.min(most, Math.max(least, value)) };
    this.draw();
  }

  tell(delay) {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.send("state", { ...this.n, step: this.steps[this.at].id, revision: this.revision }), delay);
  }

  go(index) {
    this.at = Math.min(this.steps.length - 1, Math.max(0, index));
    if (this.at === this.steps.length - 1) this.play(false);
    this.draw();
    this.live.textContent = `${this.title.textContent}. ${this.flows[2][1].textContent}. ${this.note.textContent}`;
    this.animate();
    this.tell(800);
  }

  jump(name) {
    const found = [...this.steps.keys()].filter((k) => this.steps[k].node === name);
    if (found.length) this.go(found.find((k) => k > this.at) ?? found[0]); // a second click finds the way back
    else if (name === "eta") this.go(this.steps.length - 1);
    else this.go(this.steps.findIndex((step) => step.edges.some(([from]) => from === name)));
  }

  takeStep() {
    const { next } = pass(this.n, this.data.loss);
    for (const [name, value] of Object.entries(next)) this.n[name] = Math.min(this.data.limits[name][1], Math.max(this.data.limits[name][0], value));
    this.n = { ...this.n };
    this.taken += 1;
    this.go(this.steps.length - 1);
    this.tell(300);
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.go(this.at + 1), 1600) : null;
    if (on) this.go(this.at === this.steps.length - 1 ? 0 : this.at + 1);
    this.buttons.play.textContent = this.timer ? "Pause" : "Play slowly";
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const [target] = event.composedPath();
    const inside = event.composedPath().includes(this.root);
    const box = this.graph.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight;
    if (!inside && !(target === document.body && seen)) return;
    if (target.tagName === "INPUT" || (event.key === " " && target.tagName === "BUTTON")) return;
    const move = { ArrowRight: 1, " ": 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    this.play(false);
    this.go(this.at + move);
  }

  layout() {
    const width = this.root.clientWidth || 800, tall = width < 700, W = 106, H = 58;
    const [columns, rows] = tall ? [3, 6] : [6, 3];
    const w = Math.min(W, (width - 12 * (columns - 1)) / columns), gap = tall ? 34 : 36;
    const height = rows * H + (rows - 1) * gap;
    const at = (name) => {
      const [i, j] = tall ? [PLACE[name][1], PLACE[name][0]] : PLACE[name];
      return { x: (i * (width - w)) / (columns - 1), y: j * (H + gap), i, j };
    };
    return { width, height, w, h: H, at };
  }

  ends(from, to, { at, w, h }) {
    const a = at(from), b = at(to);
    const [ax, ay, bx, by] = [a.x + w / 2, a.y + h / 2, b.x + w / 2, b.y + h / 2];
    const dx = Math.sign(bx - ax) * (a.j === b.j), dy = Math.sign(by - ay) * (a.i === b.i);
    return [ax + (dx * w) / 2, ay + (dy * h) / 2, bx - (dx * (w + 4)) / 2, by - (dy * (h + 4)) / 2];
  }

  draw(force) {
    if (!this.steps) return;
    const v = (this.values = pass(this.n, this.data.loss)), step = this.steps[this.at], place = this.layout();
    const done = new Set(this.steps.slice(0, this.at + 1).map((one) => one.id));
    this.graph.style.height = `${place.height}px`;
    for (const [name, { node, value, slope }] of Object.entries(this.nodes)) {
      const { x, y } = place.at(name);
      Object.assign(node.style, { left: `${x}px`, top: `${y}px`, width: `${place.w}px`, height: `${place.h}px` });
      const leaf = LEAVES.includes(name), known = leaf || done.has(name);
      node.classList.toggle("now", step.node === name || (step.id === "update" && ["w1", "b1", "w2", "b2"].includes(name)));
      node.classList.toggle("unknown", !known);
      if (!leaf) value.textContent = known ? format(v[name]) : "·";
      else if (force || value !== this.root.getRootNode().activeElement) value.value = Number(v[name].toPrecision(6));
      slope.textContent = done.has(`d_${name}`) ? `∂L/∂${TEXT[name]} ${format(v[`d_${name}`], 1)}` : ROLE[name];
      slope.classList.toggle("known", done.has(`d_${name}`));
    }
    this.drawEdges(step, done, v, place);
    this.drawCard(step, v);
  }

  drawEdges(step, done, v, place) {
    this.svg.setAttribute("viewBox", `0 0 ${place.width} ${place.height}`);
    this.svg.replaceChildren(s("defs", {}, ...["e", "t0", "t1", "t2", "back"].map((name) => s("marker", { id: `arrow-${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, s("path", { d: "M0 0 8 4 0 8z", class: `fill ${name}` })))));
    this.moving = [];
    for (const [from, to] of EDGES) {
      const k = step.edges.findIndex(([a, b]) => a === from && b === to);
      const solved = this.steps.find((one) => one.back && done.has(one.id) && one.edges.some(([a, b]) => a === from && b === to));
      const kind = k >= 0 ? (step.back ? "t1" : `t${k}`) : solved ? "back" : "e";
      const [x1, y1, x2, y2] = this.ends(from, to, place);
      const backwards = k >= 0 ? step.back : solved;
      const line = s("line", { x1, y1, x2, y2, class: `edge ${kind}${k >= 0 ? " now" : ""}` });
      line.setAttribute(backwards ? "marker-start" : "marker-end", `url(#arrow-${kind})`);
      this.svg.append(line);
      if (k >= 0) this.moving.push(step.back ? [x2, y2, x1, y1, kind] : [x1, y1, x2, y2, kind]);
      if (solved) { // the local derivative, on its edge
        const level = y1 === y2;
        this.svg.append(s("text", { x: (x1 + x2) / 2 + (level ? 0 : 8), y: (y1 + y2) / 2 + (level ? -7 : 5), class: `label ${kind}`, "text-anchor": level ? "middle" : "start" }, `×${format(solved.value(v))}`));
      }
    }
  }

  drawCard(step, v) {
    this.title.textContent = `${step.back ? "Backward" : step.id === "update" ? "Update" : "Forward"} · ${step.title}`;
  
    this.symbols.replaceChildren(math(step.symbols()));
    this.numbers.replaceChildren(math(step.numbers(v)));
    const names = step.names ?? ["flows in", "local derivative", "flows out"];
    [step.inflow, step.local, step.outflow].forEach((text, k) => { this.flows[k][0].textContent = names[k]; this.flows[k][1].textContent = text(v); });
    this.flows[0][1].className = step.back ? "t0" : ""; this.flows[1][1].className = step.back ? "t1" : "";
    this.note.textContent = step.note(v);
    this.counter.textContent = `Step ${this.at + 1} of ${this.steps.length} · L = ${format(v.L)}${this.taken ? ` after ${this.taken} update${this.taken > 1 ? "s" : ""}` : ""}`;
    this.buttons.back.disabled = this.at === 0;
    this.buttons.next.disabled = this.at === this.steps.length - 1;
  }

  animate() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [x1, y1, x2, y2, kind] of this.moving) {
      const dot = s("circle", { r: 5, class: `fill ${kind}` });
      this.svg.append(dot);
      dot.animate([{ transform: `translate(${x1}px, ${y1}px)` }, { transform: `translate(${x2}px, ${y2}px)` }], { duration: this.timer ? 1000 : 350, easing: "ease-in-out" }).onfinish = () => dot.remove();
    }
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.telling);
    this.resize.disconnect();
    document.removeEventListener("keydown", this.onKey);
  }
}

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  if (!INSTANCES.has(root)) INSTANCES.set(root, new Stepper(root));
  const stepper = INSTANCES.get(root);
  stepper.receive(component);
  return () => { stepper.close(); INSTANCES.delete(root); };
}
