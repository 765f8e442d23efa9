// One neuron moved by hand: the input plane with its line, the curve of f, the surface over the plane.
// Nothing is sent while the hand moves; one message follows when it rests.

const MOST = { w: 4, b: 10, x: 5 };
const SPAN = 6; // the window is [-6, 6]²
const instances = new WeakMap();
const SUB = ["₁", "₂", "₃", "₄", "₅"];
const clamp = (v, m) => Math.max(-m, Math.min(m, Math.round(v * 1000) / 1000));

export const encode = (s) => [s.w.join(","), String(s.b), s.x.join(",")].join(";");
export const decode = (text) => {
  const [w, b, x] = text.split(";").map((part) => part.split(",").map(Number));
  return { w, b: b[0], x };
};
// z = w·x + b, a = f(z), f'(z): what Python computes as well.
export function neuron(s, f) {
  const z = s.w.reduce((sum, wi, i) => sum + wi * s.x[i], s.b);
  return { z, a: ACTIVATIONS[f][0](z), slope: ACTIVATIONS[f][1](z) };
}

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  let my = instances.get(root);
  if (!my) instances.set(root, (my = build(root)));
  my.send = (text) => { const { z, a } = neuron(my.state, my.f); component.setStateValue("moved", { at: text, f: my.f, z, a }); };
  update(my, component.data);
  return () => my.stop();
}

function build(root) {
  const my = { root, knobs: [], yaw: 0.6, pending: null, timer: 0, held: false, shape: "" };
  my.plane = picture({ class: "plane" }, root);
  const left = my.plane.parentElement;
  my.handles = {};
  for (const [name, label] of [["x", "input x"], ["tip", "weights w"], ["line", "bias b"]]) {
    const handle = make("button", { class: `handle ${name}`, type: "button", "aria-label": `${label}: drag, or use the arrow keys` }, left);
    my.handles[name] = handle;
    handle.onpointerdown = (e) => grab(my, name, e, handle);
    handle.onkeydown = (e) => arrow(my, name, e);
  }
  my.plane.onpointerdown = (e) => {
    const name = nearLine(my, e) ? "line" : my.state.w.length > 1 || my.f ? "x" : null;
    if (name) grab(my, name, e, my.plane);
  };
  const right = make("div", { class: "side" }, root);
  my.curve = picture({ class: "curve" }, right);
  my.surface = picture({ class: "surface", tabindex: "0" }, right);
  my.surface.onpointerdown = (e) => {
    my.surface.setPointerCapture(e.pointerId);
    const from = e.clientX, yaw = my.yaw;
    my.surface.onpointermove = (m) => { my.yaw = yaw + (m.clientX - from) / 120; ask(my); };
    my.surface.onpointerup = () => (my.surface.onpointermove = null);
  };
  my.surface.onkeydown = (e) => {
    const turn = { ArrowLeft: -0.1, ArrowRight: 0.1 }[e.key];
    if (turn) { my.yaw += turn; e.preventDefault(); ask(my); }
  };
  my.panel = make("div", { class: "knobs" }, root);
  my.formula = make("div", { class: "formula" }, root);
  my.observer = new ResizeObserver(() => ask(my));
  my.observer.observe(root);
  my.stop = () => { my.observer.disconnect(); cancelAnimationFrame(my.frame); clearTimeout(my.timer); };
  my.draws = 0;
  return my;
}

function update(my, data) {
  my.observer.observe(my.root);
  my.data = data;
  my.f = data.f;
  my.scale = scaleOf(data.colors.diverging);
  my.theme = themeOf(my.root);
  if (my.pending === data.at || Date.now() - my.sentAt > 3000) my.pending = null;
  const busy = my.held || my.timer || my.pending !== null;
  if (!my.state || my.state.w.length !== data.n || (!busy && encode(my.state) !== data.at)) {
    my.state = decode(data.at);
    my.pending = null;
  }
  knobs(my);
  ask(my);
}

// Sliders and number fields, rebuilt only when the number of inputs changes.
function knobs(my) {
  const n = my.state.w.length;
  if (my.shape === String(n)) return show(my);
  my.shape = String(n);
  my.panel.textContent = "";
  my.knobs = [];
  const add = (parent, label, kind, i, get, set) => {
    const row = make("label", { class: "knob" }, parent);
    make("span", { text: label, class: `name ${kind}` }, row);
    const limit = { min: -MOST[kind], max: MOST[kind] };
    const slider = make("input", { type: "range", step: "0.01", "aria-label": label, ...limit }, row);
    const typed = make("input", { type: "number", step: "0.1", "aria-label": `${label}, typed`, ...limit }, row);
    for (const input of [slider, typed]) {
      input.oninput = () => { if (input.value !== "" && Number.isFinite(+input.value)) { set(clamp(+input.value, MOST[kind])); moved(my, input); } };
      input.onpointerdown = () => (my.held = input === slider);
      input.onchange = () => { my.held = false; show(my); rest(my); };
    }
    my.knobs.push({ slider, typed, get });
  };
  const s = () => my.state;
  for (let i = 0; i < n; i++) add(my.panel, `w${n > 1 ? SUB[i] : ""}`, "w", i, () => s().w[i], (v) => (s().w[i] = v));
  add(my.panel, "b", "b", 0, () => s().b, (v) => (s().b = v));
  const more = make("details", n > 2 ? { open: "" } : {}, my.panel);
  make("summary", { text: n > 2 ? "Inputs (the picture is the slice through x₁, x₂)" : "Type the inputs" }, more);
  for (let i = 0; i < n; i++) add(more, `x${n > 1 ? SUB[i] : ""}`, "x", i, () => s().x[i], (v) => (s().x[i] = v));
  show(my);
}

function show(my, except) {
  for (const k of my.knobs) {
    const v = String(Math.round(k.get() * 1000) / 1000);
    if (k.slider !== except && k.slider.value !== v) k.slider.value = v;
    if (k.typed !== except && k.typed.value !== v) k.typed.value = v;
  }
}
function moved(my, except) { show(my, except); ask(my); }

function rest(my) {
  clearTimeout(my.timer);
  my.timer = setTimeout(() => {
    my.timer = 0;
    const text = encode(my.state);
    if (text === my.data.at) return;
    my.pending = text;
    my.sentAt = Date.now();
    my.send(text);
  }, 250);
}

// ---- geometry: pixels to coordinates and back; with one input the height of the picture is a
const toX = (px, w) => (px / w) * 2 * SPAN - SPAN;
const toPx = (x, w) => ((x + SPAN) / (2 * SPAN)) * w;
const others = (s) => s.w.reduce((sum, wi, i) => (i < 2 ? sum : sum + wi * s.x[i]), s.b);
// The point of the line nearest to the origin, kept inside the window.
function foot(s) {
  const [w1, w2] = [s.w[0], s.w[1] ?? 0], c = others({ ...s, w: s.w.length > 1 ? s.w : [s.w[0], 0] });
  const q = w1 * w1 + w2 * w2;
  if (q < 1e-9) return [0, 0];
  const p = [(-c * w1) / q, (-c * w2) / q];
  const far = Math.max(Math.abs(p[0]), Math.abs(p[1])) / (SPAN - 0.4);
  return far > 1 ? p.map((v) => v / far) : p;
}
function pointer(my, e) {
  const box = my.plane.getBoundingClientRect();
  return [toX(e.clientX - box.left, box.width), -toX(e.clientY - box.top, box.height)];
}
function nearLine(my, e) {
  const s = my.state, [p, q] = pointer(my, e), w2 = s.w[1] ?? 0;
  const length = Math.hypot(s.w[0], w2);
  return length > 0.05 && Math.abs(s.w[0] * p + w2 * q + others(s)) / length < 0.35;
}
function grab(my, name, e, target) {
  e.preventDefault();
  target.focus?.();
  target.setPointerCapture(e.pointerId);
  my.held = true;
  my.anchor = foot(my.state);
  const move = (m) => { drag(my, name, pointer(my, m)); moved(my); };
  target.onpointermove = move;
  target.onpointerup = target.onpointercancel = () => {
    target.onpointermove = null;
    my.held = false;
    rest(my);
  };
  if (target === my.plane && name === "x") move(e);
}
function drag(my, name, [p, q]) {
  const s = my.state, flat = s.w.length === 1;
  if (name === "x") {
    s.x[0] = clamp(p, MOST.x);
    if (!flat) s.x[1] = clamp(q, MOST.x);
  } else if (name === "line") {
    // Push the line through the pointer: only b changes.
    s.b = clamp(s.b - (s.w[0] * p + (flat ? 0 : s.w[1] * q) + others(s)), MOST.b);
  } else {
    // Turn about the anchor: w points from it to the pointer, and b keeps the line on it.
    const rest0 = others(s) - s.b;
    s.w[0] = clamp(p - my.anchor[0], MOST.w);
    if (!flat) s.w[1] = clamp(q - my.anchor[1], MOST.w);
    s.b = clamp(-(s.w[0] * my.anchor[0] + (flat ? 0 : s.w[1] * my.anchor[1])) - rest0, MOST.b);
  }
}
function arrow(my, name, e) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
  if (!step) return;
  e.preventDefault();
  const size = e.shiftKey ? 0.5 : 0.1, s = my.state;
  if (name === "line") s.b = clamp(s.b + size * (step[0] + step[1]), MOST.b);
  else {
    const v = name === "x" ? s.x : s.w, m = name === "x" ? MOST.x : MOST.w;
    v[0] = clamp(v[0] + size * step[0], m);
    if (v.length > 1) v[1] = clamp(v[1] + size * step[1], m);
  }
  moved(my);
  rest(my);
}

// ---- drawing, at most once a frame
function ask(my) {
  if (my.frame) return;
  my.frame = requestAnimationFrame(() => { my.frame = 0; draw(my); });
}
function draw(my) {
  if (!my.root.clientWidth) return;
  const s = my.state, f = ACTIVATIONS[my.f][0], now = neuron(s, my.f);
  my.middle = f(0);
  my.unit = { sigmoid: 0.5, step: 1, tanh: 1 }[my.f] || 4; // a - f(0) at which the colour is full
  drawPlane(my, s, f, now);
  drawCurve(my, f, ACTIVATIONS[my.f][1], now);
  const box = my.surface.parentElement;
  box.style.display = s.w.length > 1 ? "" : "none";
  box.parentElement.style.gridTemplateRows = s.w.length > 1 ? "" : "1fr";
  if (s.w.length > 1) drawSurface(my, s, f, now);
  drawFormula(my, s, now);
  my.root.dataset.draws = ++my.draws;
  Object.assign(my.root.dataset, { z: now.z, a: now.a, slope: now.slope, at: encode(s) });
}

const GRID = 72;
const pale = (v) => shade(0.6 * Math.max(-1, Math.min(1, v))); // a ground on which lines can be read
function drawPlane(my, s, f, now) {
  const [c, w, h] = fresh(my.plane), { colors } = my.data, flat = s.w.length === 1;
  const rest0 = others(s), w2 = flat ? 0 : s.w[1];
  my.image ||= new ImageData(GRID, GRID);
  my.small ||= Object.assign(document.createElement("canvas"), { width: GRID, height: GRID });
  const pixels = new Uint32Array(my.image.data.buffer);
  for (let j = 0, k = 0; j < GRID; j++) {
    const q = SPAN - ((j + 0.5) / GRID) * 2 * SPAN;
    for (let i = 0; i < GRID; i++, k++) {
      const z = s.w[0] * (((i + 0.5) / GRID) * 2 * SPAN - SPAN) + w2 * q + rest0;
      pixels[k] = my.scale[pale((f(z) - my.middle) / my.unit)];
    }
  }
  my.small.getContext("2d").putImageData(my.image, 0, 0);
  c.imageSmoothingEnabled = true;
  c.drawImage(my.small, 0, 0, w, h);
  const px = (x) => toPx(x, w), py = (y) => h - toPx(y, h);
  c.strokeStyle = "rgba(30,40,50,.35)"; c.lineWidth = 1;
  segment(c, [px(-SPAN), py(0)], [px(SPAN), py(0)]); segment(c, [px(0), py(-SPAN)], [px(0), py(SPAN)]);
  c.fillStyle = "#1B2430"; c.font = my.theme.small; c.textAlign = "center";
  for (const t of [-4, -2, 2, 4]) { halo(c, digits(t), px(t), py(0) + 14); if (!flat) halo(c, digits(t), px(0) - 12, py(t) + 4); }
  halo(c, flat ? "x" : "x₁", w - 12, py(0) - 6); if (!flat) halo(c, "x₂", px(0) + 14, 16);
  const length = Math.hypot(s.w[0], w2), at = foot(s), ground = "#1B2430";
  if (length > 1e-3) {
    const u = [s.w[0] / length, w2 / length];
    for (const level of [0, -2, -1, 1, 2]) {
      // Level sets of z, hence of a: parallel straight lines, whatever f is.
      const d = (level - rest0) / length, p = [u[0] * d, u[1] * d];
      c.setLineDash(level ? [3, 5] : []); c.lineWidth = level ? 1 : 2.5; c.strokeStyle = level ? "rgba(27,36,48,.6)" : ground;
      segment(c, [px(p[0] - 20 * u[1]), py(p[1] + 20 * u[0])], [px(p[0] + 20 * u[1]), py(p[1] - 20 * u[0])]);
    }
    c.setLineDash([]);
    const tip = [at[0] + s.w[0], at[1] + w2];
    c.strokeStyle = c.fillStyle = colors.accent; c.lineWidth = 3;
    segment(c, [px(at[0]), py(at[1])], [px(tip[0]), py(tip[1])]);
    label(c, "w", px(tip[0]) + 14 * u[0], py(tip[1]) - 14 * u[1] + 4, colors.accent);
    label(c, "z = 0", px(at[0] - 2.6 * u[1]), py(at[1] + 2.6 * u[0]), ground);
    place(my.handles.tip, px(tip[0]), py(tip[1]), w, h);
  } else {
    label(c, "w = 0: no line, the output is the same everywhere", w / 2, 24, ground);
    place(my.handles.tip, px(at[0] + s.w[0]), py(at[1] + w2), w, h);
  }
  if (flat) {
    c.beginPath(); c.lineWidth = 2.5; c.strokeStyle = ground;
    for (let i = 0; i <= 200; i++) { const x = (i / 200) * 2 * SPAN - SPAN; c.lineTo(px(x), py(f(s.w[0] * x + s.b))); }
    c.stroke();
  }
  for (const [x1, x2, y] of my.data.points) mark(c, px(x1), py(flat ? 0 : x2), y, colors);
  place(my.handles.x, px(s.x[0]), py(flat ? 0 : s.x[1]), w, h);
  place(my.handles.line, px(at[0]), py(at[1]), w, h);
  my.plane.setAttribute("aria-label", `Input ${flat ? "line" : "plane"}: ${my.f} neuron with w = (${s.w.map(digits).join(", ")}), b = ${digits(s.b)}; at x = (${s.x.map(digits).join(", ")}) z = ${digits(now.z)} and a = ${digits(now.a)}.`);
}
function segment(c, p, q) { c.beginPath(); c.moveTo(...p); c.lineTo(...q); c.stroke(); }
function label(c, text, x, y, color) {
  c.font = "600 13px sans-serif"; c.textAlign = "center"; c.lineWidth = 4; c.strokeStyle = "rgba(255,255,255,.85)";
  c.strokeText(text, x, y); c.fillStyle = color; c.fillText(text, x, y);
}
function place(handle, x, y, w, h) {
  handle.style.transform = `translate(${Math.max(0, Math.min(w, x))}px,${Math.max(0, Math.min(h, y))}px)`;
}
// Classes differ in colour, in shape and in the sign written into them.
function mark(c, x, y, sign, colors) {
  c.beginPath(); c.fillStyle = sign > 0 ? colors.positive : colors.negative;
  sign > 0 ? c.arc(x, y, 9, 0, 7) : c.rect(x - 8, y - 8, 16, 16);
  c.fill(); c.lineWidth = 2; c.strokeStyle = "#fff"; c.stroke();
  c.fillStyle = "#fff"; c.font = "700 14px sans-serif"; c.textAlign = "center"; c.fillText(sign > 0 ? "+" : "−", x, y + 5);
}

function drawCurve(my, f, df, now) {
  const [c, w, h] = fresh(my.curve), { colors } = my.data, m = { l: 30, r: 10, t: 10, b: 32 };
  const zmax = Math.max(6, Math.ceil(Math.abs(now.z))), bounded = my.unit < 4;
  const low = my.f === "tanh" ? -1.25 : -0.25;
  const [lo, hi] = bounded ? [low, 1.25] : [Math.min(-1.5, f(-zmax)), Math.max(4, f(zmax))];
  const px = (z) => m.l + ((z + zmax) / (2 * zmax)) * (w - m.l - m.r), py = (a) => h - m.b - ((a - lo) / (hi - lo)) * (h - m.t - m.b);
  c.strokeStyle = "rgba(124,136,150,.5)"; c.lineWidth = 1; c.fillStyle = my.theme.text; c.font = my.theme.small;
  segment(c, [m.l, py(0)], [w - m.r, py(0)]); segment(c, [px(0), m.t], [px(0), h - m.b]);
  c.textAlign = "center";
  for (const t of [-1, -0.5, 0, 0.5, 1]) c.fillText(digits(t * zmax), px(t * zmax), h - m.b + 14);
  c.fillText("z", w - m.r - 4, py(0) - 6);
  c.textAlign = "right";
  for (const a of bounded ? [Math.ceil(low), 0, 1] : [Math.round(lo), 0, Math.round(hi)]) c.fillText(digits(a), m.l - 5, py(a) + 4);
  for (const [g, dash, color] of [[df, [5, 4], colors.muted], [f, [], my.theme.text]]) {
    c.beginPath(); c.setLineDash(dash); c.strokeStyle = color; c.lineWidth = 2.2;
    for (let i = 0; i <= 240; i++) { const z = ((2 * i) / 240 - 1) * zmax; c.lineTo(px(z), py(g(z))); }
    c.stroke();
  }
  c.setLineDash([2, 3]); c.strokeStyle = colors.accent; c.lineWidth = 1.5;
  segment(c, [px(now.z), py(0)], [px(now.z), py(now.a)]); segment(c, [px(now.z), py(now.a)], [m.l, py(now.a)]);
  c.setLineDash([]);
  c.fillStyle = colors.accent; c.beginPath(); c.arc(px(now.z), py(now.a), 6, 0, 7); c.fill();
  c.fillStyle = my.theme.text; c.textAlign = "center"; c.fillText("— f(z)   - - f′(z)", (w + m.l) / 2, h - 4);
  my.curve.setAttribute("aria-label", `Curve of ${my.f} and its slope; at z = ${digits(now.z)} a = ${digits(now.a)}, f′ = ${digits(now.slope)}.`);
}

function drawSurface(my, s, f, now) {
  const [c, w, h] = fresh(my.surface), N = 20, rest0 = others(s), cos = Math.cos(my.yaw), sin = Math.sin(my.yaw);
  const size = Math.min(w / 17, h / 13), lift = my.unit < 4 ? 2.2 / my.unit : 0.55;
  const at = (x, y, a) => {
    const up = Math.max(-5, Math.min(5, (a - my.middle) * lift));
    return [w / 2 + (x * cos - y * sin) * size, h / 2 - 8 + ((x * sin + y * cos) * -0.45 - up) * size + 4];
  };
  const v = [], quads = [], to = (i) => (i / N) * 2 * SPAN - SPAN;
  for (let i = 0; i <= N; i++) for (let j = 0; j <= N; j++) { const a = f(s.w[0] * to(i) + s.w[1] * to(j) + rest0); v.push([...at(to(i), to(j), a), a]); }
  for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) {
    const k = i * (N + 1) + j, x = to(i + 0.5), y = to(j + 0.5);
    quads.push([x * sin + y * cos, v[k], v[k + 1], v[k + N + 2], v[k + N + 1]]);
  }
  quads.sort((p, q) => q[0] - p[0]);
  c.lineWidth = 0.6;
  for (const [, p, q, r, t] of quads) {
    c.fillStyle = css(my.scale[pale(((p[2] + r[2]) / 2 - my.middle) / my.unit)]);
    c.strokeStyle = "rgba(27,36,48,.35)";
    c.beginPath(); c.moveTo(p[0], p[1]); c.lineTo(q[0], q[1]); c.lineTo(r[0], r[1]); c.lineTo(t[0], t[1]); c.closePath(); c.fill(); c.stroke();
  }
  const dot = at(s.x[0], s.x[1], now.a);
  c.fillStyle = my.data.colors.accent; c.strokeStyle = "#fff"; c.lineWidth = 1.5; c.beginPath(); c.arc(dot[0], dot[1], 5.5, 0, 7); c.fill(); c.stroke();
  c.fillStyle = my.theme.text; c.font = my.theme.small; c.textAlign = "center";
  for (const [text, x, y] of [["x₁", SPAN + 1, 0], ["x₂", 0, SPAN + 1]]) { const p = at(x, y, my.middle); c.fillText(text, p[0], p[1] + 4); }
  c.textAlign = "left"; c.fillText("a over the plane; drag to turn", 4, h - 4);
  my.surface.setAttribute("aria-label", `The output a = ${my.f}(z) as a surface over the input plane; arrow keys turn it.`);
}

function drawFormula(my, s, now) {
  const box = my.formula, { colors } = my.data;
  box.textContent = "";
  const line = make("div", {}, box), say = (text, color, cls) => {
    const el = make("span", { text, ...(cls && { class: cls }) }, line);
    // Letters take some of the text's colour: the palette's mid-tones alone have 3:1, letters need 4.5:1.
    if (color) el.style.color = `color-mix(in srgb, ${color} 60%, var(--st-text-color))`;
  };
  const n = s.w.length, signed = (v) => (v < 0 ? colors.negative : colors.positive);
  say(n > 1 ? "z = w·x + b = " : "z = wx + b = ");
  s.w.forEach((wi, i) => {
    if (i) say(" + ");
    say(wi < 0 && i ? `(${digits(wi)})` : digits(wi), signed(wi), "num");
    say("·"); say(s.x[i] < 0 ? `(${digits(s.x[i])})` : digits(s.x[i]), colors.accent, "num");
  });
  say(s.b < 0 ? " − " : " + "); say(digits(Math.abs(s.b)), signed(s.b), "num");
  say(" = "); say(digits(now.z), null, "num strong");
  const second = make("div", {}, box);
  make("span", { text: `a = f(z) = ${my.f}(${digits(now.z)}) = ` }, second);
  make("span", { text: digits(now.a), class: "num strong" }, second);
  make("span", { text: `     f′(z) = ${digits(now.slope)}` }, second);
  if (my.data.points.length) {
    const right = my.data.points.filter(([p, q, y]) => s.w[0] * p + (s.w[1] ?? 0) * q + others(s) > 0 === y > 0).length;
    make("div", { text: `On the right side of the line: ${right} of ${my.data.points.length} points`, class: "score" }, box);
  }
}
