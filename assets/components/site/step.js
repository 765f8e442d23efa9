// One step of a lesson in one scroll: the question and the prediction, the picture, the answer.

import { make } from "../shared/elements.js";
import { written } from "./address.js";
import { asking } from "./asking.js";
import { moving, refresh, stage } from "./moving.js";
import { compare, shown, verdict } from "./prediction.js";
import { isDone, stepAt, token } from "./progress.js";
import { readNumber } from "./typed.js";

/**
 * @param {any} my  the page of the lessons
 * @param {import("./progress.js").Place} place
 * @param {HTMLElement} root
 */
export function draw(my, place, root) {
  const step = stepAt(my.page.lessons, place);
  steps(my, place, root);
  const title = `Lesson ${place[0]}, step ${place[1]}: ${step.title}`;
  make("h2", { id: "here", tabindex: "-1", text: title }, root);
  if (step.closed) {
    make("p", { class: "closed" }, root).innerHTML = step.closed;
    whole(my, step, make("p", {}, root));
    return;
  }
  const shows = step.live || step.still || step.frames;
  const scroll = make("div", { class: shows ? "scroll" : "words" }, root);
  /** @type {any} */
  const at = { my, step, ask: make("div", { class: "asked" }, scroll), picture: null, answer: null };
  if (shows) at.picture = picture(my, step, scroll);
  at.answer = make("div", { class: "answered" }, scroll);
  show(at);
}

/** The steps of this lesson, as links. */
function steps(my, [i, s], root) {
  const line = make("nav", { class: "steps", "aria-label": `Steps of lesson ${i}` }, root);
  my.page.lessons[i - 1].steps.forEach((step, k) => {
    const mark = isDone(my, [i, k + 1]) ? "✓" : step.closed ? "–" : `${k + 1}`;
    /** @type {Record<string, string>} */
    const more = k + 1 === s ? { "aria-current": "step" } : {};
    line.append(my.link([i, k + 1], `${mark} ${step.title}`, more));
  });
}

function show(at) {
  const { my, step, ask, answer } = at;
  const mark = my.marks[step.key];
  const given = known(step, mark?.given);
  ask.replaceChildren();
  answer.replaceChildren();
  make("div", { class: "ask" }, ask).innerHTML = step.ask; // written by Python, with formulas
  at.picture?.toggleAttribute("inert", !mark && step.veiled);
  at.picture?.classList.toggle("veiled", !mark && step.veiled);
  if (!mark) return predict(at, ask);
  if (given !== "") make("p", {}, ask).innerHTML = `Your prediction: <strong>${shown(step, given)}</strong>`;
  make("p", { id: "do", tabindex: "-1" }, ask).innerHTML = step.do;
  if (!at.picture) whole(my, step, make("p", {}, ask));
  if (mark.revealed) return tell(at, given, answer);
  const button = make("button", { type: "button", text: "Show the answer" }, answer);
  button.onclick = () => {
    my.note(step, mark.given, true);
    show(at);
    document.getElementById("verdict")?.focus();
  };
}

/** A prediction that can be one of this step; the file may have been edited since. */
function known(step, given) {
  const fits = step.choices?.length ? step.choices.some(([name]) => name === given) : Number.isFinite(given);
  return fits ? given : "";
}

function predict(at, place) {
  const { my, step } = at;
  const note = (given) => {
    my.note(step, given, false);
    show(at);
    document.getElementById("do")?.focus();
  };
  const form = make("form", { class: "predict" }, place);
  const answer = step.choices.length ? choices(step, form) : typed(step, form);
  const button = make("button", { class: "primary", text: "That is my prediction" }, form);
  const hint = make("p", { role: "status", class: "small" }, form);
  asking(form, button, () => {
    const given = answer();
    if (given === null) hint.textContent = "Choose or type something first; a guess will do.";
    else note(given);
  });
  make("button", { type: "button", class: "plain", text: "I would rather look first" }, place).onclick = () =>
    note("");
}

function choices(step, form) {
  const box = make("fieldset", {}, form);
  make("legend", { text: "Your prediction" }, box);
  const buttons = step.choices.map(([, text]) => {
    const line = make("label", {}, box);
    const one = make("input", { type: "radio", name: "choice" }, line);
    make("span", {}, line).innerHTML = text;
    return one;
  });
  return () => step.choices[buttons.findIndex((one) => one.checked)]?.[0] ?? null;
}

function typed({ whole: counted }, form) {
  const line = make("label", {}, form);
  make("span", { text: "Your prediction" }, line);
  const more = { type: "text", placeholder: "a number", autocomplete: "off", maxlength: 60 };
  const one = make("input", more, line);
  return () => readNumber(one.value, counted);
}

function tell({ step }, given, place) {
  const box = make("div", { class: "box" }, place);
  const said = make("p", { id: "verdict", tabindex: "-1" }, box);
  said.innerHTML = given === "" ? step.told : `${step.told} — ${verdict(step, given)}`;
  if (given !== "") compare(step, given, box);
  const after = make("div", { class: "after" }, box);
  after.innerHTML = step.after + step.proof;
  if (after.scrollWidth > after.clientWidth) after.tabIndex = 0; // a long formula is reached by keys
}

/** The page's own picture, to be touched, and what the lab writes below it. */
function picture(my, step, scroll) {
  const place = make("div", { class: "shown" }, scroll);
  const line = make("p", { class: "neighbors" });
  if (step.live) live(my, step, place, line);
  if (step.frames) chosen(step.frames, make("div", {}, place));
  const still = make("div", {}, place);
  if (step.live && step.still) make("p", { class: "small", text: "In the state of the question:" }, still);
  make("div", {}, still).innerHTML = step.still;
  if (!step.live && step.link)
    make("p", { class: "small", text: "The full lab has all controls of this picture." }, still);
  place.append(line);
  whole(my, step, line);
  return place;
}

/** A still picture for every value of one control. */
function chosen({ label, start, html }, place) {
  const line = make("label", { class: "above" }, make("div", { class: "controls" }, place));
  make("span", { text: label }, line);
  const select = make("select", {}, line);
  for (const value of Object.keys(html)) make("option", { value, text: value }, select);
  const shown = make("div", { class: "frame" }, place);
  select.onchange = () => {
    shown.innerHTML = html[select.value]; // written by Python
  };
  select.value = start;
  shown.innerHTML = html[start];
}

function live(my, step, place, line) {
  const [create, of, style] = my.parts[step.live.name];
  const undo = make("button", { type: "button", class: "plain", text: "As in the question", hidden: "" });
  const now = moving(of, step.live, () => {
    undo.hidden = written(now.said) === written(asked(step));
    place.querySelector("a.whole")?.setAttribute("href", leads(my, step, now.said));
  });
  now.said = asked(step);
  const stood = make("div", {}, place);
  stage(now, create, style, stood, make("div", { class: "controls" }, place));
  undo.onclick = () => {
    Object.assign(now, { said: asked(step), turn: now.turn + 1 });
    refresh(now);
    stood.scrollIntoView({ block: "nearest" });
  };
  line.append(undo);
  my.moving = now;
}

const only = (query, names) => Object.fromEntries(Object.entries(query).filter(([name]) => name in names));

/** What a step's link says of the picture's state. */
const asked = ({ query, live: { fixed } }) =>
  Object.fromEntries(Object.entries(query).filter(([name]) => !(name in fixed)));

function whole(my, step, place) {
  const href = leads(my, step, step.live ? asked(step) : {});
  if (!href) return;
  const text = step.file ? "Open the whole page" : "Open the whole page in the full lab";
  /** @type {Record<string, string>} */
  const more = step.file ? {} : { target: "_blank", rel: "noopener" };
  make("a", { class: "whole", href, text, ...more }, place);
}

/** The whole page in this state: here if there is one, else in the full lab, which knows the way back. */
function leads(my, step, said) {
  const { file, fixed, link, query } = step;
  const state = { ...(step.live ? only(query, step.live.fixed) : query), ...said };
  if (!file) return link ? `${link}?${written({ ...state, lesson: [token(my, my.place)] })}` : "";
  const rest = written(Object.fromEntries(Object.entries(state).filter(([name]) => !fixed.includes(name))));
  return `${file}.html${rest ? "#" : ""}${rest}`;
}
