// The small network's state in the address: its layers, the epoch on screen, the weights changed by hand.

import { gradientOf, pointsOf } from "../network/engine.js";

const [LAYERS, EPOCH, EDIT] = ["network_layers", "network_epoch", "network_edit"];
const [MOST_LAYERS, MOST_NEURONS, MOST_EPOCHS, EDGE] = [6, 8, 999_999, 20];
const USUAL = "4-2";

const layersOf = (text) => (text === "none" ? [] : text.split("-").map(Number));
const editsOf = (text) => (text ? text.split("_").map((one) => one.split(":").map(Number)) : []);

function into(data, said, page) {
  const { net } = data;
  net.hidden = layersOf(said[LAYERS]?.[0] ?? USUAL);
  if (data.regression) net.head = "regression";
  if (!net.features.length) net.features = ["x1", "x2"];
  const epoch = said[EPOCH]?.[0];
  data.edits = editsOf(said[EDIT]?.[0]);
  data.epoch = epoch === undefined ? page.data.lead : Number(epoch);
  data.asks = data.edits.length > 0 || epoch !== undefined;
  data.id = JSON.stringify([said.network_data, net, data.plan]); // another one is another training
}

function from(name, sent, _, page) {
  if (name === "shape") {
    const layers = sent.hidden ? { [LAYERS]: withoutUsual(sent.hidden.join("-") || "none") } : {};
    const features = page.controls.find((one) => one.name === "network_features");
    const texts = features.options
      .filter(([, value]) => sent.features?.includes(value))
      .map(([text]) => text);
    const other = sent.features
      ? { network_features: String(texts) === String(features.default) ? [] : texts }
      : {};
    return { ...layers, ...other, [EPOCH]: [], [EDIT]: [] };
  }
  if (name !== "moved") return null;
  const edits = sent.edits.map(([epoch, i, v]) => `${epoch}:${i}:${Number(v.toPrecision(6))}`).join("_");
  return {
    [EPOCH]: sent.epoch === page.data.lead ? [] : [String(sent.epoch)],
    [EDIT]: edits ? [edits] : [],
  };
}

const withoutUsual = (layers) => (layers === USUAL ? [] : [layers]);

function judge(name, text, page) {
  if (name === EPOCH) return /^\d{1,6}$/.test(text) && Number(text) <= MOST_EPOCHS;
  if (name === EDIT)
    return editsOf(text).every(
      (one) => one.length === 3 && one.every(Number.isFinite) && Math.abs(one[2]) <= EDGE,
    );
  const { most_layers: most = MOST_LAYERS, most_neurons: neurons = MOST_NEURONS } = page.more;
  return (
    text === "none" ||
    (/^\d+(-\d+)*$/.test(text) &&
      layersOf(text).length <= most &&
      layersOf(text).every((m) => m >= 1 && m <= neurons))
  );
}

function compute({ net, theta, x, y }) {
  const points = pointsOf(
    net,
    x.map((p) => p[0]),
    x.map((p) => p[1]),
    y,
  );
  return [...gradientOf(net)(Float64Array.from(theta), points, [...y.keys()], 0, y.length)];
}

export const state = { into, from, judge, compute };
