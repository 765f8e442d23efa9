// A page of the static edition: a component, the controls beside it, and its state in the address, with the
// names and texts of the lab's.

import { make, write } from "../shared/elements.js";
import { placeOf, readHere, show, written } from "./address.js";
import { asking } from "./asking.js";
import { compare } from "./check.js";
import { holds } from "./controls.js";
import { moving, refresh, stage } from "./moving.js";

const EVERYWHERE = ["projector", "bare", "lesson"]; // what any page of the lab may say
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {import("../shared/host.js").Create} create
 * @param {any} of  the state of this component: names, into(), from(), compute()
 * @param {any} page  what Python has written: data, controls, names, more, fixed, lab, checks
 * @param {string} style  of the component
 */
export function open(create, of, page, style) {
  const my = moving(of, page, () => {
    tell(my);
    my.wrote = show(written(my.said));
  });
  read(my);
  stage(my, create, style, byId("picture"), byId("controls"));
  examples(my);
  tell(my);
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) === my.wrote) return;
    read(my);
    refresh(my);
  });
  const again = () => my.part.update(my.data);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  const button = byId("compute");
  if (button) button.onclick = () => write(byId("verdict"), compare(of.compute, page.checks, page));
  return my;
}

// What the address says, as far as this page knows it.
function read(my) {
  const { controls, names, fixed } = my.page;
  Object.assign(my, { said: {}, unknown: [], turn: my.turn + 1 });
  for (const [name, texts] of Object.entries(readHere())) {
    if (EVERYWHERE.includes(name) || fixed[name] === texts[0]) continue;
    const control = controls.find((/** @type {any} */ one) => one.name === name);
    const known = control
      ? holds(control, texts)
      : names.includes(name) && my.of.judge(name, texts[0], my.page);
    if (known) my.said[name] = texts;
    else my.unknown.push(name);
  }
}

// What stands around the picture.
function tell(my) {
  write(byId("problem"), [my.problem, unknownWords(my)].filter(Boolean).join(" "));
  const example = my.page.more.examples?.find((/** @type {any} */ one) => sorted(one.said) === plain(my));
  if (my.example) my.example.value = example?.name ?? "";
  write(byId("example"), example ? `${example.name}. ${example.see}` : "");
  const on = /** @type {HTMLAnchorElement | null} */ (byId("lab"));
  if (!on) return;
  const always = my.page.controls.filter((/** @type {any} */ one) => one.always);
  const run = Object.fromEntries(always.map((/** @type {any} */ one) => [one.name, [one.default]]));
  const fixed = Object.entries(my.page.fixed).map(([name, text]) => [name, [text]]);
  const asked = my.unknown.length ? readHere() : my.said;
  const query = written({ ...run, ...Object.fromEntries(fixed), ...asked });
  on.href = `${my.page.lab}${query ? "?" : ""}${query}`;
}

// The state without what the hand does in an example.
const plain = ({ said, page }) =>
  sorted(Object.fromEntries(Object.entries(said).filter(([name]) => !page.more.hand.includes(name))));
const sorted = (said) => written(Object.fromEntries(Object.entries(said).sort()));

function unknownWords({ unknown, page }) {
  if (!unknown.length) return "";
  const where = page.lab ? " The full lab may know it." : "";
  return `This link asks for what is not shown here: ${unknown.join(", ")}. The rest of it is shown.${where}`;
}

function examples(my) {
  const all = my.page.more.examples;
  if (!all) return;
  const line = make("label", { class: "above" });
  make("span", { text: "Example" }, line);
  my.example = make("select", {}, line);
  make("option", { value: "", text: "Choose…" }, my.example);
  for (const { name } of all) make("option", { value: name, text: name }, my.example);
  my.example.onchange = () => {
    const chosen = all.find((/** @type {any} */ one) => one.name === my.example.value);
    Object.assign(my, { said: structuredClone(chosen?.said ?? {}), unknown: [], turn: my.turn + 1 });
    refresh(my);
  };
  byId("controls").prepend(line);
}

/**
 * The field that takes an address of the lab and opens the same state here.
 *
 * @param {any[]} pages  as placeOf() takes them
 */
export function follow(pages) {
  const form = /** @type {HTMLFormElement} */ (byId("from-the-lab"));
  const field = /** @type {HTMLInputElement} */ (form.querySelector("input"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  asking(form, button, () => {
    const place = placeOf(field.value, pages);
    write(byId("no-page"), place ? "" : "That is no address of a page that the static edition has.");
    if (place) location.href = place;
  });
}
