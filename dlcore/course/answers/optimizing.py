"""Expected answers about learning rates, momentum of gradients, and noise."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dlcore.course.answers.networks import Answer
from dlcore.optimizers import RULES, SURFACES, race
from dlcore.optimizers.mistakes import UncorrectedAdam
from dlcore.optimizers.noise import gradient_noise
from dlcore.optimizers.surfaces import bowl

State = Mapping[str, str]
REACHED = 1e-6  # share of the starting height below which a racer counts as arrived


def _bowl(state: State) -> tuple[Any, float]:
    condition = float(state.get("optimizers_condition", "10"))
    return bowl(condition), condition


def largest_rate(state: State) -> Answer:
    """2 / λ, with λ the largest curvature of the link's bowl: beyond it gradient descent diverges."""
    surface, condition = _bowl(state)
    curvatures = np.linalg.eigvalsh(surface.hessian(np.zeros((1, 2)))[0])
    return Answer(float(2 / curvatures[-1]), {"condition": condition, "steepest": float(curvatures[-1])})


def steps_to_arrive(condition: float) -> tuple[int, float]:
    """Steps of gradient descent at the best constant rate 2 / (1 + κ) until a millionth of the height is left,
    and that height."""
    surface = bowl(condition)
    rule = RULES["gradient_descent"](lr=2 / (1 + condition))
    losses = race(surface, [rule], [surface.start], 2000).losses[0, 0]
    return int(np.argmax(losses <= REACHED * losses[0])), float(losses[0])


def narrow_valley(state: State) -> Answer:
    """How many times as many steps the link's bowl needs as one of condition 10: "one", "ten", "hundred"."""
    _, condition = _bowl(state)
    (here, start), (usual, _) = steps_to_arrive(condition), steps_to_arrive(10.0)
    ratio = here / usual
    key = min(("one", "ten", "hundred"), key=lambda name: abs(math.log(ratio / _TIMES[name])))
    return Answer(
        key, {"steps": here, "usual": usual, "condition": condition, "ratio": ratio, "start": start}
    )


_TIMES = {"one": 1.0, "ten": 10.0, "hundred": 100.0}


def newton_steps(state: State) -> Answer:
    """Steps of Newton's method until it stands in the minimum of the link's bowl."""
    surface, condition = _bowl(state)
    losses = race(surface, [RULES["newton"](lr=1.0)], [surface.start], 10).losses[0, 0]
    return Answer(int(np.argmax(losses <= 1e-20 * losses[0])), {"condition": condition})


def _first_step(rule: Any, g: float) -> float:
    theta, _ = rule.step(0.0, g, rule.initial(), 1, rule.lr)
    return abs(float(theta))


def adam_first_step(state: State) -> Answer:
    """Whether a gradient a hundred times as long makes Adam's first step "longer" or the "same"."""
    g = float(np.abs(SURFACES["beale"].grad(np.array(SURFACES["beale"].start))).max())
    rule = RULES["adam"](lr=float(state.get("optimizers_adam_lr", "0.01")))
    short, long = _first_step(rule, g), _first_step(rule, 100 * g)
    plain = _first_step(RULES["gradient_descent"](lr=0.01), 100 * g) / _first_step(
        RULES["gradient_descent"](lr=0.01), g
    )
    facts = {"step": short, "rate": rule.lr, "plain": plain, "whole": math.sqrt(2) * short}
    return Answer("same" if math.isclose(short, long, rel_tol=1e-3) else "longer", facts)


def uncorrected_step(state: State) -> Answer:
    """Adam's first step without bias correction, in units of the right one: (1 − β₁) / √(1 − β₂)."""
    beta1, beta2 = 0.7, 0.999  # as the linked tab races them, where the mistake was published
    shared: dict[str, Any] = {"lr": 0.01, "beta1": beta1, "beta2": beta2}
    rate = _first_step(UncorrectedAdam(**shared), 1.0) / _first_step(RULES["adam"](**shared), 1.0)
    facts = {"beta1": beta1, "beta2": beta2, "factor": rate, "m": 1 - beta1, "v": 1 - beta2}
    return Answer(rate, facts)


def four_times_the_batch(state: State) -> Answer:
    """What a batch four times as large leaves of the gradient's spread: "quarter", "half" or "all"."""
    surface: Any = SURFACES["logistic"]
    found = gradient_noise(surface, surface.start)  # the same draws as the linked tab's
    eight, more = (float(found.variance[list(found.batches).index(b)]) for b in (8, 32))
    ratio = math.sqrt(more / eight)
    shares = {"quarter": 0.25, "half": 0.5, "all": 1.0}
    facts = {"ratio": ratio, "variance8": eight, "variance32": more}
    return Answer(min(shares, key=lambda name: abs(ratio - shares[name])), facts)


FUNCTIONS = (
    largest_rate,
    narrow_valley,
    newton_steps,
    adam_first_step,
    uncorrected_step,
    four_times_the_batch,
)
