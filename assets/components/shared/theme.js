// Colors and fonts of the page around a component, as a canvas needs them: it knows no style sheet.

/**
 * @typedef {object} Theme
 * @property {string} text  color of the text
 * @property {string} ground  color of the page
 * @property {string} raised  color of a panel on the page
 * @property {string} font  CSS font of 13 px
 * @property {string} small  CSS font of 12 px
 */

/**
 * @param {Element} element
 * @returns {Theme}
 */
export function themeOf(element) {
  const style = getComputedStyle(element);
  const get = (/** @type {string} */ name, /** @type {string} */ otherwise) =>
    style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  const family = get("font", "sans-serif");
  return {
    text: get("text-color", "#222"),
    ground: get("background-color", "#fff"),
    raised: get("secondary-background-color", "#eee"),
    font: `13px ${family}`,
    small: `12px ${family}`,
  };
}

/**
 * A color of the palette as the color of letters: its mid-tones alone have 3:1, letters need 4.5:1.
 *
 * @type {(color: string) => string}
 */
export const inWords = (color) => `color-mix(in srgb, ${color} 60%, var(--st-text-color))`;
