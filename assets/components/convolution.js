// A filter slid over an image: played, stepped, pointed at; patch × kernel = products, and their sum. No server needed.

const instances = new WeakMap();
const WHITE = 765; // a pixel arrives as the sum of three channels of 0 to 255

// Outputs along a side of n pixels; 0 if the window does not fit.
export const outputSize = (n, { k, s, p, d }) => Math.max(0, Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1);
// What output cell (i, j) reads, multiplies and sums.
export function cellAt(x, rows, cols, w, g, i, j) {
  const patch = [], products = [], places = [];
  let z = 0;
  for (let t = 0; t < g.k; t++) for (let u = 0; u < g.k; u++) {
    const r = i * g.s - g.p + t * g.d, c = j * g.s - g.p + u * g.d;
    const v = r >= 0 && r < rows && c >= 0 && c < cols ? x[r * cols + c] : 0;
    const product = w[t * g.k + u] * v;
    places.push([r, c]); patch.push(v); products.push(product);
    z += product;
  }
  return { z, patch, products, places };
}
export function slide(x, rows, cols, w, g) {
  const m = outputSize(rows, g), n = outputSize(cols, g), z = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) z[i * n + j] = cellAt(x, rows, cols, w, g, i, j).z;
  return { m, n, z };
}

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  let my = instances.get(root);
  if (!my) instances.set(root, (my = build(root)));
  my.send = (value) => component.setStateValue("moved", value);
  update(my, component.data);
  return () => { pause(my); my.observer.disconnect(); cancelAnimationFrame(my.frame); my.frame = 0; clearTimeout(my.timer); my.timer = 0; };
}

function build(root) {
  const my = { root, draws: 0, playing: false, timer: 0, hover: null, tap: -1 };
  my.still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const bar = make("div", { class: "bar", role: "group", "aria-label": "Playback" }, root);
  const button = (text, label, act) => { const b = make("button", { type: "button", text, title: label, "aria-label": label }, bar); b.onclick = act; return b; };
  button("|◀", "To the first cell", () => go(my, 0));
  button("‹", "One cell back", () => go(my, index(my) - 1));
  my.play = button("▶ Play", "Play or pause the sliding", () => (my.playing ? (pause(my), rest(my)) : play(my)));
  my.play.hidden = my.still;
  button("›", "One cell on", () => go(my, index(my) + 1));
  my.said = make("output", { class: "said" }, bar);
  const maps = make("div", { class: "maps" }, root);
  const panel = () => {
    const box = make("div", { class: "panel" }, maps), name = make("div", { class: "name" }, box);
    return [picture({ class: "map", tabindex: "0" }, box), name];
  };
  [my.input, my.inputName] = panel();
  [my.output, my.outputName] = panel();
  for (const canvas of [my.input, my.output]) {
    canvas.onpointermove = (e) => { if (e.pointerType !== "touch") look(my, nearest(my, canvas, e)); };
    canvas.onpointerleave = () => look(my, null);
    canvas.onclick = (e) => { pause(my); const at = nearest(my, canvas, e); if (at) { my.hover = null; go(my, at[0] * my.map.n + at[1]); } };
    canvas.onkeydown = (e) => keys(my, e);
  }
  my.tiles = make("div", { class: "tiles" }, root);
  my.sum = make("div", { class: "sum" }, root);
  my.observer = new ResizeObserver(() => ask(my));
  return my;
}

function update(my, data) {
  my.observer.observe(my.root);
  my.theme = themeOf(my.root);
  my.scale = scaleOf(data.colors.diverging);
  const g = data.geometry, picture = JSON.stringify([data.id, g, data.own, data.own ? 0 : data.kernel]);
  const changed = my.picture !== picture;
  my.data = data; my.g = g;
  if (changed) { my.x = data.pixels.map((v) => v / WHITE); pause(my); my.hover = null; my.picture = picture; }
  // While the hand is at work, or its word is on the way, the hand is right.
  if (changed || !(my.timer || my.pending)) my.w = Float64Array.from(data.kernel);
  compute(my);
  if (changed || !(my.timer || my.pending)) my.cell = [Math.min(data.cell[0], my.map.m - 1), Math.min(data.cell[1], my.map.n - 1)];
  my.pending = false;
  buildTiles(my);
  ask(my);
}
function compute(my) {
  my.map = slide(my.x, my.data.rows, my.data.cols, my.w, my.g);
  my.limit = my.map.z.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}

// ---- moving
const shown = (my) => my.hover || my.cell;
const index = (my) => my.cell[0] * my.map.n + my.cell[1];
function place(my, at) {
  const last = my.map.m * my.map.n - 1, k = Math.max(0, Math.min(last, at));
  my.cell = [Math.floor(k / my.map.n), k % my.map.n];
  ask(my);
}
function go(my, at) { pause(my); place(my, at); rest(my); }
function look(my, at) { if (my.playing) return; my.hover = at; ask(my); }
function play(my) {
  if (index(my) >= my.map.m * my.map.n - 1) place(my, 0);
  my.playing = true; my.hover = null;
  my.play.textContent = "❚❚ Pause";
  const rate = Math.max(12, my.map.m * my.map.n / 14); // cells a second: no map takes longer than 14 s
  let before = performance.now(), owed = 0;
  const tick = (now) => {
    if (!my.playing) return;
    owed += ((now - before) / 1000) * rate; before = now;
    if (owed >= 1) { place(my, index(my) + Math.floor(owed)); owed %= 1; }
    if (index(my) >= my.map.m * my.map.n - 1) { pause(my); rest(my); } else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
function pause(my) { my.playing = false; my.play.textContent = "▶ Play"; ask(my); }
function keys(my, e) {
  const [i, j] = my.cell, { m, n } = my.map;
  const to = { ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1], ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], Home: [0, 0], End: [m - 1, n - 1] }[e.key];
  if (to) {
    e.preventDefault();
    my.hover = null;
    go(my, Math.max(0, Math.min(m - 1, to[0])) * n + Math.max(0, Math.min(n - 1, to[1])));
  } else if (e.key === " ") { e.preventDefault(); my.play.click(); }
}
function rest(my) {
  clearTimeout(my.timer);
  my.timer = setTimeout(() => {
    my.timer = 0;
    const value = { cell: my.cell, kernel: my.data.own ? [...my.w] : null }, text = JSON.stringify(value);
    if (text === my.sent) return;
    my.sent = text; my.pending = true;
    my.send(value);
  }, 500);
}

// ---- drawing
// Both maps are drawn on the padded grid of the input, so that a cell has one size on screen.
const frameOf = (my) => {
  const p = my.g.p, rows = my.data.rows + 2 * p, cols = my.data.cols + 2 * p;
  const c = my.input.parentElement.clientWidth / Math.max(rows, cols);
  return { c, rows, cols };
};
const cellOf = (my) => my.output.parentElement.clientWidth / Math.max(my.map.m, my.map.n);
function nearest(my, canvas, e) {
  const box = canvas.getBoundingClientRect(), { m, n } = my.map, g = my.g;
  const clamp = (v, top) => Math.max(0, Math.min(top - 1, v));
  if (canvas === my.output) {
    const c = cellOf(my), i = Math.floor((e.clientY - box.top) / c), j = Math.floor((e.clientX - box.left) / c);
    return i >= 0 && j >= 0 && i < m && j < n ? [i, j] : null;
  }
  // the window whose middle is nearest; positions count from the padded corner
  const { c } = frameOf(my), half = (g.d * (g.k - 1)) / 2;
  const at = (v, top) => clamp(Math.round((Math.floor(v / c) - half) / g.s), top);
  return [at(e.clientY - box.top, m), at(e.clientX - box.left, n)];
}
function ask(my) { if (!my.frame) my.frame = requestAnimationFrame(() => { my.frame = 0; draw(my); }); }
const grey = (v) => { const b = Math.round(255 * Math.max(0, Math.min(1, v))); return `rgb(${b},${b},${b})`; };
function draw(my) {
  if (!my.root.clientWidth || !my.map.m || !my.map.n) return;
  const { data, g, map } = my, [i, j] = shown(my), at = cellAt(my.x, data.rows, data.cols, my.w, g, i, j);
  drawInput(my, at);
  drawOutput(my, i, j);
  fillTiles(my, at);
  const name = `z[${i}, ${j}]`, parts = at.products.map((_, t) => `${digits(at.patch[t])}·${my.w[t] < 0 ? `(${digits(my.w[t])})` : digits(my.w[t])}`);
  const all = parts.length <= 9 ? parts.join(" + ") : `${parts.slice(0, 4).join(" + ")} + … (${parts.length} products)`;
  my.sum.textContent = `${name} = ${all} = ${digits(at.z)}`;
  my.said.textContent = `row ${i}, column ${j}: z = ${digits(at.z)}`;
  my.inputName.textContent = `x, ${data.rows} × ${data.cols}${g.p ? ` and ${g.p} of padding (outlined cells are 0)` : ""}`;
  my.outputName.textContent = `z, ${map.m} × ${map.n}: orange below 0, blue above, full colour at ±${digits(my.limit)}`;
  my.input.setAttribute("aria-label", `${data.alt}. The filter stands at output row ${i}, column ${j}. Arrow keys move it.`);
  my.output.setAttribute("aria-label", `Output map, ${map.m} by ${map.n}, values up to ${digits(my.limit)} in size; ${name} is ${digits(at.z)}. Arrow keys move the cell.`);
  Object.assign(my.root.dataset, { draws: ++my.draws, cell: `${i},${j}`, z: at.z, playing: my.playing });
}
function outline(c, x, y, w, h, color, wide) {
  c.strokeStyle = "rgba(255,255,255,.9)"; c.lineWidth = wide + 2; c.strokeRect(x, y, w, h);
  c.strokeStyle = color; c.lineWidth = wide; c.strokeRect(x, y, w, h);
}
const setHeight = (canvas, pixels) => (canvas.parentElement.style.height = `${pixels}px`);
function drawInput(my, at) {
  const { data, g } = my, { c, rows, cols } = frameOf(my);
  setHeight(my.input, rows * c);
  const [ctx] = fresh(my.input);
  const gap = c > 8 ? 1 : 0;
  for (let r = 0; r < rows; r++) for (let q = 0; q < cols; q++) {
    const y = r - g.p, x = q - g.p;
    if (y >= 0 && y < data.rows && x >= 0 && x < data.cols) { ctx.fillStyle = grey(my.x[y * data.cols + x]); ctx.fillRect(q * c, r * c, c - gap, c - gap); }
    else { ctx.strokeStyle = my.data.colors.muted; ctx.lineWidth = 0.6; ctx.strokeRect(q * c + 1, r * c + 1, c - 2, c - 2); }
  }
  at.places.forEach(([r, q], t) => {
    const strong = t === my.tap;
    outline(ctx, (q + g.p) * c + 1, (r + g.p) * c + 1, c - 2, c - 2, data.colors.accent, strong ? 4 : 1.5);
  });
}
function drawOutput(my, i, j) {
  const { map } = my, c = cellOf(my), done = my.playing ? index(my) : Infinity;
  setHeight(my.output, map.m * c);
  const [ctx] = fresh(my.output), gap = c > 8 ? 1 : 0;
  for (let r = 0; r < map.m; r++) for (let q = 0; q < map.n; q++) {
    if (r * map.n + q > done) continue;
    ctx.fillStyle = css(my.scale[shade(my.limit ? map.z[r * map.n + q] / my.limit : 0)]);
    ctx.fillRect(q * c, r * c, c - gap, c - gap);
  }
  outline(ctx, j * c + 1, i * c + 1, c - 2, c - 2, my.data.colors.accent, 2.5);
}

// ---- patch × kernel = products
function buildTiles(my) {
  const own = my.data.own, k = my.g.k, shape = `${own}${k}`;
  if (my.shape === shape) return;
  my.shape = shape;
  my.tiles.textContent = "";
  my.tiles.style.setProperty("--k", k);
  my.cells = {};
  const grid = (which, title) => {
    const box = make("div", { class: "tile" }, my.tiles);
    make("div", { class: "name", text: title }, box);
    const inner = make("div", { class: "grid" }, box);
    my.cells[which] = [...Array(k * k).keys()].map((t) => {
      const edit = own && which === "kernel";
      const el = make(edit ? "input" : "div", edit ? { type: "number", step: 0.1, min: -99, max: 99, "aria-label": `weight, row ${Math.floor(t / k)}, column ${t % k}` } : {}, inner);
      el.onpointerenter = el.onfocus = () => { my.tap = t; ask(my); };
      el.onpointerleave = el.onblur = () => { my.tap = -1; ask(my); };
      if (edit) el.oninput = () => {
        if (el.value === "" || !Number.isFinite(+el.value)) return;
        my.w[t] = Math.max(-99, Math.min(99, +el.value));
        compute(my); ask(my); rest(my);
      };
      return el;
    });
  };
  const sign = (text) => make("div", { class: "sign", text }, my.tiles);
  grid("patch", "patch of x"); sign("·");
  grid("kernel", own ? "filter w (type in it)" : "filter w"); sign("=");
  grid("products", "products");
  const total = make("div", { class: "total" }, my.tiles);
  make("span", { text: "sum " }, total);
  my.z = make("b", {}, total);
}
function fillTiles(my, at) {
  const most = (values) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12);
  const signed = (v, top) => css(my.scale[shade(v / top)]);
  const put = (which, values, colour) => values.forEach((v, t) => {
    const el = my.cells[which][t], ground = colour(v), text = two(v);
    if (el.tagName === "INPUT") { if (el !== el.getRootNode().activeElement) { el.value = Math.abs(v) < 0.005 ? Number(v.toPrecision(1)) : Number(v.toFixed(2)); el.title = v; } } else el.textContent = text;
    el.style.background = ground;
    el.style.color = dark(ground) ? "#fff" : "#1B2430";
    el.classList.toggle("tap", t === my.tap);
  });
  put("patch", at.patch, grey);
  put("kernel", [...my.w], (v) => signed(v, most(my.w)));
  // One scale for all places: a product looks strong only where it is.
  put("products", at.products, (v) => signed(v, most(my.w)));
  my.z.textContent = digits(at.z);
  my.z.style.borderColor = signed(at.z, my.limit || 1);
}
const dark = (rgb) => { const [r, g, b] = rgb.match(/\d+/g).map(Number); return 0.3 * r + 0.59 * g + 0.11 * b < 130; };
// Two digits fit a tile.
const two = (v) => { const a = Math.abs(v), s = a === 0 ? "0" : a < 0.005 ? "0.00" : String(Number(a < 10 ? a.toFixed(2) : a.toPrecision(3))); return (v < 0 && s !== "0.00" ? "−" : "") + s; };
