// A page of the static edition: a component, the controls beside it, and its state in the address, with the
// names and texts of the lab's. What a state means for a component's data is said in its file of_….js.

import { make, write } from "../shared/elements.js";
import { mount } from "../shared/static_host.js";
import { placeOf, readAddress, show, written } from "./address.js";
import { compare } from "./check.js";
import { build, holds, meaningOf } from "./controls.js";

const EVERYWHERE = ["projector", "bare", "lesson"]; // what any page of the lab may say
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {import("../shared/host.js").Create} create
 * @param {any} of  the state of this component: names, into(), from(), compute()
 * @param {any} page  what Python has written: data, controls, names, more, fixed, lab, checks
 * @param {string} style  of the component
 */
export function open(create, of, page, style) {
  /** @type {any} */
  const my = { of, page, said: {}, unknown: [], turn: 0 };
  read(my);
  my.show = build(page.controls, byId("controls"), (control, texts) => choose(my, control, texts));
  examples(my);
  my.part = mount(create, byId("picture"), dataOf(my) ?? page.data, style, (name, sent) =>
    heard(my, name, sent),
  );
  byId("picture").dataset.mounted = "yes";
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
  for (const [name, texts] of Object.entries(readAddress(location.search, location.hash))) {
    if (EVERYWHERE.includes(name) || fixed[name] === texts[0]) continue;
    const control = controls.find((/** @type {any} */ one) => one.name === name);
    const known = control
      ? holds(control, texts)
      : names.includes(name) && my.of.judge(name, texts[0], my.page);
    if (known) my.said[name] = texts;
    else my.unknown.push(name);
  }
  const bare = readAddress(location.search, location.hash).bare;
  document.documentElement.classList.toggle("bare", bare?.[0] === "1");
}

/** The component's data in this state; null where there can be none, and `problem` says why. */
function dataOf(my) {
  const data = structuredClone(my.page.data);
  const value = (/** @type {string} */ name) =>
    meaningOf(
      my.page.controls.find((/** @type {any} */ one) => one.name === name),
      my.said,
    );
  for (const control of my.page.controls)
    if (control.path !== undefined) put(data, control.path, value(control.name));
  my.problem = my.of.into(data, my.said, my.page, value, my) ?? "";
  if (!my.problem) my.data = data;
  return my.problem ? null : data;
}

function put(data, path, value) {
  if (path === "") return Object.assign(data, structuredClone(value));
  const names = path.split(".");
  const last = names.pop();
  names.reduce((at, name) => at[name], data)[last] = structuredClone(value);
}

function choose(my, control, texts) {
  say(my, { [control.name]: same(control, texts, my.said) ? [] : texts });
  for (const name of control.clears ?? []) delete my.said[name];
  my.turn += 1;
  refresh(my);
}

const same = (control, texts, said) => {
  const usual = control.defaults?.[said[control.of ?? ""]?.[0]] ?? control.default;
  return String(usual) === String(texts);
};

function say(my, changes) {
  for (const [name, texts] of Object.entries(changes)) {
    if (texts.length) my.said[name] = texts;
    else delete my.said[name];
  }
}

function heard(my, name, sent) {
  const changes = my.of.from(name, sent, my.said, my.page, my);
  if (!changes) return;
  say(my, changes);
  refresh(my);
}

function refresh(my) {
  my.unknown = [];
  const data = dataOf(my);
  tell(my);
  if (data) my.part.update(data);
  my.wrote = written(my.said);
  show(my.wrote);
}

// What stands around the picture.
function tell(my) {
  my.show(my.said);
  write(byId("problem"), [my.problem, unknownWords(my)].filter(Boolean).join(" "));
  const example = my.page.more.examples?.find((/** @type {any} */ one) => sorted(one.said) === plain(my));
  if (my.example) my.example.value = example?.name ?? "";
  write(byId("example"), example ? `${example.name}. ${example.see}` : "");
  const on = /** @type {HTMLAnchorElement | null} */ (byId("lab"));
  if (!on) return;
  const always = my.page.controls.filter((/** @type {any} */ one) => one.always);
  const run = Object.fromEntries(always.map((/** @type {any} */ one) => [one.name, [one.default]]));
  const fixed = Object.entries(my.page.fixed).map(([name, text]) => [name, [text]]);
  const asked = my.unknown.length ? readAddress(location.search, location.hash) : my.said;
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
    my.said = structuredClone(chosen?.said ?? {});
    my.turn += 1;
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
  form.onsubmit = (event) => {
    event.preventDefault();
    const place = placeOf(field.value, pages);
    write(byId("no-page"), place ? "" : "That is no address of a page that the static edition has.");
    if (place) location.href = place;
  };
}
