// Newton's method and L-BFGS, as dlcore.optimizers.second_order writes them.

const HALVINGS = 30;

/** @typedef {import("./surfaces.js").Surface} Surface */
/** @typedef {import("./rules.js").Rule} Rule */
/** What L-BFGS remembers: pairs (s, y, 1 / y·s), oldest first. */
/** @typedef {{pairs: number[][], scale: number, g: number[] | null, s: number[]}} Memory */

/** @type {() => Memory} */
export const nothing = () => ({ pairs: [], scale: 1, g: null, s: [] });

/** Where a step leads; what is remembered is changed. */
/** @typedef {(s: Surface, rule: Rule, at: number[], g: number[], m: Memory, eta: number) => number[]} Move */

/** @type {Record<string, Move>} */
export const MOVES = {
  newton(surface, rule, at, g, _, eta) {
    return moved(surface, rule, at, g, newton(rule, g, surface.curvature(at[0], at[1])), eta);
  },
  lbfgs(surface, rule, at, g, memory, eta) {
    let factor = 1;
    let direction = [-g[0], -g[1]];
    if (memory.g) {
      remember(memory, g, rule.history);
      direction = twoLoops(memory, g);
    } else {
      const norm = Math.abs(g[0]) + Math.abs(g[1]);
      factor = norm > 1 ? 1 / norm : 1; // nothing known yet: downhill, and not far
    }
    memory.g = g;
    return moved(surface, rule, at, g, direction, factor * eta, memory);
  },
};

function moved(
  /** @type {Surface} */ surface,
  /** @type {Rule} */ rule,
  /** @type {number[]} */ at,
  /** @type {number[]} */ g,
  /** @type {number[]} */ d,
  /** @type {number} */ length,
  /** @type {Memory} */ memory = nothing(),
) {
  const far = rule.line_search ? backtrack(surface, at, g, d, length) : length;
  const s = [far * d[0], far * d[1]];
  memory.s = s;
  return [at[0] + s[0], at[1] + s[1]];
}

// As in dlcore.optimizers.second_order.
const [TINY, LOW, LIFT] = [1e-290, 1e-150, 2 ** 500];

/** Newton's direction by Cramer's rule; downhill where the Hessian is singular. */
function newton(
  /** @type {Rule} */ rule,
  /** @type {number[]} */ [gx, gy],
  /** @type {number[]} */ [uxx, uxy, uyy],
) {
  const size = Math.abs(uxx) + Math.abs(uxy) + Math.abs(uyy);
  const lift = size < LOW ? LIFT : 1;
  const [xx, xy, yy, px, py] = [lift * uxx, lift * uxy, lift * uyy, lift * gx, lift * gy];
  const det = xx * yy - xy * xy;
  let solvable = size > TINY && Math.abs(det) > 1e-14 * (xx * xx + 2 * xy * xy + yy * yy);
  const safe = solvable ? det : 1;
  const [dx, dy] = [(xy * py - yy * px) / safe, (xy * px - xx * py) / safe];
  if (rule.line_search) solvable = solvable && dx * gx + dy * gy < 0;
  return solvable ? [dx, dy] : [-gx, -gy];
}

/** The length, halved until f falls by 10⁻⁴ of what the slope promises; 0 where no length does. */
function backtrack(
  /** @type {Surface} */ surface,
  /** @type {number[]} */ [x, y],
  /** @type {number[]} */ g,
  /** @type {number[]} */ d,
  /** @type {number} */ first,
) {
  const slope = g[0] * d[0] + g[1] * d[1];
  const before = surface.value(x, y);
  let length = slope < 0 ? first : 0;
  for (let k = 0; k < HALVINGS; k++) {
    if (!(length > 0)) return length;
    if (surface.value(x + length * d[0], y + length * d[1]) <= before + 1e-4 * length * slope) return length;
    length *= 0.5;
  }
  return 0;
}

/** @type {(memory: Memory, g: number[], history: number) => void} */
function remember(memory, g, history) {
  const [sx, sy] = memory.s;
  const last = /** @type {number[]} */ (memory.g);
  const [yx, yy] = [g[0] - last[0], g[1] - last[1]];
  const ys = yx * sx + yy * sy;
  if (!(ys > 1e-10)) return;
  memory.pairs = [...memory.pairs, [sx, sy, yx, yy, 1 / ys]].slice(-history);
  memory.scale = ys / (yx * yx + yy * yy);
}

/**
 * −H g from the pairs; Nocedal and Wright, algorithm 7.4.
 *
 * @type {(memory: Memory, g: number[]) => number[]}
 */
function twoLoops({ pairs, scale }, g) {
  let [qx, qy] = [-g[0], -g[1]];
  const a = new Array(pairs.length);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const [sx, sy, yx, yy, rho] = pairs[k];
    a[k] = rho * (sx * qx + sy * qy);
    qx -= a[k] * yx;
    qy -= a[k] * yy;
  }
  let [rx, ry] = [scale * qx, scale * qy];
  pairs.forEach(([sx, sy, yx, yy, rho], k) => {
    const b = a[k] - rho * (yx * rx + yy * ry);
    rx += b * sx;
    ry += b * sy;
  });
  return [rx, ry];
}
