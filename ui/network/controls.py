"""The controls of the small network, its examples with commentary, and the plan they add up to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dlcore.claims import Claim
from dlcore.network import FEATURES, MOST_LAYERS, MOST_NEURONS, Network, pointsets
from dlcore.network.trajectory import Edits, Plan
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff, Several, Text, Whole
from ui.network import playground
from ui.network.playground import LEAD, forget_hand
from ui.neuron.neuron import F_NAMES

DATA = {
    "circle": "circle",
    "xor": "xor",
    "gauss": "two clouds",
    "spiral": "spiral",
    "moons": "moons",
    "breast_cancer": "breast cancer (real)",
    "iris": "iris (real)",
    "plane": "regression: plane",
    "hills": "regression: hills",
    "own": "your own points",
}
FEATURE_NAMES = dict(zip(FEATURES, ("x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂"), strict=True))
LOSSES = {"squared-error": "squared error, tanh output", "cross-entropy": "cross-entropy, sigmoid output"}
OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum 0.9", "adam": "Adam"}
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTIES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
BATCHES = (1, 5, 10, 30, 100, 0)


def read_layers(text: str) -> tuple[tuple[int, ...], str]:
    """Neurons in each hidden layer from "4-2" or "none"; and a sentence about what was changed, or ""."""
    found = [int(m[:4]) for m in re.findall(r"\d+", text[:100])]
    hidden = tuple(max(1, min(MOST_NEURONS, m)) for m in found[:MOST_LAYERS])
    if list(hidden) != found or not (found or text.strip().lower() in ("", "none")):
        allowed = f"up to {MOST_LAYERS} numbers from 1 to {MOST_NEURONS}, such as 4-2, or none"
        return hidden, f"Hidden layers are {allowed}; the nearest of that is shown."
    return hidden, ""


def wrong_layers(text: str) -> str:
    """What is wrong with the layers in an address, or ""."""
    form = re.fullmatch(r"none|\d{1,3}([-,; ]+\d{1,3})*", text.strip(), re.ASCII | re.IGNORECASE)
    return read_layers(text)[1] if form else "no layers"


def batch_name(size: int) -> str:
    return str(size) if size else "all points"


STATE = playground.STATE | State(
    "network",
    {
        "data": OneOf(DATA, default="circle"),
        "layers": Text(
            most=40,
            default="4-2",
            judge=wrong_layers,
            examples=("none", "3", "8-8", "2-3-4"),
        ),
        "act": OneOf(F_NAMES, default="tanh"),
        "lr": OneOf(RATES, default=0.03),
        "seed": Whole(0, 9999, default=0),
        "features": Several(FEATURE_NAMES, default=["x1", "x2"]),
        "loss": OneOf(LOSSES, default="squared-error"),
        "opt": OneOf(OPTIMIZERS, default="sgd"),
        "l1": OneOf(PENALTIES, default=0.0),
        "l2": OneOf(PENALTIES, default=0.0),
        "batch": OneOf({size: batch_name(size) for size in BATCHES}, default=10),
        "size": Whole(20, 500, default=500),
        "noise": Whole(0, 50, default=0),
        "dseed": Whole(0, 9999, default=0),
        "test": OnOff(),
    },
)

_BESIDE = {"epoch", "edit", "own", "test"}  # what no example sets
DEFAULTS = {f"network_{name}": field.default for name, field in STATE.fields.items() if name not in _BESIDE}


@dataclass(frozen=True)
class Example:
    """A state worth seeing, good or bad: which controls differ from the defaults, and what to see."""

    name: str
    settings: Mapping[str, Any]
    see: Claim


EXAMPLES = (
    Example(
        "A circle, learned",
        {},
        Claim(
            "Four lines of the first layer are enough to fence the disc in; the second layer combines them.",
            "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
        ),
    ),
    Example(
        "xor without a hidden layer",
        {"network_data": "xor", "network_layers": "none"},
        Claim(
            "One neuron, one straight line: far from all points can be right, however long it trains.",
            "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
        ),
    ),
    Example(
        "xor with the feature x₁x₂",
        {"network_data": "xor", "network_layers": "none", "network_features": ["x1", "x2", "x1x2"]},
        Claim(
            "The same neuron, one more input: in (x₁, x₂, x₁x₂) the classes are separated by a plane.",
            "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
        ),
    ),
    Example(
        "Dead ReLUs",
        {
            "network_data": "xor",
            "network_act": "relu",
            "network_lr": 0.3,
            "network_seed": 5,
        },
        Claim(
            "A long step threw a neuron to where z < 0 for every training point. Its slope is 0: no gradient reaches "
            "its weights; only the layer before it could wake it.",
            "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
        ),
    ),
    Example(
        "Dead, and back again",
        {
            "network_data": "spiral",
            "network_layers": "6-4",
            "network_act": "relu",
            "network_lr": 0.3,
            "network_seed": 36,
        },
        Claim(
            "Neuron [[back]] of layer 2 is dead from epoch [[asleep]] to [[last]]; then layer 1 has moved its "
            "inputs, and it is back. Neuron [[gone]] of layer 1 dies too and stays dead: without a penalty nothing "
            "moves its weights or its inputs.",
            "tests/test_symptoms.py::test_a_dead_neuron_of_layer_2_comes_back_and_one_of_layer_1_does_not",
            {"back": 4, "asleep": 5, "last": 25, "gone": 3},
        ),
    ),
    Example(
        "Too large a learning rate",
        {"network_lr": 3.0, "network_loss": "cross-entropy"},
        Claim(
            "Each step overshoots: the loss jumps instead of falling.",
            "tests/test_symptoms.py::test_too_large_a_learning_rate_jumps_from_any_initial_weights",
        ),
    ),
    Example(
        "The unlucky seed",
        {"network_seed": 135},
        Claim(
            "The same network, data and rate; only the initial weights differ. With seed [[seed]] it works.",
            "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
            {"seed": 0},
        ),
    ),
    Example(
        "Overfitting on 20 points",
        {
            "network_layers": "8-8",
            "network_size": 34,
            "network_noise": 30,
            "network_seed": 9,
            "network_loss": "cross-entropy",
            "network_opt": "adam",
            "network_lr": 0.01,
        },
        Claim(
            "[[points]] noisy training points, [[parameters]] parameters: the training loss falls, validation rises.",
            "tests/test_symptoms.py::test_twenty_points_are_learned_by_heart",
            {"points": 20, "parameters": 105},
        ),
    ),
    Example(
        "The spiral",
        {
            "network_data": "spiral",
            "network_layers": "8-8",
            "network_loss": "cross-entropy",
            "network_opt": "adam",
            "network_lr": 0.01,
        },
        Claim(
            "Hard for lines: two layers of eight wind the boundary between the arms.",
            "tests/test_symptoms.py::test_examples_show_what_their_commentary_says",
        ),
    ),
)


def _apply(name: str | None) -> None:
    example = next((e for e in EXAMPLES if e.name == name), None)
    if example:
        for key, value in {**DEFAULTS, **example.settings}.items():
            st.session_state[key] = value
        forget_hand()


def on_example() -> None:
    _apply(st.session_state.get("network_example"))


def on_shape() -> None:
    """A button of the diagram: other layers or features."""
    asked = st.session_state["network_picture"].get("shape") or {}
    hidden, features = asked.get("hidden"), asked.get("features")
    if isinstance(hidden, list) and all(isinstance(m, int) for m in hidden):
        st.session_state["network_layers"] = "-".join(map(str, hidden[:MOST_LAYERS])) or "none"
    if isinstance(features, list):
        st.session_state["network_features"] = [f for f in FEATURES if f in features] or ["x1", "x2"]
    forget_hand()


def first_controls() -> None:
    """The four controls of the first view, in one slim row."""

    def common(key: str) -> dict[str, Any]:
        return {"key": key, "bind": "query-params", "on_change": forget_hand}

    row = st.columns([1.5, 1.2, 1, 1])
    row[0].selectbox(
        "Example",
        [e.name for e in EXAMPLES],
        index=None,
        placeholder="Choose…",
        key="network_example",
        on_change=on_example,
    )
    row[1].selectbox("Points", list(DATA), format_func=DATA.__getitem__, **common("network_data"))
    row[2].selectbox(
        "f",
        list(F_NAMES),
        index=5,
        format_func=F_NAMES.__getitem__,
        **common("network_act"),
    )
    row[3].selectbox("η", RATES, index=4, format_func=lambda v: f"{v:g}", **common("network_lr"))


def more_controls() -> None:
    """Everything else that decides the result; always drawn, so that its values count, but closed."""

    def common(key: str) -> dict[str, Any]:
        return {"key": key, "bind": "query-params", "on_change": forget_hand}

    with st.expander(
        "More settings: layers, features, loss, optimizer, penalty, batch, noise", key="network_more"
    ):
        left, right = st.columns([2, 1])
        left.text_input(
            "Hidden layers",
            "4-2",
            max_chars=40,
            help="Neurons in each layer: 4-2, 8-8-8 or none.",
            **common("network_layers"),
        )
        frame.seed(
            right,
            "Seed",
            "network_seed",
            help="Sets the initial weights and the order of the batches.",
            on_change=forget_hand,
        )
        st.pills(
            "Features",
            list(FEATURES),
            default=["x1", "x2"],
            selection_mode="multi",
            format_func=FEATURE_NAMES.__getitem__,
            **common("network_features"),
        )
        a, b, c = st.columns(3)
        a.selectbox("Loss", list(LOSSES), format_func=LOSSES.__getitem__, **common("network_loss"))
        a.selectbox(
            "Optimizer", list(OPTIMIZERS), format_func=OPTIMIZERS.__getitem__, **common("network_opt")
        )
        b.selectbox("L1 penalty", PENALTIES, format_func=lambda v: f"{v:g}", **common("network_l1"))
        b.selectbox("L2 penalty", PENALTIES, format_func=lambda v: f"{v:g}", **common("network_l2"))
        b.selectbox(
            "Batch size",
            BATCHES,
            index=2,
            format_func=lambda v: str(v) if v else "all points",
            **common("network_batch"),
        )
        c.slider("Number of points", 20, 500, 500, **common("network_size"))
        c.slider("Noise, %", 0, 50, 0, 5, **common("network_noise"))
        frame.seed(c, "Seed of the points", "network_dseed", on_change=forget_hand)


def _own_text() -> str:
    text = STATE.asked("own")
    if text:
        return "" if text == "-" else text
    start = pointsets.sample("moons", 24, 0.1, 1)
    return pointsets.encode_own(start.x, start.y)


def plan_from_controls() -> tuple[Plan, list[str]]:
    """The plan of the current controls, clamped to what can be trained; sentences about what was changed."""
    names = (
        "layers",
        "data",
        "loss",
        "features",
        "act",
        "size",
        "noise",
        "dseed",
        "opt",
        "lr",
        "l1",
        "l2",
        "batch",
    )
    on = {name: st.session_state[f"network_{name}"] for name in (*names, "seed")}
    return plan_of(on, _own_text() if on["data"] == "own" else "")


def plan_of(on: Mapping[str, Any], own: str) -> tuple[Plan, list[str]]:
    """The plan of these values of the page's state, and sentences about what was changed.

    Args:
        own: the learner's own points, where they are chosen.
    """
    said = []
    hidden, sentence = read_layers(str(on["layers"]))
    said.append(sentence)
    points = on["data"]
    head = "regression" if points in pointsets.REGRESSION else on["loss"]
    features = tuple(f for f in FEATURES if f in (on["features"] or ()))
    if not features:
        features = ("x1", "x2")
        said.append("A network needs an input: x₁ and x₂ are used.")
    plan = Plan(
        Network(features, hidden, on["act"], head),
        points,
        own,
        int(on["size"]),
        on["noise"] / 100,
        int(on["dseed"]),
        on["opt"],
        float(on["lr"]),
        float(on["l1"]),
        float(on["l2"]),
        int(on["batch"]),
        LEAD,
        int(on["seed"]),
    )
    return plan, [s for s in said if s]


def example_on_screen() -> Example | None:
    """The example whose settings are exactly those of the controls."""
    now = {key: st.session_state[key] for key in DEFAULTS}
    same = (
        e for e in EXAMPLES if all(np.array_equal(now[k], v) for k, v in {**DEFAULTS, **e.settings}.items())
    )
    return next(same, None)


def network_script(plan: Plan, edits: Edits = ()) -> str:
    """Python that trains this plan outside the app, changes by hand included, and prints the final losses."""
    return (
        "from dlcore.network.network import Network\n"
        "from dlcore.network.trajectory import Plan, train\n\n"
        f"plan = {plan!r}\n"
        f"run = train(plan{f', edits={edits!r}' if edits else ''})\n"
        'print("epoch", run.epochs[-1], "diverged in epoch", run.diverged)\n'
        'for part in ("train", "validation"):\n'
        "    print(part, run.loss[part][-1], run.accuracy[part][-1])\n"
    )
