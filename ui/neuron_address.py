"""What the neuron page's address may hold. Everything else is ignored, and a sentence says so."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from dlcore.data import table
from ui import network_controls, neuron_tabs
from ui.neuron import CORNERS, COUNTS, F_NAMES

TABS = ("One neuron", "A small network", "Which model is this?", "Softmax", "Collapse")
Test = Callable[[str], bool]


def one_of(values: Iterable[object]) -> Test:
    allowed = {str(v) for v in values}
    return lambda text: text in allowed


def whole(low: int, high: int) -> Test:
    # A field that works in floats inside writes 53.0.
    return lambda text: bool(re.fullmatch(r"\d{1,6}(\.0)?", text, re.ASCII)) and low <= float(text) <= high


def _columns() -> list[str]:
    return [*table("breast_cancer").names, *table("iris").names]


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{v:g}" for v in values]


FREE: Test = lambda text: len(text) < 4000  # noqa: E731  read and judged where it is used
ALLOWED: dict[str, Test] = {
    "neuron_tab": one_of(TABS),
    "neuron_f": one_of(F_NAMES.values()),
    "neuron_n": one_of(COUNTS),
    "neuron_points": one_of(CORNERS),
    "neuron_at": FREE,
    "neuron_softmax": FREE,
    "neuron_data": one_of(network_controls.DATA.values()),
    "neuron_layers": lambda text: len(text) <= 40,
    "neuron_act": one_of(F_NAMES.values()),
    "neuron_lr": one_of(_numbers(network_controls.RATES)),
    "neuron_seed": whole(0, 9999),
    "neuron_features": one_of(network_controls.FEATURE_NAMES.values()),
    "neuron_loss": one_of(network_controls.LOSSES.values()),
    "neuron_opt": one_of(network_controls.OPTIMIZERS.values()),
    "neuron_l1": one_of(_numbers(network_controls.PENALTIES)),
    "neuron_l2": one_of(_numbers(network_controls.PENALTIES)),
    "neuron_batch": one_of(map(network_controls.batch_name, network_controls.BATCHES)),
    "neuron_epochs": one_of(network_controls.EPOCHS),
    "neuron_size": whole(20, 500),
    "neuron_noise": whole(0, 50),
    "neuron_dseed": whole(0, 9999),
    "neuron_own": FREE,
    "neuron_edit": FREE,
    "neuron_epoch": FREE,
    "neuron_plain": one_of(("true", "false")),
    "neuron_test": one_of(("true", "false")),
    "neuron_model": one_of(neuron_tabs.MODELS.values()),
    "neuron_penalty": one_of(_numbers(neuron_tabs.PENALTIES)),
    "neuron_reference": one_of(neuron_tabs.REFERENCES),
    "neuron_depth": whole(1, 6),
    "neuron_between": one_of(F_NAMES.values()),
    "neuron_width": whole(1, 8),
    "neuron_stack_seed": whole(0, 9999),
}


def drop_what_cannot_be() -> None:
    """Take from the address what no control can show, before the controls read it, and say so.

    Streamlit drops an unknown option in silence and stumbles over 1e999 in a number field.
    """
    dropped = []
    for name in [name for name in st.query_params if name.startswith("neuron_")]:
        columns = name[:-1] in ("neuron_logistic_", "neuron_linear_")
        test = one_of(_columns()) if columns else ALLOWED.get(name)
        if test is None or not all(map(test, st.query_params.get_all(name))):
            dropped.append(name if test is not None else "an unknown name")
            # A name that a control of this session holds already cannot be deleted; the control keeps its value.
            with suppress(StreamlitAPIException):
                del st.query_params[name]
    if dropped:
        names = ", ".join(sorted(set(dropped)))
        st.info(
            f"The address held values that do not exist here ({names}); they were ignored.",
            icon=":material/info:",
        )
