// What the network says: every class with its score and probability, and in a sentence what the hand changed.

import { make, write } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { besideRow, besideWords, drawBeside } from "./beside.js";
import { probabilitiesOf, scoresOf } from "./engine.js";

export function buildScores(my, parent) {
  my.scores = make("div", { class: "scores", role: "group", "aria-label": "Classes" }, parent);
}

/** A row a class; choosing one makes it the class that is asked about. */
export function fillScores(my) {
  my.scores.replaceChildren();
  my.legend = make("p", { class: "name legend" }, my.scores);
  my.rows = my.data.classes.map((name, k) => {
    const row = make("button", { type: "button", class: "class" }, my.scores);
    row.onclick = () => my.ask(my.explain(k));
    make("span", { class: "who", text: name }, row);
    const p = make("span", { class: "p" }, row);
    const bar = make("span", { class: "share" }, row);
    const second = besideRow(row);
    const z = make("span", { class: "z" }, row);
    return { row, p, bar: make("i", {}, bar), was: make("b", {}, bar), second, z };
  });
}

const percent = (p) => (p > 0.999 ? "> 99.9%" : p < 0.001 ? "< 0.1%" : `${digits(100 * p)}%`);

export function drawScores(my) {
  const logits = my.shown[my.shown.length - 1];
  const [z, p] = [scoresOf(logits), probabilitiesOf(logits)];
  const start = my.start[my.start.length - 1];
  const [z0, p0] = [scoresOf(start), probabilitiesOf(start)];
  const best = p.indexOf(Math.max(...p));
  my.told = `${my.data.classes[best]}, ${percent(p[best])}`;
  const moved = my.strokes.length > 0 || my.live != null;
  my.rows.forEach(({ row, p: share, bar, was, z: score }, k) => {
    row.setAttribute("aria-pressed", String(k === my.k));
    row.classList.toggle("best", k === best);
    write(share, percent(p[k]));
    bar.style.width = `${100 * p[k]}%`;
    was.style.left = `${100 * p0[k]}%`;
    was.hidden = !moved;
    const by = z[k] - z0[k];
    const change = moved ? ` (${by < 0 ? "" : "+"}${digits(by)})` : "";
    write(score, `z = ${digits(z[k])}${change}`);
  });
  drawBeside(my, percent);
  write(my.sentence, sentence(my, [z, p], [z0, p0]) + besideWords(my, percent));
}

function sentence(my, [z, p], [z0, p0]) {
  const { classes, truth } = my.data;
  const k = my.k;
  const best = (all) => classes[all.indexOf(Math.max(...all))];
  const really = truth ? ` (it is ${/^[aeiou]/.test(truth) ? "an" : "a"} ${truth})` : "";
  const seen = `The network calls it ${best(p)}${really}, logit of ${classes[k]} ${digits(z[k])}.`;
  if (my.comparing) return `The original. ${seen}`;
  const n = my.strokes.length + (my.live ? 1 : 0);
  if (!n) return `${seen} Cover a spot to see what it was worth.`;
  const by = z[k] - z0[k];
  const way = by < 0 ? "falls" : "rises";
  const strokes = n > 1 ? `With these ${n} strokes` : WITH[(my.live ?? my.strokes[0]).tool];
  const name = classes[k];
  const turned = best(p) === best(p0) ? "" : ` The network now calls it ${best(p)}, not ${best(p0)}.`;
  const shares = `its probability from ${percent(p0[k])} to ${percent(p[k])}`;
  const from = `from ${digits(z0[k])} to ${digits(z[k])}, ${shares}`;
  return `${strokes} the logit of ${name} ${way} by ${digits(Math.abs(by))}: ${from}.${turned}`;
}

const WITH = {
  p: "Without this spot",
  b: "With this spot blurred",
  m: "With this spot moved",
  n: "With noise on this spot",
  k: "With this marker",
};
