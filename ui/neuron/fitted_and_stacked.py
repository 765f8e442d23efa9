"""The controls of the neuron page's two tabs of fitted and stacked neurons."""

import numpy as np
import streamlit as st

from dlcore.data import BadInput, table
from dlcore.figures import neuron as figures
from dlcore.neuron import glm, stacked
from dlcore.number_text import count, digits, latex
from dlcore.oracles import neuron as oracle
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Field, OneOf, Whole
from ui.neuron.neuron import F_NAMES

MODELS = {"logistic": "sigmoid: malignant or benign?", "linear": "identity: how long is the petal?"}
PENALTIES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
REFERENCES = ("with the same penalty", "as it comes (C = 1)")

MODEL_TAB, STACK_TAB = "Regression", "Stacked layers"
_OF_MODEL, _OF_STACK = {"tab": MODEL_TAB}, {"tab": STACK_TAB}
USUAL = {"logistic": (0, 1), "linear": (3, 2)}  # columns of the table: x1 and x2, or x and y
TABLES = {"logistic": "breast_cancer", "linear": "iris"}


def _columns() -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for kind, name in TABLES.items():
        names, on = table(name).names, {**_OF_MODEL, "model": MODELS[kind]}
        for i, usual in enumerate(USUAL[kind]):
            fields[f"{kind}_{i}"] = OneOf(names, default=names[usual], on=on)
    return fields


STATE = State(
    "neuron",
    {
        "model": OneOf(MODELS, default="logistic", on=_OF_MODEL),
        "penalty": OneOf(PENALTIES, default=0.0, on=_OF_MODEL),
        "reference": OneOf(REFERENCES, default=REFERENCES[0], on={**_OF_MODEL, "model": MODELS["logistic"]}),
        **_columns(),
        "depth": Whole(1, 6, default=6, on=_OF_STACK),
        "between": OneOf(F_NAMES, default=next(iter(F_NAMES)), on=_OF_STACK),
        "width": Whole(1, 8, default=4, on=_OF_STACK),
        "stack_seed": Whole(0, 9999, default=3, on=_OF_STACK),
    },
)

MODEL_SCRIPT = """from dlcore.neuron import glm
from dlcore.oracles.neuron import logistic_regression

columns = glm.classification(0, 1)  # mean radius, mean texture
fit = glm.fit(columns, l2=0.0)
print("ours", fit.theta, "in", fit.steps[-1], "steps")
print("scikit-learn", *logistic_regression(columns.x, columns.y, 0.0))
"""
STACK_SCRIPT = """from dlcore.neuron.stacked import compare

for f in ("identity", "relu"):
    print(f, compare(depth=6, width=4, f=f, seed=3).difference)
"""


@st.cache_data(max_entries=64, show_spinner=False)
def fitted(kind: str, first: int, second: int, l2: float) -> tuple[glm.Columns, glm.Fit]:
    """The neuron fitted to two columns of a table."""
    columns = (glm.classification if kind == "logistic" else glm.regression)(first, second)
    return columns, glm.fit(columns, l2)


def reference_of(kind: str, columns: glm.Columns, l2: float) -> np.ndarray:
    """(w, b) by scikit-learn."""
    w, b = (oracle.logistic_regression if kind == "logistic" else oracle.linear_regression)(
        columns.x, columns.y, l2
    )
    return np.array([*w, b])


def which_model() -> None:
    """A neuron fitted to a real table beside scikit-learn's regression of another name."""
    picture, side = frame.picture_and_controls((2.6, 1.0))
    with side:
        kind = st.radio(
            "f", list(MODELS), format_func=MODELS.__getitem__, key="neuron_model", bind="query-params"
        )
        names, usual = table(TABLES[kind]).names, USUAL[kind]
        labels = ("x₁", "x₂") if kind == "logistic" else ("x", "y, to be predicted")
        chosen = [
            st.selectbox(label, names, index=start, key=f"neuron_{kind}_{i}", bind="query-params")
            for i, (label, start) in enumerate(zip(labels, usual, strict=True))
        ]
        l2 = st.select_slider(
            "Our L2 penalty",
            PENALTIES,
            format_func=lambda v: f"{v:g}",
            key="neuron_penalty",
            bind="query-params",
        )
        against = REFERENCES[0]
        if kind == "logistic":
            against = st.radio("scikit-learn", REFERENCES, key="neuron_reference", bind="query-params")
    first, second = (names.index(c) for c in chosen)
    same = against == REFERENCES[0]
    with picture:
        drawn = regression(kind, first, second, l2, same)
    if drawn is not None:
        regression_in_numbers(*drawn, same, l2, kind)


def regression(
    kind: str, first: int, second: int, l2: float, same: bool
) -> tuple[glm.Columns, glm.Fit, np.ndarray] | None:
    """The neuron and scikit-learn's regression, drawn; None, with a sentence, where a column is its own target.

    Args:
        same: scikit-learn is given our penalty.
    """
    try:
        columns, ours = fitted(kind, first, second, l2)
    except BadInput as problem:
        st.info(f"{problem} A column cannot explain itself.", icon=":material/info:")
        return None
    reference = reference_of(kind, columns, l2 if same else 1.0 / len(columns.y))
    left, right = st.columns(2)
    with left:
        alt = f"{len(columns.y)} points and the fitted line, ours over scikit-learn's."
        frame.chart(figures.fitted_neuron(columns, ours, reference), alt, "neuron_fit_chart")
    with right:
        alt = f"Weights and bias over {count(int(ours.steps[-1]), 'step')}, toward scikit-learn's values."
        frame.chart(figures.way_of_the_weights(columns, ours, reference), alt, "neuron_way_chart")
    return columns, ours, reference


def regression_in_numbers(
    columns: glm.Columns, ours: glm.Fit, reference: np.ndarray, same: bool, l2: float, kind: str
) -> None:
    """The fitted neuron's formula, and both lines of weights."""
    numbers = ", ".join(f"{v:.3f}" for v in ours.theta[:-1])
    model = r"a = \sigma(w \cdot x + b)" if kind == "logistic" else r"a = w x + b"
    st.latex(rf"{model},\quad w = ({numbers}),\quad b = {ours.theta[-1]:.3f}")
    _compare(columns, ours, reference, same, l2, kind)


def _compare(
    columns: glm.Columns, ours: glm.Fit, reference: np.ndarray, same: bool, l2: float, kind: str
) -> None:
    difference = float(np.abs(ours.theta - reference).max())
    shown = [", ".join(digits(v, 5) for v in theta) for theta in (ours.theta, reference)]
    name = {"logistic": "LogisticRegression", "linear": "Ridge" if l2 else "LinearRegression"}[kind]
    if not same:
        st.caption(
            f":material/compare_arrows: scikit-learn's {name} shrinks the weights unless told not to: "
            f"it says {shown[1]}, we say {shown[0]}. Neither is wrong; they answer two questions. C = 1 is "
            f"our penalty {digits(1 / len(columns.y), 2)}."
        )
    elif not ours.arrived:
        st.info(
            f"After {count(int(ours.steps[-1]), 'step')} the gradient is not yet zero; the largest difference to "
            f"scikit-learn is {digits(difference, 2)}. The two columns "
            "say nearly the same: the loss is a long narrow valley.",
            icon=":material/hourglass_top:",
        )
    else:
        frame.check("weights and bias", shown[0], shown[1], difference, 1e-4, f"scikit-learn's {name}")


def collapse() -> None:
    """Layers in a row beside the product of their matrices."""
    picture, side = frame.picture_and_controls((2.2, 1.0))
    with side:
        depth = st.slider("Layers", 1, 6, 6, key="neuron_depth", bind="query-params")
        f = st.selectbox(
            "f between them",
            list(F_NAMES),
            format_func=F_NAMES.__getitem__,
            key="neuron_between",
            bind="query-params",
        )
        width = st.slider("Neurons in each", 1, 8, 4, key="neuron_width", bind="query-params")
        seed = frame.seed(st, "Seed of the weights", "neuron_stack_seed", 3)
    with picture:
        result = stack(int(depth), int(width), f, seed)
    stack_in_numbers(result, int(depth), f)


def stack(depth: int, width: int, f: str, seed: int) -> stacked.Comparison:
    """The layers' output beside that of the product of their matrices, drawn."""
    result = stacked.compare(depth, width, f, seed)
    alt = (
        f"{count(depth, 'layer')}, f = {F_NAMES[f]}, over one affine map; difference "
        f"{digits(result.difference, 2)}."
    )
    frame.chart(figures.stack_and_product(result), alt, "neuron_stack_chart")
    return result


def stack_in_numbers(result: stacked.Comparison, depth: int, f: str) -> None:
    """The affine map, and how far the layers are from it."""
    sign = "-" if result.b < 0 else "+"
    st.latex(
        rf"W_{depth} \cdots W_1\,x + b = {latex(result.W)}\,x {sign} {latex(abs(result.b))}"
        if depth > 1
        else rf"W_1 x + b_1 = {latex(result.W)}\,x {sign} {latex(abs(result.b))}"
    )
    if f == "identity" or depth == 1:
        frame.check(
            "the output of the layers",
            count(depth, "layer"),
            "one map",
            result.difference,
            1e-13,
            "the product of the matrices",
        )
    else:
        st.caption(
            f":material/call_split: With {F_NAMES[f]} between the layers the two differ by up to "
            f"{digits(result.difference)}: the product no longer says what the layers do."
        )
