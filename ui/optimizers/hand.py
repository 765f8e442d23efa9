"""The race in the browser: what it is raced with there, and what the hand has moved once it rests."""

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st

from dlcore.figures import palette
from dlcore.figures.optimizers import LOOK
from dlcore.optimizers import RULES, SURFACES, Race, Rule
from dlcore.optimizers.own_surface import tree_of
from ui.frame.components import component
from ui.optimizers.race import Plan, one_field, run

COMPONENT = component("race")
TURNED = ("beta", "beta1", "beta2")  # what the second slider turns: the first of these that a rule has
COLORS = {
    "ground": palette.GROUND,
    "density": palette.GROUND_DENSITY,
    "landmark": palette.LANDMARK,
    "muted": palette.MUTED,
    "danger": palette.DANGER,
    "accent": palette.ACCENT,
    "categories": palette.CATEGORIES,
}


def racer(rule: Rule) -> dict[str, Any]:
    """A rule as the browser races it."""
    look = LOOK[rule.name]
    return asdict(rule) | {
        "name": rule.name,
        "title": rule.title,
        "turned": turned(rule),
        "look": {"color": look.colour, "dash": look.dash, "marker": look.symbol},
    }


def turned(rule: Rule | type[Rule]) -> str | None:
    """The hyper-parameter that the second slider turns."""
    return next((name for name in TURNED if hasattr(rule, name)), None)


def surface_as_sent(plan: Plan) -> dict[str, Any]:
    """What the browser computes a surface from: its name, its formula as data, or the samples it is made of."""
    ground = plan.ground()
    sent: dict[str, Any] = {"name": plan.surface, "kappa": plan.condition}
    if plan.surface not in SURFACES:
        sent["tree"] = tree_of(plan.surface)
    if hasattr(ground, "signed"):
        values = np.ascontiguousarray(ground.signed, dtype="<f8").tobytes()
        sent |= {"signed": base64.b64encode(values).decode(), "ridge": ground.ridge}
    return sent


def payload(plan: Plan, view: dict[str, Any]) -> dict[str, Any]:
    """Everything that decides the race, and how it is drawn."""
    ground = plan.ground()
    return {
        "surface": surface_as_sent(plan),
        "title": ground.title,
        "view": ground.view,
        "axes": ground.axes,
        "minima": ground.minima,
        "best": len(ground.global_minima()),
        "saddles": ground.saddles,
        "racers": [racer(rule) for rule in plan.rules],
        "start": plan.start,
        "steps": plan.steps,
        "noise": plan.noise,
        "seed": plan.seed,
        "arrows": view["arrows"],
        "log": view["log"],
        "colors": COLORS,
    }


def take_hand(surface: str) -> None:
    """Once the hand rests: start and numbers go from there to their own controls, and so to the address.

    Args:
        surface: the one on screen; what was moved on another one is dropped.
    """
    sent = st.session_state.optimizers_hand.get("moved")
    if not isinstance(sent, dict) or sent.get("surface") != surface:
        return
    for name, number in moved(sent).items():
        st.session_state[f"optimizers_{name}"] = number


def moved(sent: Mapping[str, Any]) -> dict[str, float]:
    """Name of a control -> what the hand has made of it: start and racers' numbers, as far as they make sense."""
    found = {
        name: min(10.0, max(-10.0, value))
        for name, value in zip("xy", _numbers(sent.get("start"), 2), strict=False)
    }
    rows = sent.get("racers")
    for row in rows[: len(RULES)] if isinstance(rows, list) else []:
        if isinstance(row, list) and len(row) == 3 and row[0] in RULES:
            found |= _turned(RULES[row[0]], row[1], row[2])
    return found


def _turned(rule: type[Rule], lr: Any, beta: Any) -> dict[str, float]:
    found = {f"{rule.name}_lr": min(1000.0, max(0.0, value)) for value in _numbers([lr], 1)}
    name = turned(rule)
    for value in _numbers([beta], 1) if name else ():
        if name and one_field(rule, name, 0.0).holds(value):
            found[f"{rule.name}_{name}"] = value
    return found


def _numbers(values: Any, n: int) -> Iterable[float]:
    """n finite numbers, or none."""
    if not isinstance(values, list) or len(values) != n:
        return []
    fits = all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values)
    return [float(v) for v in values] if fits else []


def picture(plan: Plan, view: dict[str, Any]) -> Race:
    """The race in the hand, and what the map cannot show; the race as Python runs it."""
    COMPONENT(
        key="optimizers_hand",
        data=payload(plan, view),
        on_moved_change=lambda: take_hand(plan.surface),
    )
    result = run(plan)
    say_what_the_map_hides(plan, result)
    return result


def say_what_the_map_hides(plan: Plan, result: Race) -> None:
    """Who has left the map, and who runs under another's path."""
    gone = [
        f"{rule.title} at step {step}"
        for rule, step in zip(plan.rules, result.diverged_at[:, 0], strict=True)
        if step >= 0
    ]
    if gone:
        st.caption(f":material/north_east: Diverged; paths are drawn up to that step: {', '.join(gone)}.")
    if same := coinciding(result):
        why = " A formula has no samples to draw: choose “Real data” to see SGD and mini-batches differ."
        st.caption(
            f"Same path, drawn over each other: {'; '.join(same)}.{why * (plan.surface != 'logistic')}"
        )


def coinciding(result: Race) -> list[str]:
    """The racers whose paths are equal, each group as "Gradient descent, SGD"."""
    groups: dict[bytes, list[str]] = {}
    for rule, path in zip(result.rules, result.paths[:, 0], strict=True):
        groups.setdefault(path.tobytes(), []).append(rule.title)
    return [", ".join(titles) for titles in groups.values() if len(titles) > 1]
