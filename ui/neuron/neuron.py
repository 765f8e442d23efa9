"""One neuron on the page: the component that is moved by hand, its state in the address, its check."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dlcore import neuron
from dlcore.figures import palette
from dlcore.number_text import digits
from dlcore.oracles import neuron as oracle
from ui.frame import frame
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import OneOf, Text

COMPONENT = component("neuron")

COLORS = {
    "positive": palette.POSITIVE,
    "negative": palette.NEGATIVE,
    "muted": palette.MUTED,
    "accent": palette.ACCENT,
    "diverging": palette.DIVERGING,
}
SPELLED = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "silu": "SiLU",
    "gelu": "GELU",
}
F_NAMES = {name: SPELLED.get(name, name) for name in neuron.ACTIVATIONS}
# Four corners and what a logical function says there: (x1, x2, class).
CORNERS = {
    "none": (),
    "and": ((-2, -2, -1), (-2, 2, -1), (2, -2, -1), (2, 2, 1)),
    "or": ((-2, -2, -1), (-2, 2, 1), (2, -2, 1), (2, 2, 1)),
    "xor": ((-2, -2, -1), (-2, 2, 1), (2, -2, 1), (2, 2, -1)),
}
LIMITS = {"w": 4.0, "b": 10.0, "x": 5.0}
COUNTS = (1, 2, 3, 5)


@dataclass(frozen=True)
class Hand:
    """Where the hand left the neuron: weights, bias, inputs."""

    w: tuple[float, ...]
    b: float
    x: tuple[float, ...]


START = Hand((1.2, -0.8, 0.5, 0.5, 0.5), 0.5, (1.5, 1.0, 1.0, -1.0, 0.5))


def write_hand(hand: Hand) -> str:
    """The address form of a state: "w1,w2;b;x1,x2"."""
    rows = [",".join(f"{v:g}" for v in row) for row in (hand.w, (hand.b,), hand.x)]
    return ";".join(rows)


def read_hand(text: str, n: int) -> tuple[Hand, str]:
    """A state with n inputs from the address, clamped; and a sentence about what was not usable, or ""."""
    start = Hand(START.w[:n], START.b, START.x[:n])
    if not text:
        return start, ""
    try:
        rows = [[float(v) for v in row.split(",")] for row in text[:400].split(";")]
        w, (b,), x = rows
    except ValueError:
        return start, "The address held weights that cannot be read; the start values are shown instead."
    if not all(math.isfinite(v) for row in rows for v in row):
        return (
            start,
            "The address held a weight that is no finite number; the start values are shown instead.",
        )

    def kept(row: list[float], limit: float, usual: tuple[float, ...]) -> tuple[float, ...]:
        row = [*row, *usual[len(row) :]][:n]  # more inputs than before: the new ones start as usual
        return tuple(max(-limit, min(limit, v)) for v in row)

    hand = Hand(
        kept(w, LIMITS["w"], start.w), kept([b], LIMITS["b"], (0.0,))[0], kept(x, LIMITS["x"], start.x)
    )
    clipped = hand.b != b or any(
        v != u for old, new in ((w, hand.w), (x, hand.x)) for v, u in zip(old, new, strict=False)
    )
    return (
        hand,
        "A value in the address was out of range; the nearest possible one is shown." if clipped else "",
    )


STATE = State(
    "neuron",
    {
        "f": OneOf(F_NAMES, default="sigmoid"),
        "n": OneOf(COUNTS, default=2),
        "points": OneOf(CORNERS.keys(), default="none"),
        "at": Text(
            most=400,
            default="",
            judge=lambda text: read_hand(text, COUNTS[-1])[1],
            examples=("1.25,-0.5;0.125;2,-3", "0,1;-2;0.5,0.25"),
        ),
    },
)


def remember(key: str) -> None:
    """After a drag: what the component sent goes to the address."""
    sent = st.session_state[key].get("moved") or {}
    if isinstance(sent, dict) and isinstance(sent.get("at"), str):
        STATE.keep("at", sent["at"][:400])


def controls() -> tuple[str, int, str]:
    """Activation, number of inputs, points to separate: the three controls below the picture."""
    left, middle, right = st.columns([1.3, 1, 1])
    f = left.selectbox(
        "Activation f",
        list(F_NAMES),
        index=4,
        format_func=F_NAMES.__getitem__,
        key="neuron_f",
        bind="query-params",
    )
    n = middle.segmented_control(
        "Inputs", COUNTS, default=2, required=True, key="neuron_n", bind="query-params"
    )
    corners = right.segmented_control(
        "Points to separate",
        list(CORNERS),
        default="none",
        required=True,
        key="neuron_points",
        disabled=n != 2,
        bind="query-params",
    )
    return f, int(n), corners


def payload(f: str, n: int, corners: str, hand: Hand) -> dict[str, Any]:
    """What the browser draws the neuron from."""
    points = CORNERS[corners] if n == 2 else ()
    return {"f": f, "n": n, "at": write_hand(hand), "points": points, "colors": COLORS}


def picture(f: str, n: int, corners: str) -> tuple[Hand, dict[str, Any]]:
    """The neuron to move; its state, and what the browser computed for it (empty before the first drag)."""
    hand, _ = read_hand(STATE.asked("at"), n)
    data = payload(f, n, corners, hand)
    result = COMPONENT(key="neuron_hand", data=data, on_moved_change=lambda: remember("neuron_hand"))
    sent = result.get("moved") or {}
    return hand, sent if sent.get("at") == data["at"] and sent.get("f") == f else {}


def check(f: str, hand: Hand, sent: dict[str, Any]) -> None:
    """a = f(z) beside SciPy's; the other opinions are below, in a list that can be opened."""
    z = float(neuron.pre_activation(hand.w, hand.x, hand.b))
    a = float(neuron.neuron(hand.w, hand.x, hand.b, f))
    if f == "gelu" and z < oracle.GELU_ENDS:
        st.caption(
            f":material/info: At z = {digits(z)} GELU is smaller than float64 can hold: nothing to compare."
        )
    else:
        reference, allowed = oracle.value(f, z)
        frame.check(
            f"a = f(z) at z = {digits(z)}", a, reference, abs(a - reference), allowed, "SciPy's functions"
        )
    with frame.more_checks("neuron") as is_open:
        if is_open:
            more_checks(f, hand, z, a, sent)


def more_checks(f: str, hand: Hand, z: float, a: float, sent: dict[str, Any]) -> None:
    """The other second opinions: z summed exactly, the slope, the line by least squares, the browser."""
    terms = [wi * xi for wi, xi in zip(hand.w, hand.x, strict=True)] + [hand.b]
    exact, size = math.fsum(terms), math.fsum(map(abs, terms))
    frame.check("z = w·x + b", z, exact, abs(z - exact), 1e-14 * size, "math.fsum, which rounds once")
    if f in oracle.KINKS and z == 0:
        st.caption(
            f":material/info: z is at the kink of {F_NAMES[f]}: f has no slope there. We take "
            f"{float(neuron.ACTIVATIONS[f].df(z)):g}, as torch does; a central difference would say "
            f"{digits(oracle.central_difference(f, z))}."
        )
    elif f != "gelu" or z >= oracle.GELU_ENDS:
        ours, (reference, allowed) = float(neuron.ACTIVATIONS[f].df(z)), oracle.slope(f, z)
        frame.check("the slope f′(z)", ours, reference, abs(ours - reference), allowed, "a complex step")
    foot = neuron.hyperplane(hand.w, hand.b).foot
    if foot is not None:
        theirs = oracle.nearest_to_origin(hand.w, hand.b)
        mine, said = ("(" + ", ".join(digits(v, 4) for v in point) + ")" for point in (foot, theirs))
        off, length = float(np.abs(np.subtract(foot, theirs)).max()), float(np.linalg.norm(theirs))
        frame.check(
            "the point of the line nearest to 0", mine, said, off, 1e-12 * length, "numpy.linalg.lstsq"
        )
    if isinstance(sent.get("a"), int | float):
        frame.check(
            "the output a on screen", a, sent["a"], abs(a - sent["a"]), 1e-6, "the browser's formulas"
        )


BIOLOGY = """
A cell in the brain gathers input through thousands of synapses, each stronger or weaker, and fires when
enough arrives: weights, a sum, a threshold. That picture, of McCulloch and Pitts in 1943, gave the name.

It ends there. A living neuron sends spikes in time, not one number; its branches compute on their own
before anything reaches the cell body; its synapses obey chemistry, and nobody has found it running
backpropagation. What you move on this page is a function with parameters, and best thought of as one.
"""


def neuron_script(f: str, hand: Hand) -> str:
    """Python that prints z, a and the slope of the neuron on screen."""
    return (
        "from dlcore.neuron.one_neuron import ACTIVATIONS, hyperplane, pre_activation\n\n"
        f"w, b, x = {list(hand.w)}, {hand.b}, {list(hand.x)}\n"
        f'f = ACTIVATIONS["{f}"]\n'
        "z = pre_activation(w, x, b)\n"
        'print("z =", z, " a =", f.f(z), " slope =", f.df(z))\n'
        "print(hyperplane(w, b))\n"
    )
