// The words, one line each, under their headings. A line is a button: a click opens the word. The words come
// from Python and are only ever set as text.

import { make } from "../shared/elements.js";
import { toTop } from "../shared/scrolling.js";

const NARROW = 480; // pixels; there the open word stands above the list, as in word_list.css

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const my = { host, box: make("div", { class: "box" }, host.root), buttons: new Map(), shown: "" };
  return {
    update(data) {
      const shown = JSON.stringify(data.groups);
      if (shown !== my.shown) fill(my, data.groups);
      my.shown = shown;
      for (const [slug, one] of my.buttons) one.setAttribute("aria-pressed", String(slug === data.chosen));
      reveal(my.box, my.buttons.get(data.chosen));
    },
    stop() {},
  };
}

function fill(my, groups) {
  my.buttons.clear();
  my.box.replaceChildren();
  my.box.scrollTop = 0;
  for (const { name, words } of groups) {
    if (name) make("h3", { text: name }, my.box);
    for (const word of words) {
      const one = make("button", { type: "button" }, my.box);
      make("b", { text: word.name }, one);
      make("span", { text: word.line }, one);
      one.onclick = () => {
        my.host.tell("opened", word.slug);
        if (my.host.root.clientWidth <= NARROW) toTop(my.host.root);
      };
      my.buttons.set(word.slug, one);
    }
  }
}

// The chosen line is in view; the page itself does not move.
function reveal(box, one) {
  if (!one) return;
  const top = one.offsetTop - box.offsetTop;
  if (top < box.scrollTop || top + one.offsetHeight > box.scrollTop + box.clientHeight)
    box.scrollTop = top - box.clientHeight / 3;
}
