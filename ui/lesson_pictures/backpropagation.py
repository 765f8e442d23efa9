"""The stepper as it stands in a lesson: the graph, the four gradients with their numbers, and their check."""

import time
from dataclasses import replace
from typing import Any

import streamlit as st

from dlcore.backprop import backward, forward
from ui.backprop import checks, stepper, text
from ui.backprop.stepper import LIMITS, Setting
from ui.lesson_pictures.standing import Standing


def picture(standing: Standing) -> None:
    """The graph, and what it says below."""
    setting = _setting(standing)
    revision = st.session_state.setdefault(standing.key_of("revision"), str(time.time_ns()))
    stepper.STEPPER(
        key=standing.key_of("graph"),
        data=stepper.payload(setting, revision),
        on_state_change=lambda: _rested(standing, setting, revision),
    )
    values = forward(setting.params, setting.x, setting.y, setting.loss)
    gradients = backward(setting.params, setting.x, setting.y, setting.loss)
    st.latex(text.gradients_with_numbers(setting, values, gradients))
    checks.check_card(setting, gradients)


def _setting(standing: Standing) -> Setting:
    """The link's setting with what the hand has made of it."""
    setting, _ = stepper.from_url({name: texts[0] for name, texts in standing.query.items()})
    left: dict[str, Any] = {name: standing.value(name) for name in (*LIMITS, "step")}
    return replace(setting, **{name: value for name, value in left.items() if value is not None})


def _rested(standing: Standing, setting: Setting, revision: str) -> None:
    sent = (st.session_state.get(standing.key_of("graph")) or {}).get("state")
    if isinstance(sent, dict) and sent.get("revision") == revision:
        changed = stepper.taken_over(setting, sent)
        for name in (*LIMITS, "step"):
            if getattr(changed, name) != getattr(setting, name):
                standing.keep(name, getattr(changed, name))
