"""Figures of the neuron page: a fitted neuron and the way it took, a stack of layers and its product."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcore.figures import palette
from dlcore.neuron.glm import Columns, Fit
from dlcore.neuron.stacked import Comparison

Array = NDArray[np.float64]


def _axis(title: str, **more: object) -> dict[str, object]:
    return {
        "title": title,
        "gridcolor": palette.GRID,
        "zerolinecolor": palette.MUTED,
        "automargin": True,
        **more,
    }


def _boundary(theta: Array, at: Array) -> Array:
    """The second coordinate of the line w·x + b = 0 (or the height of the line w x + b) at `at`."""
    if len(theta) == 2:
        return theta[0] * at + theta[1]
    return -(theta[0] * at + theta[2]) / (theta[1] if abs(theta[1]) > 1e-9 else 1e-9)


def fitted_neuron(columns: Columns, ours: Fit, reference: Array) -> go.Figure:
    """The points and the fitted line, ours solid and the reference dotted; signs tell the classes apart."""
    figure = go.Figure(layout=palette.layout(380, hovermode="closest"))
    x, y = columns.x[:, 0], (columns.x[:, 1] if columns.classes else columns.y)
    groups = [(columns.y == k, name) for k, name in enumerate(columns.classes)] or [
        (np.full(len(y), True), "data")
    ]
    for k, (rows, name) in enumerate(groups):
        figure.add_scatter(
            x=x[rows],
            y=y[rows],
            mode="markers",
            name=name,
            marker={
                "symbol": ("square-open", "circle")[k] if columns.classes else "circle",
                "color": (palette.NEGATIVE, palette.POSITIVE)[k] if columns.classes else palette.MUTED,
                "size": 6,
                "opacity": 0.75,
            },
        )
    at = np.array([x.min() - 0.3, x.max() + 0.3])
    for theta, name, color, dash in (
        (ours.theta, "our neuron", palette.OURS, "solid"),
        (reference, "scikit-learn", palette.REFERENCE, "dot"),
    ):
        width = 3 if dash == "solid" else 4
        line = {"color": color, "dash": dash, "width": width}
        figure.add_scatter(x=at, y=_boundary(theta, at), mode="lines", name=name, line=line)
    second = columns.names[1]
    low, high = float(y.min()) - 0.3, float(y.max()) + 0.3
    figure.update_layout(
        xaxis=_axis(f"{columns.names[0]}, standardised"),
        yaxis=_axis(f"{second}, standardised" if columns.classes else second, range=[low, high]),
    )
    return figure


def way_of_the_weights(columns: Columns, ours: Fit, reference: Array) -> go.Figure:
    """Weights and bias over the steps of gradient descent; the reference as dotted lines."""
    figure = go.Figure(layout=palette.layout(380, hovermode="x unified"))
    names = ("w", "b") if len(reference) == 2 else ("w₁", "w₂", "b")
    ends = np.array([1, int(ours.steps[-1]) + 1])
    for k, name in enumerate(names):
        color = palette.CATEGORIES[(0, 1, 2)[k]]
        figure.add_scatter(
            x=ours.steps + 1, y=ours.path[:, k], mode="lines", name=name, line={"color": color, "width": 2.5}
        )
        figure.add_scatter(
            x=ends,
            y=[reference[k]] * 2,
            mode="lines",
            name=f"{name}, scikit-learn",
            line={"color": color, "dash": "dot", "width": 2},
            showlegend=False,
        )
    figure.update_layout(xaxis=_axis("step + 1", type="log"), yaxis=_axis("value (per standard deviation)"))
    return figure


def stack_and_product(result: Comparison) -> go.Figure:
    """The output of the stack, solid, over that of the one affine map, dotted."""
    figure = go.Figure(layout=palette.layout(380))
    solid = {"color": palette.OURS, "width": 3}
    dotted = {"color": palette.NEGATIVE, "width": 4, "dash": "dot"}
    figure.add_scatter(
        x=result.x, y=result.stacked, mode="lines", name="the layers, one after another", line=solid
    )
    figure.add_scatter(x=result.x, y=result.affine, mode="lines", name="one affine map", line=dotted)
    figure.update_layout(xaxis=_axis("input x"), yaxis=_axis("output"))
    return figure
