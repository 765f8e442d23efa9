// A moving picture in a state: a component, the controls beside it, and what the names of an address mean
// for its data. What that is for each component is said in its file of_….js; where the state is kept, by
// who asks.

import { mount } from "../shared/static_host.js";
import { build, meaningOf } from "./controls.js";

/**
 * A picture's state.
 *
 * @param {any} of  the state of this component: names, into(), from(), judge(), compute()
 * @param {any} page  what Python has written: data, controls, names, more, fixed
 * @param {(my: any) => void} changed  is told of every change, before the component is
 */
export function moving(of, page, changed) {
  return /** @type {any} */ ({ of, page, changed, said: {}, unknown: [], turn: 0, problem: "", data: null });
}

/**
 * Draws it.
 *
 * @param {any} my  as moving() makes it, with what is `said`
 * @param {import("../shared/host.js").Create} create
 * @param {string} style  of the component
 * @param {HTMLElement} picture
 * @param {HTMLElement} controls
 */
export function stage(my, create, style, picture, controls) {
  my.show = build(my.page.controls, controls, (control, texts) => choose(my, control, texts));
  my.part = mount(create, picture, dataOf(my) ?? my.page.data, style, (name, sent) => heard(my, name, sent));
  picture.dataset.mounted = "yes";
  my.show(my.said);
}

/** Draws it again, in the state of now. @param {any} my */
export function refresh(my) {
  const data = dataOf(my);
  my.show(my.said);
  my.changed(my);
  if (data) my.part.update(data);
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
  my.unknown = [];
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
  my.unknown = [];
  refresh(my);
}
