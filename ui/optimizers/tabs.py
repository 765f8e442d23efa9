"""The optimizer race looked at more closely: each tab computes only while it is open."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from dlcore.figures import optimizer_lenses as lenses
from dlcore.number_text import count, digits
from dlcore.optimizers import RULES, SURFACES, Race, Rule
from dlcore.optimizers.basins import Endings, endings, grid, scatter
from dlcore.optimizers.fair import BUDGETS, Fair, fair_race
from dlcore.optimizers.learning_rates import Sweep, sweep
from dlcore.optimizers.noise import GradientNoise, gradient_noise
from dlcore.optimizers.replay import Replay, replay
from dlcore.optimizers.stability import critical_beta, heavy_ball_rate
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, OnOff, Real, Whole
from ui.optimizers.race import DEFAULT_RACERS, Plan, land, run

BUDGET_HELP = {
    "steps": "Everyone takes the same number of steps.",
    "gradients": "Everyone may spend as many full gradients; a Hessian counts as two, a mini-batch as b/N.",
    "seconds": "Everyone gets the time of the quickest racer, measured on this machine.",
    "best rate": "Equal steps, each racer at the learning rate that suits it best after as many steps.",
}
STARTS = ("400 random", "grid 41×41")
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ALLOWED_ERRORS = 5  # standard errors, of the worst of nine variances; their distribution leans to the right
_STEPS, _FAIR, _NOISE = {"tab": "Step by step"}, {"tab": "Fair comparison"}, {"tab": "Gradient noise"}
_RACERS = tuple(RULES[name].title for name in DEFAULT_RACERS)
STATE = State(
    "optimizers",
    {
        "step": Whole(1, 500, 10, default=1, on=_STEPS),
        "budget": OneOf(BUDGETS, default="steps", on=_FAIR),
        "starts": OneOf(STARTS, default=STARTS[0], on=_FAIR),
        "radius": Real(0.01, 0.5, default=0.15, on=_FAIR),
        "basin_racer": Later(on={"tab": "Basins of attraction"}, examples=_RACERS),
        "stability": OnOff(on={"tab": "Learning rate"}),
        "noise_batch": OneOf(SIZES, default=16, on=_NOISE),
        "reshuffle": OnOff(on=_NOISE),
    },
)


def choose_racer(draw: Callable[..., Any], label: str, name: str, plan: Plan, **more: Any) -> int:
    """The place of the racer that a control chooses among those that race."""
    racers = [rule.title for rule in plan.rules]
    control = STATE.control(name, OneOf(racers, default=racers[0]))
    return racers.index(control.keep(draw(label, racers, key=control.key, **more)))


@st.cache_data(max_entries=64, show_spinner=False)
def everyone(plan: Plan) -> tuple[Replay, ...]:
    """Every racer's own account of a race: as dear as the race, and the same at each of its steps."""
    return tuple(
        replay(plan.ground(), rule, path[0], plan.noise, plan.seed)
        for rule, path in zip(plan.rules, run(plan).paths, strict=True)
    )


def step_by_step(plan: Plan, result: Race) -> None:
    """Everyone's formula and numbers at one step; “Slow motion” above puts one racer's into its formula."""
    control = STATE.control("step", Whole(1, plan.steps, default=1))
    t = control.keep(st.slider("Step", 1, plan.steps, key=control.key))
    lines = [rf"\text{{{rule.title}:}}\quad & {rule.formula}" for rule in plan.rules]
    st.latex(r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}")
    at_step(plan, result, t)


def at_step(plan: Plan, result: Race, step: int) -> None:
    """Everyone's numbers at one step, from 1 on."""
    t, told = step - 1, everyone(plan)
    st.dataframe(
        {
            "racer": [each.rule.title for each in told],
            "loss": [each.losses[t + 1] for each in told],
            "distance to the minimum": [each.distances[t + 1] for each in told],
            "|g|": [float(np.hypot(*each.gradients[t])) for each in told],
            "length of the step": [float(np.hypot(*each.moves[t])) for each in told],
            "η": [each.eta[t] for each in told],
            "m": [pair(each.memory, "m", t) for each in told],
            "v": [pair(each.memory, "v", t) for each in told],
            "gradients so far": [float(result.spent[k, 0, : t + 1].sum()) for k in range(len(told))],
        },
        hide_index=True,
        width="stretch",
    )


def pair(memory: Any, name: str, t: int) -> str:
    """Both coordinates of something remembered, or a dash."""
    return f"({digits(memory[name][t, 0])}, {digits(memory[name][t, 1])})" if name in memory else "–"


@st.cache_data(max_entries=32, show_spinner="Racing from every start …")
def fair(plan: Plan, budget: str, starts: str, radius: float) -> Fair:
    view = plan.ground().view
    chosen = scatter(view, 400, plan.seed) if starts == "400 random" else grid(view, 41)
    return fair_race(plan.ground(), plan.rules, chosen, plan.steps, budget, radius, plan.seed)


def fair_shares(plan: Plan) -> None:
    """Shares of starts instead of one lucky path."""
    if not len(plan.ground().minima):
        st.info("This surface has no minimum to arrive at. Choose another one.")
        return
    left, middle, right = st.columns([2, 1, 1])
    budget = left.segmented_control(
        "Equal …", BUDGETS, default="steps", required=True, key="optimizers_budget", bind="query-params"
    )
    starts = middle.segmented_control(
        "Starts", STARTS, default=STARTS[0], required=True, key="optimizers_starts", bind="query-params"
    )
    radius = right.slider(
        "Arrived within", 0.01, 0.5, 0.15, 0.01, key="optimizers_radius", bind="query-params"
    )
    result = fair(plan, budget, starts, radius)
    st.caption(BUDGET_HELP[budget])
    summary = "; ".join(
        f"{each.rule.title} {each.reached:.2f} at a global minimum, {each.unfinished:.2f} unfinished"
        for each in result.endings
    )
    frame.chart(
        lenses.shares(result, starts == "400 random"), f"Shares of starts: {summary}.", "optimizers_shares"
    )
    st.dataframe(
        {
            "racer": [each.rule.title for each in result.endings],
            "η": [each.rule.lr for each in result.endings],
            "steps": list(result.steps),
            "full gradients a step": [round(each, 3) for each in result.cost],
            "µs a step": [round(each * 1e6, 1) if each == each else None for each in result.seconds],
            "global minimum": [round(each.reached, 3) for each in result.endings],
            "95% interval": [
                "{:.3f} to {:.3f}".format(*each.share.interval) if starts == "400 random" else "–"
                for each in result.endings
            ],
            "unfinished": [round(each.unfinished, 3) for each in result.endings],
        },
        hide_index=True,
        width="stretch",
    )
    if starts != "400 random":
        st.caption("A fixed grid has no sampling error, so no interval is given.")
    if result.capped:
        st.caption("A racer could have afforded more steps than 20,000 and was stopped there.")


@st.cache_data(max_entries=16, show_spinner="16,384 starts …")
def basin(plan: Plan, rule: Rule, n: int) -> Endings:
    return endings(
        plan.ground(), rule, grid(plan.ground().view, n), plan.steps, noise=plan.noise, seed=plan.seed
    )


def basins(plan: Plan) -> None:
    """Start → where it ends, for one racer."""
    if not len(plan.ground().minima):
        st.info("This surface has no minimum to arrive at. Choose another one.")
        return
    chosen = choose_racer(st.segmented_control, "Racer", "basin_racer", plan, required=True)
    # Every start of the real surface walks over all its samples: a coarser map keeps the wait short.
    n = 32 if plan.surface == "logistic" else 128
    found = basin(plan, plan.rules[chosen], n)
    shares = (
        f"{found.reached:.3f} at a global minimum, {found.elsewhere:.3f} at another, "
        f"{found.unfinished:.3f} unfinished, {found.diverged:.3f} diverged"
    )
    frame.chart(
        lenses.basin_map(found, land(plan.surface, plan.condition, True), n),
        f"Basin map of {found.rule.title}. Share of {n * n} starts: {shares}.",
        "optimizers_basins",
    )
    st.caption(
        f"{n}×{n} starts, {count(plan.steps, 'step')}, η = {digits(found.rule.lr)}, arrived within 0.15: {shares}; "
        f"{found.spent:.0f} gradients a start."
    )


@st.cache_data(max_entries=32, show_spinner="Trying 49 rates …")
def rates(plan: Plan) -> Sweep:
    return sweep(plan.ground(), plan.rules, [plan.start], plan.steps, noise=plan.noise, seed=plan.seed)


def learning_rate(plan: Plan) -> None:
    """The sweet spot, the cliff, the stall; and where the heavy ball is stable."""
    against_the_rate(plan)
    if st.toggle("Where momentum diverges", key="optimizers_stability", bind="query-params"):
        heavy_ball(plan)


def against_the_rate(plan: Plan) -> None:
    """The loss at the end against the learning rate."""
    result = rates(plan)
    best = ", ".join(
        f"{rule.title} {digits(lr, 2)}" for rule, lr in zip(plan.rules, result.best(), strict=True)
    )
    frame.chart(
        lenses.learning_rates(result),
        f"Loss after {count(plan.steps, 'step')} against the learning rate. Lowest at: {best}.",
        "optimizers_lens",
    )
    st.caption(f"Lowest loss at: {best}. A line ends where the racer leaves for infinity.")


def heavy_ball(plan: Plan) -> None:
    """The stability of momentum on a quadratic, with the racer in it."""
    momentum = next((rule for rule in plan.rules if rule.name == "momentum"), RULES["momentum"]())
    minima = plan.ground().minima
    steepest = float(np.linalg.eigvalsh(plan.ground().hessian(minima[0] if minima else plan.start)).max())
    alpha, beta = np.linspace(0, 4, 121), np.linspace(0, 0.995, 100)
    boundary = np.stack([beta, 2 + 2 * beta, (1 - np.sqrt(beta)) ** 2], -1)
    here = (momentum.lr * steepest, getattr(momentum, "beta", 0.9))
    frame.chart(
        lenses.stability_map(alpha, beta, heavy_ball_rate(alpha, beta[:, None]), boundary, here),
        "Long-run factor per step of momentum on a quadratic over αλ and β; it diverges beyond αλ = 2 + 2β. "
        f"Your momentum: αλ = {digits(here[0])}, β = {digits(here[1])}.",
        "optimizers_heavy_ball",
    )
    st.caption(
        f"λ = {digits(steepest)} is the largest curvature at the minimum; η λ = {digits(here[0])}. "
        f"{damping_sentence(here[0])}"
    )


def damping_sentence(step: float) -> str:
    """Which β is fastest at a step αλ, and whether it damps critically: beyond αλ = 1 every β oscillates."""
    if step >= 4:
        return "No β below 1 converges there."
    fastest = f"Fastest there would be β = {digits(float(critical_beta(step)))}"
    return f"{fastest}: critical damping." if step <= 1 else f"{fastest}; beyond αλ = 1 every β oscillates."


@st.cache_data(max_entries=32, show_spinner="Drawing mini-batches …")
def noise(point: tuple[float, float], replace: bool) -> GradientNoise:
    return gradient_noise(SURFACES["logistic"], point, repeats=2000 if replace else 800, replace=replace)


def gradient_lens(plan: Plan) -> None:
    """Mini-batch gradients against the full one, on the real data."""
    left, right = st.columns(2)
    b = left.select_slider("Batch size b", SIZES, 16, key="optimizers_noise_batch", bind="query-params")
    replace = not right.toggle(
        "Reshuffle: no sample twice in a batch", key="optimizers_reshuffle", bind="query-params"
    )
    gradient_noise_at(plan, b, replace)


def gradient_noise_at(plan: Plan, b: int, replace: bool) -> None:
    """The cloud of mini-batch gradients and its variance at a batch size, drawn and held to the closed form.

    Args:
        replace: a sample may come twice in a batch.
    """
    found = noise(plan.start if plan.surface == "logistic" else SURFACES["logistic"].start, replace)
    k = SIZES.index(b)
    one, two = st.columns(2)
    with one:
        frame.chart(
            lenses.noise_arrows(found, k),
            f"Gradients of 300 mini-batches of {b} samples scatter around the full gradient "
            f"({digits(found.full[0])}, {digits(found.full[1])}) with variance {digits(found.variance[k])}.",
            "optimizers_noise_cloud",
        )
    with two:
        frame.chart(
            lenses.noise_against_batch(found),
            f"Variance of the mini-batch gradient against the batch size; slope {found.slope:.3f}.",
            "optimizers_noise_slope",
        )
    worst = int(found.off.argmax())
    frame.check(
        f"variance of the gradient, of {len(SIZES)} batch sizes at the one furthest off, b = {SIZES[worst]}",
        float(found.variance[worst]),
        float(found.predicted[worst]),
        abs(float(found.variance[worst] - found.predicted[worst])),
        ALLOWED_ERRORS * float(found.error[worst]),
        f"the closed form from all 569 single gradients; allowed are {ALLOWED_ERRORS} standard errors of a variance "
        f"from {count(found.gradients.shape[1], 'mini-batch', 'mini-batches')}",
    )
    st.caption(
        f"Variance at b = {b}: {digits(found.variance[k])} measured, {digits(found.predicted[k])} by the closed "
        f"form. Slope on the log-log plot: {found.slope:.3f}; independent draws give −1."
    )
