// Scores as bars to drag, the shares softmax makes of them, and the point of the simplex they are.

const instances = new WeakMap();
const TOP = 5; // scores lie in [-5, 5]
const SUB = ["₁", "₂", "₃", "₄", "₅"];
export const encode = (s) => `${s.z.join(",")};${s.T}`;
export const softmax = (z, T) => {
  const most = Math.max(...z), e = z.map((v) => Math.exp((v - most) / T)), sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
};
const near = (v) => Math.max(-TOP, Math.min(TOP, Math.round(v * 100) / 100));

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  let my = instances.get(root);
  if (!my) instances.set(root, (my = build(root)));
  my.send = (value) => component.setStateValue("moved", value);
  const { data } = component;
  my.observer.observe(root);
  my.theme = themeOf(root);
  my.data = data;
  if (my.pending === data.at) my.pending = null;
  if (!my.state || (!my.timer && my.pending == null && encode(my.state) !== data.at)) {
    const [z, T] = data.at.split(";");
    my.state = { z: z.split(",").map(Number), T: Number(T) };
  }
  rows(my);
  ask(my);
  return () => { my.observer.disconnect(); cancelAnimationFrame(my.frame); my.frame = 0; clearTimeout(my.timer); my.timer = 0; };
}

function build(root) {
  const my = { root, draws: 0, pending: null };
  const left = make("div", { class: "left" }, root);
  my.bars = picture({ class: "bars" }, left);
  my.bars.onpointerdown = (e) => {
    const k = barAt(my, e);
    if (k < 0) return;
    my.bars.setPointerCapture(e.pointerId);
    const move = (m) => { my.state.z[k] = near(scoreAt(my, m)); moved(my); };
    move(e);
    my.bars.onpointermove = move;
    my.bars.onpointerup = my.bars.onpointercancel = () => { my.bars.onpointermove = null; rest(my); };
  };
  my.right = picture({ class: "simplex" }, root);
  my.panel = make("div", { class: "panel" }, root);
  my.formula = make("div", { class: "formula" }, root);
  my.observer = new ResizeObserver(() => ask(my));
  return my;
}
function rows(my) {
  const K = my.state.z.length;
  if (my.K === K) return show(my);
  my.K = K;
  my.panel.textContent = "";
  my.inputs = [];
  const add = (label, min, max, step, get, set) => {
    const row = make("label", { class: "knob" }, my.panel);
    make("span", { text: label, class: "name" }, row);
    const input = make("input", { type: "range", min, max, step, "aria-label": label }, row), shown = make("output", {}, row);
    input.oninput = () => { set(+input.value); moved(my); };
    input.onchange = () => rest(my);
    my.inputs.push({ input, shown, get });
  };
  for (let k = 0; k < K; k++) add(`z${SUB[k]}`, -TOP, TOP, 0.1, () => my.state.z[k], (v) => (my.state.z[k] = near(v)));
  // The slider is logarithmic: 0.1 to 10.
  add("T", -1, 1, 0.01, () => Math.log10(my.state.T), (v) => (my.state.T = Number((10 ** v).toPrecision(3))));
  const row = make("div", { class: "row" }, my.panel);
  const button = (text, act, off) => { const b = make("button", { type: "button", text }, row); b.disabled = !!off; b.onclick = () => { act(); moved(my); rest(my); }; };
  button("Add ½ to every score", () => { if (Math.max(...my.state.z) <= TOP - 0.5) my.state.z = my.state.z.map((v) => near(v + 0.5)); });
  button("Take ½ off", () => { if (Math.min(...my.state.z) >= 0.5 - TOP) my.state.z = my.state.z.map((v) => near(v - 0.5)); });
  button("One class more", () => { my.state.z.push(0); rows(my); }, K >= 5);
  button("One class fewer", () => { my.state.z.pop(); rows(my); }, K <= 2);
  show(my);
}
function show(my) {
  for (const { input, shown, get } of my.inputs) { if (+input.value !== get()) input.value = get(); shown.textContent = digits(input === my.inputs.at(-1).input ? my.state.T : get()); }
}
function moved(my) { show(my); ask(my); }
function rest(my) {
  clearTimeout(my.timer);
  my.timer = setTimeout(() => {
    my.timer = 0;
    const at = encode(my.state);
    if (at === my.data.at) return;
    my.pending = at;
    my.send({ at, p: softmax(my.state.z, my.state.T) });
  }, 250);
}
const slot = (my) => (my.bars.parentElement.clientWidth - 40) / my.state.z.length;
const barAt = (my, e) => { const k = Math.floor((e.clientX - my.bars.getBoundingClientRect().left - 40) / slot(my)); return k < my.state.z.length ? k : -1; };
const scoreAt = (my, e) => { const b = my.bars.getBoundingClientRect(); return TOP - ((e.clientY - b.top - 24) / (b.height - 64)) * 2 * TOP; };

function ask(my) { if (!my.frame) my.frame = requestAnimationFrame(() => { my.frame = 0; draw(my); }); }
function draw(my) {
  if (!my.root.clientWidth) return;
  const { z, T } = my.state, p = softmax(z, T), { colors } = my.data, [c, w, h] = fresh(my.bars), each = slot(my);
  const y = (v) => 24 + ((TOP - v) / (2 * TOP)) * (h - 64);
  c.font = my.theme.small; c.fillStyle = my.theme.text; c.strokeStyle = "rgba(124,136,150,.45)"; c.textAlign = "right";
  for (const v of [-5, 0, 5]) { c.fillText(digits(v), 32, y(v) + 4); c.beginPath(); c.moveTo(38, y(v)); c.lineTo(w, y(v)); c.stroke(); }
  c.textAlign = "left"; c.fillText("score z (solid) and share p (outlined, full height = 1)", 40, 13);
  z.forEach((v, k) => {
    const x = 40 + k * each + each * 0.14, wide = each * 0.34, color = colors[k];
    c.fillStyle = color; c.fillRect(x, Math.min(y(0), y(v)), wide, Math.max(2, Math.abs(y(v) - y(0))));
    c.fillRect(x - 4, y(v) - 3, wide + 8, 6);
    const top = y(-TOP) - p[k] * (y(-TOP) - y(TOP));
    c.strokeStyle = color; c.lineWidth = 2.5; c.strokeRect(x + wide + 6, top, wide, y(-TOP) - top);
    c.fillStyle = my.theme.text; c.textAlign = "center"; c.font = my.theme.font;
    c.fillText(`p${SUB[k]} = ${digits(p[k])}`, x + wide + 3, h - 8);
    c.fillText(digits(v), x + wide / 2, v >= 0 ? y(v) - 8 : y(v) + 18);
  });
  const words = `Scores ${z.map(digits).join(", ")} at temperature ${digits(T)} give shares ${p.map(digits).join(", ")}.`;
  my.bars.setAttribute("aria-label", words);
  if (z.length === 2) drawSigmoid(my, z, T, p); else drawSimplex(my, z, T, p);
  my.formula.textContent = `p${SUB[0]} = e^(${digits(z[0])}/${digits(T)}) / (${z.map((v) => `e^(${digits(v)}/${digits(T)})`).join(" + ")}) = ${digits(p[0])}`;
  Object.assign(my.root.dataset, { draws: ++my.draws, p: p.join(",") });
}
function drawSigmoid(my, z, T, p) {
  const [c, w, h] = fresh(my.right), x = (v) => w / 2 + (v / 10) * (w / 2 - 20), y = (v) => h - 44 - v * (h - 80);
  c.strokeStyle = "rgba(124,136,150,.45)";
  for (const v of [0, 0.5, 1]) { c.beginPath(); c.moveTo(20, y(v)); c.lineTo(w - 20, y(v)); c.stroke(); }
  c.beginPath(); c.strokeStyle = my.theme.text; c.lineWidth = 2.2;
  for (let i = 0; i <= 200; i++) { const d = (i / 200) * 20 - 10; c.lineTo(x(d), y(ACTIVATIONS.sigmoid[0](d / T))); }
  c.stroke();
  c.fillStyle = my.data.colors[0]; c.beginPath(); c.arc(x(z[0] - z[1]), y(p[0]), 7, 0, 7); c.fill();
  c.fillStyle = my.theme.text; c.font = my.theme.font; c.textAlign = "center";
  for (const v of [-10, -5, 0, 5, 10]) c.fillText(digits(v), x(v), h - 26);
  c.fillText("two classes: p₁ = σ((z₁ − z₂)/T), over z₁ − z₂", w / 2, h - 6); c.textAlign = "left"; c.fillText("1", 4, y(1) + 4); c.fillText("0", 4, y(0) + 4);
  my.right.setAttribute("aria-label", `Sigmoid curve; at z1 minus z2 = ${digits(z[0] - z[1])} p1 = ${digits(p[0])}.`);
}
function drawSimplex(my, z, T, p) {
  const [c, w, h] = fresh(my.right), size = Math.min(w - 70, (h - 90) * 1.15), left = (w - size) / 2, top = 34, tall = size * 0.866;
  const corners = [[left, top + tall], [left + size, top + tall], [left + size / 2, top]];
  const say = (text, x, y) => { c.fillStyle = my.theme.text; c.textAlign = "center"; c.font = my.theme.font; c.fillText(text, x, y); };
  if (z.length > 3) {
    say(`${z.length} shares that sum to 1 fill a simplex of ${z.length - 1} dimensions.`, w / 2, h / 2 - 10);
    say("With three classes it is this triangle; with two, a line.", w / 2, h / 2 + 14);
    my.right.setAttribute("aria-label", "No picture: the simplex has more than two dimensions.");
    return;
  }
  const at = (q) => [0, 1].map((i) => q.reduce((s, v, k) => s + v * corners[k][i], 0));
  c.beginPath(); corners.forEach((q) => c.lineTo(...q)); c.closePath(); c.strokeStyle = my.theme.text; c.lineWidth = 1.5; c.stroke();
  // The way of the same scores from T = 10 (middle) to T = 0.05 (corner).
  c.beginPath(); c.strokeStyle = my.data.muted; c.setLineDash([4, 4]);
  for (let i = 0; i <= 80; i++) c.lineTo(...at(softmax(z, 10 ** (1.3 - (i / 80) * 2.6))));
  c.stroke(); c.setLineDash([]);
  corners.forEach((q, k) => { c.fillStyle = my.data.colors[k]; c.beginPath(); c.arc(q[0], q[1], 6, 0, 7); c.fill(); say(`p${SUB[k]} = 1`, q[0], k === 2 ? q[1] - 12 : q[1] + 24); });
  const q = at(p);
  c.fillStyle = my.data.accent; c.strokeStyle = my.theme.ground; c.lineWidth = 2; c.beginPath(); c.arc(q[0], q[1], 8, 0, 7); c.fill(); c.stroke();
  say("dashed: the same scores, T from 20 to 0.05", w / 2, h - 6);
  my.right.setAttribute("aria-label", `Simplex: the point with shares ${p.map(digits).join(", ")}.`);
}
