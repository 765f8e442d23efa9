// The contract between a component and whatever shows it: Streamlit, a page opened from disk, an exported
// file. A component's module exports create(host). It fills host.root and nothing else, knows no Streamlit,
// and everything that comes and goes passes through the host; so the same file runs everywhere.

/**
 * What a component may ask of its surroundings.
 *
 * @typedef {object} Host
 * @property {HTMLElement} root  the element to fill; it lives as long as the component
 * @property {(name: string, value: unknown) => void} send  the new value of a state; it stays
 * @property {(name: string, value: unknown) => void} tell  something that happens once: a choice, a wish
 * @property {() => import("./theme.js").Theme} theme  colors and fonts of the moment, light or dark
 * @property {() => {width: number, height: number}} size  of the root, in CSS pixels
 * @property {(text: string) => void} say  words for those who listen instead of looking, spoken once
 * @property {() => boolean} still  whether the reader asked for reduced motion
 */

/**
 * What create(host) gives back.
 *
 * @typedef {object} Part
 * @property {(data: any) => void} update  new data, or the same under another theme
 * @property {() => void} stop  the component leaves the page: no timer, frame or listener may survive
 */

/** @typedef {(host: Host) => Part} Create */

import { make } from "./elements.js";
import { themeOf } from "./theme.js";

/**
 * The host of an element: what every surrounding has in common. The two ways out are filled in by the caller.
 *
 * @param {HTMLElement} root
 * @param {(name: string, value: unknown) => void} send
 * @param {(name: string, value: unknown) => void} tell
 * @returns {Host}
 */
export function hostOf(root, send, tell) {
  /** @type {HTMLElement | null} */
  let live = null;
  return {
    root,
    send,
    tell,
    theme: () => themeOf(root),
    size: () => ({ width: root.clientWidth, height: root.clientHeight }),
    still: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
    say(text) {
      live ??= make("div", { class: "live", "aria-live": "polite" }, root);
      live.textContent = text;
    },
  };
}
