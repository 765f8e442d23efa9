// Loss and accuracy over the recorded epochs, with the epoch on screen.

import { digits } from "../shared/numbers.js";
import { boxOf, fresh, segment } from "../shared/picture.js";
import { within } from "../shared/pointer.js";

const DASHES = { train: [], validation: [7, 4], test: [2, 3] };

function panels(my) {
  const { clientWidth: w, clientHeight: h } = boxOf(my.chart);
  const two = !my.data.regression && w > 520;
  const gap = 56;
  const width = two ? (w - 2 * gap - 150) / 2 : w - gap - 64;
  const panel = (name, x) => ({ name, x, width, top: 18, bottom: h - 36 });
  return [panel("loss", gap - 12), ...(two ? [panel("accuracy", 2 * gap + width + 62)] : [])];
}

/** Index of the recorded epoch under a pointer. */
export function chartT(my, e) {
  const { x } = within(my.chart, e);
  const all = panels(my);
  const p = all.findLast((q) => x >= q.x - 12) ?? all[0];
  return Math.max(0, Math.min(my.last, Math.round(((x - p.x) / p.width) * my.last)));
}

export function drawChart(my) {
  const [c] = fresh(my.chart);
  const { regression, epochs, curves } = my.data;
  for (const panel of panels(my)) drawPanel(my, c, panel);
  const ends = Object.entries(curves.loss).map(([name, v]) => `${name} loss ${digits(v.at(-1))} at the end`);
  const what = `Loss${regression ? "" : " and accuracy"} over ${epochs.at(-1)} epochs`;
  my.chart.setAttribute("aria-label", `${what}: ${ends.join(", ")}.`);
}

function drawPanel(my, c, p) {
  const at = my.hoverT ?? my.t;
  const rows = Object.entries(my.data.curves[p.name]);
  const finite = rows.flatMap(([, v]) => v.filter(Number.isFinite));
  const most = p.name === "accuracy" ? 1 : Math.max(...finite, 1e-6);
  const px = (t) => p.x + (t / Math.max(1, my.last)) * p.width;
  const py = (v) => p.bottom - (Math.min(v, most) / most) * (p.bottom - p.top);
  drawAxes(my, c, p, px, py, most);
  const ends = rows.map(([name, v]) => drawRow(my, c, name, v, px, py));
  c.strokeStyle = my.theme.text;
  segment(c, [px(at), p.top], [px(at), p.bottom]);
  drawNames(my, c, p, ends);
  if (my.hoverT == null) return;
  c.fillStyle = my.theme.text;
  c.textAlign = "right";
  const values = ends.map(({ name, v }) => `${name} ${digits(v[at])}`).join(", ");
  c.fillText(`epoch ${my.data.epochs[at]}: ${values}`, p.x + p.width, 11);
}

function drawAxes(my, c, p, px, py, most) {
  c.font = my.theme.small;
  c.fillStyle = my.theme.text;
  c.strokeStyle = "rgba(124,136,150,.35)";
  c.lineWidth = 1;
  for (const k of [0, 0.5, 1]) {
    const t = Math.round(k * my.last);
    segment(c, [p.x, py(k * most)], [p.x + p.width, py(k * most)]);
    c.textAlign = "right";
    c.fillText(digits(k * most), p.x - 5, py(k * most) + 4);
    c.textAlign = "center";
    c.fillText(String(my.data.epochs[t]), px(t), p.bottom + 15);
  }
  c.fillText("epoch", p.x + p.width / 2, p.bottom + 30);
  c.textAlign = "left";
  c.fillText(p.name === "loss" ? "mean loss of a point" : "accuracy", p.x, 11);
}

function drawRow(my, c, name, v, px, py) {
  c.beginPath();
  c.setLineDash(DASHES[name]);
  c.strokeStyle = my.data.colors[name];
  c.lineWidth = 2;
  v.forEach((a, t) => Number.isFinite(a) && c.lineTo(px(t), py(a)));
  c.stroke();
  c.setLineDash([]);
  return { y: py(v.at(-1)), name, v };
}

// Names at the curves' ends, pushed apart where they would cover each other.
function drawNames(my, c, p, ends) {
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i++) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 14);
  const over = Math.max(0, (ends.at(-1)?.y ?? 0) - p.bottom);
  c.textAlign = "left";
  for (const { y, name } of ends) {
    c.fillStyle = my.data.colors[name];
    c.fillText(name, p.x + p.width + 4, y - over + 4);
  }
}
