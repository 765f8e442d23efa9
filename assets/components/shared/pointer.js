// Hand on the mouse, finger on the glass, keys: what each of them means, the same in every component.

/**
 * Follows a pointer that was just pressed on an element until it is let go.
 *
 * @param {HTMLElement} element
 * @param {PointerEvent} down
 * @param {(event: PointerEvent) => void} move
 * @param {() => void} [done]
 */
export function follow(element, down, move, done = () => {}) {
  element.setPointerCapture(down.pointerId);
  element.onpointermove = move;
  element.onpointerup = element.onpointercancel = () => {
    element.onpointermove = element.onpointerup = element.onpointercancel = null;
    done();
  };
}

/**
 * A finger that comes down and goes up again in one place; one that swipes scrolls the page.
 *
 * @param {HTMLElement} element
 * @param {PointerEvent} down
 * @param {(event: PointerEvent) => void} act
 */
export function tapped(element, down, act) {
  element.onpointerup = element.onpointercancel = (up) => {
    element.onpointerup = element.onpointercancel = null;
    const way = Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY);
    if (up.type === "pointerup" && way < 12) act(up);
  };
}

/**
 * Where a pointer is in an element's box, and the box.
 *
 * @param {Element} element
 * @param {{clientX: number, clientY: number}} event
 */
export function within(element, event) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top, width, height };
}

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * What an arrow key means, as [to the right, upwards]; null for any other key.
 *
 * @param {KeyboardEvent} event
 * @returns {[number, number] | null}
 */
export const arrow = (event) => ARROWS[event.key] ?? null;
