// η and β of the racer in hand. Above the slider of η stands what each rate comes to, from this start.

import { make } from "../shared/elements.js";
import { clamp, digits } from "../shared/numbers.js";
import { fresh, picture, segment } from "../shared/picture.js";
import { buildPad, drawPad } from "./pad.js";
import { bestOf, limitOf, lossesAt, RATES, steepest } from "./rates.js";

const [LOWEST, HIGHEST] = [-4, 1]; // powers of ten that the slider of η goes through
const THUMB = 8; // pixels from the end of a slider to the middle of its thumb
const BETAS = { beta: "β", beta1: "β₁", beta2: "β₂" };

export function buildRate(my, parent) {
  const panel = make("div", { class: "rate" }, parent);
  const eta = make("div", { class: "row" }, panel);
  my.etaName = make("span", { class: "what" }, eta);
  my.etaValue = make("output", {}, eta);
  my.lens = picture({ class: "lens" }, panel);
  my.eta = make("input", { type: "range", class: "eta", min: LOWEST, max: HIGHEST, step: 0.005 }, panel);
  my.eta.oninput = () => turn(my, { lr: Number((10 ** +my.eta.value).toPrecision(3)) });
  my.betaRow = make("div", { class: "row" }, panel);
  my.betaName = make("span", { class: "what" }, my.betaRow);
  my.betaValue = make("output", {}, my.betaRow);
  my.beta = make("input", { type: "range", class: "beta", min: 0, max: 0.999, step: 0.001 }, panel);
  my.beta.oninput = () => turn(my, { [ruleOf(my).turned]: +my.beta.value });
  my.eta.onchange = my.beta.onchange = () => my.rest.begin();
  my.turn = (numbers) => turn(my, numbers);
  buildPad(my, panel);
}

/** The racer in hand. */
export const ruleOf = (my) => my.rules.find(({ name }) => name === my.chosen);

function turn(my, numbers) {
  Object.assign(ruleOf(my), numbers);
  my.rest.stop();
  showRate(my);
  my.moved();
}

/** The sliders at the numbers of the racer in hand. */
export function showRate(my) {
  const rule = ruleOf(my);
  my.etaName.textContent = `η of ${rule.title}`;
  my.etaValue.textContent = digits(rule.lr);
  my.eta.setAttribute("aria-label", `Learning rate η of ${rule.title}`);
  my.eta.setAttribute("aria-valuetext", digits(rule.lr));
  const at = clamp(Math.log10(rule.lr || 1e-9), LOWEST, HIGHEST);
  if (Math.abs(+my.eta.value - at) > 0.003) my.eta.value = at;
  const name = BETAS[rule.turned];
  my.betaRow.hidden = my.beta.hidden = !name;
  if (!name) return;
  my.betaName.textContent = `${name} of ${rule.title}`;
  my.betaValue.textContent = digits(rule[rule.turned]);
  my.beta.setAttribute("aria-label", `${name} of ${rule.title}`);
  if (+my.beta.value !== rule[rule.turned]) my.beta.value = rule[rule.turned];
}

/** What each rate comes to: computed again when start or β move; a walk over data waits until they rest. */
function look(my) {
  const rule = ruleOf(my);
  const { lr, ...others } = rule;
  const key = JSON.stringify([my.ground, my.start, my.plan, others]);
  if (my.seen?.key === key) return my.seen;
  if (my.surface.samples && my.seen?.name === rule.name && (my.held || my.touched)) return my.seen;
  const losses = lossesAt(my.surface, rule, my.start, my.plan);
  const lambda = steepest(my.surface, my.data.minima, my.start);
  my.seen = {
    key,
    name: rule.name,
    losses,
    best: my.land.bounded ? bestOf(losses) : Number.NaN,
    lambda,
    limit: limitOf(rule, lambda),
  };
  return my.seen;
}

/** @type {(lr: number) => boolean} */
const inSight = (lr) => lr >= 10 ** LOWEST && lr <= 10 ** HIGHEST;

export function drawRate(my) {
  const { losses, best, limit, lambda } = look(my);
  const [c, w, h] = fresh(my.lens);
  const { danger, muted, accent } = my.data.colors;
  const px = (lr) => THUMB + ((Math.log10(lr) - LOWEST) / (HIGHEST - LOWEST)) * (w - 2 * THUMB);
  drawCurve(my, c, losses, px, h);
  c.font = my.theme.small;
  c.lineWidth = 2;
  const line = (value, color) => {
    c.strokeStyle = color;
    if (inSight(value)) segment(c, [px(value), 0], [px(value), h]);
  };
  const name = (value, text, y) => {
    if (!inSight(value)) return;
    const x = px(value);
    c.textAlign = x > w / 2 ? "right" : "left";
    c.fillStyle = my.theme.ground;
    const wide = c.measureText(text).width + 6;
    c.fillRect(x > w / 2 ? x - wide - 3 : x + 3, y - 11, wide, 14);
    c.fillStyle = my.theme.text;
    c.fillText(text, x + (x > w / 2 ? -6 : 6), y);
  };
  line(best, accent);
  line(limit, danger);
  c.strokeStyle = my.theme.text;
  c.setLineDash([2, 2]);
  const now = clamp(px(clamp(ruleOf(my).lr, 1e-9, 1e9)), THUMB, w - THUMB);
  segment(c, [now, 0], [now, h]);
  c.setLineDash([]);
  name(best, `best ${digits(best)}`, 13);
  name(limit, `limit ${digits(limit)}`, h - 6);
  c.strokeStyle = muted;
  c.lineWidth = 1;
  segment(c, [0, h - 0.5], [w, h - 0.5]);
  const words = [
    `Loss after the race at rates from 0.0001 to 10.`,
    Number.isNaN(best) ? "" : `Lowest at ${digits(best)}.`,
    Number.isNaN(limit) ? "" : `The nearest minimum holds this racer up to ${digits(limit)}.`,
  ];
  if (!my.held && !my.playing) my.lens.setAttribute("aria-label", words.join(" "));
  drawPad(my, lambda);
}

/** The loss after the race against the rate, on a logarithmic height; no curve where the racer leaves. */
function drawCurve(my, c, losses, px, h) {
  const { lowest, bounded } = my.land;
  const heights = losses.map((f) => (bounded ? Math.log10(Math.max(f - lowest, 1e-15)) : f));
  const seen = heights.filter(Number.isFinite);
  const [low, high] = [Math.min(...seen), Math.min(Math.max(...seen), Math.min(...seen) + 20)];
  const py = (v) => h - 4 - ((Math.min(v, high) - low) / Math.max(high - low, 1e-9)) * (h - 10);
  c.strokeStyle = my.theme.text;
  c.globalAlpha = 0.7;
  c.lineWidth = 1.5;
  c.beginPath();
  heights.forEach((v, k) => {
    if (!Number.isFinite(v)) return;
    const before = k > 0 && Number.isFinite(heights[k - 1]);
    if (before) c.lineTo(px(RATES[k]), py(v));
    else c.moveTo(px(RATES[k]), py(v));
  });
  c.stroke();
  c.globalAlpha = 1;
}
