// Scrolling what a component hangs in, whatever that is.

/**
 * The page's beginning comes into view: what scrolls around an element goes back to its top.
 *
 * @param {Element} element
 */
export function toTop(element) {
  /** @type {Node | null} */
  let around = element;
  while (around) {
    if (around instanceof Element && around.scrollTop > 0) around.scrollTop = 0;
    around = around.parentNode ?? (around instanceof ShadowRoot ? around.host : null);
  }
}
