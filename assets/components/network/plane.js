// The output over the plane with the points in it; or what the last hidden layer sees of them.

import { make } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { css, fresh, halo, segment, shade } from "../shared/picture.js";
import { within } from "../shared/pointer.js";
import { inWords } from "../shared/theme.js";
import { columnsOf, forward, headOf, SPAN, scores } from "./forward.js";
import { current, epochOf, touched } from "./training.js";

export const GRID = 48; // cells along a side of the plane
const INK = "#1B2430";

/** Loss and accuracy of every split in the state on screen, as text. */
export function score(my) {
  const { regression, colors } = my.data;
  my.score.textContent = "";
  for (const [name, { loss, accuracy, n }] of Object.entries(my.records[my.t].scores)) {
    const row = make("div", {}, my.score);
    make("b", { text: name }, row).style.color = inWords(colors[name]);
    const second = regression ? "" : `, accuracy ${digits(accuracy)}`;
    make("span", { text: ` loss ${digits(loss)}${second} (n = ${n})` }, row);
  }
  const by = touched(my).size;
  if (by) make("div", { text: `${by} weight${by > 1 ? "s" : ""} changed by hand`, class: "held" }, my.score);
}

export function drawOut(my, z) {
  const [c, w, h] = fresh(my.out);
  const { axes, regression, shown, net } = my.data;
  const head = headOf(net);
  for (let k = 0; k < z.length; k++) my.lut.pixels[k] = my.scale[shade(0.36 * head.signed(head.out(z[k])))];
  my.lut.stretch(c, w, h);
  if (!regression) contour(c, z, w, h);
  const px = (v) => ((v + SPAN) / (2 * SPAN)) * w;
  const py = (v) => h - ((v + SPAN) / (2 * SPAN)) * h;
  for (const [a, b, y, s] of my.points) if (shown.includes(s)) mark(my, c, px(a), py(b), y, s);
  c.font = my.theme.small;
  c.textAlign = "center";
  for (const v of [-4, 0, 4]) {
    halo(c, digits(v), px(v), h - 5);
    halo(c, digits(v), 12, py(v) + 4);
  }
  c.textAlign = "right";
  halo(c, axes[0], w - 6, h - 20);
  c.textAlign = "left";
  halo(c, axes[1], 6, 15);
  const s = my.records[my.t].scores.train;
  const second = regression ? "" : `, accuracy ${digits(s?.accuracy)}`;
  const words = `Output of the network over the plane at epoch ${epochOf(my)}`;
  my.out.setAttribute("aria-label", `${words}; training loss ${digits(s?.loss)}${second}.`);
}

// The line z = 0 through the grid, cell by cell.
function contour(c, z, w, h) {
  c.beginPath();
  c.lineWidth = 2;
  c.strokeStyle = INK;
  for (let j = 0; j < GRID - 1; j++) {
    for (let i = 0; i < GRID - 1; i++) {
      const cut = cuts(z, i, j).map(([p, q]) => [((p + 0.5) / GRID) * w, ((q + 0.5) / GRID) * h]);
      for (let e = 0; e + 1 < cut.length; e += 2) {
        c.moveTo(cut[e][0], cut[e][1]);
        c.lineTo(cut[e + 1][0], cut[e + 1][1]);
      }
    }
  }
  c.stroke();
}

// Where z = 0 crosses the sides of the cell whose corner is (i, j).
function cuts(z, i, j) {
  const corners = [
    [i, j],
    [i + 1, j],
    [i + 1, j + 1],
    [i, j + 1],
  ];
  const found = [];
  for (let e = 0; e < 4; e++) {
    const [p, q] = corners[e];
    const [r, t] = corners[(e + 1) % 4];
    const a = z[q * GRID + p];
    const b = z[t * GRID + r];
    if (a > 0 === b > 0) continue;
    const s = a / (a - b);
    found.push([p + s * (r - p), q + s * (t - q)]);
  }
  return found;
}

// The shape says the class, the filling says the split.
function mark(my, c, x, y, label, split) {
  const { regression, colors } = my.data;
  const train = split === "t";
  const r = train ? 4 : 4.5;
  const color = regression ? css(my.scale[shade(label)]) : colors.diverging[label > 0 ? 4 : 0][1];
  c.beginPath();
  if (label > 0 || regression) c.arc(x, y, r, 0, 7);
  else c.rect(x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1);
  c.fillStyle = train ? color : "#fff";
  c.fill();
  c.lineWidth = train ? 1.2 : 2;
  c.strokeStyle = train ? "#fff" : color;
  c.setLineDash(split === "e" ? [2, 1.5] : []);
  c.stroke();
  c.setLineDash([]);
}

/** What the last hidden layer sees: every point at the outputs of its two neurons that weigh most. */
export function drawHidden(my, theta) {
  const [c, w, h] = fresh(my.out);
  const { net, shown } = my.data;
  const m = net.hidden.at(-1);
  const seen = forward(net, theta, my.columns)[net.hidden.length];
  const weights = theta.slice(my.p - m - 1);
  const order = [...Array(m).keys()].sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]));
  const [i, j] = m > 1 ? [order[0], order[1]].sort((a, b) => a - b) : [0, 0];
  const all = [...seen[i], ...seen[j]].filter(Number.isFinite);
  const low = Math.min(...all, -0.2);
  const high = Math.max(...all, 0.2);
  const pad = 0.12 * (high - low);
  const at = (v) => (v - low + pad) / (high - low + 2 * pad);
  const px = (v) => at(v) * w;
  const py = (v) => h - at(v) * h;
  c.fillStyle = "#EDEDED";
  c.fillRect(0, 0, w, h);
  if (m === 2) drawBoundary(c, weights, 10 * (Math.abs(low) + Math.abs(high)) + 10, px, py);
  my.points.forEach(([, , y, s], k) => {
    if (shown.includes(s)) mark(my, c, px(seen[i][k]), m > 1 ? py(seen[j][k]) : h / 2, y, s);
  });
  c.font = my.theme.small;
  c.textAlign = "right";
  halo(c, `output of neuron ${i + 1}`, w - 6, h - 8);
  c.textAlign = "left";
  if (m > 1) halo(c, `output of neuron ${j + 1}`, 6, 15);
  c.textAlign = "center";
  for (const v of [low, (low + high) / 2, high]) {
    halo(c, digits(v), px(v), h - 24);
    if (m > 1) halo(c, digits(v), 18, py(v) + 4);
  }
  const line = m === 2 ? ", with the straight line of the output neuron" : "";
  const words = "The points as the last hidden layer sees them, by the outputs of neurons";
  my.out.setAttribute("aria-label", `${words} ${i + 1} and ${j + 1}${line}.`);
}

// The output neuron is one neuron: in the plane of its two inputs its boundary is a straight line.
function drawBoundary(c, [w1, w2, b], far, px, py) {
  const q = Math.hypot(w1, w2) || 1;
  const p = [(-b * w1) / (q * q), (-b * w2) / (q * q)];
  c.strokeStyle = INK;
  c.lineWidth = 2.5;
  const end = (s) => /** @type {[number, number]} */ ([px(p[0] - (s * w2) / q), py(p[1] + (s * w1) / q)]);
  segment(c, end(far), end(-far));
}

function where(my, e) {
  const { x, y, width, height } = within(my.out, e);
  return [(x / width) * 2 * SPAN - SPAN, SPAN - (y / height) * 2 * SPAN];
}

export function hover(my, e) {
  if (my.view === "hidden") return;
  const [a, b] = where(my, e);
  const { net } = my.data;
  const z = scores(net, current(my), columnsOf(net, [a], [b]))[0];
  my.tip.textContent = `x = (${digits(a)}, ${digits(b)}): ŷ = ${digits(headOf(net).out(z))}`;
}

export function paintPoint(my, e) {
  if (!my.data.own || my.view === "hidden") return;
  const [a, b] = where(my, e);
  const near = my.points.findIndex(([p, q]) => Math.hypot(p - a, q - b) < 0.3);
  if (near >= 0) my.points.splice(near, 1);
  else if (my.points.length < my.data.most) my.points.push([a, b, my.brush, "t"]);
  my.columns = columnsOf(
    my.data.net,
    my.points.map((p) => p[0]),
    my.points.map((p) => p[1]),
  );
  my.ask();
  my.rest.begin();
}
