// Elements of the page, made in one way: HTML, SVG and MathML. Text is only ever set as text.

const SVG = new Set(["svg", "g", "path", "line", "circle", "rect", "polygon", "text", "defs", "marker"]);
const MATHML = new Set("math mrow mi mo mn mfrac msub msup mover mtable mtr mtd".split(" "));
/** @type {(tag: string) => string} */
const namespace = (tag) =>
  SVG.has(tag)
    ? "http://www.w3.org/2000/svg"
    : MATHML.has(tag)
      ? "http://www.w3.org/1998/Math/MathML"
      : "http://www.w3.org/1999/xhtml";

/**
 * A new element: make("button", { class: "x", text: "Go" }, parent). `text` is its text, all else attributes.
 *
 * @template {string} K
 * @param {K} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {Node | null} [parent]  gets it as its last child
 * @returns {K extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[K] : SVGElement}
 */
export function make(tag, attributes = {}, parent = null) {
  const element = document.createElementNS(namespace(tag), tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, String(value));
  }
  parent?.appendChild(element);
  return /** @type {any} */ (element);
}

/**
 * Writes a text where another one stands: what is written anew is laid out anew, even if it says the same.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * A button with words that are read out, and what it does.
 *
 * @param {string} text
 * @param {string} label  "" if the text says it all
 * @param {() => void} act
 * @param {Node | null} [parent]
 * @returns {HTMLButtonElement}
 */
export function button(text, label, act, parent = null) {
  /** @type {Record<string, string>} */
  const named = label ? { title: label, "aria-label": label } : {};
  const made = make("button", { type: "button", text, ...named }, parent);
  made.onclick = act;
  return made;
}

/**
 * Buttons of which one is pressed; choosing another one presses that.
 *
 * @template T
 * @param {[T, string][]} options  value and text, the first is pressed to begin with
 * @param {(value: T) => void} chosen
 * @param {Node} parent
 */
export function choice(options, chosen, parent) {
  const all = options.map(([value, text], k) => {
    const one = make("button", { type: "button", text, "aria-pressed": String(k === 0) }, parent);
    one.onclick = () => {
      for (const other of all) other.setAttribute("aria-pressed", String(other === one));
      chosen(value);
    };
    return one;
  });
}
