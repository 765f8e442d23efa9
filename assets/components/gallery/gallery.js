// A gallery of thumbnails cut from one sheet: a click, or the arrow keys and Enter, chooses one.

import { button, make } from "../shared/elements.js";
import { arrow } from "../shared/pointer.js";

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  return { update: (data) => draw(host, data), stop() {} };
}

function draw(host, data) {
  const { root } = host;
  const had = root.contains(/** @type {ShadowRoot | Document} */ (root.getRootNode()).activeElement);
  root.replaceChildren();
  if (data.scale) scale(root, data.scale);
  const look = { class: data.coarse ? "grid coarse" : "grid", role: "radiogroup", "aria-label": data.alt };
  const grid = make("div", look, root);
  grid.style.setProperty("--least", `${data.least}px`);
  const focus = Math.max(0, data.chosen);
  const buttons = data.labels.map((label, n) => {
    const one = button("", data.spoken[n], () => host.tell("chosen", n), grid);
    one.tabIndex = n === focus ? 0 : -1;
    one.setAttribute("role", "radio");
    one.setAttribute("aria-checked", String(n === data.chosen));
    const pictures = make("div", { class: "pictures" }, one);
    for (const sheet of data.sheets) picture(pictures, data, sheet, n);
    if (label) make("span", { text: label, class: ["", "right", "wrong"][data.marks[n]] }, one);
    one.onkeydown = (event) => step(buttons, event, n, grid);
    return one;
  });
  if (had) buttons[focus].focus();
}

// One tile of a sheet: percentages, so that it grows and shrinks with its button.
function picture(parent, { columns, count, aspect }, sheet, n) {
  const rows = Math.ceil(count / columns);
  const part = (at, of) => (of > 1 ? (100 * at) / (of - 1) : 0);
  Object.assign(make("i", {}, parent).style, {
    aspectRatio: String(aspect),
    backgroundImage: `url("${sheet}")`,
    backgroundSize: `${100 * columns}% ${100 * rows}%`,
    backgroundPosition: `${part(n % columns, columns)}% ${part(Math.floor(n / columns), rows)}%`,
  });
}

function scale(root, { low, high, gradient }) {
  const bar = make("div", { class: "scale" }, root);
  make("span", { text: low }, bar);
  make("i", {}, bar).style.background = gradient;
  make("span", { text: high }, bar);
}

function step(buttons, event, n, grid) {
  const across = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const by = arrow(event);
  const to = by ? n + by[0] - across * by[1] : { Home: 0, End: buttons.length - 1 }[event.key];
  const target = buttons[to ?? -1];
  if (!target) return;
  event.preventDefault();
  buttons[n].tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}
