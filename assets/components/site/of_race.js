// The race's state in the address: who runs at which rate, from where, and every racer's own numbers.

import { raced } from "../race/racing.js";
import { surfaceOf } from "../race/surfaces.js";

const own = (name, number) => `optimizers_${name}_${number}`;
const meant = (text) => (text === "true" || text === "false" ? text === "true" : Number(text));

function into(data, said, page, value) {
  const { racers, rates, numbers, presets } = page.more;
  const chosen = value("optimizers_racers");
  if (!chosen.length) return "Choose at least one racer, for example “Adam”.";
  const place = said.optimizers_surface?.[0] ?? page.controls[0].default;
  const preset = presets.indexOf(said.optimizers_rate?.[0] ?? page.controls[1].default);
  data.racers = chosen.map((name) => {
    const rule = { ...racers[name], schedule: value("optimizers_schedule") };
    rule.lr = rates[`${place}|${name}`][preset];
    for (const number of ["lr", ...numbers[name]])
      if (said[own(name, number)]) rule[number] = meant(said[own(name, number)][0]);
    return rule;
  });
  data.start = ["x", "y"].map((axis, k) => Number(said[`optimizers_${axis}`]?.[0] ?? data.start[k]));
}

function from(name, { start, racers }, _, page) {
  if (name !== "moved") return null;
  const changes = {};
  if (start) Object.assign(changes, { optimizers_x: [String(start[0])], optimizers_y: [String(start[1])] });
  for (const [racer, lr, turned] of racers) {
    changes[own(racer, "lr")] = [String(lr)];
    const second = page.more.racers[racer].turned;
    if (second && turned !== null) changes[own(racer, second)] = [String(turned)];
  }
  return changes;
}

function judge(name, text) {
  if (/_line_search$/.test(name)) return text === "true" || text === "false";
  const most = /^optimizers_[xy]$/.test(name) ? 10 : 1000;
  return text.trim() !== "" && Math.abs(Number(text)) <= most;
}

const grounds = {};

function compute({ surface, rule, start }) {
  const ground = (grounds[surface.name] ??= surfaceOf(surface));
  const { path, losses } = raced(ground, rule, start, { steps: 2, noise: 0, seed: 0 });
  return [...path, ...losses];
}

export const state = { into, from, judge, compute };
