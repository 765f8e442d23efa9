"""A learner's own derivative, checked at random points against backprop.py; equivalent forms are equal."""

from dataclasses import dataclass

import numpy as np

from dlcore.backprop import LOSSES, PARAMETERS, forward
from dlcore.formulas import expressions
from dlcore.formulas.dual_numbers import value
from dlcore.formulas.latex import latex
from dlcore.neuron import d_relu

# What may occur in the learner's formula: the numbers on the graph, and the values of the forward pass.
NAMES = ("x", "y", *PARAMETERS, "z1", "h", "z2", "y_hat")
ANSWERS = {
    "cross-entropy": {
        "w1": "(y_hat - y) * w2 * step(z1) * x",
        "b1": "(y_hat - y) * w2 * step(z1)",
        "w2": "(y_hat - y) * h",
        "b2": "y_hat - y",
    },
    "squared error": {
        "w1": "(y_hat - y) * y_hat * (1 - y_hat) * w2 * step(z1) * x",
        "b1": "(y_hat - y) * y_hat * (1 - y_hat) * w2 * step(z1)",
        "w2": "(y_hat - y) * y_hat * (1 - y_hat) * h",
        "b2": "(y_hat - y) * y_hat * (1 - y_hat)",
    },
}


@dataclass(frozen=True)
class Verdict:
    """What became of a learner's derivative.

    Attributes:
        latex: the formula as it was read.
        agrees: at every point, to a relative 1e-9.
        points: how many points were tried.
        wrong: at how many of them it differs.
        worst: largest absolute difference where both are numbers.
        counterexample: the first point at which it differs, by name; None if there is none.
        expected, got: the derivative and the learner's value there; nan without a counterexample.
    """

    latex: str
    agrees: bool
    points: int
    wrong: int
    worst: float
    counterexample: dict[str, float] | None
    expected: float
    got: float


def random_points(count: int, seed: int) -> dict[str, np.ndarray]:
    """Random values for all NAMES, to one decimal so that a reader can follow; none on the kink z1 = 0."""
    rng = np.random.default_rng(seed)
    values = {name: np.round(rng.uniform(-2, 2, 4 * count), 1) for name in ("x", *PARAMETERS)}
    values["y"] = rng.integers(0, 2, 4 * count).astype(np.float64)
    smooth = np.abs(values["w1"] * values["x"] + values["b1"]) > 1e-6
    values = {name: column[smooth][:count] for name, column in values.items()}
    run = forward(values, values["x"], values["y"])
    return values | {name: np.asarray(getattr(run, name)) for name in ("z1", "h", "z2", "y_hat")}


def closed_form(points: dict[str, np.ndarray], parameter: str, loss: str) -> np.ndarray:
    """∂L/∂parameter at each point, by the chain rule."""
    delta2 = LOSSES[loss].slope(points["z2"], points["y"])
    delta1 = delta2 * points["w2"] * d_relu(points["z1"])
    return {"w1": delta1 * points["x"], "b1": delta1, "w2": delta2 * points["h"], "b2": delta2}[parameter]


def check_derivative(
    text: str, parameter: str, loss: str = "cross-entropy", count: int = 200, seed: int = 0
) -> Verdict:
    """The verdict on a typed formula for ∂L/∂parameter.

    Compared by value, so (y_hat − y)·h and h·σ(z2) − y·h are the same answer.

    Raises:
        expressions.BadExpression: the text is not a formula in NAMES.
    """
    expression = expressions.parse(text, NAMES)
    points = random_points(count, seed)
    got = value(expression, points)
    expected = closed_form(points, parameter, loss)
    with np.errstate(invalid="ignore"):
        gap = np.abs(got - expected)
        wrong = ~(gap <= 1e-9 * (1 + np.abs(expected)))  # nan counts as wrong
    first = int(np.argmax(wrong)) if wrong.any() else None
    return Verdict(
        latex=latex(expression),
        agrees=first is None,
        points=len(expected),
        wrong=int(wrong.sum()),
        worst=float(np.max(gap[np.isfinite(gap)], initial=0.0)),
        counterexample=None if first is None else {name: float(points[name][first]) for name in NAMES},
        expected=float("nan") if first is None else float(expected[first]),
        got=float("nan") if first is None else float(got[first]),
    )
