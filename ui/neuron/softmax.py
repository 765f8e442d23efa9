"""Softmax on the page: the component with the bars, its state in the address, its check."""

import math
from typing import Any

import numpy as np
import streamlit as st

from dlcore.figures import palette
from dlcore.neuron import softmax
from dlcore.number_text import digits
from dlcore.oracles import neuron as oracle
from ui.frame import frame
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import Text

COMPONENT = component("softmax")
START, START_T = (2.0, 1.0, -0.5), 1.0


def read(text: str) -> tuple[tuple[float, ...], float, str]:
    """Scores (2 to 5, within ±5) and temperature (0.1 to 10) from the address; and a sentence, or ""."""
    if not text:
        return START, START_T, ""
    try:
        scores, temperature = text[:200].split(";")
        z, T = [float(v) for v in scores.split(",")], float(temperature)
    except ValueError:
        return (
            START,
            START_T,
            "The address held scores that cannot be read; the start values are shown instead.",
        )
    if not all(map(math.isfinite, [*z, T])) or not 2 <= len(z) <= 5:
        return START, START_T, "The address needs 2 to 5 finite scores; the start values are shown instead."
    kept, T_kept = tuple(max(-5.0, min(5.0, v)) for v in z), max(0.1, min(10.0, T))
    clipped = list(kept) != z or T_kept != T
    return (
        kept,
        T_kept,
        "A value in the address was out of range; the nearest one is shown." if clipped else "",
    )


STATE = State(
    "neuron",
    {
        "softmax": Text(
            most=200,
            default="",
            judge=lambda text: read(text)[2],
            examples=("2,1.5,-0.5;0.5", "1,0;3"),
            on={"tab": "Softmax"},
        )
    },
)


def remember() -> None:
    """After a drag: what the component sent goes to the address."""
    sent = st.session_state["neuron_bars"].get("moved") or {}
    if isinstance(sent, dict) and isinstance(sent.get("at"), str):
        STATE.keep("softmax", sent["at"][:200])


def payload(z: tuple[float, ...], T: float) -> dict[str, Any]:
    """What the browser draws the bars from."""
    colors = {"colors": palette.CATEGORIES[:5], "muted": palette.MUTED, "accent": palette.ACCENT}
    return {"at": f"{','.join(f'{v:g}' for v in z)};{T:g}", **colors}


def picture() -> tuple[tuple[float, ...], float, dict[str, Any]]:
    """The bars; scores, temperature, and what the browser computed (empty before the first drag)."""
    z, T, _ = read(STATE.asked("softmax"))
    data = payload(z, T)
    result = COMPONENT(key="neuron_bars", data=data, on_moved_change=remember)
    sent = result.get("moved") or {}
    return z, T, sent if sent.get("at") == data["at"] else {}


def check(z: tuple[float, ...], T: float, sent: dict[str, Any]) -> None:
    """SciPy's softmax, the shift, and the browser's own shares."""
    p, reference = softmax(z, T), oracle.softmax(z, T)
    shown = [", ".join(f"{digits(v, 6)}" for v in q) for q in (p, reference)]
    frame.check(
        "the shares p", shown[0], shown[1], float(np.abs(p - reference).max()), 1e-14, "scipy.special.softmax"
    )
    shifted = softmax(np.array(z) + 100.0, T)
    frame.check(
        "the shares after adding 100 to every score",
        shown[0],
        "the same",
        float(np.abs(p - shifted).max()),
        1e-12,
        "itself",
    )
    if sent.get("p"):
        told = np.array(sent["p"], dtype=np.float64)
        text = ", ".join(f"{digits(v, 6)}" for v in told)
        frame.check(
            "the shares on screen", shown[0], text, float(np.abs(p - told).max()), 1e-6, "the browser"
        )


def softmax_script(z: tuple[float, ...], T: float) -> str:
    """Python that prints the shares on screen."""
    return f"from dlcore.neuron.one_neuron import softmax\n\nprint(softmax({list(z)}, temperature={T}))\n"
