"""The stepper's Python side: its state between URL, session and component, its presets, its script."""

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import streamlit as st

from dlcore.backprop import LOSSES, PARAMETERS
from dlcore.figures import palette
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import OneOf, Real, RefusedError

# least, most, step of each number on the graph
LIMITS: Mapping[str, tuple[float, float, float]] = {
    "x": (-10, 10, 0.1),
    "y": (0, 1, 0.1),
    "w1": (-20, 20, 0.1),
    "b1": (-20, 20, 0.1),
    "w2": (-20, 20, 0.1),
    "b2": (-20, 20, 0.1),
    "eta": (0, 10, 0.05),
}
# As in assets/components/backprop_steps.js: the forward pass, the way back, the update.
STEPS = ("z1", "h", "z2", "yh", "L", "d_yh", "d_z2", "d_w2", "d_b2", "d_h", "d_z1", "d_w1", "d_b1", "update")


@dataclass(frozen=True)
class Setting:
    """All that decides what the page shows."""

    x: float = 1.5
    y: float = 1.0
    w1: float = 0.8
    b1: float = 0.2
    w2: float = -1.1
    b2: float = 0.3
    eta: float = 0.5
    loss: str = "cross-entropy"
    step: str = "z1"

    @property
    def params(self) -> dict[str, float]:
        """The four parameters, as dlcore.backprop.two_neurons takes them."""
        return {name: getattr(self, name) for name in PARAMETERS}


PRESETS: Mapping[str, Setting] = {
    "good start": Setting(),
    "dead ReLU": Setting(w1=-0.8, step="d_z1"),
    "the kink z₁ = 0": Setting(w1=1.0, b1=-1.5, step="d_z1"),
    "saturated sigmoid": Setting(y=0.0, w2=3.0, b2=1.0, loss="squared error", step="d_z2"),
}
STEPPER = component("backprop")


def clamped(name: str, value: Any) -> float | None:
    """The number within its limits; None if it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    least, most, _ = LIMITS[name]
    return min(most, max(least, number)) if math.isfinite(number) else None


URL_NAMES = (*LIMITS, "loss", "step", "preset")
STATE = State(
    "backprop",
    {
        **{name: Real(least, most) for name, (least, most, _) in LIMITS.items()},
        "loss": OneOf(LOSSES.keys()),
        "step": OneOf(STEPS),
        "preset": OneOf(PRESETS.keys()),
    },
    held=("setting", "address", "origin"),
)


def from_url(query: Mapping[str, str]) -> tuple[Setting, str | None]:
    """The setting an address asks for, and the preset it names; what cannot be is left as the preset has it."""
    asked: dict[str, Any] = {}
    for name in URL_NAMES:
        if (text := query.get(f"backprop_{name}")) is not None:
            with suppress(RefusedError):
                asked[name] = STATE.fields[name].read([text])
    preset = asked.pop("preset", None)
    is_preset = not asked.keys() & LIMITS.keys()
    return replace(PRESETS[preset or "good start"], **asked), (preset or "good start") if is_preset else None


def to_url(setting: Setting, preset: str | None) -> dict[str, str]:
    """The shortest address that brings this setting back: what differs from its preset."""
    origin = PRESETS[preset or "good start"]
    named = {"backprop_preset": preset} if preset not in (None, "good start") else {}
    values = {name: (value, getattr(origin, name)) for name, value in asdict(setting).items()}
    differing = {
        f"backprop_{name}": f"{value:.6g}"
        if isinstance(value, int | float)
        else value  # JSON brings 2.0 back as 2
        for name, (value, usual) in values.items()
        if value != usual
    }
    return {**named, **differing} if preset else {"backprop_x": f"{setting.x:.6g}", **differing}


def current() -> Setting:
    """The setting of this session; an address that was opened anew comes first."""
    state = st.session_state
    asked = {name: value for name, value in st.query_params.items() if name.startswith("backprop_")}
    asked = {name: value for name, value in asked.items() if name.removeprefix("backprop_") in URL_NAMES}
    if "backprop_setting" not in state or (asked and asked != state.get("backprop_address")):
        adopt(*from_url(asked))
    return state["backprop_setting"]


def adopt(setting: Setting, preset: str | None) -> None:
    """Make this the session's setting and have the browser take it over."""
    state = st.session_state
    state["backprop_setting"] = setting
    state["backprop_origin"] = state["backprop_preset"] = preset
    state["backprop_loss"] = setting.loss
    state["backprop_revision"] = str(time.time_ns())  # never seen before, even after a reset


def remember(setting: Setting) -> None:
    """Write the setting to the address, if it says something else."""
    address = to_url(setting, st.session_state["backprop_origin"])
    for name in URL_NAMES:
        text = address.get(f"backprop_{name}")
        STATE.keep(name, None if text is None else STATE.fields[name].read([text]))
    st.session_state["backprop_address"] = address


def _preset_chosen() -> None:
    # A click on the chosen preset clears the choice; it means "this one again".
    preset = st.session_state["backprop_preset"] or st.session_state["backprop_origin"]
    if preset:
        adopt(PRESETS[preset], preset)


def _loss_chosen() -> None:
    setting = st.session_state["backprop_setting"]
    loss = st.session_state["backprop_loss"] or setting.loss
    st.session_state["backprop_loss"] = loss
    st.session_state["backprop_setting"] = replace(setting, loss=loss)


def _graph_changed() -> None:
    """The hand has come to rest: take over what the browser sends, as far as it makes sense."""
    state = st.session_state
    sent = (state.get("backprop_stepper") or {}).get("state")
    setting = state.get("backprop_setting")
    if setting is None or not isinstance(sent, Mapping) or sent.get("revision") != state["backprop_revision"]:
        return
    numbers: dict[str, Any] = {
        name: value for name in LIMITS if (value := clamped(name, sent.get(name))) is not None
    }
    step = sent.get("step") if sent.get("step") in STEPS else setting.step
    changed = replace(setting, **numbers, step=step)
    if any(getattr(changed, name) != getattr(setting, name) for name in LIMITS):
        state["backprop_origin"] = state["backprop_preset"] = None
    state["backprop_setting"] = changed


def controls() -> Setting:
    """The two controls below the graph; returns the setting they and the graph give."""
    setting, state = current(), st.session_state
    # Streamlit forgets a widget's value while another page is open.
    state.setdefault("backprop_preset", state["backprop_origin"])
    state.setdefault("backprop_loss", setting.loss)
    left, right = st.columns([1.6, 1], gap="medium")
    left.pills("Preset", list(PRESETS), key="backprop_preset", on_change=_preset_chosen)
    right.segmented_control("Loss", list(LOSSES), key="backprop_loss", on_change=_loss_chosen)
    remember(setting)
    return setting


def stepper(setting: Setting) -> None:
    """The computation graph; it steps by itself and tells Python afterwards."""
    data = payload(setting, st.session_state["backprop_revision"])
    STEPPER(key="backprop_stepper", data=data, on_state_change=_graph_changed)


def payload(setting: Setting, revision: str) -> dict[str, Any]:
    """What the browser draws the graph from.

    Args:
        revision: another one makes the browser take the numbers over.
    """
    return {
        "numbers": {name: getattr(setting, name) for name in LIMITS},
        "limits": LIMITS,
        "loss": setting.loss,
        "step": setting.step,
        "revision": revision,
        "colours": {
            "t0": palette.ACCENT,
            "t1": palette.VALIDATION,
            "t2": palette.PREDICTED,
            "muted": palette.MUTED,
            "back-text": palette.ACCENT,
        },
    }
