"""Newton's method and L-BFGS: rules that look at curvature, and what they spend for it.

As everywhere, x, y and the like are plain floats of one racer or arrays over many; `m` is plain or numpy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from dlcore.optimizers import plain
from dlcore.optimizers.rules import Rule, State

Pair = tuple[Any, Any]
HALVINGS = 30
LOW, LIFT = 1e-150, 2.0**500  # a Hessian below the first is multiplied by the second, which rounds nothing
TINY = 1e-290  # a smaller Hessian counts as singular: its inverse is near the end of floating point


@dataclass(frozen=True)
class SecondOrder(Rule):
    """A rule that moves both coordinates together, and may search along its direction.

    Attributes:
        line_search: halve the step until f falls by 10⁻⁴ of what the slope promises (Armijo 1966).
    """

    lr: float = 1.0
    line_search: bool = False

    needs_hessian: ClassVar[bool] = False

    def direction(
        self, x: Any, y: Any, g: Pair, curvature: Any, state: State, m: Any
    ) -> tuple[Pair, Any, State]:
        """The direction d, a factor for its first length, and the new memory."""
        raise NotImplementedError

    def move_both(
        self,
        f: Callable[[Any, Any], Any],
        x: Any,
        y: Any,
        g: Pair,
        curvature: Any,
        state: State,
        eta: Any,
        m: Any,
    ) -> tuple[Any, Any, State, Any]:
        """x, y, memory and gradients spent after one step.

        A Hessian of n parameters counts as n gradients, which is what finite differences of g would spend; a
        value of f counts as one, because torch's closure computes the gradient with it.
        """
        (dx, dy), factor, state = self.direction(x, y, g, curvature, state, m)
        length, spent = factor * eta, 3 if self.needs_hessian else 1
        if self.line_search:
            length, trials = backtrack(f, x, y, g, (dx, dy), length, m)
            spent = spent + trials
        sx, sy = length * dx, length * dy
        return x + sx, y + sy, self.after(state, (sx, sy)), spent

    def after(self, state: State, s: Pair) -> State:
        """The memory once the step s = θ_{t+1} − θ_t is known."""
        return state


def backtrack(
    f: Callable[[Any, Any], Any], x: Any, y: Any, g: Pair, d: Pair, length: Any, m: Any
) -> tuple[Any, Any]:
    """The length of the step, halved until f falls enough, and the values spent; 0 where no length does."""
    slope = g[0] * d[0] + g[1] * d[1]
    before, spent = f(x, y), 1 + 0 * slope
    length = m.where(slope < 0, length, 0 * slope)
    fails = length > 0
    for _ in range(HALVINGS):
        after = f(x + length * d[0], y + length * d[1])
        spent = spent + m.where(fails, 1, 0)
        enough = after <= before + 1e-4 * length * slope  # never where f is NaN
        fails = fails & (enough == False)  # noqa: E712 (`not` has no meaning for arrays)
        if not m.any(fails):
            return length, spent
        length = m.where(fails, 0.5 * length, length)
    return m.where(fails, 0 * slope, length), spent


@dataclass(frozen=True)
class LBFGS(SecondOrder):
    """Steps −H g, with H the inverse Hessian as the last few steps have revealed it (Liu and Nocedal 1989).

    The two-loop recursion over pairs s = θ_t − θ_{t−1}, y = g_t − g_{t−1}; a pair is kept where y·s > 10⁻¹⁰.
    Without a line search this is torch.optim.LBFGS with max_iter=1: the first step has length η at most.
    """

    history: int = 10

    name = "lbfgs"
    title = "L-BFGS"
    formula = (
        r"\theta \leftarrow \theta - \eta\, H_t\, g,\quad "
        r"H_t y_k = s_k,\; s_k = \theta_k - \theta_{k-1},\; y_k = g_k - g_{k-1}"
    )
    memory = MappingProxyType({"pairs": (), "scale": 1.0, "last": ()})

    def direction(
        self, x: Any, y: Any, g: Pair, curvature: Any, state: State, m: Any
    ) -> tuple[Pair, Any, State]:
        pairs, scale, last = state
        if not last:  # nothing known yet: downhill, and not far
            norm = abs(g[0]) + abs(g[1])
            factor = m.where(norm > 1, 1 / m.where(norm > 1, norm, 1 + 0 * norm), 1 + 0 * norm)
            return (-g[0], -g[1]), factor, ((), 1.0 + 0 * norm, g)
        before, s = last
        pairs, scale = self.remember(pairs, scale, s, (g[0] - before[0], g[1] - before[1]), m)
        return two_loops(pairs, scale, g), 1.0, (pairs, scale, g)

    def after(self, state: State, s: Pair) -> State:
        """The memory with this step's gradient and s itself: θ_{t+1} − θ_t would have lost digits of it."""
        pairs, scale, g = state
        return pairs, scale, (g, s)

    def remember(self, pairs: tuple, scale: Any, s: Pair, y: Pair, m: Any) -> tuple[tuple, Any]:
        """The memory with a new pair (s, y, 1 / y·s), for racers whose pair shows positive curvature."""
        (sx, sy), (yx, yy) = s, y
        ys = yx * sx + yy * sy
        keep = ys > 1e-10
        if m is plain:  # one racer needs no masks: the same, several times faster
            if not keep:
                return pairs, scale
            return (*pairs, (sx, sy, yx, yy, 1 / ys))[-self.history :], ys / (yx * yx + yy * yy)
        safe = m.where(keep, ys, 1 + 0 * ys)
        if len(pairs) < self.history:
            pairs = ((0 * ys,) * 5, *pairs)  # an empty slot: 1 / y·s = 0 leaves the recursion as it is
        shifted = (*pairs[1:], (sx, sy, yx, yy, 1 / safe))
        kept = tuple(
            tuple(m.where(keep, new, old) for new, old in zip(pair, before, strict=True))
            for pair, before in zip(shifted, pairs, strict=True)
        )
        return kept, m.where(keep, safe / m.where(keep, yx * yx + yy * yy, 1 + 0 * ys), scale)


def two_loops(pairs: tuple, scale: Any, g: Pair) -> Pair:
    """−H g from the pairs (s, y, ρ = 1 / y·s), oldest first; Nocedal and Wright, algorithm 7.4."""
    qx, qy = -g[0], -g[1]
    a = []
    for sx, sy, yx, yy, rho in reversed(pairs):
        a.append(rho * (sx * qx + sy * qy))
        qx, qy = qx - a[-1] * yx, qy - a[-1] * yy
    rx, ry = scale * qx, scale * qy
    for (sx, sy, yx, yy, rho), ai in zip(pairs, reversed(a), strict=True):
        b = ai - rho * (yx * rx + yy * ry)
        rx, ry = rx + b * sx, ry + b * sy
    return rx, ry


@dataclass(frozen=True)
class Newton(SecondOrder):
    """θ ← θ − η [∇²L]⁻¹ g: exact on a quadratic in one step; drawn to saddles as much as to minima.

    Where the Hessian is singular the racer takes a gradient step; with a line search also where Newton's
    direction points uphill.
    """

    name = "newton"
    title = "Newton"
    formula = r"\theta \leftarrow \theta - \eta\, [\nabla^2 L]^{-1} g"
    needs_hessian = True

    def direction(
        self, x: Any, y: Any, g: Pair, curvature: Any, state: State, m: Any
    ) -> tuple[Pair, Any, State]:
        (gx, gy), (xx, xy, yy) = g, curvature
        size = abs(xx) + abs(xy) + abs(yy)
        lift = m.where(size < LOW, LIFT, 1 + 0 * size)  # on a plateau products would underflow
        xx, xy, yy, px, py = lift * xx, lift * xy, lift * yy, lift * gx, lift * gy
        det = xx * yy - xy * xy
        solvable = (size > TINY) & (abs(det) > 1e-14 * (xx * xx + 2 * xy * xy + yy * yy))
        safe = m.where(solvable, det, 1 + 0 * det)
        dx, dy = (xy * py - yy * px) / safe, (xy * px - xx * py) / safe  # Cramer's rule
        if self.line_search:
            solvable = solvable & (dx * gx + dy * gy < 0)
        return (m.where(solvable, dx, -gx), m.where(solvable, dy, -gy)), 1.0, state
