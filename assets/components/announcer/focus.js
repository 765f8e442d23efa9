// Focus that a redrawing has thrown away goes back to the same control, to what stands there now, or to the
// title.

const KEYED = '[class*="st-key-"]';
const REACHED = "a[href], button, input, select, textarea, summary, [tabindex]";
const SETTLED = 250; // milliseconds without a change after which a redrawing counts as done

/** @type {(element: Element) => string} */
const keyOf = (element) => [...element.classList].find((name) => name.startsWith("st-key-")) ?? "";

/** @type {(element: Element) => string} */
const nameOf = (element) => element.getAttribute("aria-label") || element.textContent?.trim() || "";

/** @type {(element: Element) => boolean} */
const isReached = (element) =>
  !element.matches("[disabled], [tabindex='-1']") && element.getClientRects().length > 0;

/** @type {(place: ParentNode) => HTMLElement[]} */
const reachedIn = (place) =>
  /** @type {HTMLElement[]} */ ([...place.querySelectorAll(REACHED)].filter(isReached));

/**
 * Watches over the focus of a page until stopped.
 *
 * @param {Document} page
 * @returns {{stop: () => void}}
 */
export function keepFocus(page) {
  /** @type {{element: Element, name: string, keys: string[], around: Element[]} | null} */
  let last = null;
  let timer = 0;

  /** @param {Event} event */
  function remember(event) {
    const element = /** @type {Element} */ (event.target);
    if (!(element instanceof Element) || element === page.body) return;
    const around = [];
    for (let up = element.parentElement; up && up !== page.body; up = up.parentElement) around.push(up);
    const keys = [element, ...around].filter((e) => e.matches(KEYED)).map(keyOf);
    last = { element, name: nameOf(element), keys, around };
  }

  // Who presses beside all controls leaves them on purpose.
  /** @param {Event} event */
  function leave(event) {
    if (!(event.target instanceof Element && event.target.closest(REACHED))) last = null;
  }

  function bringBack() {
    const active = page.activeElement;
    if (!last || (active && active !== page.body) || (last.element.isConnected && isReached(last.element)))
      return;
    const lost = last;
    last = null;
    const same = sameControl(page, lost) ?? nearest(lost) ?? page.querySelector("h1");
    if (!(same instanceof HTMLElement)) return;
    if (!same.matches(REACHED)) same.setAttribute("tabindex", "-1");
    same.focus({ preventScroll: true });
  }

  const changes = new MutationObserver(() => {
    clearTimeout(timer);
    timer = window.setTimeout(bringBack, SETTLED);
  });
  page.addEventListener("focusin", remember);
  page.addEventListener("pointerdown", leave);
  changes.observe(page.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  return {
    stop() {
      clearTimeout(timer);
      changes.disconnect();
      page.removeEventListener("focusin", remember);
      page.removeEventListener("pointerdown", leave);
    },
  };
}

/**
 * The control of the same key, drawn anew; that of the same name if several stand there.
 *
 * @param {Document} page
 * @param {{name: string, keys: string[]}} lost
 */
function sameControl(page, { name, keys }) {
  for (const key of keys) {
    const place = page.querySelector(`.${CSS.escape(key)}`);
    const found = place ? reachedIn(place) : [];
    const named = found.find((element) => nameOf(element) === name);
    if (named || found.length) return named ?? found[0];
  }
  return null;
}

/**
 * The first control that stands where the lost one stood: in the nearest surrounding that is still there.
 *
 * @param {{around: Element[]}} lost
 */
function nearest({ around }) {
  for (const place of around) {
    const found = place.isConnected ? reachedIn(place) : [];
    if (found.length) return found[0];
  }
  return null;
}
