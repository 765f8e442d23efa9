// The racers by name: how each looks, its rate, its loss at the step on screen. One of them is in hand.

import { make } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { sharesFor } from "./cloud.js";
import { DASHES, SHAPES } from "./looks.js";
import { heightAt, measured, sameAs } from "./words.js";

export function buildLegend(my, parent) {
  my.heading = make("div", { class: "heading" }, parent);
  my.legend = make("div", { class: "legend", role: "group", "aria-label": "Racers; one is in hand" }, parent);
}

/** A row for each racer. */
export function listRacers(my) {
  const names = my.rules.map(({ name, look }) => [name, look]);
  if (JSON.stringify(names) === my.listed) return;
  my.listed = JSON.stringify(names);
  my.legend.replaceChildren();
  my.legend.classList.toggle("many", names.length > 6);
  my.rows = my.rules.map((rule) => {
    const row = make("button", { type: "button", class: "racer" }, my.legend);
    row.onclick = () => my.choose(rule.name);
    swatch(rule.look, row);
    const words = make("span", { class: "name", text: rule.title }, row);
    return { row, note: make("span", { class: "note" }, words), loss: make("span", { class: "loss" }, row) };
  });
}

function swatch({ color, dash, marker }, parent) {
  const svg = make("svg", { viewBox: "-17 -8 34 16", width: 34, height: 16, "aria-hidden": "true" }, parent);
  const line = { x1: -17, x2: 17, y1: 0, y2: 0, stroke: color, "stroke-width": 2.5 };
  make("line", { ...line, "stroke-dasharray": DASHES[dash].join(" ") }, svg);
  make("path", { d: SHAPES[marker].outline, fill: color, stroke: "#fff", "stroke-width": 1 }, svg);
}

/** What the rows say at the step on screen. */
export function fillLegend(my) {
  write(my.heading, `${measured(my)} at step ${my.t}`);
  my.rules.forEach((rule, k) => {
    const { row, note, loss } = my.rows[k];
    const { gone } = my.races[k];
    const left = gone > 0 && my.t >= gone;
    const same = sameAs(my, k);
    write(loss, left ? "–" : digits(heightAt(my, k, my.t)));
    const away = sharesFor(my, rule)?.diverged;
    const rate = `η ${digits(rule.lr)}${away ? `, ${digits(100 * away, 2)}% leave` : ""}`;
    write(note, left ? `left at step ${gone}` : same ? `same path as ${same}` : rate);
    row.setAttribute("aria-pressed", String(rule.name === my.chosen));
  });
}

/** Text only where it is another one: a page is laid out again for each. */
export const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
