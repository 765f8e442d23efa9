// The words on a map: Python says where each lies, for three widths, and no label covers another. A word is
// a button: hover or focus shows its relations, a click opens it. Of the other relations only the short ones
// are drawn: three hundred lines at once tell nothing. Words are only ever set as text.

import { button, make } from "../shared/elements.js";
import { toTop } from "../shared/scrolling.js";

const SHORT = 130; // pixels
const NARROW = 480; // there the open word stands above the map

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const said = make("p", { class: "said", "aria-live": "polite" }, host.root);
  const sheet = make("div", { class: "sheet" }, host.root);
  const my = { host, said, sheet, lines: null, buttons: [], data: null, width: 0 };
  const observer = new ResizeObserver(() => place(my));
  observer.observe(host.root);
  return {
    update(data) {
      my.data = data;
      fill(my);
      place(my);
    },
    stop: () => observer.disconnect(),
  };
}

function fill(my) {
  my.sheet.replaceChildren();
  my.lines = make("svg", { "aria-hidden": "true" }, my.sheet);
  my.paths = my.data.edges.map(() => make("path", {}, my.lines));
  my.buttons = my.data.words.map(([name, slug, kind], k) => {
    const open = () => {
      my.host.tell("opened", slug);
      if (my.width <= NARROW) toTop(my.host.root);
    };
    const one = button(name, "", open, my.sheet);
    one.className = ["text", "lab", "next"][Math.max(0, kind + 1)];
    one.setAttribute("aria-pressed", String(slug === my.data.chosen));
    one.onmouseenter = one.onfocus = () => look(my, k);
    one.onmouseleave = one.onblur = () => look(my, chosen(my));
    return one;
  });
  my.width = 0;
}

const chosen = (my) => my.data.words.findIndex(([, slug]) => slug === my.data.chosen);

// The widest map that fits; where there is more room, the words move apart.
function place(my) {
  const width = my.host.root.clientWidth;
  if (!my.data || !width || width === my.width) return;
  my.width = width;
  const [made, height, middle, labels] = my.data.maps.findLast((one) => one[0] <= width) ?? my.data.maps[0];
  const at = middle.map(([x, y]) => [(x * Math.max(made, width)) / made, y]);
  my.sheet.style.height = `${height}px`;
  my.buttons.forEach((one, k) => {
    one.style.width = `${labels[k]}px`;
    one.style.left = `${at[k][0] - labels[k] / 2}px`;
    one.style.top = `${at[k][1]}px`;
  });
  my.lines.setAttribute("viewBox", `0 0 ${width} ${height}`);
  my.data.edges.forEach(([a, b], k) => {
    my.paths[k].setAttribute("d", `M${at[a].join(" ")}L${at[b].join(" ")}`);
    my.paths[k].dataset.short = String(Math.hypot(at[a][0] - at[b][0], at[a][1] - at[b][1]) < SHORT);
  });
  look(my, chosen(my));
}

function look(my, k) {
  const related = new Set();
  my.said.textContent = "";
  my.data.edges.forEach(([a, b], e) => {
    const touched = a === k || b === k;
    if (touched) related.add(a === k ? b : a);
    my.paths[e].setAttribute("class", touched ? "looked" : "");
  });
  my.buttons.forEach((one, j) => {
    one.classList.toggle("related", related.has(j));
    one.classList.toggle("faded", k >= 0 && j !== k && !related.has(j));
  });
  const [name, , , line] = my.data.words[k] ?? my.data.words[0];
  const names = [...related].map((j) => my.data.words[j][0]);
  make("b", { text: `${name}: ` }, my.said);
  my.said.append(line, names.length ? ` Related to ${names.join(", ")}.` : "");
}
