// Softmax's state in the address: scores and temperature as "2,1,-0.5;1".

import { clamp } from "../shared/numbers.js";
import { softmax } from "../softmax/formulas.js";

const NAME = "neuron_softmax";

const read = (text) => text.split(";").map((part) => part.split(",").map(Number));

function into(data, said) {
  if (!said[NAME]) return;
  const [z, [T]] = read(said[NAME][0]);
  data.at = `${z.map((v) => clamp(v, -5, 5))};${clamp(T, 0.1, 10)}`;
}

const from = (name, sent) => (name === "moved" ? { [NAME]: [sent.at] } : null);

function judge(_, text) {
  const [z, T] = read(text);
  return z.length >= 2 && z.length <= 5 && T?.length === 1 && [...z, ...T].every(Number.isFinite);
}

const compute = ({ z, T }) => softmax(z, T);

export const state = { into, from, judge, compute };
