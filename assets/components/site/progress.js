// A learner's way through the lessons: kept in this browser, carried in the address as the lab writes it.

const KEY = "lab_lessons";

/** @typedef {{given: string | number, revealed: boolean}} Mark */
/** @typedef {[number, number]} Place  lesson and step, from 1 */

/** What is kept, by the steps' keys; nothing where nothing can be. @returns {Record<string, Mark>} */
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, Mark>} marks */
export function keepMarks(marks) {
  try {
    localStorage.setItem(KEY, JSON.stringify(marks));
  } catch {
    // a frame without an origin, or a full disk: it lasts as long as the page
  }
}

/** All places in order. @param {any[]} lessons @returns {Place[]} */
export const places = (lessons) =>
  lessons.flatMap(({ steps }, i) => steps.map((_, s) => /** @type {Place} */ ([i + 1, s + 1])));

/** @type {(lessons: any[], place: Place) => any} */
export const stepAt = (lessons, [i, s]) => lessons[i - 1].steps[s - 1];

/** Whether the answer of a place has been shown. @type {(my: any, place: Place) => boolean} */
export const isDone = ({ page, marks }, place) => Boolean(marks[stepAt(page.lessons, place).key]?.revealed);

/**
 * "3.2-7.1f": lesson 3, step 2, with the done steps of lesson 1, 2, … as the bits of hexadecimal numbers, as
 * dlcore.course.lessons.write_place has it.
 *
 * @param {any} my
 * @param {Place} place
 */
export function token(my, place) {
  const bits = my.page.lessons.map(({ steps }, i) =>
    steps.reduce((sum, _, s) => sum + (isDone(my, [i + 1, s + 1]) ? 2 ** s : 0), 0),
  );
  while (bits.length && !bits[bits.length - 1]) bits.pop();
  const done = bits.length ? `-${bits.map((b) => b.toString(16)).join(".")}` : "";
  return `${place[0]}.${place[1]}${done}`;
}

/**
 * The place of an address, clamped, and the places it calls done; a problem where there is one.
 *
 * @param {string} text
 * @param {any[]} lessons
 * @returns {{place: Place | null, done: Place[], problem: string}}
 */
export function readToken(text, lessons) {
  if (!text) return { place: null, done: [], problem: "" };
  const found = /^(\d{1,3})\.(\d{1,3})(?:-([0-9a-f]{1,12}(?:\.[0-9a-f]{1,12})*))?$/.exec(text.slice(0, 300));
  const unread = "The address held a place that cannot be read; here is the whole course.";
  if (!found) return { place: null, done: [], problem: unread };
  const within = (v, most) => Math.min(Math.max(Number(v), 1), most);
  const i = within(found[1], lessons.length);
  const s = within(found[2], lessons[i - 1].steps.length);
  const bits = (found[3] ?? "0").split(".").map((part) => Number.parseInt(part, 16));
  const done = places(lessons).filter(([l, k]) => Math.floor((bits[l - 1] ?? 0) / 2 ** (k - 1)) % 2 === 1);
  const moved = i !== Number(found[1]) || s !== Number(found[2]);
  const problem = moved ? "The address held a step that does not exist; the nearest is shown." : "";
  return { place: [i, s], done, problem };
}

/** The first place after the last one done that can be done here; null at the end. @returns {Place | null} */
export function nextPlace(my) {
  const all = places(my.page.lessons).filter((place) => !stepAt(my.page.lessons, place).closed);
  const last = all.reduce((at, place, k) => (isDone(my, place) ? k : at), -1);
  const rest = [...all.slice(last + 1), ...all.slice(0, last + 1)].filter((place) => !isDone(my, place));
  return rest[0] ?? null;
}
