// The stepper's state in the address: a preset, or the numbers that differ from the first one; and the step.

import { pass } from "../backprop/pass.js";
import { stepsOf } from "../backprop/steps.js";

const PRESET = "backprop_preset";
const COMPARED = ["z1", "h", "z2", "yh", "L", "d_w1", "d_b1", "d_w2", "d_b2"];

const nameOf = (number) => `backprop_${number}`;

function into(data, said, _, value, { turn }) {
  const preset = value(PRESET);
  Object.assign(data, {
    numbers: { ...preset.numbers },
    loss: value("backprop_loss"),
    revision: String(turn),
  });
  for (const name of Object.keys(data.numbers))
    if (said[nameOf(name)]) data.numbers[name] = Number(said[nameOf(name)][0]);
  data.step = said.backprop_step?.[0] ?? preset.step;
}

function from(name, sent, said, page, my) {
  if (name !== "state" || sent.revision !== String(my.turn)) return null;
  const presets = page.controls[0].options;
  const chosen = said[PRESET]?.[0] ?? page.controls[0].default;
  const preset = presets.find(([text]) => text === chosen)[1];
  const usual = presets[0][1];
  const names = Object.keys(usual.numbers);
  const moved = names.some((one) => sent[one] !== (my.data ?? page.data).numbers[one]);
  const own = moved || names.some((one) => said[nameOf(one)]);
  const changes = { backprop_step: sent.step === (own ? usual : preset).step ? [] : [sent.step] };
  if (!own) return changes;
  const loss = said.backprop_loss?.[0] ?? preset.loss;
  for (const one of names) changes[nameOf(one)] = sent[one] === usual.numbers[one] ? [] : [String(sent[one])];
  // Even where every number is that of the first preset, the address says that they are one's own.
  return {
    ...changes,
    backprop_x: [String(sent.x)],
    [PRESET]: [],
    backprop_loss: loss === usual.loss ? [] : [loss],
  };
}

function judge(name, text, page) {
  if (name === "backprop_step") return stepsOf("cross-entropy").some(({ id }) => id === text);
  const [least, most] = page.data.limits[name.replace("backprop_", "")];
  return text.trim() !== "" && Number(text) >= least && Number(text) <= most;
}

function compute({ numbers, loss }) {
  const found = pass(numbers, loss);
  return COMPARED.map((name) => found[name]);
}

export const state = { into, from, judge, compute };
