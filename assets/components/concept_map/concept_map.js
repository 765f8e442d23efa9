// The terms in the text's groups, and lines between related ones. A term is a button: hover or focus shows
// its relations, a click opens it. The words come from Python and are only ever set as text.

import { button, make } from "../shared/elements.js";

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const lines = make("svg", { "aria-hidden": "true" }, host.root);
  const groups = make("div", { class: "groups" }, host.root);
  const said = make("p", { class: "said", "aria-live": "polite" }, host.root);
  const my = { host, lines, groups, said, buttons: new Map(), data: { edges: [], chosen: null } };
  const observer = new ResizeObserver(() => draw(my, my.data.chosen));
  observer.observe(host.root);
  return {
    update(data) {
      my.data = data;
      fill(my);
      draw(my, data.chosen);
    },
    stop: () => observer.disconnect(),
  };
}

function fill(my) {
  my.buttons.clear();
  my.groups.replaceChildren();
  for (const { name, terms } of my.data.groups) {
    const box = make("section", {}, my.groups);
    make("h3", { text: name }, box);
    const row = make("div", { class: "terms" }, box);
    for (const term of terms) my.buttons.set(term, termButton(my, term, row));
  }
}

function termButton(my, term, row) {
  const one = button(term, "", () => my.host.tell("opened", term), row);
  one.setAttribute("aria-pressed", String(term === my.data.chosen));
  one.onmouseenter = one.onfocus = () => draw(my, term);
  one.onmouseleave = one.onblur = () => draw(my, my.data.chosen);
  return one;
}

function middle(button, frame) {
  const box = button.getBoundingClientRect();
  return [box.left + box.width / 2 - frame.left, box.top + box.height / 2 - frame.top];
}

function draw(my, looked) {
  const frame = my.host.root.getBoundingClientRect();
  my.lines.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  my.lines.replaceChildren();
  const related = new Set();
  for (const [a, b] of my.data.edges) {
    const touched = a === looked || b === looked;
    if (touched) related.add(a).add(b);
    const [[x1, y1], [x2, y2]] = [a, b].map((name) => middle(my.buttons.get(name), frame));
    const bend = 0.18 * Math.abs(x2 - x1) + 14;
    const d = `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
    make("path", { d, class: touched ? "looked" : "" }, my.lines);
  }
  related.delete(looked);
  for (const [name, one] of my.buttons) {
    one.classList.toggle("related", related.has(name));
    one.classList.toggle("faded", Boolean(looked) && name !== looked && !related.has(name));
  }
  const relations = related.size ? `related to ${[...related].join(", ")}.` : "stands alone.";
  my.said.textContent = looked
    ? `${looked}: ${relations}`
    : "Point at a term to see what it is related to; choose it to read it.";
}
