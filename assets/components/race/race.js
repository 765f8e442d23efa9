// The race in the hand: the start dragged, η and β turned on sliders, every racer's path follows at once.
// Nothing is sent while the hand moves; one message follows when it rests.

import { button, make } from "../shared/elements.js";
import { clamp } from "../shared/numbers.js";
import { film, frames, rest } from "../shared/timing.js";
import { follow, spoken } from "./cloud.js";
import { buildLegend, fillLegend, listRacers, write } from "./legend.js";
import { buildLosses, drawLosses } from "./losses.js";
import { buildMap, drawMap, placeStart } from "./map.js";
import { raced } from "./racing.js";
import { buildRate, drawRate, showRate } from "./rate.js";
import { buildSlow, showSlow } from "./slow_motion.js";
import { surfaceOf } from "./surfaces.js";
import { groundOf } from "./terrain.js";
import { told } from "./words.js";

const LONGEST = 8; // seconds of a film at its own speed
const PATIENCE = 3000; // ms in which what was sent has to come back

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = build(host);
  return {
    update: (data) => update(my, data),
    stop() {
      pause(my);
      my.observer.disconnect();
      my.frames.stop();
      my.rest.stop();
      cancelAnimationFrame(my.working);
    },
  };
}

function build(host) {
  const my = {
    host,
    t: Infinity,
    playing: false,
    slowly: false, // the racer in hand shows every step
    held: false,
    draws: 0,
    races: [],
    sentAt: 0,
    crowds: new Map(),
    cloud: false,
    touched: false,
  };
  my.frames = frames(() => draw(my));
  my.ask = my.frames.ask;
  my.rest = rest(350, () => settle(my));
  my.film = film(
    () => (my.slowly ? 2 : Math.max(25, my.data.steps / LONGEST)),
    (steps) => forth(my, steps),
    () => pause(my),
  );
  /** The hand has moved something: everybody runs again, and all of the way is seen. */
  my.moved = () => {
    pause(my);
    my.t = Infinity;
    my.stale = my.touched = true;
    my.ask();
  };
  my.seek = (t) => {
    pause(my);
    my.t = t;
    my.ask();
  };
  my.choose = (name) => {
    my.chosen = name;
    showRate(my);
    my.ask();
  };
  buildBar(my, make("div", { class: "bar", role: "group", "aria-label": "Playback" }, host.root));
  const left = make("div", { class: "left" }, host.root);
  buildMap(my, left);
  buildSlow(my, left);
  const side = make("div", { class: "side" }, host.root);
  buildLegend(my, side);
  buildRate(my, side);
  buildLosses(my, make("div", { class: "below" }, host.root));
  my.observer = new ResizeObserver(my.ask);
  my.observer.observe(host.root);
  return my;
}

function buildBar(my, bar) {
  button("|◀", "Back to the start", () => my.seek(0), bar);
  my.play = button("▶ Play", "Play or pause the race", () => (my.playing ? pause(my) : play(my)), bar);
  my.scrub = make("input", { type: "range", min: 0, step: 1, "aria-label": "Step" }, bar);
  my.scrub.oninput = () => my.seek(+my.scrub.value);
  my.clock = make("output", { class: "clock" }, bar);
  const slow = button(
    "Slow motion",
    "The racer in hand step by step, with its arrows and numbers: arrow keys go back and forth",
    () => {
      my.slowly = !my.slowly;
      slow.setAttribute("aria-pressed", String(my.slowly));
      my.seek(my.slowly ? 1 : my.data.steps);
      if (my.slowly) my.scrub.focus();
    },
    bar,
  );
  slow.setAttribute("aria-pressed", "false");
  const many = button(
    "400 starts",
    "The racer in hand from 400 starts at once",
    () => {
      my.cloud = !my.cloud;
      many.setAttribute("aria-pressed", String(my.cloud));
      my.t = my.cloud && !my.host.still() ? 0 : Infinity;
      if (my.t === 0) play(my);
      else pause(my);
      my.ask();
    },
    bar,
  );
  many.setAttribute("aria-pressed", "false");
}

// ---- what the server asks for
const handOf = (data) => JSON.stringify([data.start, data.racers.map((r) => [r.name, r.lr, r.beta])]);

function update(my, data) {
  const first = !my.data;
  const ground = JSON.stringify([data.surface, data.log, data.colors]);
  const elsewhere = my.ground !== ground;
  my.data = data;
  my.theme = my.host.theme();
  const hand = handOf(data);
  if (my.pending === hand || Date.now() - my.sentAt > PATIENCE) my.pending = null;
  if (elsewhere) {
    my.ground = ground;
    my.pending = null;
    my.surface = surfaceOf(data.surface);
    my.land = groundOf(my.surface, data);
  }
  const busy = my.held || my.rest.waiting() || my.pending != null;
  if (!my.start || elsewhere || !busy) my.start = data.start.slice();
  const before = busy && !elsewhere ? (my.rules ?? []) : [];
  my.rules = data.racers.map((racer) => {
    const mine = before.find(({ name }) => name === racer.name);
    return mine ? { ...racer, lr: mine.lr, [racer.turned]: mine[racer.turned] } : { ...racer };
  });
  if (!my.rules.some(({ name }) => name === my.chosen)) my.chosen = my.rules[0].name;
  my.plan = { steps: data.steps, noise: data.noise, seed: data.seed };
  listRacers(my);
  showRate(my);
  my.stale = true;
  if (first && !my.host.still()) {
    my.t = 0;
    play(my);
  }
  my.ask();
}

// ---- the film
function play(my) {
  pause(my);
  if (my.t >= my.data.steps) my.t = 0;
  my.playing = true;
  my.play.textContent = "❚❚ Pause";
  my.film.play();
}
function pause(my) {
  my.playing = false;
  my.film.pause();
  my.play.textContent = "▶ Play";
}
function forth(my, steps) {
  my.t = Math.min(my.data.steps, my.t + steps);
  if (steps) my.ask();
  return my.t < my.data.steps;
}

// ---- the hand at rest
function settle(my) {
  my.touched = false;
  my.ask();
  const changed = my.rules
    .map((rule) => [rule, my.data.racers.find(({ name }) => name === rule.name)])
    .filter(([mine, was]) => mine.lr !== was?.lr || mine[mine.turned] !== was?.[mine.turned])
    .map(([mine]) => [mine.name, mine.lr, mine.turned ? mine[mine.turned] : null]);
  my.host.say(told(my));
  const start = String(my.start) === String(my.data.start) ? null : my.start;
  if (!changed.length && !start) return;
  my.pending = handOf({
    start: my.start,
    racers: my.rules.map((r) => ({ ...r, beta: r[r.turned] ?? null })),
  });
  my.sentAt = Date.now();
  my.host.send("moved", { surface: my.data.surface.name, start, racers: changed });
}

function draw(my) {
  if (!my.host.size().width || !my.data) return;
  const { steps } = my.data;
  my.t = clamp(my.t, 0, steps);
  if (my.stale) {
    my.races = my.rules.map((rule) => raced(my.surface, rule, my.start, my.plan));
    my.stale = false;
  }
  showSlow(my);
  drawMap(my);
  placeStart(my);
  drawLosses(my);
  drawRate(my);
  follow(my);
  fillLegend(my);
  write(my.where, spoken(my));
  my.scrub.max = steps;
  my.scrub.value = my.t;
  my.scrub.setAttribute("aria-valuetext", `step ${my.t}`);
  my.clock.textContent = `step ${my.t}`;
  Object.assign(my.host.root.dataset, {
    draws: ++my.draws,
    step: my.t,
    start: my.start.join(),
    playing: my.playing,
  });
}
