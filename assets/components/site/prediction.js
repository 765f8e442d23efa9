// A prediction beside the answer: the choice that was made, or two marks on one scale, as
// ui/course/comparison.py draws them for the lab.

import { make } from "../shared/elements.js";
import { digits } from "../shared/numbers.js";

const [WIDTH, EDGE, LINE] = [280, 34, 40];

/** Whether a prediction counts: the same choice or whole number, or within the tolerance. */
export function isRight({ answer, whole, tolerance }, given) {
  if (whole || typeof given === "string") return given === answer;
  return Math.abs(given - answer) <= Math.max(tolerance * Math.abs(answer), 1e-9);
}

/** The verdict on a prediction, as the end of a sentence. */
export function verdict(step, given) {
  const right = isRight(step, given);
  const within = right && !step.whole && typeof given === "number" && given !== step.answer;
  const near = within ? ` (within ${digits(100 * step.tolerance, 6)}%)` : "";
  return `${right ? "as you predicted" : "not what you predicted"}${near}.`;
}

/** A prediction as the learner reads it, as HTML. */
export const shown = ({ choices }, given) =>
  typeof given === "string" ? choices.find(([name]) => name === given)[1] : digits(given, 4);

/**
 * The prediction, marked beside what is expected.
 *
 * @param {any} step
 * @param {string | number} given
 * @param {HTMLElement} place
 */
export function compare(step, given, place) {
  if (typeof given === "number") return scale(given, step.answer, step.whole ? 0 : step.tolerance, place);
  for (const [name, text] of step.choices) {
    const marks = [name === step.answer && "✓ the answer", name === given && "your prediction"];
    if (!marks.some(Boolean)) continue;
    const line = make("p", {}, place);
    make("span", {}, line).innerHTML = `${text}<br>`;
    make("small", { text: marks.filter(Boolean).join(" · ") }, line);
  }
}

function scale(given, expected, tolerance, place) {
  const off = tolerance * Math.abs(expected);
  const reach = Math.max(Math.abs(given - expected), 2 * off, 1e-9);
  const [low, high] = [Math.min(given, expected) - 0.15 * reach, Math.max(given, expected) + 0.15 * reach];
  const x = (v) => EDGE + ((WIDTH - 2 * EDGE) * (v - low)) / (high - low);
  const [from, to] = [x(Math.max(expected - off, low)), x(Math.min(expected + off, high))];
  const said = `Your prediction ${digits(given, 4)}, the answer ${digits(expected, 4)}.`;
  const svg = make(
    "svg",
    { class: "scale", role: "img", "aria-label": said, viewBox: `0 0 ${WIDTH} ${LINE + 36}` },
    place,
  );
  const band = { x: from, y: LINE - 8, width: Math.max(to - from, 1), height: 16 };
  make("rect", { class: "near", ...band }, svg);
  make("line", { class: "grid", x1: EDGE / 2, x2: WIDTH - EDGE / 2, y1: LINE, y2: LINE }, svg);
  make("circle", { class: "answer", cx: x(expected), cy: LINE, r: 6 }, svg);
  make("path", { class: "given", d: `M${x(given)} ${LINE + 3}l-7 12h14z` }, svg);
  for (const [v, y, text] of [
    [expected, LINE - 16, `answer ${digits(expected, 4)}`],
    [given, LINE + 28, `yours ${digits(given, 4)}`],
  ]) {
    const at = Math.min(Math.max(x(v), 50), WIDTH - 50);
    make("text", { x: at, y, "text-anchor": "middle", text }, svg);
  }
}
