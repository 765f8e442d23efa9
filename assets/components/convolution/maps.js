// The input with the window on it, and the output map, cell by cell.

import { clamp } from "../shared/numbers.js";
import { boxOf, css, fresh, shade } from "../shared/picture.js";

/** A shade of gray as a style sheet writes it. @type {(v: number) => string} */
export const gray = (v) => {
  const b = Math.round(255 * clamp(v, 0, 1));
  return `rgb(${b},${b},${b})`;
};

/** The padded grid of the input and the side of one of its cells in pixels. */
export function frameOf(my) {
  const rows = my.data.rows + 2 * my.g.p;
  const cols = my.data.cols + 2 * my.g.p;
  return { c: boxOf(my.input).clientWidth / Math.max(rows, cols), rows, cols };
}
/** The side of one cell of the output in pixels. */
export const cellOf = (my) => boxOf(my.output).clientWidth / Math.max(my.map.m, my.map.n);

export function drawInput(my, places) {
  const { data, g } = my;
  const { c, rows, cols } = frameOf(my);
  boxOf(my.input).style.height = `${rows * c}px`;
  const [ctx] = fresh(my.input);
  const gap = c > 8 ? 1 : 0;
  ctx.strokeStyle = data.colors.muted;
  ctx.lineWidth = 0.6;
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < cols; q++) {
      const [y, x] = [r - g.p, q - g.p];
      if (y >= 0 && y < data.rows && x >= 0 && x < data.cols) {
        ctx.fillStyle = gray(my.x[y * data.cols + x]);
        ctx.fillRect(q * c, r * c, c - gap, c - gap);
      } else ctx.strokeRect(q * c + 1, r * c + 1, c - 2, c - 2);
    }
  }
  places.forEach(([r, q], t) =>
    outline(ctx, q + g.p, r + g.p, c, data.colors.accent, t === my.tap ? 4 : 1.5),
  );
}

/** The output up to the cell `done`: while the film plays, the rest has not been computed yet. */
export function drawOutput(my, i, j, done) {
  const { map } = my;
  const c = cellOf(my);
  boxOf(my.output).style.height = `${map.m * c}px`;
  const [ctx] = fresh(my.output);
  const gap = c > 8 ? 1 : 0;
  for (let k = 0; k <= done; k++) {
    ctx.fillStyle = css(my.scale[shade(my.limit ? map.z[k] / my.limit : 0)]);
    ctx.fillRect((k % map.n) * c, Math.floor(k / map.n) * c, c - gap, c - gap);
  }
  outline(ctx, j, i, c, my.data.colors.accent, 2.5);
}

function outline(ctx, column, row, c, color, wide) {
  const box = [column * c + 1, row * c + 1, c - 2, c - 2];
  ctx.strokeStyle = "rgba(255,255,255,.9)";
  ctx.lineWidth = wide + 2;
  ctx.strokeRect(...box);
  ctx.strokeStyle = color;
  ctx.lineWidth = wide;
  ctx.strokeRect(...box);
}
