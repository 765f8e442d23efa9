// How racers look: a dash and a mark each, besides their color.

/** @type {Record<string, number[]>} */
export const DASHES = { solid: [], dash: [8, 5], dot: [2, 4] };

/**
 * Text that can be read on the ground of a race, light or dark.
 *
 * @param {CanvasRenderingContext2D} c
 * @param {import("../shared/theme.js").Theme} theme
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
export function label(c, theme, text, x, y) {
  c.lineWidth = 3;
  c.lineJoin = "round";
  c.strokeStyle = theme.ground;
  c.strokeText(text, x, y);
  c.fillStyle = theme.text;
  c.fillText(text, x, y);
}

/** @type {Record<string, string>} */
const OUTLINES = {
  circle: "M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0Z",
  square: "M-4.5-4.5H4.5V4.5H-4.5Z",
  diamond: "M0-6.2L6.2 0 0 6.2-6.2 0Z",
  "triangle-up": "M0-6L5.8 4.5H-5.8Z",
  "triangle-down": "M0 6L5.8-4.5H-5.8Z",
  hexagon: "M-3-5.2H3L6 0 3 5.2H-3L-6 0Z",
  cross: "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
};

/** Marks as a canvas and as an SVG path draw them. */
export const SHAPES = Object.fromEntries(
  Object.entries(OUTLINES).map(([name, outline]) => [name, { outline, path: new Path2D(outline) }]),
);
