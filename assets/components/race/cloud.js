// The crowd on the map: 400 racers of one rule, colored by where they end; basins fill as they arrive.

import { clamp } from "../shared/numbers.js";
import { DIVERGED, gathered, goOn, SIDE, sharesOf, startOf, UNFINISHED } from "./crowd.js";

const FAR = 1e5;

/** Crowds are computed once the hand rests; that of the racer in hand follows it while the cloud is seen. */
export function follow(my) {
  cancelAnimationFrame(my.working);
  const order = my.cloud ? my.rules.filter(({ name }) => name === my.chosen) : [];
  if (!my.held && !my.touched) order.push(...my.rules.filter((rule) => !order.includes(rule)));
  const next = order.find((rule) => my.crowds.get(rule.name)?.key !== keyOf(my, rule));
  if (!next) return;
  const key = keyOf(my, next);
  const moving = my.cloud && next.name === my.chosen;
  if (my.job?.key !== key) my.job = { key, crowd: gathered(my.plan.steps, moving) };
  const { job } = my;
  my.working = requestAnimationFrame(() => {
    const told = { view: my.data.view, minima: my.data.minima, plan: my.plan };
    if (goOn(job.crowd, my.surface, next, told)) {
      my.crowds.set(next.name, { ...job, shares: sharesOf(job.crowd, my.data.best) });
      my.ask();
    }
    follow(my);
  });
}

const keyOf = (my, rule) => JSON.stringify([my.ground, my.plan, rule, my.cloud && rule.name === my.chosen]);

/** The shares of a racer's crowd, if they are known. */
export const sharesFor = (my, rule) => my.crowds.get(rule.name)?.shares;

const percent = (share) => `${Math.round(1000 * share) / 10}%`;

/** The shares of the racer in hand as a sentence. */
export function spoken(my) {
  const rule = my.rules.find(({ name }) => name === my.chosen);
  const shares = sharesFor(my, rule);
  if (!shares) return `${rule.title} from 400 starts on a grid over this map: …`;
  const said = [
    [shares.reached, "reach a global minimum"],
    [shares.elsewhere, "another one"],
    [shares.unfinished, my.data.minima.length ? "are still on the way" : "stay"],
    [shares.diverged, "leave for infinity"],
  ];
  const listed = said.filter(([share]) => share > 0).map(([share, words]) => `${percent(share)} ${words}`);
  return `${rule.title} from 400 starts on a grid over this map: ${listed.join(", ")} (no sampling error).`;
}

export function drawCloud(my, c, px, py) {
  const seen = my.crowds.get(my.chosen);
  if (!seen?.crowd.paths) return;
  const { label, since, paths } = seen.crowd;
  const steps = paths.length / label.length / 2 - 1;
  const t = Math.min(my.t, steps);
  const { view, colors } = my.data;
  const colorOf = (k) =>
    k >= 0 ? colors.categories[k % 10] : k === UNFINISHED ? colors.muted : colors.danger;
  const [wide, high] = [px(view[0][1]) / (SIDE - 1), py(view[1][0]) / (SIDE - 1)];
  c.globalAlpha = 0.35;
  label.forEach((end, k) => {
    if (end === UNFINISHED || since[k] > t) return;
    const [x, y] = startOf(view, k);
    c.fillStyle = colorOf(end);
    c.fillRect(px(x) - wide / 2, py(y) - high / 2, wide, high);
  });
  c.globalAlpha = 1;
  label.forEach((end, k) => {
    const at = 2 * (k * (steps + 1) + t);
    const [x, y] = [clamp(px(paths[at]), -FAR, FAR), clamp(py(paths[at + 1]), -FAR, FAR)];
    c.fillStyle = "#fff";
    c.fillRect(x - 3, y - 3, 6, 6);
    c.fillStyle = colorOf(end);
    if (end === DIVERGED) c.fillRect(x - 2, y - 1, 4, 2);
    else c.fillRect(x - 2, y - 2, 4, 4);
  });
}
