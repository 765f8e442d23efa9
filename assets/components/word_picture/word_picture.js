// A small picture beside a word: SVG elements from Python, other ones for every value of the knob. The hand
// moves the knob; every frame is here already, so it follows at once.

import { make } from "../shared/elements.js";

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = { root: host.root, shown: "" };
  return {
    update(data) {
      const shown = JSON.stringify(data);
      if (shown !== my.shown) build(my.root, data);
      my.shown = shown;
    },
    stop() {},
  };
}

function build(root, { alt, size, ground, frames, knob, start }) {
  root.replaceChildren();
  const look = { viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img", "aria-label": alt };
  const svg = make("svg", look, root);
  add(ground, make("g", {}, svg));
  const moving = make("g", {}, svg);
  const row = make("label", { class: "knob" }, root);
  const said = make("p", { class: "said" }, root);
  const show = (k) => {
    moving.replaceChildren();
    add(frames[k][2], moving);
    said.textContent = frames[k][1];
  };
  if (frames.length > 1) slider(row, knob, frames, start, show);
  else row.remove();
  show(start);
}

function slider(row, knob, frames, start, show) {
  make("span", { text: knob }, row);
  const range = { type: "range", min: 0, max: frames.length - 1, value: start, "aria-label": knob };
  const input = make("input", range, row);
  const value = make("output", { text: frames[start][0] }, row);
  input.setAttribute("aria-valuetext", frames[start][0]);
  input.oninput = () => {
    const k = Number(input.value);
    value.textContent = frames[k][0];
    input.setAttribute("aria-valuetext", frames[k][0]);
    show(k);
  };
}

function add(elements, group) {
  for (const [tag, attributes] of elements) make(tag, attributes, group);
}
