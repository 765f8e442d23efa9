// Sliders and number fields beside the neuron's pictures.

import { make } from "../shared/elements.js";
import { SUB } from "../shared/numbers.js";
import { MOST, near } from "./formulas.js";

// Rebuilt only when the number of inputs changes.
export function knobs(my) {
  const n = my.state.w.length;
  if (my.shape === String(n)) return show(my);
  my.shape = String(n);
  my.panel.textContent = "";
  my.knobs = [];
  const s = () => my.state;
  const named = (letter, i) => `${letter}${n > 1 ? SUB[i] : ""}`;
  const each = [...Array(n).keys()];
  for (const i of each)
    knob(
      my,
      my.panel,
      named("w", i),
      "w",
      () => s().w[i],
      (v) => (s().w[i] = v),
    );
  knob(
    my,
    my.panel,
    "b",
    "b",
    () => s().b,
    (v) => (s().b = v),
  );
  const more = make("details", n > 2 ? { open: "" } : {}, my.panel);
  make(
    "summary",
    { text: n > 2 ? "Inputs (the picture is the slice through x₁, x₂)" : "Type the inputs" },
    more,
  );
  for (const i of each)
    knob(
      my,
      more,
      named("x", i),
      "x",
      () => s().x[i],
      (v) => (s().x[i] = v),
    );
  show(my);
}

function knob(my, parent, label, kind, get, set) {
  const row = make("label", { class: "knob" }, parent);
  make("span", { text: label, class: `name ${kind}` }, row);
  const limit = { min: -MOST[kind], max: MOST[kind] };
  const slider = make("input", { type: "range", step: "0.01", "aria-label": label, ...limit }, row);
  const typed = make(
    "input",
    { type: "number", step: "0.1", "aria-label": `${label}, typed`, ...limit },
    row,
  );
  for (const input of [slider, typed]) {
    input.oninput = () => {
      if (input.value === "" || !Number.isFinite(+input.value)) return;
      set(near(+input.value, MOST[kind]));
      my.moved(input);
    };
    input.onpointerdown = () => (my.held = input === slider);
    input.onchange = () => {
      my.held = false;
      show(my);
      my.rest.begin();
    };
  }
  my.knobs.push({ slider, typed, get });
}

/** The state's numbers in all fields but the one under the hand. */
export function show(my, except = null) {
  for (const { slider, typed, get } of my.knobs) {
    const v = String(Math.round(get() * 1000) / 1000);
    for (const input of [slider, typed]) if (input !== except && input.value !== v) input.value = v;
  }
}
