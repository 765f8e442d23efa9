"""Beyond two neurons: the pass in matrix form, one layer at a time, with shapes."""

import numpy as np
import streamlit as st

from dlcore.backprop.matrix_form import (
    INITIALISATIONS,
    Layer,
    LayeredPass,
    initial_parameters,
    output_jacobian,
    run,
)
from dlcore.number_text import digits, latex
from dlcore.oracles.backprop import (
    TOLERANCE,
    layer_complex_steps,
    layer_yardsticks,
    relative_layer_difference,
)
from ui.backprop.text import coloured, partial
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf, Whole

NETWORKS = {
    "chain of 3": (1, 1, 1, 1),
    "chain of 5": (1, 1, 1, 1, 1, 1),
    "2 → 3 → 1": (2, 3, 1),
    "3 → 4 → 4 → 1": (3, 4, 4, 1),
    "3 → 4 → 4 → 4 → 1": (3, 4, 4, 4, 1),
}
INPUT = (0.6, -1.2, 0.9)
HIDDEN = ("relu", "tanh", "sigmoid")


def layer_steps(depth: int) -> list[str]:
    """Forward through a network of so many layers, and back."""
    return [f"forward {k + 1}" for k in range(depth)] + [f"backward {k + 1}" for k in reversed(range(depth))]


_DEEPER = {"tab": "Deeper networks"}
STATE = State(
    "backprop",
    {
        "network": OneOf(NETWORKS.keys(), default="2 → 3 → 1", on=_DEEPER),
        "f": OneOf(HIDDEN, default="relu", on=_DEEPER),
        "start": OneOf(list(INITIALISATIONS), default=list(INITIALISATIONS)[1], on=_DEEPER),
        "seed": Whole(0, 999, default=1, on=_DEEPER),
        **{
            f"layer_{len(widths) - 1}": OneOf(
                layer_steps(len(widths) - 1),
                default=layer_steps(len(widths) - 1)[len(widths) - 1],
                on={**_DEEPER, "network": name},
            )
            for name, widths in NETWORKS.items()
        },
    },
)


def matrix(values: np.ndarray) -> str:
    """A vector as a column, a matrix as it stands, in LaTeX."""
    rows = np.atleast_2d(values.T).T if values.ndim == 1 else values
    body = r" \\ ".join(" & ".join(latex(value) for value in row) for row in rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def layer_by_layer() -> None:
    """Choose a network, then step forward and backward through its layers."""
    columns = st.columns([1.6, 1.2, 1, 0.8], gap="small")
    name = columns[0].selectbox(
        "Network", list(NETWORKS), index=2, key="backprop_network", bind="query-params"
    )
    f = columns[1].selectbox("Hidden f", ["relu", "tanh", "sigmoid"], key="backprop_f", bind="query-params")
    scheme = columns[2].selectbox(
        "Start", list(INITIALISATIONS), index=1, key="backprop_start", bind="query-params"
    )
    seed = columns[3].number_input("Seed", 0, 999, 1, key="backprop_seed", bind="query-params")
    widths = NETWORKS[name]
    parameters, x = initial_parameters(widths, scheme, seed), np.array(INPUT[: widths[0]])
    passed = run(parameters, x, 1.0, f)
    depth = len(passed.layers)
    steps = layer_steps(depth)
    chosen = st.select_slider("Step", steps, steps[depth], key=f"backprop_layer_{depth}", bind="query-params")
    direction, number = chosen.split()
    layer, index = passed.layers[int(number) - 1], int(number) - 1
    if direction == "forward":
        _forward(layer, index, index == depth - 1, f)
    else:
        _backward(passed, index, f)
    st.caption(
        f"Input x = {INPUT[: widths[0]]}, target y = 1, ŷ = {digits(passed.y_hat)}, L = {digits(passed.loss)}. "
        "Hidden layers use f, the last one the sigmoid; biases start at 0."
    )
    _check(passed, layer_complex_steps(parameters, x, 1.0, f), f)


def _check(passed: LayeredPass, reference: list[tuple[np.ndarray, np.ndarray]], f: str) -> None:
    """All gradients of the network against complex steps; a ReLU on its kink is said."""
    if f == "relu" and any(not layer.z.any() for layer in passed.layers[:-1]):
        st.info(
            "A layer is dead, so the ReLUs after it stand on their kink, z = 0, where both opinions below take "
            "ReLU′(0) = 0 by convention. Try another seed.",
            icon=":material/fork_right:",
        )
    pairs = [[(g.W_gradient, g.b_gradient) for g in passed.layers], reference, layer_yardsticks(passed, 1.0)]
    ours, theirs, unit = ([part for layer in one for part in layer] for one in pairs)
    frame.check(
        f"‖∂L/∂θ‖ over all {sum(part.size for part in ours)} parameters, each relative to its terms",
        float(np.linalg.norm([np.linalg.norm(part) for part in ours])),
        float(np.linalg.norm([np.linalg.norm(part) for part in theirs])),
        relative_layer_difference(ours, theirs, unit),
        TOLERANCE,
        "complex steps, Im L(θ + ih)/h",
    )


def _forward(layer: Layer, index: int, is_last: bool, f: str) -> None:
    m, n = layer.W.shape
    k, before = index + 1, "x" if index == 0 else f"a_{index}"
    st.latex(rf"z_{k} = W_{k}\,{before} + b_{k} \qquad ({m}) = ({m} \times {n})({n}) + ({m})")
    st.latex(rf"{matrix(layer.z)} = {matrix(layer.W)} {matrix(layer.input)} + {matrix(layer.b)}")
    out, name = (r"\hat y", r"\sigma") if is_last else (f"a_{k}", rf"\mathrm{{{f}}}")
    st.latex(rf"{out} = {name}(z_{k}) = {matrix(layer.a)} \qquad ({m})")


def _backward(passed: LayeredPass, index: int, f: str) -> None:
    layer, k = passed.layers[index], index + 1
    m, n = layer.W.shape
    before = "x" if index == 0 else f"a_{index}"
    if index == len(passed.layers) - 1:
        error = coloured(r"\hat y - y")
        st.latex(rf"\delta_{k} = {error} = {matrix(layer.delta)}")
    else:
        later = passed.layers[index + 1]
        st.latex(
            rf"\delta_{k} = \left(W_{k + 1}^\top \delta_{k + 1}\right) \odot \mathrm{{{f}}}'(z_{k}) = "
            rf"\left({matrix(later.W.T)} {matrix(later.delta)}\right) \odot "
            rf"{matrix(layer.slope)} = {matrix(layer.delta)}"
        )
        product = output_jacobian(passed, index)
        st.latex(
            rf"\text{{product of the later Jacobians: }}\; "
            rf"\frac{{\partial z_{len(passed.layers)}}}{{\partial a_{k}}} = {matrix(product)}, "
            rf"\qquad \lVert \cdot \rVert_2 = {latex(float(np.linalg.norm(product, 2)))}"
        )
    st.latex(
        rf"{partial(f'W_{k}')} = \delta_{k}\,{before}^\top = {matrix(layer.W_gradient)} "
        rf"\qquad ({m} \times {n}) = ({m} \times 1)(1 \times {n}), \qquad {partial(f'b_{k}')} = \delta_{k}"
    )
