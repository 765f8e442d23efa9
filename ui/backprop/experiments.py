"""Further experiments as tabs: the two losses, the step repeated, and networks deeper than two neurons."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.backprop import (
    PARAMETERS,
    Pass,
    backward,
    forward,
    loss_curves,
    naive_cross_entropy,
    projected_loss,
    step,
)
from dlcore.backprop.matrix_form import INITIALISATIONS, Norms, doubling_chain, gradient_norms
from dlcore.backprop.sgd_repeated import Descent, descend, loss_surface, samples
from dlcore.claims import Claim, invitation
from dlcore.figures import backprop as figures
from dlcore.number_text import count, digits, latex
from ui.backprop.checks import SYMBOL
from ui.backprop.stepper import LIMITS, Setting, adopt
from ui.backprop.text import coloured, partial
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff, Several, Whole

PAIRS = {
    "w₁ and b₁": ("w1", "b1"),
    "w₁ and w₂": ("w1", "w2"),
    "w₂ and b₂": ("w2", "b2"),
    "w₁ and b₂": ("w1", "b2"),
} | {
    "b₁ and w₂": ("b1", "w2"),
    "b₁ and b₂": ("b1", "b2"),
}
DATA = {1: "the sample on the graph", 12: "12 samples"}
_REPEAT = {"tab": "Gradient descent"}
STATE = State(
    "backprop",
    {
        "data": OneOf(DATA, default=12, on=_REPEAT),
        "batch": OneOf((1, 4, 12), default=4, on=_REPEAT),
        "epochs": Whole(1, 100, default=20, on=_REPEAT),
        "frozen": Several({name: SYMBOL[name] for name in PARAMETERS}, default=[], on=_REPEAT),
        "pair": OneOf(PAIRS.keys(), default="w₁ and b₁", on=_REPEAT),
        "depth": Whole(2, 50, default=20, on={"tab": "Deeper networks"}),
        "doubling": OnOff(on={"tab": "Deeper networks"}),
    },
)


def losses(setting: Setting, values: Pass) -> None:
    """Cross-entropy beside squared error: the curves, their slopes, and what happens at ŷ = 0 and 1."""
    curves = loss_curves(setting.y)
    frame.chart(
        figures.losses_and_slopes(curves, float(values.z2)),
        f"Losses and error signals over the logit for y = {setting.y:g}. Now z2 = {digits(float(values.z2))}. "
        "The slope of cross-entropy stays between −1 and 1; that of squared error goes to 0 on both sides.",
        "backprop_losses",
    )
    error = coloured(r"(\hat y - y)")
    st.latex(
        rf"\text{{cross-entropy:}}\quad {partial('z_2')} = \frac{{\hat y - y}}{{\hat y(1-\hat y)}} "
        rf"\cdot \hat y(1-\hat y) = {error}"
    )
    st.latex(
        rf"\text{{squared error:}}\quad {partial('z_2')} = (\hat y - y) \cdot \hat y (1 - \hat y)"
        rf" = {error}\,\sigma'(z_2)"
    )
    st.markdown(
        "The slope of the sigmoid cancels the denominator of cross-entropy. Nothing cancels it for squared "
        "error: a prediction that is certain and wrong sends back almost nothing."
    )
    lines = ["| z₂ | ŷ in float64 | L as written | L from z₂ |", "|---:|---:|---:|---:|"]
    for z2 in (float(values.z2), 20.0, 40.0, -800.0):
        run = forward({"w1": 0, "b1": 0, "w2": 0, "b2": z2}, 0, setting.y)
        naive = float(naive_cross_entropy(run.y_hat, setting.y))
        lines.append(
            f"| {digits(z2, 4)} | {float(run.y_hat)!r} | {digits(naive, 4)} | {digits(float(run.loss), 4)} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "As written, −[y log ŷ + (1 − y) log(1 − ŷ)] meets log 0 once ŷ has rounded to 0 or 1 (inf, or "
        "0·∞ = nan). The page computes max(z₂, 0) − y z₂ + log(1 + e^−|z₂|): the same number, "
        "finite for every z₂."
    )
    frame.notice(
        invitation("Choose the preset “saturated sigmoid”, and switch the loss above the graph."),
        Claim(
            "The same wrong prediction: error signal [[entropy]] with cross-entropy, [[squared]] with squared error.",
            "tests/test_page_claims.py::test_a_saturated_mistake_is_felt_by_cross_entropy_only",
            {"entropy": 0.995, "squared": 0.00543},
        ),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _descend(
    setting: Setting, n: int, epochs: int, batch: int, frozen: tuple[str, ...], seed: int
) -> Descent:
    x, y = _data(setting, n)
    return descend(setting.params, x, y, setting.eta, epochs, batch, setting.loss, frozen, seed)


def _data(setting: Setting, n: int) -> tuple[np.ndarray, np.ndarray]:
    return (np.array([setting.x]), np.array([setting.y])) if n == 1 else samples(n)


def repeated_steps(setting: Setting) -> None:
    """The step taken many times: the loss curve, and the path over two of the four parameters."""
    columns = st.columns([1.5, 1, 1.2], gap="medium")
    n = columns[0].segmented_control(
        "Data",
        list(DATA),
        default=12,
        required=True,
        format_func=DATA.__getitem__,
        key="backprop_data",
        bind="query-params",
    )
    batch = columns[1].segmented_control(
        "Batch size",
        [1, 4, 12],
        default=4,
        required=True,
        key="backprop_batch",
        disabled=n == 1,
        bind="query-params",
    )
    epochs = columns[2].slider("Epochs", 1, 100, 20, key="backprop_epochs", bind="query-params")
    left, right = st.columns([1.5, 2.2], gap="medium")
    frozen = left.pills(
        "Keep fixed",
        list(PARAMETERS),
        selection_mode="multi",
        format_func=SYMBOL.__getitem__,
        key="backprop_frozen",
        bind="query-params",
    )
    pair = right.selectbox("Loss surface over", list(PAIRS), key="backprop_pair", bind="query-params")
    descent = _descend(replace(setting, step="z1"), n, epochs, min(batch, n), tuple(frozen), 0)
    x, y = _data(setting, n)
    _tell_first_step(setting, x, y, tuple(frozen))
    curve, surface = st.columns(2, gap="medium")
    steps = len(descent.losses) - 1
    with curve:
        frame.chart(
            figures.loss_over_steps(descent),
            f"Mean loss over {count(steps, 'step')}: from {digits(descent.losses[0])} to "
            f"{digits(descent.losses[-1])}.",
            "backprop_curve",
        )
    with surface:
        frame.chart(
            figures.path_on_surface(loss_surface(descent, PAIRS[pair], x, y, setting.loss), descent),
            f"Contours of the mean loss over {pair}, and the path of {count(steps, 'step')}.",
            "backprop_surface",
        )
    updates = -(-n // min(batch, n))
    st.caption(
        f"{count(updates, 'step')} {'makes' if updates == 1 else 'make'} one epoch; η = {setting.eta:g} from "
        f"the graph. The surface is "
        "the slice at the other two parameters’ final values: unless kept fixed, the earlier path lies "
        "above or below it." + (f" Ended early: {descent.stopped}." if descent.stopped else "")
    )
    st.button(
        "Put the end of the path on the graph",
        on_click=_to_graph,
        args=(setting, descent),
        key="backprop_put",
    )
    frame.notice(
        invitation("Compare batch sizes 1 and 12, then set η on the graph to 5."),
        Claim(
            "Small batches take more steps per epoch, and noisier ones. At η = [[eta]] even full-batch steps are too "
            "long: nearly half of them raise the loss.",
            "tests/test_page_claims.py::test_small_batches_take_more_and_noisier_steps "
            "tests/test_descent.py::test_at_eta_5_nearly_half_of_the_full_batch_steps_raise_the_loss_and_at_a_half_none",
            {"eta": 5},
        ),
    )


def _tell_first_step(setting: Setting, x: np.ndarray, y: np.ndarray, frozen: tuple[str, ...]) -> None:
    slope = backward(setting.params, x, y, setting.loss)
    before = float(np.mean(forward(setting.params, x, y, setting.loss).loss))
    moved = step(setting.params, slope, setting.eta, frozen)
    after = float(np.mean(forward(moved, x, y, setting.loss).loss))
    promised = projected_loss(before, slope, setting.eta, frozen)
    st.latex(
        rf"L = {latex(before)} \;\xrightarrow{{\text{{one step on all samples}}}}\; \text{{tangent: }} "
        rf"L - \eta \lVert\nabla L\rVert^2 = {latex(promised)}, \quad \text{{really: }} {latex(after)}"
    )


def _to_graph(setting: Setting, descent: Descent) -> None:
    end = dict(zip(PARAMETERS, (round(float(value), 4) for value in descent.params[-1]), strict=True))
    inside = {name: min(LIMITS[name][1], max(LIMITS[name][0], value)) for name, value in end.items()}
    adopt(Setting(**{**vars(setting), **inside}), None)


@st.cache_data(max_entries=32, show_spinner=False)
def _norms(depth: int) -> list[Norms]:
    return [
        gradient_norms(f, scheme, depth) for f in ("sigmoid", "tanh", "relu") for scheme in INITIALISATIONS
    ]


def depth_and_gradients() -> None:
    """How the error signal shrinks or grows with depth, activation and initialisation."""
    depth = st.slider("Hidden layers, 32 neurons each", 2, 50, 20, key="backprop_depth", bind="query-params")
    doubling = st.toggle(
        "Add a chain of sigmoids with large weights", key="backprop_doubling", bind="query-params"
    )
    norms = _norms(depth) + [doubling_chain(depth)] * doubling
    first = {one.label: one.delta[0] / one.delta[-1] for one in norms}
    frame.chart(
        figures.norms_per_layer(norms),
        f"Size of the error signal per layer of a network with {depth} hidden layers; from last to first "
        + ", ".join(f"{label}: times {digits(ratio, 2)}" for label, ratio in first.items())
        + ".",
        "backprop_norms",
    )
    st.caption(
        "Root mean square of δ over neurons and 8 random initializations, one random input each. "
        "Weights are normal with standard deviation √(2/(n + m)) (Glorot) or √(2/n) (He)."
    )
    frame.notice(
        invitation("Go from 2 to 50 layers, then add the chain with large weights."),
        Claim(
            "Going back, each layer multiplies δ by its transposed Jacobian, weights times slopes. The sigmoid’s "
            "slope is at most [[slope]], and with both these starts δ vanishes. He keeps its size within a factor of "
            "[[factor]] for ReLU; with Glorot it fades for ReLU, and far less for tanh. Weights multiply too: "
            "[[layers]] sigmoids with w = [[w]], b = [[b]], fed with x = [[x]], make δ [[times]] times larger.",
            "tests/test_depth.py::test_delta_is_the_product_of_jacobians_times_the_error "
            "tests/test_page_claims.py::test_the_sigmoid_fades_he_suits_relu_and_glorot_tanh "
            "tests/test_depth.py::test_large_weights_make_ten_sigmoids_amplify_the_error",
            {"slope": "¼", "factor": 3, "layers": 10, "w": 8.0, "b": -4.0, "x": 0.5, "times": 1024},
        ),
    )
