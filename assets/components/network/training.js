// A training as it is watched: the states so far, thinned, the one on screen, and what a hand has changed.

import { ACTIVATIONS } from "../shared/activations.js";
import { copied, gradientOf, overflowed, pointsOf, start, trainerOf } from "./engine.js";
import { forward, headOf, scores } from "./forward.js";

const MOST_RECORDS = 301;
export const MOST_EDITS = 60;
export const MOST_EPOCHS = 999_999;

const SPLITS = { t: "train", v: "validation", e: "test" };

/** Another plan or other points: what trains them. */
export function prepare(my) {
  const { plan, net, train, shown } = my.data;
  const members = (letter) => [...my.points.keys()].filter((k) => my.points[k][3] === letter);
  my.members = [...shown].map((letter) => [SPLITS[letter], members(letter)]);
  const at = train.map((k) => my.points[k]);
  my.learned = pointsOf(
    net,
    at.map((p) => p[0]),
    at.map((p) => p[1]),
    at.map((p) => p[2]),
  );
  my.whole = [...train.keys()];
  my.plan = { ...plan, net };
  my.trainer = trainerOf(my.plan, my.learned);
  my.gradient = gradientOf(net);
  my.stride = 1;
}

/** Back to the initial weights, with the edits that are made on the way. */
export function begin(my, edits) {
  my.edits = edits;
  my.stride = 1;
  my.diverged = null;
  my.first = null;
  const state = start(my.plan);
  edited(my, state);
  my.records = [recorded(my, state)];
  my.t = 0;
}

export const current = (my) => my.records[my.t].theta;
export const epochOf = (my) => my.records[my.t].epoch;
export const lastOf = (my) => my.records.length - 1;
/** Whether there is another state after the one on screen. */
export const goesOn = (my) =>
  my.t < lastOf(my) || (my.data.trains && !my.diverged && my.records.at(-1).epoch < MOST_EPOCHS);

/** Mean loss and accuracy of every split that has points: name -> {loss, accuracy, n}. */
function scoresOf(my, theta) {
  const head = headOf(my.plan.net);
  const z = scores(my.plan.net, theta, my.columns);
  const found = {};
  for (const [name, inside] of my.members) {
    const n = inside.length;
    if (!n) continue;
    const loss = inside.reduce((sum, k) => sum + head.loss(z[k], my.points[k][2]), 0) / n;
    const accuracy = inside.filter((k) => z[k] > 0 === my.points[k][2] > 0).length / n;
    found[name] = { loss, accuracy, n };
  }
  return found;
}

const recorded = (my, state) => ({ ...state, scores: scoresOf(my, state.theta) });

function edited(my, state) {
  for (const [epoch, index, value] of my.edits) {
    if (epoch === state.epoch && index < state.theta.length) state.theta[index] = value;
  }
}

/** One state on: the next one recorded, or one more epoch. */
export function advance(my) {
  if (my.t < lastOf(my)) my.t++;
  else if (goesOn(my)) train(my);
}

function train(my) {
  const before = my.records.at(-1);
  const state = copied(before);
  my.trainer.epoch(state);
  const bad = overflowed(my.plan.net, state.theta);
  if (bad.length) {
    my.diverged = { epoch: state.epoch, layers: bad };
    return;
  }
  edited(my, state);
  if (state.epoch === my.data.early && !my.edits.some(([epoch]) => epoch <= state.epoch))
    my.first = state.theta.slice();
  if (before.epoch % my.stride) my.records.pop(); // the last state is kept until the next one is there
  my.records.push(recorded(my, state));
  if (my.records.length > MOST_RECORDS) {
    my.stride *= 2;
    my.records = my.records.filter((one) => one.epoch % my.stride === 0 || one.epoch === state.epoch);
  }
  my.t = lastOf(my);
}

/** A parameter of the state on screen is set; what came after that state is gone. */
export function change(my, index, value) {
  const epoch = epochOf(my);
  const others = my.edits.filter(([e, i]) => e < epoch || (e === epoch && i !== index));
  if (others.length >= MOST_EDITS) return false;
  my.edits = [...others, [epoch, index, value]];
  my.diverged = null;
  if (epoch <= my.data.early) my.first = null;
  const state = copied(my.records[my.t]);
  state.theta[index] = value;
  my.records.splice(my.t, my.records.length, recorded(my, state));
  return true;
}

/** The parameters that a hand has set up to the state on screen. */
export const touched = (my) => new Set(my.edits.filter(([e]) => e <= epochOf(my)).map(([, i]) => i));

/** [layer, neuron], from 1, of the neurons whose slope was 0 on every training point in the last tenth. */
function stayedDead(my) {
  const { net, train } = my.data;
  const slope = ACTIVATIONS[net.f][1];
  const columns = my.columns.map((c) => Float64Array.from(train, (k) => c[k]));
  let dead = net.hidden.flatMap((m, l) => [...Array(m).keys()].map((j) => [l, j]));
  for (const { theta } of my.records.slice(-Math.max(1, Math.floor(my.records.length / 10)))) {
    if (!dead.length) break;
    const z = forward(net, theta, columns, true);
    dead = dead.filter(([l, j]) => z[l + 1][j].every((v) => slope(v) === 0));
  }
  return dead.map(([l, j]) => [l + 1, j + 1]);
}

const short = (v) => (Number.isFinite(v) ? +v.toPrecision(6) : null);

/** What the server is told once a training rests: the state to the last bit, the curves, what is dead. */
export function atRest(my) {
  const theta = current(my);
  const names = Object.keys(my.records[0].scores);
  const curve = (what) => names.map((name) => [name, my.records.map((r) => short(r.scores[name][what]))]);
  return {
    theta: [...theta],
    gradient: my.whole.length ? [...my.gradient(theta, my.learned, my.whole, 0, my.whole.length)] : [],
    loss: my.records[my.t].scores.train?.loss ?? null,
    first: my.first && [...my.first],
    epochs: my.records.map((r) => r.epoch),
    losses: Object.fromEntries(curve("loss")),
    accuracies: my.data.regression ? {} : Object.fromEntries(curve("accuracy")),
    dead: stayedDead(my),
    diverged: my.diverged,
  };
}
