// Streamlit's side of the contract in host.js. Streamlit calls a component's default export again with every
// change of its data or theme, and the function it got back when the element leaves the page.

import { hostOf } from "./host.js";

/**
 * @typedef {object} Component  what Streamlit hands over (components v2)
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {any} data
 * @property {(name: string, value: unknown) => void} setStateValue
 * @property {(name: string, value: unknown) => void} setTriggerValue
 */

/** @typedef {{part: import("./host.js").Part, component: Component}} Mounted */

/** @type {WeakMap<HTMLElement, Mounted>} */
const instances = new WeakMap();

/**
 * The default export of a Streamlit component, from a component's create().
 *
 * @param {import("./host.js").Create} create
 * @returns {(component: Component) => () => void}
 */
export function streamlit(create) {
  return (component) => {
    const root = /** @type {HTMLElement} */ (component.parentElement.querySelector(".root"));
    const known = instances.get(root);
    const mounted = known ?? begin(create, root, component);
    mounted.component = component;
    mounted.part.update(component.data);
    return () => {
      // A run that was overtaken while the script was loading is cleaned up after the next one has begun.
      if (mounted.component !== component) return;
      mounted.part.stop();
      instances.delete(root);
    };
  };
}

/**
 * @param {import("./host.js").Create} create
 * @param {HTMLElement} root
 * @param {Component} component
 * @returns {Mounted}
 */
function begin(create, root, component) {
  root.replaceChildren();
  const mounted = /** @type {Mounted} */ ({ component });
  const send = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    mounted.component.setStateValue(name, value);
  const tell = (/** @type {string} */ name, /** @type {unknown} */ value) =>
    mounted.component.setTriggerValue(name, value);
  mounted.part = create(hostOf(root, send, tell));
  instances.set(root, mounted);
  return mounted;
}

/** @type {WeakMap<Node, Promise<unknown>>} */
const sheets = new WeakMap();

/**
 * Resolves when the style sheet at an address has been applied to a component, at once if it already is.
 * Without its style sheet a component would measure boxes that have no size yet.
 *
 * @param {HTMLElement | ShadowRoot} parent
 * @param {string} href
 * @returns {Promise<unknown>}
 */
export function styled(parent, href) {
  const known = sheets.get(parent);
  if (known) return known;
  const link = document.createElement("link");
  const loaded = new Promise((resolve) => {
    link.onload = link.onerror = resolve;
  });
  Object.assign(link, { rel: "stylesheet", href });
  parent.prepend(link);
  sheets.set(parent, loaded);
  return loaded;
}
