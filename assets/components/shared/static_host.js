// A component in any page, with no server behind it: opened from disk, published, or exported as one file.

import { make } from "./elements.js";
import { hostOf } from "./host.js";

/**
 * Puts a component into an element, behind a shadow root of its own.
 *
 * @param {import("./host.js").Create} create
 * @param {HTMLElement} element  the page's custom properties --st-* around it are the theme
 * @param {any} data
 * @param {string} [style]  the component's style sheet
 * @param {(name: string, value: unknown) => void} [heard]  is told of every state and every event
 * @returns {import("./host.js").Part}
 */
export function mount(create, element, data, style = "", heard = () => {}) {
  const shadow = element.attachShadow({ mode: "open" });
  make("style", { text: style }, shadow);
  const part = create(hostOf(make("div", { class: "root" }, shadow), heard, heard));
  part.update(data);
  return part;
}
