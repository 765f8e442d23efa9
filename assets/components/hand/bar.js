// The tools of the hand, what the picture shows, and the epoch whose weights are in use.

import { button, make, write } from "../shared/elements.js";
import { STAGES } from "./columns.js";
import { PAINTS, TOOLS } from "./strokes.js";

const SIZES = [1, 3, 5, 7, 9];

export function buildBar(my, parent) {
  const bar = make("div", { class: "bar", role: "group", "aria-label": "Brush" }, parent);
  my.tools = Object.entries(TOOLS).map(([letter, name]) => {
    const one = make(
      "button",
      { type: "button", text: name, "aria-pressed": String(letter === my.tool) },
      bar,
    );
    one.onclick = () => takeUp(my, letter);
    return { letter, one };
  });
  my.colors = select(
    bar,
    "Color",
    PAINTS.map((name, k) => [k, name]),
    (k) => (my.paint = +k),
  );
  my.markers = select(bar, "Marker of", [], (k) => (my.marker = +k));
  my.sizes = select(
    bar,
    "Brush size",
    SIZES.map((s) => [s, `${s} px`]),
    (s) => (my.size = +s),
  );
  my.sizes.value = String(my.size);
  my.undone = button("Undo", "Take the last stroke back", () => my.undo(), bar);
  my.compared = make("button", { type: "button", text: "Original", "aria-pressed": "false" }, bar);
  my.compared.title = "Show the image as it was";
  my.compared.onclick = () => my.compare();
  buildView(my, make("div", { class: "bar view", role: "group", "aria-label": "What is shown" }, parent));
}

function buildView(my, bar) {
  const stages = Object.entries(STAGES).reverse();
  my.stages = select(bar, "Maps", stages, (stage) => my.look({ stage }));
  const scales = [
    ["", "one color scale a layer"],
    ["each", "one a map"],
  ];
  my.scales = select(bar, "Color scale", scales, (each) => my.look({ each: each === "each" }));
  const contents = [
    ["", "values"],
    ["change", "change by the brush"],
  ];
  my.contents = select(bar, "Show", contents, (change) => my.look({ change: change === "change" }));
  my.others = select(bar, "Beside it", [], (beside) => my.putBeside(beside));
  const epochs = make("label", { class: "epochs" }, bar);
  my.epochName = make("span", {}, epochs);
  my.epochs = make("input", { type: "range", min: 0, step: 1, "aria-label": "Weights after epoch" }, epochs);
  my.epochs.oninput = () => my.train(my.data.epochs[+my.epochs.value]);
}

function select(parent, label, options, chosen) {
  const made = make("select", { "aria-label": label, title: label }, parent);
  fill(made, options);
  made.onchange = () => chosen(made.value);
  return made;
}

function fill(list, options) {
  list.replaceChildren();
  for (const [value, text] of options) make("option", { value, text }, list);
}

export function takeUp(my, letter) {
  my.tool = letter;
  for (const { letter: other, one } of my.tools) one.setAttribute("aria-pressed", String(other === letter));
  my.colors.hidden = letter !== "p";
  my.markers.hidden = letter !== "k";
  my.sizes.hidden = letter === "k";
  my.ask();
}

/** What depends on the network and the images. */
export function fillBar(my) {
  const { markers, classes, epochs, others, whole } = my.data;
  if (my.markers.childElementCount !== markers.length) {
    fill(
      my.markers,
      markers.map((_, k) => [k, `of ${classes[k]}`]),
    );
    my.marker = 0;
  }
  for (const { letter, one } of my.tools) one.hidden = letter === "k" && !markers.length;
  my.epochs.max = epochs.length - 1;
  my.epochName.parentElement.hidden = epochs.length < 2;
  for (const one of [my.stages, my.scales, my.contents]) one.hidden = !whole;
  const offered = JSON.stringify(others);
  if (my.offered !== offered) fill(my.others, [["", "no second network"], ...others.map(beside)]);
  my.offered = offered;
}

const beside = ([name, title]) => [name, `beside it: ${title}`];

export function drawBar(my) {
  const { epochs, best } = my.data;
  my.undone.disabled = !my.strokes.length;
  my.compared.disabled = !my.strokes.length;
  my.compared.setAttribute("aria-pressed", String(my.comparing));
  my.epochs.value = String(epochs.indexOf(my.epoch));
  const words =
    my.epoch === 0 ? "before training" : `epoch ${my.epoch}${my.epoch === best ? ", selected" : ""}`;
  write(my.epochName, `Weights: ${words}`);
  my.epochs.setAttribute("aria-valuetext", words);
  my.stages.value = my.stage;
  my.scales.value = my.each ? "each" : "";
  my.contents.value = my.change ? "change" : "";
  my.others.value = my.beside ?? "";
}
