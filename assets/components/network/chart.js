// Loss and accuracy over the recorded epochs, with the epoch on screen.

import { digits } from "../shared/numbers.js";
import { boxOf, fresh, segment } from "../shared/picture.js";
import { within } from "../shared/pointer.js";
import { lastOf } from "./training.js";

const DASHES = { train: [], validation: [7, 4], test: [2, 3] };

function panels(my) {
  const { clientWidth: w, clientHeight: h } = boxOf(my.chart);
  const two = !my.data.regression && w > 520;
  const gap = 56;
  const width = two ? (w - 2 * gap - 150) / 2 : w - gap - 64;
  const panel = (name, x) => ({ name, x, width, top: 18, bottom: h - 36 });
  return [panel("loss", gap - 12), ...(two ? [panel("accuracy", 2 * gap + width + 62)] : [])];
}

// The axis reaches as far as a training goes by itself, and then as far as it has come.
const farthest = (my) => Math.max(my.data.lead, my.records.at(-1).epoch, 1);

/** Index of the recorded epoch under a pointer. */
export function chartT(my, e) {
  const { x } = within(my.chart, e);
  const all = panels(my);
  const p = all.findLast((q) => x >= q.x - 12) ?? all[0];
  const epoch = ((x - p.x) / p.width) * farthest(my);
  const after = my.records.findIndex((one) => one.epoch >= epoch);
  return after < 0 ? lastOf(my) : after;
}

export function drawChart(my) {
  const [c] = fresh(my.chart);
  for (const panel of panels(my)) drawPanel(my, c, panel);
  const { epoch, scores } = my.records.at(-1);
  const ends = Object.entries(scores).map(([name, { loss }]) => `${name} loss ${digits(loss)} at the end`);
  const what = `Loss${my.data.regression ? "" : " and accuracy"} over ${epoch} epochs`;
  my.chart.setAttribute("aria-label", `${what}: ${ends.join(", ")}.`);
}

function drawPanel(my, c, p) {
  const at = my.records[my.hoverT ?? my.t] ?? my.records[my.t];
  const rows = Object.keys(at.scores).map((name) => [name, my.records.map((r) => r.scores[name][p.name])]);
  const finite = rows.flatMap(([, v]) => v.filter(Number.isFinite));
  const most = p.name === "accuracy" ? 1 : Math.max(...finite, 1e-6);
  const px = (epoch) => p.x + (epoch / farthest(my)) * p.width;
  const py = (v) => p.bottom - (Math.min(v, most) / most) * (p.bottom - p.top);
  drawAxes(my, c, p, px, py, most);
  const ends = rows.map(([name, v]) => drawRow(my, c, name, v, px, py));
  c.strokeStyle = my.theme.text;
  segment(c, [px(at.epoch), p.top], [px(at.epoch), p.bottom]);
  drawNames(my, c, p, px(my.records.at(-1).epoch), ends);
  if (my.hoverT == null) return;
  c.fillStyle = my.theme.text;
  c.textAlign = "right";
  const values = ends.map(({ name }) => `${name} ${digits(at.scores[name][p.name])}`).join(", ");
  c.fillText(`epoch ${at.epoch}: ${values}`, p.x + p.width, 11);
}

function drawAxes(my, c, p, px, py, most) {
  c.font = my.theme.small;
  c.fillStyle = my.theme.text;
  c.strokeStyle = "rgba(124,136,150,.35)";
  c.lineWidth = 1;
  for (const k of [0, 0.5, 1]) {
    const epoch = Math.round(k * farthest(my));
    segment(c, [p.x, py(k * most)], [p.x + p.width, py(k * most)]);
    c.textAlign = "right";
    c.fillText(digits(k * most), p.x - 5, py(k * most) + 4);
    c.textAlign = "center";
    c.fillText(String(epoch), px(epoch), p.bottom + 15);
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
  v.forEach((a, t) => Number.isFinite(a) && c.lineTo(px(my.records[t].epoch), py(a)));
  c.stroke();
  c.setLineDash([]);
  return { y: py(v.at(-1)), name };
}

// Names at the curves' ends, pushed apart where they would cover each other.
function drawNames(my, c, p, x, ends) {
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i++) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 14);
  const over = Math.max(0, (ends.at(-1)?.y ?? 0) - p.bottom);
  c.textAlign = "left";
  for (const { y, name } of ends) {
    c.fillStyle = my.data.colors[name];
    c.fillText(name, x + 4, y - over + 4);
  }
}
