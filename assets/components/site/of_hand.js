// The hand's state in the address: image, strokes, epoch, class, the value taken apart, the second network.

import { floats, forward, inputOf, networkOf } from "../hand/engine.js";

const name = (/** @type {string} */ of) => `convolution_${of}`;
const [STAGE, SHARED, EACH] = ["relu", "one a layer", "one a map"];
const STAGES = {
  relu: "after ReLU",
  norm: "after normalization",
  pool: "after pooling",
  conv: "convolution",
};
/** Weights that the component has been given already. */
const given = new Set();

const keyed = (text) => Object.keys(STAGES).find((key) => STAGES[key] === text) ?? STAGE;

function into(data, said, page, value) {
  const { images, weights, keys, layers, best } = page.more;
  const at = (of) => said[name(of)]?.[0];
  Object.assign(data, images[data.run][value(name("number"))]);
  const epoch = data.epochs.includes(Number(at("epoch") ?? -1)) ? Number(at("epoch")) : data.best;
  const second = Object.keys(keys).find((run) => keys[run] === at("beside")) ?? "";
  if (second) {
    const before = second === data.run;
    const title = data.others.find(([run]) => run === second)[1];
    data.beside = { run: second, epoch: before ? 0 : best[second], title, layers: layers[second] };
  }
  data.state = {
    strokes: at("strokes") ?? "",
    epoch,
    k: at("class") === undefined ? null : Number(at("class")),
    spot: at("spot") ? at("spot").split(".").map(Number) : null,
    stage: keyed(at("stage")),
    each: at("scale") === EACH,
    beside: second,
  };
  const needed = [`${data.run}:${epoch}`, ...(second ? [`${second}:${data.beside.epoch}`] : [])];
  data.weights = Object.fromEntries(
    needed.filter((one) => !given.has(one)).map((one) => [one, weights[one]]),
  );
  for (const one of needed) given.add(one);
}

function from(event, { state: sent, run }, _, page, my) {
  if (event !== "moved" || run !== my.data.run) return null;
  const texts = (value) => (value === null || value === undefined || value === "" ? [] : [String(value)]);
  return {
    [name("strokes")]: texts(sent.strokes),
    [name("epoch")]: texts(sent.epoch === my.data.best ? null : sent.epoch),
    [name("class")]: texts(sent.k),
    [name("spot")]: texts(sent.spot?.join(".")),
    [name("stage")]: texts(sent.stage === STAGE ? "" : STAGES[sent.stage]),
    [name("scale")]: texts(sent.each ? EACH : ""),
    [name("beside")]: texts(page.more.keys[sent.beside]),
  };
}

function judge(of, text, page) {
  const { keys, best } = page.more;
  const tests = {
    strokes: () => text.length <= 2000 && /^[pbmnk][\w-]+(\.[pbmnk][\w-]+)*$/.test(text),
    epoch: () => text === "0" || Object.values(best).map(String).includes(text),
    class: () => /^\d{1,3}$/.test(text) && Number(text) < page.data.classes.length,
    spot: () => /^\d+\.\d+\.\d+\.\d+$/.test(text),
    stage: () => Object.values(STAGES).includes(text),
    scale: () => [SHARED, EACH].includes(text),
    beside: () => Object.values(keys).includes(text),
  };
  return tests[of.replace("convolution_", "")]();
}

const nets = {};

function compute({ run, image }, page) {
  const { layers, weights, best, images } = page.more;
  nets[run] ??= networkOf(layers[run], floats(weights[`${run}:${best[run]}`]), page.data.shape);
  const pixels = Uint8Array.from(atob(images[run][image].pixels), (c) => c.charCodeAt(0));
  const values = forward(nets[run], inputOf(pixels, page.data.shape));
  return [...values[values.length - 1]];
}

export const state = { into, from, judge, compute };
