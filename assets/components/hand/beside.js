// A second network under the same brush: its scores beside the first one's, its heat map, its words.

import { make, write } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { forward, networkOf, probabilitiesOf, scoresOf } from "./engine.js";

/**
 * The second network, if one is asked for and its weights are here.
 *
 * @param {any} my
 * @param {Map<string, Float32Array>} weights
 */
export function settleBeside(my, weights) {
  const told = my.data.beside;
  const name = told && my.beside === told.run ? `${told.run}:${told.epoch}` : "";
  const known = weights.get(name);
  my.second = known ? my.second : null;
  if (!known) return;
  if (my.second?.name !== name) {
    my.second = { name, title: told.title, net: networkOf(told.layers, known, my.shape) };
    my.rest.begin(); // the server checks what it says
  }
  my.second.start = forward(my.second.net, my.x0);
}

/** What it makes of the painted image x. */
export function computeBeside({ second, comparing }, x) {
  if (!second) return;
  second.values = forward(second.net, x);
  second.shown = comparing ? second.start : second.values;
}

const lastOf = (values) => values[values.length - 1];

/** Of its row of a class: the bar below the first network's, and the share. */
export function besideRow(row) {
  const p = make("span", { class: "p second" });
  const bar = make("span", { class: "share second" });
  row.append(bar, p);
  return { bar, p, fill: make("i", {}, bar) };
}

/** Its shares and scores in the rows of the classes. */
export function drawBeside(my, percent) {
  const { second } = my;
  my.host.root.classList.toggle("two", Boolean(second));
  if (!second) return;
  write(my.legend, `Full bar: the network above. Striped bar: ${second.title}.`);
  const logits = lastOf(second.shown);
  const [z, p] = [scoresOf(logits), probabilitiesOf(logits)];
  my.rows.forEach(({ row, second: { p: share, fill } }, k) => {
    fill.style.width = `${100 * p[k]}%`;
    write(share, percent(p[k]));
    row.title = `${second.title}: z = ${digits(z[k])}`;
  });
}

/** What it says of the same pixels, in a sentence. */
export function besideWords(my, percent) {
  const { second, k } = my;
  if (!second) return "";
  const [z, p] = [scoresOf(lastOf(second.shown)), probabilitiesOf(lastOf(second.shown))];
  const z0 = scoresOf(lastOf(second.start));
  const best = my.data.classes[p.indexOf(Math.max(...p))];
  const name = my.data.classes[k];
  const by = z[k] - z0[k];
  const moved = (my.strokes.length || my.live) && !my.comparing;
  const way = by < 0 ? "falls" : "rises";
  const what = moved ? `${way} by ${digits(Math.abs(by))}` : `is ${digits(z[k])}`;
  const sure = percent(Math.max(...p));
  return ` Beside it, ${second.title} calls it ${best} (${sure}); there the logit of ${name} ${what}.`;
}
