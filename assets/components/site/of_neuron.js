// The neuron's state in the address: weights, bias and inputs as "w1,w2;b;x1,x2".

import { decode, encode, MOST, neuron } from "../neuron/formulas.js";
import { clamp } from "../shared/numbers.js";

const NAME = "neuron_at";

function into(data, said, page) {
  const usual = decode(page.more.start);
  const given = said[NAME] ? decode(said[NAME][0]) : usual;
  const kept = (row, start, most) =>
    [...row, ...start.slice(row.length)].slice(0, data.n).map((v) => clamp(v, -most, most));
  const [w, x] = [kept(given.w, usual.w, MOST.w), kept(given.x, usual.x, MOST.x)];
  if (data.n !== 2) data.points = [];
  data.at = encode({ w, b: clamp(given.b, -MOST.b, MOST.b), x });
}

const from = (name, sent) => (name === "moved" ? { [NAME]: [sent.at] } : null);

function judge(_, text) {
  if (text.split(";").length !== 3) return false;
  const { w, b, x } = decode(text);
  return [...w, b, ...x].every(Number.isFinite);
}

function compute({ at, f }) {
  const { z, a, slope } = neuron(decode(at), f);
  return [z, a, slope];
}

export const state = { into, from, judge, compute };
