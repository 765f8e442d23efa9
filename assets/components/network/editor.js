// Changing a weight by hand: chosen in the diagram or from a list, moved or typed.

import { button, make } from "../shared/elements.js";
import { clamp } from "../shared/numbers.js";
import { change, current, MOST_EDITS } from "./training.js";

const MOST = 20; // no weight is set beyond [-20, 20]

export function buildEditor(my) {
  my.editor.textContent = "";
  const text = "Move over a link to read its weight; click it to change it.";
  my.said = make("div", { class: "said", text }, my.editor);
  const row = make("div", { class: "row" }, my.editor);
  my.pick = make("select", { "aria-label": "Weight or bias to change by hand" }, row);
  make("option", { value: "", text: "Change a weight…" }, my.pick);
  for (const link of my.links) make("option", { value: link.index, text: link.label }, my.pick);
  my.pick.onchange = () => choose(my, my.pick.value === "" ? null : +my.pick.value);
  my.slide = make("input", { type: "range", min: -8, max: 8, step: 0.05, "aria-label": "Its value" }, row);
  const typed = { type: "number", min: -MOST, max: MOST, step: 0.1, "aria-label": "Its value, typed" };
  my.value = make("input", typed, row);
  for (const input of [my.slide, my.value]) {
    input.oninput = () => {
      if (my.chosen == null || input.value === "" || !Number.isFinite(+input.value)) return;
      my.halt();
      my.typing = input;
      const value = Math.round(clamp(+input.value, -MOST, MOST) * 1e4) / 1e4; // as the address writes it
      if (!change(my, my.chosen, value)) my.said.textContent = `At most ${MOST_EDITS} changes by hand.`;
      show(my, input);
      my.ask();
    };
    input.onchange = () => my.rest.begin();
  }
  my.free = button("Undo edits", "", () => release(my), row);
  show(my);
}

function release(my) {
  my.seek(my.records[my.t].epoch, []);
  show(my);
}

/** A link of the diagram was clicked: its value can be typed at once. */
export function edit(my, index) {
  choose(my, index);
  my.value.focus();
}

// The list keeps the focus: arrow keys go on through it.
function choose(my, index) {
  my.halt();
  my.chosen = index;
  my.pick.value = index ?? "";
  show(my);
  my.ask();
}

/** The chosen weight's value in both fields but the one under the hand. */
export function show(my, except = null) {
  const none = my.chosen == null || my.chosen >= my.p;
  if (none) my.chosen = null;
  else my.pick.value = my.chosen;
  my.slide.disabled = my.value.disabled = none;
  my.free.disabled = !my.edits.length;
  if (none) return;
  const v = current(my)[my.chosen];
  if (my.slide !== except) my.slide.value = v;
  if (my.value !== except) my.value.value = Math.round(v * 1000) / 1000;
}
