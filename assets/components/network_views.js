// The pictures beside the diagram: loss and accuracy over the epochs, and the space of the last hidden layer.

function panels(my) {
  const { clientWidth: w, clientHeight: h } = my.chart.parentElement, two = !my.data.regression && w > 520, gap = 56;
  const width = two ? (w - 2 * gap - 150) / 2 : w - gap - 64;
  return [["loss", gap - 12, width], ...(two ? [["accuracy", 2 * gap + width + 62, width]] : [])].map(([name, x, width]) => ({ name, x, width, top: 18, bottom: h - 36 }));
}
function chartT(my, e) {
  const x = e.clientX - my.chart.getBoundingClientRect().left;
  const p = panels(my).findLast((q) => x >= q.x - 12) || panels(my)[0];
  return Math.max(0, Math.min(my.last, Math.round(((x - p.x) / p.width) * my.last)));
}
function drawChart(my) {
  const [c] = fresh(my.chart), { colors, epochs, curves } = my.data, at = my.hoverT ?? my.t;
  for (const p of panels(my)) {
    const rows = Object.entries(curves[p.name]), most = p.name === "accuracy" ? 1 : Math.max(...rows.flatMap(([, v]) => v.filter(Number.isFinite)), 1e-6);
    const px = (t) => p.x + (t / Math.max(1, my.last)) * p.width, py = (v) => p.bottom - (Math.min(v, most) / most) * (p.bottom - p.top);
    c.font = my.theme.small; c.fillStyle = my.theme.text; c.strokeStyle = "rgba(124,136,150,.35)"; c.lineWidth = 1;
    for (const k of [0, 0.5, 1]) {
      c.beginPath(); c.moveTo(p.x, py(k * most)); c.lineTo(p.x + p.width, py(k * most)); c.stroke();
      c.textAlign = "right"; c.fillText(digits(k * most), p.x - 5, py(k * most) + 4);
      c.textAlign = "center"; c.fillText(String(epochs[Math.round(k * my.last)]), px(Math.round(k * my.last)), p.bottom + 15);
    }
    c.fillText("epoch", p.x + p.width / 2, p.bottom + 30);
    c.textAlign = "left"; c.fillText(p.name === "loss" ? "mean loss of a point" : "accuracy", p.x, 11);
    const dash = { train: [], validation: [7, 4], test: [2, 3] }, ends = [];
    for (const [name, v] of rows) {
      c.beginPath(); c.setLineDash(dash[name]); c.strokeStyle = colors[name]; c.lineWidth = 2;
      v.forEach((a, t) => Number.isFinite(a) && c.lineTo(px(t), py(a)));
      c.stroke(); c.setLineDash([]);
      ends.push([py(v.at(-1)), name, colors[name], v[at]]);
    }
    c.strokeStyle = my.theme.text; c.beginPath(); c.moveTo(px(at), p.top); c.lineTo(px(at), p.bottom); c.stroke();
    ends.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < ends.length; i++) ends[i][0] = Math.max(ends[i][0], ends[i - 1][0] + 14);
    const over = Math.max(0, (ends.at(-1)?.[0] ?? 0) - p.bottom);
    for (const [y, name, color] of ends) { c.fillStyle = color; c.textAlign = "left"; c.fillText(name, p.x + p.width + 4, y - over + 4); }
    c.fillStyle = my.theme.text; c.textAlign = "right";
    if (my.hoverT != null) c.fillText(`epoch ${epochs[at]}: ` + ends.map(([, name, , v]) => `${name} ${digits(v)}`).join(", "), p.x + p.width, 11);
  }
  my.chart.setAttribute("aria-label", `Loss${my.data.regression ? "" : " and accuracy"} over ${epochs.at(-1)} epochs: ` + Object.entries(curves.loss).map(([n, v]) => `${n} loss ${digits(v.at(-1))} at the end`).join(", ") + ".");
}

// ---- what the last hidden layer sees: every point at the outputs of its two neurons that weigh most
function drawHidden(my, theta) {
  const [c, w, h] = fresh(my.out), { net, shown } = my.data, m = net.hidden.at(-1);
  const seen = forward(net, theta, my.columns).at(-2), weights = theta.slice(my.p - m - 1);
  const order = [...Array(m).keys()].sort((i, j) => Math.abs(weights[j]) - Math.abs(weights[i]));
  const [i, j] = m > 1 ? [order[0], order[1]].sort((a, b) => a - b) : [0, 0];
  const all = [...seen[i], ...seen[j]].filter(Number.isFinite), low = Math.min(...all, -0.2), high = Math.max(...all, 0.2), pad = 0.12 * (high - low);
  const at = (v) => (v - low + pad) / (high - low + 2 * pad), px = (v) => at(v) * w, py = (v) => h - at(v) * h;
  c.fillStyle = "#EDEDED"; c.fillRect(0, 0, w, h);
  if (m === 2) {
    // The output neuron is one neuron: in this plane its boundary is a straight line.
    const [w1, w2, b] = weights, far = 10 * (Math.abs(low) + Math.abs(high)) + 10, q = Math.hypot(w1, w2) || 1, p = [(-b * w1) / (q * q), (-b * w2) / (q * q)];
    c.strokeStyle = "#1B2430"; c.lineWidth = 2.5; c.beginPath();
    c.moveTo(px(p[0] - (far * w2) / q), py(p[1] + (far * w1) / q)); c.lineTo(px(p[0] + (far * w2) / q), py(p[1] - (far * w1) / q)); c.stroke();
  }
  my.points.forEach(([, , y, s], k) => { if (shown.includes(s)) mark(my, c, px(seen[i][k]), m > 1 ? py(seen[j][k]) : h / 2, y, s); });
  c.font = my.theme.small; c.textAlign = "right"; halo(c, `output of neuron ${i + 1}`, w - 6, h - 8);
  c.textAlign = "left"; if (m > 1) halo(c, `output of neuron ${j + 1}`, 6, 15);
  c.textAlign = "center"; for (const v of [low, (low + high) / 2, high]) { halo(c, digits(v), px(v), h - 24); if (m > 1) halo(c, digits(v), 18, py(v) + 4); }
  my.out.setAttribute("aria-label", `The points as the last hidden layer sees them, by the outputs of neurons ${i + 1} and ${j + 1}${m === 2 ? ", with the straight line of the output neuron" : ""}.`);
}
