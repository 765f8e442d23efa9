// A small network and its recorded training: played, stepped, scrubbed and edited without asking the server.

const GRID = 48, NODE = 36, MOST_LAYERS = 6, MOST_NEURONS = 8;
const instances = new WeakMap();
export default function (component) {
  const root = component.parentElement.querySelector(".root");
  let my = instances.get(root);
  if (!my) instances.set(root, (my = build(root)));
  my.send = (value) => component.setStateValue("moved", value);
  my.reshape = (value) => component.setTriggerValue("shape", value);
  update(my, component.data);
  return () => my.stop();
}

function build(root) {
  const my = { root, t: 0, edits: new Map(), playing: false, timer: 0, speed: 30, brush: 1, links: [], draws: 0 };
  const bar = make("div", { class: "bar", role: "group", "aria-label": "Playback" }, root);
  const button = (text, label, act) => { const b = make("button", { type: "button", text, title: label, "aria-label": label }, bar); b.onclick = act; return b; };
  button("|◀", "Back to the same initial weights", () => { pause(my); go(my, 0); });
  button("‹", "One epoch back", () => { pause(my); go(my, my.t - 1); });
  my.play = button("▶ Play", "Play or pause the training", () => { if (my.playing) { pause(my); rest(my); } else play(my); });
  button("›", "One epoch on", () => { pause(my); go(my, my.t + 1); });
  my.scrub = make("input", { type: "range", min: 0, step: 1, "aria-label": "Epoch" }, bar);
  my.scrub.oninput = () => { my.playing = false; go(my, +my.scrub.value, true); };
  my.scrub.onchange = () => { pause(my); rest(my); };
  my.clock = make("output", { class: "clock" }, bar);
  my.depth = make("span", { class: "depth" }, bar);
  make("span", { text: "Layers " }, my.depth);
  for (const [text, by] of [["−", -1], ["+", 1]]) {
    const b = make("button", { type: "button", text, "aria-label": by > 0 ? "One hidden layer more" : "One hidden layer fewer" }, my.depth);
    b.onclick = () => {
      const { hidden, features } = my.data.net, next = by < 0 ? hidden.slice(0, -1) : [...hidden, 2];
      if (next.length <= MOST_LAYERS) my.reshape({ hidden: next, features });
    };
  }
  const speed = make("select", { "aria-label": "Speed", title: "Recorded epochs a second" }, bar);
  for (const s of [5, 15, 30, 60]) make("option", { value: s, text: `${s}/s`, ...(s === 30 && { selected: "" }) }, speed);
  speed.onchange = () => (my.speed = +speed.value);
  my.left = make("div", { class: "left" }, root);
  my.net = make("div", { class: "net" }, my.left);
  my.editor = make("div", { class: "editor" }, my.left);
  const right = make("div", { class: "right" }, root);
  my.out = picture({ class: "out" }, right);
  my.out.onpointermove = (e) => hover(my, e);
  my.out.onpointerleave = () => (my.tip.textContent = my.hint);
  my.out.onclick = (e) => paintPoint(my, e);
  my.brushes = make("div", { class: "brushes" }, right);
  for (const [y, text] of [[1, "Add + points"], [-1, "Add − points"]]) {
    const b = make("button", { type: "button", text, "aria-pressed": String(y > 0) }, my.brushes);
    b.onclick = () => { my.brush = y; for (const o of my.brushes.children) o.setAttribute("aria-pressed", String(o === b)); };
  }
  my.views = make("div", { class: "brushes" }, right);
  for (const [name, text] of [["plane", "The plane"], ["hidden", "What the last layer sees"]]) {
    const b = make("button", { type: "button", text, "aria-pressed": String(name === "plane") }, my.views);
    b.onclick = () => { my.view = name; for (const o of my.views.children) o.setAttribute("aria-pressed", String(o === b)); ask(my); };
  }
  my.tip = make("div", { class: "tip" }, right);
  my.score = make("div", { class: "score" }, right);
  my.chart = picture({ class: "chart" }, root);
  my.chart.onpointermove = (e) => { my.hoverT = chartT(my, e); ask(my); };
  my.chart.onpointerleave = () => { my.hoverT = null; ask(my); };
  my.chart.onclick = (e) => { pause(my); go(my, chartT(my, e)); };
  my.observer = new ResizeObserver(() => { placeLinks(my); ask(my); });
  my.observer.observe(root);
  my.stop = () => { my.playing = false; my.observer.disconnect(); cancelAnimationFrame(my.frame); my.frame = 0; clearTimeout(my.timer); my.timer = 0; };
  return my;
}

function update(my, data) {
  my.observer.observe(my.root);
  const fresh = !my.data || my.data.id !== data.id, net = data.net;
  my.data = data;
  my.scale = scaleOf(data.colors.diverging);
  my.theme = themeOf(my.root);
  my.lut ||= new ImageData(GRID, GRID);
  if (fresh) {
    my.playing = false;
    my.p = shapes(net).reduce((s, [m, n]) => s + m * n, 0);
    my.theta = floats(data.theta);
    my.last = data.epochs.length - 1;
    const xy = floats(data.x), n = data.y.length;
    my.points = data.y.map((y, k) => [xy[2 * k], xy[2 * k + 1], y, data.split[k]]);
    my.columns = columnsOf(net, my.points.map((p) => p[0]), my.points.map((p) => p[1]));
    const g1 = [], g2 = [];
    for (let j = 0; j < GRID; j++) for (let i = 0; i < GRID; i++) { g1.push(((i + 0.5) / GRID) * 2 * SPAN - SPAN); g2.push(SPAN - ((j + 0.5) / GRID) * 2 * SPAN); }
    my.grid = columnsOf(net, g1, g2);
    my.all = Object.keys(FEATURES).map((name) => Float64Array.from(g1, (a, k) => FEATURES[name][1](a, g2[k])));
    my.scrub.max = my.last;
    buildNet(my);
  }
  if (fresh || !(my.timer || my.pending)) {
    my.t = Math.min(my.last, data.t < 0 ? my.last : data.t);
    my.edits = new Map(data.edits);
    buildEditor(my);
  }
  my.pending = false;
  my.brushes.hidden = !data.own;
  my.depth.hidden = data.plain;
  my.views.hidden = !data.net.hidden.length;
  if (my.views.hidden) my.view = "plane";
  const key = data.regression ? "Colour: target and ŷ" : `● ${data.classes[1]}   ■ ${data.classes[0]}`;
  my.hint = `${key}. Filled: train, hollow: validation${data.shown.includes("e") ? ", dashed: test" : ""}. ` + (data.own ? "Click to add a point, click a point to remove it." : "Point at a place to read ŷ.");
  my.tip.textContent = my.hint;
  ask(my);
}

// ---- playback
function play(my) {
  if (my.t >= my.last) my.t = 0;
  my.playing = true;
  my.play.textContent = "❚❚ Pause";
  let before = performance.now(), owed = 0;
  const tick = (now) => {
    if (!my.playing) return;
    owed += ((now - before) / 1000) * my.speed; before = now;
    if (owed >= 1) { my.t = Math.min(my.last, my.t + Math.floor(owed)); owed %= 1; draw(my); }
    if (my.t >= my.last) { pause(my); rest(my); } else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
function pause(my) { my.playing = false; my.play.textContent = "▶ Play"; }
function go(my, t, quiet) { my.t = Math.max(0, Math.min(my.last, t)); ask(my); if (!quiet) rest(my); }
function rest(my) {
  clearTimeout(my.timer);
  my.timer = setTimeout(() => {
    my.timer = 0;
    const value = { t: my.t === my.last ? -1 : my.t, edits: [...my.edits], own: my.data.own ? encodeOwn(my.points) : "" };
    const text = JSON.stringify(value);
    if (text === my.sent) return;
    my.sent = text;
    my.pending = true;
    my.send({ ...value, id: my.data.id, loss: my.scores?.train?.loss ?? null });
  }, 400);
}

// ---- the diagram
function buildNet(my) {
  const { net, plain } = my.data, box = my.net;
  box.textContent = "";
  my.links = []; my.nodes = [];
  my.svg = make("svg", { "aria-hidden": "true" }, box);
  const names = Object.keys(FEATURES), columns = [names, ...net.hidden.map((m) => [...Array(m).keys()])];
  const tall = Math.max(...columns.map((c) => c.length));
  box.style.height = `${tall * (NODE + 8) + 34}px`;
  columns.forEach((column, l) => {
    const nodes = column.map((name, j) => {
      const on = l > 0 || net.features.includes(name);
      const label = l ? `neuron ${j + 1} of layer ${l}` : `feature ${FEATURES[name][0]}`;
      const el = make(l || plain ? "div" : "button", { class: `node${on ? "" : " off"}`, title: l ? label : `${label}: ${on ? "in use" : "not used"}` }, box);
      if (!l && !plain) { el.type = "button"; el.setAttribute("aria-pressed", String(on)); el.onclick = () => toggle(my, name); }
      const canvas = make("canvas", { width: GRID, height: GRID }, el);
      if (!l) make("span", { text: FEATURES[name][0] }, el);
      return { el, canvas, on, l, j, label };
    });
    my.nodes.push(nodes);
    if (l && !plain) {
      const tools = make("div", { class: "tools" }, box);
      for (const [text, by] of [["−", -1], ["+", 1]]) {
        const b = make("button", { type: "button", text, "aria-label": `${by > 0 ? "One neuron more in" : "One neuron fewer in"} layer ${l}` }, tools);
        b.disabled = column.length + by < 1 || column.length + by > MOST_NEURONS;
        b.onclick = () => my.reshape({ hidden: net.hidden.map((m, i) => (i === l - 1 ? m + by : m)), features: net.features });
      }
      nodes.tools = tools;
    }
  });
  // Links in theta's order; a bias is drawn as a small square at its neuron.
  let at = 0;
  const used = [my.nodes[0].filter((n) => n.on), ...my.nodes.slice(1)];
  used[0].sort((a, b) => net.features.indexOf(names[a.j]) - net.features.indexOf(names[b.j]));
  shapes(net).forEach(([m, n], l) => {
    for (let j = 0; j < m; j++) for (let i = 0; i < n; i++, at++) {
      const from = used[l][i], to = used[l + 1]?.[j], index = at;
      const target = to ? to.label : "the output";
      const link = { index, from, to, l, j, label: i < n - 1 ? `w from ${from.label} to ${target}` : `bias of ${target}` };
      if (i < n - 1) {
        link.el = make("path", { fill: "none" }, my.svg);
        link.el.onclick = () => edit(my, index);
        link.el.onpointerenter = () => (my.said.textContent = `${link.label} = ${digits(current(my)[index])}`);
      } else if (to) {
        link.el = make("button", { type: "button", class: "bias", tabindex: "-1", title: link.label }, to.el);
        link.el.onclick = (e) => { e.stopPropagation(); edit(my, index); };
      }
      my.links.push(link);
    }
  });
  placeLinks(my);
}
function toggle(my, name) {
  const now = my.data.net.features, next = now.includes(name) ? now.filter((f) => f !== name) : Object.keys(FEATURES).filter((f) => f === name || now.includes(f));
  if (next.length) my.reshape({ hidden: my.data.net.hidden, features: next });
}
function placeLinks(my) {
  const w = my.net.clientWidth;
  if (!w || !my.nodes) return;
  const columns = my.nodes.length, left = 48, gap = (w - left - NODE - 34) / Math.max(1, columns - 0.3);
  my.nodes.forEach((nodes, l) => {
    nodes.forEach((node, j) => {
      node.x = left + l * gap; node.y = 30 + j * (NODE + 8);
      node.el.style.transform = `translate(${node.x}px,${node.y}px)`;
    });
    if (nodes.tools) nodes.tools.style.transform = `translate(${left + l * gap - 7}px,0)`;
  });
  for (const { el, from, to } of my.links) {
    if (!from || !el || el.tagName === "BUTTON") continue;
    const a = from.x + NODE, b = from.y + NODE / 2, c = to ? to.x : w, d = to ? to.y + NODE / 2 : Math.min(my.net.clientHeight / 2, 150), m = (a + c) / 2;
    el.setAttribute("d", `M${a},${b}C${m},${b} ${m},${d} ${c},${d}`);
  }
}

// ---- editing a weight
function buildEditor(my) {
  const box = my.editor;
  box.textContent = "";
  my.said = make("div", { class: "said", text: "Move over a link to read its weight; click it to change it." }, box);
  const row = make("div", { class: "row" }, box);
  my.pick = make("select", { "aria-label": "Weight or bias to change by hand" }, row);
  make("option", { value: "", text: "Change a weight…" }, my.pick);
  for (const link of my.links) make("option", { value: link.index, text: link.label }, my.pick);
  my.slide = make("input", { type: "range", min: -8, max: 8, step: 0.05, "aria-label": "Its value" }, row);
  my.value = make("input", { type: "number", min: -20, max: 20, step: 0.1, "aria-label": "Its value, typed" }, row);
  my.free = make("button", { type: "button", text: "Undo edits" }, row);
  my.pick.onchange = () => edit(my, my.pick.value === "" ? null : +my.pick.value);
  for (const input of [my.slide, my.value]) {
    input.oninput = () => {
      if (my.chosen == null || input.value === "" || !Number.isFinite(+input.value)) return;
      my.edits.set(my.chosen, Math.max(-20, Math.min(20, +input.value)));
      show(my, input); ask(my);
    };
    input.onchange = () => rest(my);
  }
  my.free.onclick = () => { my.edits.clear(); show(my); ask(my); rest(my); };
  show(my);
}
function edit(my, index) { my.chosen = index; my.pick.value = index ?? ""; show(my); my.value.focus(); ask(my); }
function show(my, except) {
  const none = my.chosen == null || my.chosen >= my.p;
  if (none) my.chosen = null; else my.pick.value = my.chosen;
  my.slide.disabled = my.value.disabled = none;
  my.free.disabled = !my.edits.size;
  if (none) return;
  const v = current(my)[my.chosen];
  if (my.slide !== except) my.slide.value = v;
  if (my.value !== except) my.value.value = Math.round(v * 1000) / 1000;
}
// The parameters on screen: the recorded ones, with the edited ones held where the hand put them.
function current(my) {
  const theta = Float64Array.from(my.theta.subarray(my.t * my.p, (my.t + 1) * my.p));
  for (const [i, v] of my.edits) if (i < my.p) theta[i] = v;
  return theta;
}

// ---- drawing
function ask(my) { if (!my.frame) my.frame = requestAnimationFrame(() => { my.frame = 0; draw(my); }); }
function draw(my) {
  if (!my.root.clientWidth) return;
  const { net, epochs } = my.data, theta = current(my), head = HEADS[net.head];
  const layers = forward(net, theta, my.grid), z = layers.at(-1)[0];
  my.value0 = z;
  my.nodes.forEach((nodes, l) => nodes.forEach((node, j) => heat(my, node, l ? layers[l][j] : my.all[j])));
  for (const link of my.links) drawLink(my, link, theta[link.index]);
  score(my, theta, head);
  if (my.view === "hidden") drawHidden(my, theta); else drawOut(my, z, head);
  drawChart(my);
  my.scrub.value = my.t;
  my.scrub.setAttribute("aria-valuetext", `epoch ${epochs[my.t]}`);
  my.clock.textContent = `epoch ${epochs[my.t]}`;
  if (my.chosen != null && !my.edits.has(my.chosen)) show(my);
  Object.assign(my.root.dataset, { draws: ++my.draws, t: my.t, loss: my.scores.train?.loss, playing: my.playing });
}
function heat(my, node, a) {
  let most = 1e-12, sum = 0;
  for (let k = 0; k < a.length; k++) { const v = Math.abs(a[k]); if (v > most) most = v; sum += v; }
  const pixels = new Uint32Array(my.lut.data.buffer), unit = most > 1 ? most : 1;
  for (let k = 0; k < a.length; k++) pixels[k] = my.scale[shade((0.8 * a[k]) / unit)];
  node.canvas.getContext("2d").putImageData(my.lut, 0, 0);
  const dead = node.l > 0 && sum === 0;
  if (dead !== node.dead) { node.dead = dead; node.el.classList.toggle("dead", dead); node.el.title = node.label + (dead ? ": dead, its output is 0 everywhere" : ""); }
}
function drawLink(my, link, w) {
  if (!link.el || link.drawn === w + (my.chosen === link.index ? "*" : "") + my.edits.has(link.index)) return;
  link.drawn = w + (my.chosen === link.index ? "*" : "") + my.edits.has(link.index);
  const { colors } = my.data, color = my.edits.has(link.index) ? colors.accent : w < 0 ? colors.negative : colors.positive;
  if (link.el.tagName === "BUTTON") { link.el.style.background = color; link.el.title = `${link.label} = ${digits(w)}`; return; }
  // Negative weights are dashed as well: colour is never the only sign.
  link.el.style.cssText = `stroke:${color};stroke-width:${Math.min(9, 0.7 + 2 * Math.abs(w)).toFixed(2)};stroke-dasharray:${w < 0 ? "7 4" : "none"};opacity:${my.chosen === link.index ? 1 : 0.8}`;
}
function score(my, theta, head) {
  const { net, regression, shown } = my.data, z = forward(net, theta, my.columns).at(-1)[0], sums = {};
  my.points.forEach(([, , y, s], k) => {
    const part = (sums[s] ||= { loss: 0, right: 0, n: 0 });
    part.loss += head.loss(z[k], y); part.right += z[k] > 0 === y > 0; part.n++;
  });
  my.scores = {};
  const names = { t: "train", v: "validation", e: "test" };
  my.score.textContent = "";
  for (const s of shown) if (sums[s]) {
    const p = sums[s];
    my.scores[names[s]] = { loss: p.loss / p.n, accuracy: p.right / p.n };
    const row = make("div", {}, my.score);
    make("b", { text: names[s] }, row).style.color = my.data.colors[names[s]];
    make("span", { text: ` loss ${digits(p.loss / p.n)}` + (regression ? "" : `, accuracy ${digits(p.right / p.n)}`) + ` (n = ${p.n})` }, row);
  }
  if (my.edits.size) make("div", { text: `${my.edits.size} weight${my.edits.size > 1 ? "s" : ""} held by hand`, class: "held" }, my.score);
}
function drawOut(my, z, head) {
  const [c, w, h] = fresh(my.out), { axes, regression, shown } = my.data;
  my.small ||= Object.assign(document.createElement("canvas"), { width: GRID, height: GRID });
  const pixels = new Uint32Array(my.lut.data.buffer);
  for (let k = 0; k < z.length; k++) pixels[k] = my.scale[shade(0.36 * head.signed(head.out(z[k])))];
  my.small.getContext("2d").putImageData(my.lut, 0, 0);
  c.drawImage(my.small, 0, 0, w, h);
  if (!regression) contour(c, z, w, h);
  const px = (v) => ((v + SPAN) / (2 * SPAN)) * w, py = (v) => h - ((v + SPAN) / (2 * SPAN)) * h;
  for (const [a, b, y, s] of my.points) if (shown.includes(s)) mark(my, c, px(a), py(b), y, s);
  c.font = my.theme.small; c.textAlign = "center";
  for (const v of [-4, 0, 4]) { halo(c, digits(v), px(v), h - 5); halo(c, digits(v), 12, py(v) + 4); }
  c.textAlign = "right"; halo(c, axes[0], w - 6, h - 20); c.textAlign = "left"; halo(c, axes[1], 6, 15);
  const s = my.scores.train;
  my.out.setAttribute("aria-label", `Output of the network over the plane at epoch ${my.data.epochs[my.t]}; training loss ${digits(s?.loss)}${regression ? "" : `, accuracy ${digits(s?.accuracy)}`}.`);
}
// The line z = 0 through the grid, cell by cell.
function contour(c, z, w, h) {
  const px = (i) => ((i + 0.5) / GRID) * w, py = (j) => ((j + 0.5) / GRID) * h;
  c.beginPath(); c.lineWidth = 2; c.strokeStyle = "#1B2430";
  for (let j = 0; j < GRID - 1; j++) for (let i = 0; i < GRID - 1; i++) {
    const k = j * GRID + i, v = [z[k], z[k + 1], z[k + GRID + 1], z[k + GRID]], cut = [];
    const corner = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
    for (let e = 0; e < 4; e++) {
      const a = v[e], b = v[(e + 1) % 4];
      if (a > 0 === b > 0) continue;
      const s = a / (a - b), [p, q] = corner[e], [r, t] = corner[(e + 1) % 4];
      cut.push([px(p + s * (r - p)), py(q + s * (t - q))]);
    }
    for (let e = 0; e + 1 < cut.length; e += 2) { c.moveTo(...cut[e]); c.lineTo(...cut[e + 1]); }
  }
  c.stroke();
}
// The shape says the class, the filling says the split.
function mark(my, c, x, y, label, split) {
  const { regression, colors } = my.data, r = split === "t" ? 4 : 4.5;
  const color = regression ? css(my.scale[shade(label)]) : colors.diverging[label > 0 ? 4 : 0][1];
  c.beginPath();
  label > 0 || regression ? c.arc(x, y, r, 0, 7) : c.rect(x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1);
  c.fillStyle = split === "t" ? color : "#fff"; c.fill();
  c.lineWidth = split === "t" ? 1.2 : 2; c.strokeStyle = split === "t" ? "#fff" : color;
  c.setLineDash(split === "e" ? [2, 1.5] : []); c.stroke(); c.setLineDash([]);
}
function where(my, e) {
  const box = my.out.getBoundingClientRect();
  return [((e.clientX - box.left) / box.width) * 2 * SPAN - SPAN, SPAN - ((e.clientY - box.top) / box.height) * 2 * SPAN];
}
function hover(my, e) {
  if (my.view === "hidden") return;
  const [a, b] = where(my, e), net = my.data.net, head = HEADS[net.head];
  const z = forward(net, current(my), columnsOf(net, [a], [b])).at(-1)[0][0];
  my.tip.textContent = `x = (${digits(a)}, ${digits(b)}): ŷ = ${digits(head.out(z))}`;
}
function paintPoint(my, e) {
  if (!my.data.own || my.view === "hidden") return;
  const [a, b] = where(my, e), near = my.points.findIndex(([p, q]) => Math.hypot(p - a, q - b) < 0.3);
  if (near >= 0) my.points.splice(near, 1); else if (my.points.length < my.data.most) my.points.push([a, b, my.brush, "t"]);
  my.columns = columnsOf(my.data.net, my.points.map((p) => p[0]), my.points.map((p) => p[1]));
  ask(my); rest(my);
}
