"""One neuron, the fitted one, softmax and stacked layers, as they stand in a lesson."""

from typing import Any

import streamlit as st

from dlcore.data import table
from ui.lesson_pictures.standing import Standing
from ui.neuron import fitted_and_stacked, neuron, softmax


def _moved(standing: Standing, component: str, name: str, longest: int) -> None:
    """After a drag: what the component sent is what the hand left."""
    sent = st.session_state[standing.key_of(component)].get("moved") or {}
    if isinstance(sent, dict) and isinstance(sent.get("at"), str):
        standing.keep(name, sent["at"][:longest])


def one(standing: Standing) -> None:
    """The neuron to move, with its activation."""
    f = str(standing.value("f"))
    n = int(standing.value("n"))
    hand, _ = neuron.read_hand(standing.value("at"), n)
    stage = st.container()  # the picture stands above its control and is drawn after it
    f = _activation(standing, "Activation f", "f")
    with stage:
        neuron.COMPONENT(
            key=standing.key_of("hand"),
            data=neuron.payload(f, n, standing.value("points"), hand),
            on_moved_change=lambda: _moved(standing, "hand", "at", 400),
        )


def _activation(standing: Standing, label: str, name: str) -> str:
    names = list(neuron.F_NAMES)
    more: dict[str, Any] = {"format_func": neuron.F_NAMES.__getitem__, "width": 260}
    return str(standing.control(st.selectbox, label, name, names, **more))


def bars(standing: Standing) -> None:
    """Softmax's bars."""
    z, T, _ = softmax.read(standing.value("softmax"))
    softmax.COMPONENT(
        key=standing.key_of("bars"),
        data=softmax.payload(z, T),
        on_moved_change=lambda: _moved(standing, "bars", "softmax", 200),
    )


def regression(standing: Standing) -> None:
    """The neuron fitted to a table beside scikit-learn's regression."""
    kind, l2 = standing.value("model"), float(standing.value("penalty"))
    names = table(fitted_and_stacked.TABLES[kind]).names
    first, second = (names.index(standing.value(f"{kind}_{i}")) for i in (0, 1))
    same = True
    if kind == "logistic":
        options = fitted_and_stacked.REFERENCES
        chosen = standing.control(st.radio, "scikit-learn", "reference", options, horizontal=True)
        same = chosen == options[0]
    drawn = fitted_and_stacked.regression(kind, first, second, l2, same)
    if drawn is not None:
        fitted_and_stacked.regression_in_numbers(*drawn, same, l2, kind)


def layers(standing: Standing) -> None:
    """Layers in a row beside one affine map."""
    left, middle, right = st.columns(3)
    with left:
        depth = int(standing.control(st.slider, "Layers", "depth", 1, 6))
    with middle:
        f = _activation(standing, "f between them", "between")
    with right:
        seed = int(standing.control(st.number_input, "Seed of the weights", "stack_seed", 0, 9999))
    result = fitted_and_stacked.stack(depth, int(standing.value("width")), f, seed)
    fitted_and_stacked.stack_in_numbers(result, depth, f)
