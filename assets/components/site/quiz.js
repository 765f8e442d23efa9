// The self-test of the static edition: the lab's questions of some seeds, drawn and answered by Python.

import { make, write } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";
import { keep, readHere } from "./address.js";
import { asking } from "./asking.js";
import { readNumber } from "./typed.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} page  `questions`, `drawn`: topic -> seed -> their places, `topics`, and the lab's address */
export function open(page) {
  const topic = /** @type {HTMLSelectElement} */ (byId("topic"));
  const seed = /** @type {HTMLInputElement} */ (byId("seed"));
  const my = { page, topic, seed, at: 1, given: new Map() };
  read(my);
  topic.onchange = () => begin(my);
  seed.onchange = () => seed.checkValidity() && begin(my);
  byId("new").onclick = () => {
    seed.value = String((Number(seed.value) + 1 + Math.floor(Math.random() * (page.seeds - 1))) % page.seeds);
    begin(my);
  };
  addEventListener("hashchange", () => location.hash.slice(1) !== my.wrote && read(my));
}

function read(my) {
  const { page } = my;
  const said = readHere();
  const [topic, seed] = [said.quiz_topic?.[0] ?? page.topics[0], Number(said.quiz_seed?.[0] ?? 0)];
  my.topic.value = page.topics.includes(topic) ? topic : page.topics[0];
  const here = seed >= 0 && seed < page.seeds && seed % 1 === 0;
  my.seed.value = String(here ? seed : 0);
  write(
    byId("problem"),
    here ? "" : `Seed ${seed} is only in the full lab; here are 0 to ${page.seeds - 1}.`,
  );
  my.at = Math.max(1, Math.min(asked(my).length, Math.floor(Number(said.quiz_at?.[0] ?? 1)) || 1));
  show(my);
}

function begin(my) {
  my.at = 1;
  write(byId("problem"), "");
  show(my);
}

const asked = ({ page, topic, seed }) =>
  page.drawn[topic.selectedIndex][Number(seed.value)].map((/** @type {number} */ at) => page.questions[at]);
const nameOf = (my, at) => `${my.topic.value}-${my.seed.value}-${at}`;

const isRight = (question, given) =>
  question.choices ? question.choices[given].right : Math.abs(given - question.answer) <= question.tolerance;

function show(my) {
  const all = asked(my);
  const numbers = byId("numbers");
  numbers.replaceChildren();
  all.forEach((question, k) => {
    const given = my.given.get(nameOf(my, k + 1));
    const mark = given === undefined ? "" : isRight(question, given) ? "✓ " : "✗ ";
    /** @type {Record<string, string>} */
    const words =
      given === undefined ? {} : { "aria-label": `${k + 1}: ${mark === "✓ " ? "right" : "not right"}` };
    /** @type {Record<string, string>} */
    const current = k + 1 === my.at ? { "aria-current": "true" } : {};
    const one = make("button", { type: "button", text: `${mark}${k + 1}`, ...words, ...current }, numbers);
    one.onclick = () => {
      my.at = k + 1;
      show(my);
    };
  });
  ask(my, all[my.at - 1]);
  const known = all.map((question, k) => [question, my.given.get(nameOf(my, k + 1))]);
  const answered = known.filter(([, given]) => given !== undefined);
  const right = answered.filter(([question, given]) => isRight(question, given)).length;
  const left = all.length - answered.length;
  const score = `${right} of ${answered.length} answered questions right; ${left} to go.`;
  write(byId("score"), answered.length ? score : "");
  remember(my);
}

function ask(my, question) {
  const place = byId("question");
  place.replaceChildren();
  make("div", { class: "ask" }, place).innerHTML = question.ask; // written by Python, with formulas
  const given = my.given.get(nameOf(my, my.at));
  if (given === undefined) field(my, question, place);
  else solve(my, question, given, place);
}

function field(my, question, place) {
  const form = make("form", {}, place);
  const answer = question.choices ? choices(question, form) : typed(question, form);
  const button = make("button", { text: "Check" }, form);
  const hint = make("p", { role: "status" }, form);
  asking(form, button, () => {
    const given = answer();
    if (given === null) {
      hint.textContent = "Choose an answer, or type a number such as −0.38 or −3/8, first.";
      return;
    }
    my.given.set(nameOf(my, my.at), given);
    show(my);
    byId("verdict").focus();
  });
}

function choices({ choices: all }, form) {
  const box = make("fieldset", {}, form);
  make("legend", { text: "Your answer" }, box);
  const buttons = all.map(({ text }) => {
    const line = make("label", {}, box);
    const one = make("input", { type: "radio", name: "choice" }, line);
    make("span", {}, line).innerHTML = text;
    return one;
  });
  return () => {
    const at = buttons.findIndex((one) => one.checked);
    return at < 0 ? null : at;
  };
}

function typed({ whole, allowed }, form) {
  const line = make("label", {}, form);
  make("span", { text: "Your answer" }, line);
  const one = make(
    "input",
    { type: "text", placeholder: "a number", autocomplete: "off", maxlength: 60 },
    line,
  );
  make("small", { text: allowed }, line);
  return () => readNumber(one.value, whole);
}

function solve(my, question, given, place) {
  const right = isRight(question, given);
  const verdict = make("p", { id: "verdict", tabindex: "-1" }, place);
  make("strong", { text: right ? "✓ Right." : "✗ Not right." }, verdict);
  const box = make("div", { class: "solution" }, place);
  if (question.choices) {
    make("span", {}, verdict).innerHTML = ` You said: ${question.choices[given].text}`;
    for (const { text, right: so, why } of question.choices)
      make("p", {}, box).innerHTML =
        `${so ? `✓ <strong>${text}</strong>` : `✗ ${text}`}<br><small>${why}</small>`;
  } else {
    const mistake = right
      ? ""
      : (question.mistakes.find(([v]) => Math.abs(v - given) <= question.tolerance)?.[1] ?? "");
    const said = digits(given, 6);
    make("span", {}, verdict).innerHTML =
      ` You said ${said}; the code computes ${question.shown}. ${mistake}`;
    box.innerHTML = question.solution;
  }
  if (my.at >= asked(my).length) return;
  const next = make("button", { type: "button", text: "Next question" }, place);
  next.onclick = () => {
    my.at += 1;
    show(my);
  };
}

function remember(my) {
  my.wrote = keep(
    {
      quiz_topic: my.topic.selectedIndex ? [my.topic.value] : [],
      quiz_seed: my.seed.value === "0" ? [] : [my.seed.value],
      quiz_at: my.at === 1 ? [] : [String(my.at)],
    },
    my.page.lab,
  );
}
