// The lessons of the static edition: the course at a glance, and a step as prediction, picture and answer.

import { make, write } from "../shared/elements.js";
import { behind, keep, readHere } from "./address.js";
import { isDone, keepMarks, kept, nextPlace, places, readToken, stepAt, token } from "./progress.js";
import { draw } from "./step.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {any} page  lessons with their steps as Python has written them, and the lab's address
 * @param {Record<string, any[]>} parts  component -> its create, its state, its style
 */
export function open(page, parts) {
  /** @type {any} */
  const my = { page, parts, marks: kept(), place: null, moving: null };
  my.link = (place, text, more = {}) => link(my, place, text, more);
  my.note = (step, given, revealed) => {
    my.marks[step.key] = { given, revealed };
    keepMarks(my.marks);
    remember(my);
  };
  read(my);
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) === my.wrote) return;
    read(my);
    byId("here")?.focus();
  });
  const again = () => my.moving?.part.update(my.moving.data);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  return my;
}

function read(my) {
  const said = readHere();
  const { place, done, problem } = readToken(said.lessons_at?.[0] ?? "", my.page.lessons);
  for (const one of done) my.marks[stepAt(my.page.lessons, one).key] ??= { given: "", revealed: true };
  my.place = place;
  write(byId("problem"), problem);
  show(my);
}

function show(my) {
  my.moving?.part.stop();
  my.moving = null;
  const root = byId("lesson");
  root.replaceChildren();
  if (my.place) draw(my, my.place, root);
  else overview(my, root);
  if (my.place) neighbors(my, root);
  remember(my);
  scrollTo(0, 0);
}

function remember(my) {
  my.wrote = keep({ lessons_at: my.place ? [token(my, my.place)] : [] }, my.page.lab);
}

/** A link to a place; it carries what has been done, so that copied it resumes there. */
function link(my, place, text, more) {
  const leads = () => `#${behind(`lessons_at=${token(my, place)}`)}`;
  const one = make("a", { href: leads(), text, ...more });
  one.addEventListener("pointerdown", () => {
    one.setAttribute("href", leads()); // with what has been done since
  });
  return one;
}

function overview(my, root) {
  const { lessons } = my.page;
  const all = places(lessons);
  const done = all.filter((place) => isDone(my, place)).length;
  const next = nextPlace(my);
  const begin = make("p", { id: "here", tabindex: "-1" }, root);
  if (!next) begin.append("All steps are done. The self-test has fresh numbers.");
  else {
    const name = `Go on with lesson ${next[0]}, step ${next[1]}: ${stepAt(lessons, next).title}`;
    begin.append(link(my, next, done ? name : "Begin with lesson 1, step 1", { class: "button" }));
  }
  const minutes = lessons.reduce((sum, { minutes: m }) => sum + m, 0);
  make(
    "p",
    { class: "small", text: `${done} of ${all.length} steps done; ${minutes} minutes in all.` },
    root,
  );
  const list = make("ol", { class: "course" }, root);
  lessons.forEach((lesson, k) => row(my, lesson, k + 1, make("li", {}, list)));
  if (!Object.keys(my.marks).length) return;
  const forget = make("button", { type: "button", text: "Forget my answers" }, make("p", {}, root));
  forget.onclick = () => {
    my.marks = {};
    keepMarks(my.marks);
    show(my);
    byId("here").focus();
  };
}

function row(my, { title, aim, minutes, steps }, i, line) {
  const of = steps.map((_, s) => [i, s + 1]);
  const done = of.filter((place) => isDone(my, place)).length;
  const first = of.find((place) => !isDone(my, place) && !stepAt(my.page.lessons, place).closed) ?? of[0];
  make("strong", {}, line).append(link(my, first, title, {}));
  make("span", {}, line).innerHTML = ` ${aim}`; // written by Python
  const closed = steps.filter((step) => step.closed).length;
  const left = closed ? ` · ${closed} only in the full lab` : "";
  const said = `${minutes} min · ${done} of ${steps.length} steps${left}`;
  make("p", { class: "small", text: said }, line);
}

function neighbors(my, root) {
  const all = places(my.page.lessons);
  const [i, s] = my.place;
  const at = all.findIndex(([l, k]) => l === i && k === s);
  const line = make("p", { class: "neighbors" }, root);
  if (at > 0) line.append(link(my, all[at - 1], "← Previous step", {}));
  const after = all[at + 1];
  const lesson = my.page.lessons[i - 1];
  if (after) {
    const next = after[0] === i ? "Next step →" : `Next lesson: ${my.page.lessons[i].title} →`;
    line.append(link(my, after, next, { id: "next" }));
  }
  if (s === lesson.steps.length && lesson.topic) {
    const query = new URLSearchParams({ quiz_topic: lesson.topic, quiz_seed: String(i) });
    make("a", { href: `quiz.html#${query}`, text: "Test yourself on this lesson" }, line);
  }
  make("a", { href: `#${behind("")}`, text: "All lessons" }, line);
}
