"""The race's second-order side, and every racer against torch."""

from concurrent.futures import Future
from typing import Any

import numpy as np
import streamlit as st

from dlcore.figures import optimizer_lenses as lenses
from dlcore.figures.optimizers import race_map
from dlcore.number_text import count, digits
from dlcore.optimizers import RULES, Race, Rule, race
from dlcore.optimizers.mistakes import MultipliedAdam, UncorrectedAdam
from dlcore.optimizers.newton_cost import StepCost, step_cost
from dlcore.optimizers.replay import replay
from dlcore.oracles import optimizers as oracle
from ui.frame import frame, slow_answers
from ui.optimizers.race import Plan, describe, land

NOISY = 2.0  # spread of a measurement from which on it is called disturbed


def measure_anew() -> None:
    """Ask for a measurement of one's own; nobody else's, good or bad, is shown."""
    st.session_state["optimizers_measured"] = slow_answers.pool().submit(step_cost)


def climb_to_the_saddle() -> None:
    """Set up the race that shows what Newton is drawn to."""
    st.session_state.optimizers_surface = "saddle"
    st.session_state.optimizers_racers = ["gradient_descent", "newton"]
    st.session_state.optimizers_x, st.session_state.optimizers_y = -1.5, 0.4


def second_order(plan: Plan, result: Race) -> None:
    """Eigenvalues of the Hessian along the way, the saddle, and the price."""
    surface = plan.ground()
    points = {"start": np.array(plan.start)}
    points |= {
        f"end of {rule.title}": path[0, -1] for rule, path in zip(plan.rules, result.paths, strict=True)
    }
    eigenvalues = np.linalg.eigvalsh(surface.hessian(np.array(list(points.values()))))
    st.markdown(
        "Newton divides the gradient by the curvature in every direction, **sign included**: where an "
        "eigenvalue of the Hessian is negative it walks uphill."
    )
    st.dataframe(
        {
            "point": list(points),
            "smallest eigenvalue": eigenvalues[:, 0],
            "largest eigenvalue": eigenvalues[:, 1],
            "Newton is drawn to": [drawn_to(low, high) for low, high in eigenvalues],
        },
        hide_index=True,
        width="stretch",
    )
    left, right = st.columns(2)
    left.button("Show Newton climbing to a saddle", on_click=climb_to_the_saddle, key="optimizers_climb")
    answer: Future[StepCost] | None = st.session_state.get("optimizers_measured")
    label = "Measure what a step costs, about 2 s" if answer is None else "Measure again"
    right.button(label, on_click=measure_anew, key="optimizers_cost")
    if answer is not None and slow_answers.is_there(answer, "Measuring …"):
        step_cost_measured(answer.result())


def step_cost_measured(measured: StepCost) -> None:
    """What a step of either kind costs, and how far the rounds of this measurement agree."""
    rounds = measured.newton_rounds.shape[1]
    frame.chart(
        lenses.newton_cost(measured),
        f"Milliseconds of a gradient step and a Newton step against the number of parameters, up to "
        f"{measured.dimensions[-1]}, medians of {rounds} rounds; Newton's grows like n to the power "
        f"{digits(measured.exponent, 2)}.",
        "optimizers_cost_chart",
    )
    quiet = (
        ""
        if measured.spread < NOISY
        else f" **The machine was busy**: at one size the rounds differ by a factor of {measured.spread:.1f}; "
        "measure again."
    )
    st.caption(
        f"Measured on logistic regression, 512 samples, just now: medians of {rounds} rounds, bars: the middle half. "
        f"At {measured.dimensions[-1]} parameters a Newton "
        f"step costs {measured.newton[-1] / measured.gradient[-1]:.0f} gradient steps, growing like "
        f"n to the {measured.exponent:.1f}. The Hessian of a million parameters alone fills 8 TB, and "
        f"solving with it takes n³ operations.{quiet}"
    )


def drawn_to(low: float, high: float) -> str:
    """What kind of stationary point a quadratic with these eigenvalues has."""
    if low > 0:
        return "a minimum"
    return "a maximum" if high < 0 else "a saddle" if low < 0 < high else "nothing: flat direction"


@st.cache_data(max_entries=64, show_spinner="PyTorch takes the same steps …")
def differences(plan: Plan) -> list[dict[str, Any]]:
    """The rows of the check cards, kept."""
    return rows(plan)


def rows(plan: Plan) -> list[dict[str, Any]]:
    """What a check card shows for each racer with a twin: one step from equal state, along the path."""
    result = race(plan.ground(), plan.rules, [plan.start], plan.steps, plan.noise, plan.seed)
    found = []
    for k, rule in enumerate(plan.rules):
        left = int(result.diverged_at[k, 0])
        path = result.paths[k, 0, : left if left >= 0 else None]
        if len(path) > 1 and (told := second_opinion(plan, rule, path)):
            found.append(card(rule, path, *told))
    return found


def second_opinion(plan: Plan, rule: Rule, path: np.ndarray) -> tuple[np.ndarray, np.ndarray, str] | None:
    """Where a twin of the rule steps from each point of its path, the rounding allowed, and who the twin is."""
    if getattr(rule, "line_search", False) or (rule.name == "newton" and plan.noise):
        return None
    if rule.name == "newton":
        solved = oracle.newton_steps_along(plan.surface, rule, path, plan.condition, plan.steps)
        return *solved, "autograd's Hessian and torch.linalg.solve"
    seen = replay(plan.ground(), rule, path, plan.noise, plan.seed).gradients
    theirs = oracle.steps_along(rule, path, seen, plan.steps)
    allowed = oracle.rounding_along(rule, path, seen, plan.steps)
    if rule.name == "lbfgs" and not (np.abs(theirs - path[1:]) <= allowed).all():
        allowed = oracle.rounding_along(
            rule, path, seen, plan.steps, trials=24
        )  # seconds: only where it matters
    return theirs, allowed, "torch.optim"


def card(rule: Rule, path: np.ndarray, theirs: np.ndarray, allowed: np.ndarray, by: str) -> dict[str, Any]:
    """A check card of all steps along a path: the difference and what is allowed where they are closest."""
    off = np.abs(theirs - path[1:])
    worst = np.argmax(off / np.maximum(allowed, np.finfo(float).tiny))  # of NaN: the NaN
    ours, reference = (f"({digits(x, 9)}, {digits(y, 9)})" for x, y in (path[-1], theirs[-1]))
    return {
        "claim": f"{rule.title}, each of {count(len(path) - 1, 'step')}; the last one to",
        "ours": ours,
        "reference": reference,
        "difference": float(off.flat[worst]),
        "tolerance": float(allowed.flat[worst]),
        "reference_name": by,
    }


def equal_to_torch(plan: Plan) -> None:
    """Each racer against torch.optim, and the two famous mistakes against it too."""
    st.markdown(
        "At every step PyTorch starts from our point and our gradient history and takes one step. Restarting each "
        "time keeps rounding errors from growing into a false difference."
    )
    shown = differences(plan)
    for row in shown:
        frame.check(**row)
    if len(shown) < len(plan.rules):
        st.caption(
            "Not checked: L-BFGS or Newton with our line search, and Newton under noise. There is no independent "
            "implementation to compare with."
        )
    two_famous_mistakes(plan)


def two_famous_mistakes(plan: Plan) -> None:
    """Adam without its correction, and with one that multiplies, beside Adam."""
    st.markdown("**Two famous mistakes.** Both are in well-known web demos; neither is Adam.")
    adam = next((rule for rule in plan.rules if rule.name == "adam"), RULES["adam"](lr=0.05))
    lr = adam.lr / 10  # at the racer's own rate the mistakes would leave the map at once
    shared: dict[str, Any] = {"lr": lr, "beta1": 0.7, "beta2": 0.999}
    wrong = Plan(
        plan.surface,
        plan.condition,
        (RULES["adam"](**shared), UncorrectedAdam(**shared), MultipliedAdam(**shared)),
        plan.start,
        min(plan.steps, 100),
        0.0,
        0,
    )
    result = race(wrong.ground(), wrong.rules, [wrong.start], wrong.steps)
    frame.chart(
        race_map(result, land(plan.surface, plan.condition, True)),
        describe(wrong, result),
        "optimizers_wrong",
    )
    if lr == 0:
        st.caption("At η = 0 no step has a length, so the three cannot be told apart: choose a larger rate.")
        return
    lengths = np.abs(np.diff(result.paths[:, 0], axis=1)).max(-1) / lr
    first, tenth = lengths[:, 0], lengths[:, 9]
    st.caption(
        f"β₁ = 0.7, β₂ = 0.999, η = {digits(lr)}. The first step in units of η: right {digits(first[0])}, "
        f"without the correction {digits(first[1])}, multiplied {digits(first[2])}. "
        f"The tenth: {digits(tenth[0])}, {digits(tenth[1])}, {digits(tenth[2])}."
    )
