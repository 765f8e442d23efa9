// The losses against the step: height above the minimum on a logarithmic axis; f itself where there is none.

import { clamp, digits } from "../shared/numbers.js";
import { fresh, picture, segment } from "../shared/picture.js";
import { follow, within } from "../shared/pointer.js";
import { DASHES, label } from "./looks.js";
import { drawHead } from "./map.js";
import { heightAt, measured } from "./words.js";

const FLOOR = 1e-15; // differences of f below are rounding; a log axis needs something above zero
const [LEFT, BOTTOM, TOP, RIGHT] = [52, 18, 8, 10];

export function buildLosses(my, parent) {
  my.losses = picture({ class: "losses" }, parent);
  const look = (e) => {
    const { x, width } = within(my.losses, e);
    my.seek(Math.round(clamp((x - LEFT) / (width - LEFT - RIGHT), 0, 1) * my.data.steps));
  };
  my.losses.onpointerdown = (e) => {
    if (e.pointerType === "mouse") follow(my.losses, e, look);
    look(e);
  };
}

/** From a loss to the axis, its ends and ticks: whole decades, so that it stands while a hand moves. */
function axisOf(my) {
  const { bounded } = my.land;
  const at = bounded ? (v) => Math.log10(Math.max(v, FLOOR)) : (v) => v;
  let [low, high] = [Infinity, -Infinity];
  my.races.forEach(({ losses, gone }, k) => {
    const last = gone > 0 ? gone - 1 : losses.length - 1;
    for (let t = 0; t <= last; t++) {
      const v = at(heightAt(my, k, t));
      if (v < low) low = v;
      if (v > high) high = v;
    }
  });
  if (!bounded) {
    [low, high] = [Math.max(low, -20), Math.min(high, 20)];
    const room = Math.max(high - low, 1e-9) / 10;
    return { at, low: low - room, high: high + room, ticks: [low, (low + high) / 2, high], text: digits };
  }
  [low, high] = [Math.floor(low), Math.max(Math.ceil(Math.min(high, 6)), Math.floor(low) + 2)];
  const every = Math.max(1, Math.ceil((high - low) / 4));
  const ticks = [];
  for (let v = high; v >= low; v -= every) ticks.push(v);
  return { at, low: low - 0.2, high: high + 0.2, ticks, text: (v) => digits(10 ** v) };
}

export function drawLosses(my) {
  const [c, w, h] = fresh(my.losses);
  const { steps } = my.data;
  const { at, low, high, ticks, text } = axisOf(my);
  const px = (t) => LEFT + (t / Math.max(steps, 1)) * (w - LEFT - RIGHT);
  const py = (v) => clamp(h - BOTTOM - ((v - low) / (high - low)) * (h - TOP - BOTTOM), -h, 2 * h);
  c.font = my.theme.small;
  c.fillStyle = my.theme.text;
  c.strokeStyle = my.data.colors.muted;
  c.lineWidth = 0.5;
  c.textAlign = "right";
  for (const v of ticks) {
    segment(c, [LEFT, py(v)], [w - RIGHT, py(v)]);
    c.fillText(text(v), LEFT - 6, py(v) + 4);
  }
  c.textAlign = "center";
  for (const t of [0, Math.round(steps / 2), steps]) c.fillText(String(t), clamp(px(t), LEFT, w - 16), h - 4);
  c.fillText("step", px(steps / 4), h - 4);
  c.save();
  c.beginPath();
  c.rect(LEFT, 0, w - LEFT, h - BOTTOM + 4);
  c.clip();
  my.rules.forEach((rule, k) => {
    const { gone } = my.races[k];
    const last = gone > 0 ? gone - 1 : steps;
    c.beginPath();
    for (let t = 0; t <= last; t++) c.lineTo(px(t), py(at(heightAt(my, k, t))));
    c.strokeStyle = rule.look.color;
    c.lineWidth = 2;
    c.setLineDash(DASHES[rule.look.dash]);
    c.stroke();
    c.setLineDash([]);
    const t = Math.min(my.t, last);
    drawHead(c, rule, px(t), py(at(heightAt(my, k, t))), 0.7);
  });
  c.restore();
  c.textAlign = "center";
  label(c, my.theme, measured(my), LEFT + (w - LEFT - RIGHT) / 2, TOP + 6);
  const words = `${measured(my)} of every racer against the step`;
  if (my.losses.getAttribute("aria-label") !== words) my.losses.setAttribute("aria-label", words);
}
