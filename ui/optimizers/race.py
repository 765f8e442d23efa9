"""The optimizer race's controls, and the race they describe."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import streamlit as st

from dlcore.formulas.spelling import MAX_CHARACTERS, BadExpression
from dlcore.number_text import count, digits
from dlcore.optimizers import RULES, SURFACES, Race, Rule, race
from dlcore.optimizers.learning_rates import sweep
from dlcore.optimizers.own_surface import tree_of
from dlcore.optimizers.surfaces import Surface, bowl
from dlcore.optimizers.terrain import Terrain, terrain
from dlcore.oracles import surfaces as oracle
from dlcore.schedules import SCHEDULES
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Field, OneOf, OnOff, Real, Several, Text, Whole

DEFAULT_RACERS = ["gradient_descent", "momentum", "adam", "newton"]
PRESETS = ("too small", "good", "too large")
RATES = np.geomspace(1e-5, 10.0, 25)
# What a racer is raced with here where its own default would hide the point.
HABITS: dict[str, dict[str, Any]] = {"lbfgs": {"line_search": True}}
SYMBOLS = {
    "beta": "β",
    "beta1": "β₁",
    "beta2": "β₂",
    "eps": "ε",
    "weight_decay": "decay λ",
    "momentum_decay": "decay ψ",
    "history": "pairs kept",
    "batch": "batch size b",
    "line_search": "line search",
}

DATA = (
    "569 tumors, benign or malignant: w₁ weighs their mean radius, w₂ their mean texture, both standardized; "
    "λ = 0.001. Breast Cancer Wisconsin (Diagnostic), UCI, CC BY 4.0."
)

OWN = "own"
OWN_FORMULA = "x²/4 + y² + sin(3x)·cos(2y)"
SURFACE_NAMES = {name: SURFACES[name].title for name in ("beale", *(n for n in SURFACES if n != "beale"))}
SURFACE_NAMES[OWN] = "Your own f(x, y)"


def _own_numbers(rule: type[Rule]) -> dict[str, Field]:
    """The numbers in a racer's row of inputs, and its rate; None: the rate that is tried out."""
    rate = Real(0.0, 1000.0, default=None, on={"racers": rule.title})
    return {f"{rule.name}_lr": rate} | {
        f"{rule.name}_{name}": one_field(rule, name, default) for name, default in shown_numbers(rule).items()
    }


def shown_numbers(rule: type[Rule]) -> dict[str, Any]:
    """Name -> default of the hyper-parameters that a racer's row shows."""
    defaults = {each.name: each.default for each in fields(rule)} | HABITS.get(rule.name, {})
    return {
        name: default
        for name, default in defaults.items()
        if name in SYMBOLS and (name != "batch" or rule.name == "minibatch")
    }


def one_field(rule: type[Rule], name: str, default: Any) -> Field:
    """The range in which the rule accepts one hyper-parameter."""
    on = {"racers": rule.title}
    if name == "line_search":
        return OnOff(default=bool(default), on=on)
    if name in ("history", "batch"):
        return Whole(1, 100 if name == "history" else 569, default=int(default), on=on)
    low, high = (1e-12 if name == "eps" else 0.0), (0.9999 if name.startswith("beta") else 1.0)
    return Real(low, high, default=float(default), on=on)


def wrong_formula(text: str) -> str:
    """What is wrong with a formula in the address: nothing, or a BadExpression."""
    tree_of(text)
    return ""


STATE = State(
    "optimizers",
    {
        "surface": OneOf(SURFACE_NAMES, default="beale"),
        "condition": Whole(1, 200, default=10, on={"surface": SURFACES["bowl"].title}),
        "own": Text(
            most=MAX_CHARACTERS,
            default=OWN_FORMULA,
            judge=wrong_formula,
            on={"surface": SURFACE_NAMES[OWN]},
            examples=("x^2 + 3y^2", "abs(x) + y²"),
        ),
        "racers": Several({name: rule.title for name, rule in RULES.items()}, default=DEFAULT_RACERS),
        "rate": OneOf(PRESETS, default="good"),
        "x": Real(-10.0, 10.0),
        "y": Real(-10.0, 10.0),
        "steps": Whole(10, 500, default=150),
        "schedule": OneOf(list(SCHEDULES), default=next(iter(SCHEDULES))),
        "noise": Real(0.0, 5.0, default=0.0),
        "seed": Whole(0, 9999, default=0),
        "arrows": OnOff(),
        "log": OnOff(default=True),
        **{name: field for rule in RULES.values() for name, field in _own_numbers(rule).items()},
    },
)


@dataclass(frozen=True)
class Plan:
    """Everything that decides the race on screen; the surface is a key of SURFACES or a learner's formula."""

    surface: str
    condition: float
    rules: tuple[Rule, ...]
    start: tuple[float, float]
    steps: int
    noise: float
    seed: int

    def ground(self) -> Any:
        """The surface itself."""
        return ground(self.surface, self.condition)


def ground(surface: str, condition: float) -> Any:
    """A surface by name, the bowl with its condition number; or that of a learner's formula."""
    if surface == "bowl":
        return bowl(condition)
    return SURFACES[surface] if surface in SURFACES else typed(surface)


@st.cache_resource(max_entries=64, show_spinner=False)
def typed(text: str) -> Surface:
    """A learner's own surface; its minima are looked for once."""
    return Surface.from_expression(text)


@st.cache_data(max_entries=200, show_spinner=False)
def run(plan: Plan) -> Race:
    """The race of a plan."""
    return race(plan.ground(), plan.rules, [plan.start], plan.steps, plan.noise, plan.seed)


@st.cache_data(max_entries=64, show_spinner=False)
def land(surface: str, condition: float, log: bool) -> Terrain:
    """The ground under the race."""
    return terrain(ground(surface, condition), log=log)


@st.cache_data(max_entries=400, show_spinner=False)
def rates(surface: str, condition: float, rule: Rule) -> tuple[float, float, float]:
    """Too small, good and too large for this rule here, tried out from the surface's own start."""
    here = ground(surface, condition)
    found = sweep(here, [rule], [here.start], 150, RATES).regimes()[0]
    return float(found[0]), float(found[1]), float(found[2])


def forget_start() -> None:
    """A new surface begins from its own start."""
    st.session_state.optimizers_x = st.session_state.optimizers_y = None


def forget_rates() -> None:
    """A preset is everybody's: racers that were turned by hand take it as well."""
    for name in RULES:
        if f"optimizers_{name}_lr" in st.session_state:
            st.session_state[f"optimizers_{name}_lr"] = None


def first_controls() -> tuple[str, float, list[str], str, tuple[float, float]]:
    """Surface, condition number, racers, preset and start: what the first view asks for."""
    surface = st.selectbox(
        "Surface",
        list(SURFACE_NAMES),
        format_func=SURFACE_NAMES.__getitem__,
        key="optimizers_surface",
        bind="query-params",
        on_change=forget_start,
    )
    condition = 10.0
    if surface == "bowl":
        condition = st.slider(
            "Condition number κ", 1, 200, 10, key="optimizers_condition", bind="query-params"
        )
    racers = st.pills(
        "Racers",
        list(RULES),
        selection_mode="multi",
        default=DEFAULT_RACERS,
        format_func=lambda name: RULES[name].title,
        wrap=True,
        key="optimizers_racers",
        bind="query-params",
    )
    preset = st.segmented_control(
        "Learning rate",
        PRESETS,
        default="good",
        required=True,
        key="optimizers_rate",
        bind="query-params",
        on_change=forget_rates,
        help="Tried out for every racer on this surface. Exact rates are under “Tune”.",
    )
    if surface == OWN:
        surface = own_formula()
    own = ground(surface, condition).start
    x = st.number_input(
        "Start x",
        -10.0,
        10.0,
        None,
        0.1,
        placeholder=f"{own[0]:g}",
        key="optimizers_x",
        bind="query-params",
    )
    y = st.number_input(
        "Start y",
        -10.0,
        10.0,
        None,
        0.1,
        placeholder=f"{own[1]:g}",
        key="optimizers_y",
        bind="query-params",
    )
    start = (own[0] if x is None else x, own[1] if y is None else y)
    return surface, condition, racers, preset or "good", start


def own_formula() -> str:
    """The learner's formula; where it cannot be read, the sentence that says why, and the last one that could."""
    text = st.text_input(
        "f(x, y) =",
        OWN_FORMULA,
        MAX_CHARACTERS,
        key="optimizers_own",
        bind="query-params",
        on_change=forget_start,
    )
    try:
        tree_of(text)
    except BadExpression as problem:
        last = str(st.session_state.get("optimizers_last_formula", OWN_FORMULA))
        st.warning(f"{problem} The picture shows {last}.", icon=":material/edit:")
        return last
    st.session_state["optimizers_last_formula"] = text
    return text


def tuned(surface: str, condition: float, racers: Sequence[str], preset: str) -> tuple[dict[str, Any], tuple]:
    """The closed section: length, schedule, noise, and every racer's own numbers."""
    with st.expander("Tune the race and the racers"):
        a, b, c, d = st.columns(4)
        steps = a.slider("Steps", 10, 500, 150, 10, key="optimizers_steps", bind="query-params")
        schedule = b.selectbox(
            "Schedule of η", list(SCHEDULES), key="optimizers_schedule", bind="query-params"
        )
        noise = c.slider("Gradient noise σ", 0.0, 5.0, 0.0, 0.1, key="optimizers_noise", bind="query-params")
        seed = frame.seed(d, "Seed", "optimizers_seed")
        arrows = a.toggle("Downhill arrows", key="optimizers_arrows", bind="query-params")
        log = b.toggle("Logarithmic height", True, key="optimizers_log", bind="query-params")
        rules = tuple(
            own_numbers(RULES[name], surface, condition, preset, schedule) for name in RULES if name in racers
        )
    return {"steps": steps, "noise": noise, "seed": seed, "arrows": arrows, "log": log}, rules


def own_numbers(rule: type[Rule], surface: str, condition: float, preset: str, schedule: str) -> Rule:
    """One racer with the numbers its row of inputs gives it."""
    columns = st.columns([1.2, *[1.0] * 5], vertical_alignment="bottom")
    columns[0].markdown(f"**{rule.title}**")
    given = {
        name: one_number(column, rule, name, default)
        for column, (name, default) in zip(columns[2:], shown_numbers(rule).items(), strict=False)
    }
    chosen = float(f"{rates(surface, condition, rule(**given))[PRESETS.index(preset)]:.3g}")
    lr = columns[1].number_input(
        "η",
        0.0,
        1000.0,
        None,
        format="%g",
        placeholder=f"{chosen:g}",
        key=f"optimizers_{rule.name}_lr",
        bind="query-params",
    )
    return rule(lr=chosen if lr is None else lr, schedule=schedule, **given)


def one_number(column: Any, rule: type[Rule], name: str, default: Any) -> Any:
    """One hyper-parameter's input, within the range the rule accepts."""
    more: dict[str, Any] = {"key": f"optimizers_{rule.name}_{name}", "bind": "query-params"}
    field = one_field(rule, name, default)
    if isinstance(field, OnOff):
        return column.toggle(SYMBOLS[name], field.default, **more)
    assert isinstance(field, Whole | Real)
    form = {} if isinstance(field, Whole) else {"format": "%g"}
    return column.number_input(SYMBOLS[name], field.low, field.high, field.default, **form, **more)


def describe(plan: Plan, result: Race) -> str:
    """The picture for a reader who cannot see it."""
    ends = "; ".join(
        f"{rule.title} ends at ({digits(path[-1, 0])}, {digits(path[-1, 1])}) with loss {digits(loss[-1])}"
        for rule, path, loss in zip(plan.rules, result.paths[:, 0], result.losses[:, 0], strict=True)
    )
    return (
        f"Contour map of the surface “{plan.ground().title}” with one path per racer from "
        f"({plan.start[0]:g}, {plan.start[1]:g}), {count(plan.steps, 'step')}, and the loss against the step. {ends}."
    )


def gradient_check(plan: Plan) -> None:
    """∇f at the start against dual numbers through the formula as it is printed."""
    surface = plan.ground()
    ours = surface.grad(plan.start)
    reference, allowed = oracle.slope_and_rounding(plan.surface, surface.formula, plan.start)
    frame.check(
        "the gradient at the start",
        f"({digits(ours[0], 6)}, {digits(ours[1], 6)})",
        f"({digits(reference[0], 6)}, {digits(reference[1], 6)})",
        float(np.abs(ours - reference).max()),
        allowed,
        "SciPy" if plan.surface == "logistic" else "dual numbers through the printed formula",
    )
