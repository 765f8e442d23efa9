"""The second opinions of the race that do not stand in view: values, curvatures, shares and the heavy ball."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dlcore.number_text import digits
from dlcore.optimizers import RULES, SURFACES, Race
from dlcore.optimizers.basins import endings, grid, scatter
from dlcore.optimizers.learning_rates import sweep
from dlcore.optimizers.newton_cost import RIDGE, newton_step
from dlcore.optimizers.stability import critical_beta, heavy_ball_rate
from ui.frame import frame
from ui.optimizers.race import Plan

RADIUS = 0.15
STARTS = 400
STEPS = 40  # of the maps that are drawn again here
RATES = np.array([1e-3, 1e-2, 1e-1])
EPS = float(np.finfo(np.float64).eps)


def other_checks(plan: Plan, result: Race, card: Callable[..., None] = frame.check) -> None:
    """f by its printed formula and by torch, curvatures where racers end, who has arrived, and the heavy-ball map.

    Args:
        card: what shows a comparison: claim, ours, reference, difference, tolerance, name.
    """
    from dlcore.oracles import surfaces as oracle  # imports torch

    surface = plan.ground()
    points = grid(surface.view, 21)
    opinions = {"torch, written down a second time": oracle.values(plan.surface, points, plan.condition)}
    if plan.surface in SURFACES and plan.surface != "logistic":  # that one is a mean over data
        opinions["the formula as printed, read by a parser"] = oracle.printed_value(surface.formula, points)
    ours = surface.f(points)
    for name, theirs in opinions.items():
        size = max(1.0, float(np.abs(theirs).max()))
        off = float(np.abs(ours - theirs).max()) / size
        card(
            "f at 441 points (sum; difference beside the largest)",
            ours.sum(),
            theirs.sum(),
            off,
            64 * EPS,
            name,
        )

    ends = [np.array(plan.start), *(path[0, -1] for path in result.paths)]
    for where, point in zip(("start", *(f"end of {rule.title}" for rule in plan.rules)), ends, strict=True):
        if np.isfinite(point).all() and np.abs(point).max() < 1e3:
            mine = np.linalg.eigvalsh(surface.hessian(point))
            said = oracle.eigenvalues(plan.surface, point, plan.condition)
            told = [f"({digits(low)}, {digits(high)})" for low, high in (mine, said)]
            allowed = 1e-12 * float(np.abs(said).max() + 1e-3 * min(1.0, float(np.abs(point).max() + 1)))
            off = float(np.abs(mine - said).max())
            card(f"the Hessian's eigenvalues at the {where}", *told, off, allowed, "torch.autograd and SciPy")

    found = endings(
        surface, plan.rules[0], scatter(surface.view, STARTS, plan.seed), min(plan.steps, 150), RADIUS
    )
    share = oracle.reached(found, RADIUS)
    claim = f"share of {STARTS} random starts that {plan.rules[0].title} takes to the lowest minimum"
    card(claim, found.reached, share, abs(found.reached - share), 0, "SciPy's nearest neighbors")
    _heavy_ball(card)
    _maps(plan, card)


def _maps(plan: Plan, card: Callable[..., None]) -> None:
    """What the tabs draw: a basin map, the loss after some steps at three rates, the step whose cost is measured."""
    from dlcore.oracles import optimizers as torchs
    from dlcore.oracles import surfaces as oracle

    surface, adam, starts = plan.ground(), RULES["adam"](lr=0.05), grid(plan.ground().view, 9)
    found = endings(surface, adam, starts, STEPS, RADIUS)
    ends = torchs.endpoints(plan.surface, adam, starts, STEPS, plan.condition)
    wrong = int((found.label != oracle.basins(ends, found.minima, RADIUS)).sum())
    claim = f"a basin map of {len(starts)} starts under Adam (cells that differ)"
    card(claim, 0, wrong, wrong, 0, "torch.optim, SciPy's nearest neighbors")

    start = [plan.start]
    ours = sweep(surface, [adam], start, STEPS, RATES).losses[0]
    twins = [
        torchs.endpoints(plan.surface, replace(adam, lr=rate), start, STEPS, plan.condition) for rate in RATES
    ]
    theirs = oracle.values(plan.surface, np.concatenate(twins), plan.condition)
    off = float(np.abs(ours - theirs).max()) / max(1.0, float(np.abs(theirs).max()))
    told = [", ".join(digits(value) for value in values) for values in (ours, theirs)]
    card(
        f"the loss after {STEPS} steps of Adam at three rates", *told, off, 1e-9, "torch.optim with autograd"
    )

    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((64, 8)), 0.1 * rng.standard_normal(8)
    mine, said = newton_step(x, w), torchs.regression_step(x, w, RIDGE)
    off, size = float(np.abs(mine - said).max()), float(np.abs(said).max())
    card(
        "the Newton step whose cost is measured (sum)",
        mine.sum(),
        said.sum(),
        off,
        1e-10 * size,
        "autograd, SciPy",
    )


def _heavy_ball(card: Callable[..., None]) -> None:
    """The map of the factor per step, and where it is least for a given step."""
    from dlcore.oracles import surfaces as oracle

    alpha, beta = np.linspace(0, 4, 41), np.linspace(0, 0.995, 40)[:, None]
    ours, theirs = heavy_ball_rate(alpha, beta), oracle.heavy_ball_spectral_radius(alpha, beta)
    off = float(np.abs(ours - theirs).max())  # a double eigenvalue is known to the root of ε only
    card(
        "the heavy-ball map, 1,640 points (sum)",
        ours.sum(),
        theirs.sum(),
        off,
        8 * EPS**0.5,
        "numpy.linalg.eigvals",
    )
    tried = np.linspace(0, 0.999, 20_000)
    few = np.array([0.05, 0.3, 0.9])
    best = tried[np.argmin(oracle.heavy_ball_spectral_radius(few[:, None], tried), axis=1)]
    mine = critical_beta(few)
    told = [", ".join(digits(value) for value in values) for values in (mine, best)]
    gap = float(np.abs(mine - best).max())
    card("critical damping for αλ = 0.05, 0.3, 0.9", *told, gap, 1 / 20_000, "a search over β")
