"""Figures of the neuron page: a fitted neuron and the way it took, a stack of layers and its product."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.figures import marks, palette
from dlcore.figures.palette import Look
from dlcore.neuron.glm import Columns, Fit
from dlcore.neuron.stacked import Comparison

Array = NDArray[np.float64]
CLASSES = (Look(palette.NEGATIVE, symbol="square-open"), Look(palette.POSITIVE))


def _boundary(theta: Array, at: Array) -> Array:
    """The second coordinate of the line w·x + b = 0 (or the height of the line w x + b) at `at`."""
    if len(theta) == 2:
        return theta[0] * at + theta[1]
    return -(theta[0] * at + theta[2]) / (theta[1] if abs(theta[1]) > 1e-9 else 1e-9)


def fitted_neuron(columns: Columns, ours: Fit, reference: Array) -> go.Figure:
    """The points and the fitted line, ours solid and the reference dotted; signs tell the classes apart.

    Args:
        reference: (2,) or (3,), scikit-learn's weights and bias.
    """
    x, y = columns.x[:, 0], (columns.x[:, 1] if columns.classes else columns.y)
    groups = [(columns.y == k, name, CLASSES[k]) for k, name in enumerate(columns.classes)]
    groups = groups or [(np.full(len(y), True), "data", palette.LOOKS["muted"])]
    at = np.array([x.min() - 0.3, x.max() + 0.3])
    traces = [
        *(marks.dots(x[rows], y[rows], look, name, size=6, opacity=0.75) for rows, name, look in groups),
        marks.line(at, _boundary(ours.theta, at), "ours", "our neuron", width=3),
        marks.line(at, _boundary(reference, at), "reference", "scikit-learn", width=4),
    ]
    first, second = columns.names[:2]
    layout = palette.layout(
        height=380,
        xaxis=marks.axis(f"{first}, standardised"),
        yaxis=marks.axis(
            f"{second}, standardised" if columns.classes else second,
            range=[float(y.min()) - 0.3, float(y.max()) + 0.3],
        ),
    )
    return go.Figure(traces, layout)


def way_of_the_weights(columns: Columns, ours: Fit, reference: Array) -> go.Figure:
    """Weights and bias over the steps of gradient descent; the reference as dotted lines.

    Args:
        reference: (2,) or (3,), scikit-learn's weights and bias.
    """
    names = ("w", "b") if len(reference) == 2 else ("w₁", "w₂", "b")
    ends = np.array([1, int(ours.steps[-1]) + 1])
    traces = []
    for k, name in enumerate(names):
        ours_look, theirs = Look(palette.CATEGORIES[k]), Look(palette.CATEGORIES[k], "dot")
        traces.append(marks.line(ours.steps + 1, ours.path[:, k], ours_look, name))
        flat = marks.line(ends, [reference[k]] * 2, theirs, f"{name}, scikit-learn", width=2)
        traces.append(flat | {"showlegend": False})
    layout = palette.layout(
        height=380,
        hovermode="x unified",
        xaxis=marks.axis("step + 1", log=True),
        yaxis=marks.axis("value", "per standard deviation"),
    )
    return go.Figure(traces, layout)


def stack_and_product(result: Comparison) -> go.Figure:
    """The output of the stack, solid, over that of the one affine map, dotted."""
    product = Look(palette.NEGATIVE, "dot")
    traces = [
        marks.line(result.x, result.stacked, "ours", "the layers, one after another", width=3),
        marks.line(result.x, result.affine, product, "one affine map", width=4),
    ]
    layout = palette.layout(height=380, xaxis=marks.axis("input x"), yaxis=marks.axis("output"))
    return go.Figure(traces, layout)
