// The controls beside a picture: from Python's declarations, one for each name of the address.

import { make } from "../shared/elements.js";

/**
 * @typedef {object} Control
 * @property {string} name  in the address
 * @property {string} label
 * @property {"one" | "many" | "whole" | "number" | "switch"} kind
 * @property {any} default  its text where the address says nothing; texts, where it is many
 * @property {[string, any, string?][]} [options]  text in the address, what it means, text on screen
 * @property {string} [path]  where its value goes in the data: "geometry.k", "" for all of the data
 * @property {string} [of]  the control its default depends on, and `defaults`: that one's text -> default
 * @property {Record<string, string>} [defaults]
 * @property {string[]} [clears]  the names that mean nothing once it has changed
 * @property {boolean} [more]  behind “More settings”
 * @property {boolean} [always]  in the lab's address even by default
 * @property {boolean} [hidden]  it decides, and is not drawn
 * @property {number} [low]
 * @property {number} [high]
 */

const SLIDER = 60; // so many values fit a slider

/** @type {(control: Control, said: import("./address.js").Said) => string[]} */
export function textsOf(control, said) {
  const there = said[control.name];
  if (there) return control.kind === "many" && there[0] === "" ? [] : there;
  const usual = control.defaults?.[said[control.of ?? ""]?.[0]] ?? control.default;
  return Array.isArray(usual) ? usual : [usual];
}

/** What a control holds: the meaning of its text. @type {(control: Control, said: any) => any} */
export function meaningOf(control, said) {
  const texts = textsOf(control, said);
  const { kind, options = [] } = control;
  if (kind === "many") return options.filter(([text]) => texts.includes(text)).map(([, value]) => value);
  if (kind === "one") return options.find(([text]) => text === texts[0])?.[1];
  if (kind === "switch") return texts[0] === "true" || texts[0] === "1";
  return texts[0] === "" ? null : Number(texts[0]);
}

/** Whether the address may say this. @type {(control: Control, texts: string[]) => boolean} */
export function holds({ kind, options = [], low = -Infinity, high = Infinity }, texts) {
  const known = (/** @type {string} */ text) => options.some(([one]) => one === text);
  if (kind === "many") return (texts.length === 1 && texts[0] === "") || texts.every(known);
  if (texts.length !== 1) return false;
  if (kind === "one") return known(texts[0]);
  if (kind === "switch") return ["true", "false", "1", "0"].includes(texts[0]);
  const number = Number(texts[0]);
  return texts[0].trim() !== "" && number >= low && number <= high && (kind === "number" || number % 1 === 0);
}

/**
 * Builds them; the function given back shows what an address says.
 *
 * @param {Control[]} all
 * @param {HTMLElement} place
 * @param {(control: Control, texts: string[]) => void} changed
 */
export function build(all, place, changed) {
  const controls = all.filter((control) => !control.hidden);
  const rest = controls.some((control) => control.more) ? make("details") : null;
  if (rest) make("summary", { text: "More settings" }, rest);
  const shows = controls.map((control) =>
    builders[control.kind](control, control.more && rest ? rest : place, (/** @type {string[]} */ texts) =>
      changed(control, texts),
    ),
  );
  if (rest) place.append(rest);
  return (/** @type {import("./address.js").Said} */ said) =>
    shows.forEach((show, k) => show(textsOf(controls[k], said)));
}

/** @typedef {(control: Control, place: HTMLElement, changed: (texts: string[]) => void) => any} Builder */
/** @type {Record<string, Builder>} */
const builders = {
  one({ label, options = [] }, place, changed) {
    const select = make("select", {}, labelled(label, place));
    for (const [text, , shown] of options) make("option", { value: text, text: shown ?? text }, select);
    select.onchange = () => changed([select.value]);
    return ([text]) => {
      select.value = text;
    };
  },
  many({ label, options = [] }, place, changed) {
    const box = make("fieldset", {}, place);
    make("legend", { text: label }, box);
    const boxes = options.map(([text]) => {
      const line = make("label", {}, box);
      const one = make("input", { type: "checkbox" }, line);
      line.append(text);
      one.onchange = () => {
        const chosen = options.filter((_, k) => boxes[k].checked).map(([each]) => each);
        changed(chosen.length ? chosen : [""]);
      };
      return one;
    });
    return (texts) =>
      boxes.forEach((one, k) => {
        one.checked = texts.includes(options[k][0]);
      });
  },
  switch({ label }, place, changed) {
    const line = make("label", {}, place);
    const one = make("input", { type: "checkbox" }, line);
    line.append(label);
    one.onchange = () => changed([String(one.checked)]);
    return ([text]) => {
      one.checked = text === "true" || text === "1";
    };
  },
  whole: (control, place, changed) => number(control, place, changed, 1),
  number: (control, place, changed) => number(control, place, changed, 0.1),
};

/** @type {(label: string, place: HTMLElement) => HTMLElement} */
function labelled(label, place) {
  const line = make("label", { class: "above" }, place);
  make("span", { text: label }, line);
  return line;
}

/** @type {(control: Control, place: HTMLElement, changed: (texts: string[]) => void, step: number) => any} */
function number({ label, low = 0, high = 1 }, place, changed, step) {
  const slides = (high - low) / step <= SLIDER;
  const line = labelled(label, place);
  const told = slides ? make("output", {}, line.firstElementChild) : null;
  const at = { min: low, max: high, step: slides || step === 1 ? step : "any" };
  const one = make("input", { type: slides ? "range" : "number", ...at }, line);
  one.oninput = () => {
    if (told) told.textContent = ` ${one.value}`;
  };
  one.onchange = () => one.checkValidity() && changed([one.value]);
  return ([text]) => {
    one.value = text;
    if (told) told.textContent = ` ${text}`;
  };
}
