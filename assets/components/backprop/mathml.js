// Mathematics, as MathML: t0, t1, t2 are the colors of the terms and of their edges.

import { make } from "../shared/elements.js";
import { format } from "./names.js";

/** An element around its children: m("mfrac", above, below). */
export function m(tag, ...children) {
  const element = make(tag);
  element.append(...children.flat());
  return element;
}
export function math(...parts) {
  const element = m("math", ...parts);
  element.setAttribute("displaystyle", "true"); // fractions at full size
  return element;
}
const mo = (sign) => m("mo", sign);
export const row = (...parts) =>
  m(
    "mrow",
    parts.flat().map((part) => (typeof part === "string" ? mo(part) : part)),
  );
export function sym(name) {
  if (name === "yh") {
    const hat = m("mover", m("mi", "y"), m("mo", "^"));
    hat.setAttribute("accent", "true");
    return hat;
  }
  if (name === "eta") return m("mi", "η");
  return name.length === 2 ? m("msub", m("mi", name[0]), m("mn", name[1])) : m("mi", name);
}
export const partial = (name) => m("mfrac", row(m("mi", "∂"), m("mi", "L")), row(m("mi", "∂"), sym(name)));
export const num = (value) => m("mn", format(value));
export const signed = (value) => (value < 0 ? row("(", num(value), ")") : num(value)); // a factor or summand
export const tint = (term, ...parts) => {
  const r = row(...parts);
  r.setAttribute("class", `t${term}`);
  return r;
};
export const fn = (name) => m("mi", name);
export const slope = (name, argument) => row(m("msup", fn(name), mo("′")), "(", argument, ")");
