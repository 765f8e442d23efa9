"""The stepper's charts: losses, errors of differences, repeated steps, norms per layer."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlcore.backprop import PARAMETERS, LossCurves
from dlcore.backprop.matrix_form import Norms
from dlcore.backprop.sgd_repeated import Descent, LossSurface
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look
from dlcore.figures.prebuilt import Prebuilt

SYMBOL = {"w1": "w<sub>1</sub>", "b1": "b<sub>1</sub>", "w2": "w<sub>2</sub>", "b2": "b<sub>2</sub>"}
PARAMETER_LOOKS = {
    name: Look(colour, dash)
    for name, colour, dash in zip(
        PARAMETERS, palette.CATEGORIES, ("solid", "dash", "dot", "dashdot"), strict=False
    )
}
LOSS_LOOKS = {
    "cross-entropy": Look(palette.CATEGORIES[0]),
    "squared error": Look(palette.CATEGORIES[1], "dash"),
}
MANY = 60  # steps from which on single dots and epochs would only be in the way


def losses_and_slopes(curves: LossCurves, z2: float) -> Prebuilt:
    """Left the losses, right the error signals they send back, over the logit; z2 is marked."""
    hover = "z<sub>2</sub> %{x:.2f}<br>%{y:.3g}"
    traces = [
        marks.line(curves.z2, values, LOSS_LOOKS[name], name, hover=hover)
        | {"xaxis": f"x{panel}", "yaxis": f"y{panel}", "showlegend": not panel}
        for panel, table in (("", curves.values), ("2", curves.slopes))
        for name, values in table.items()
    ]
    here = float(np.clip(z2, curves.z2[0], curves.z2[-1]))
    logit = marks.axis("logit z<sub>2</sub>")
    layout = palette.layout(
        340,
        xaxis=logit | {"domain": [0, 0.45]},
        xaxis2=logit | {"domain": [0.57, 1], "anchor": "y2"},
        yaxis=marks.axis("loss L", "nats; ½ error²"),
        yaxis2=marks.axis("error signal ∂L/∂z<sub>2</sub>", anchor="x2"),
        shapes=[
            marks.upright(here, "accent", xref=f"x{panel}", yref=f"y{panel} domain") for panel in ("", "2")
        ],
        annotations=[_inside(here, 1, "here", palette.ACCENT)],
    )
    return Prebuilt({"data": traces, "layout": layout})


def _inside(x: float, y: float, text: str, colour: str, side: str = "left") -> dict[str, Any]:
    return marks.label(x, y, text, colour, yref="y domain", xanchor=side)


def difference_errors(h: np.ndarray, errors: Mapping[str, np.ndarray], chosen: float) -> go.Figure:
    """The error of central differences over their step size: V-shaped, with the chosen h marked.

    Args:
        h: (n,) step sizes.
        errors: parameter -> (n,) distance from the closed form; 0 is not drawn.
        chosen: the learner's h.
    """
    hover = "h = %{x:.0e}<br>error %{y:.1e}"
    traces = [
        marks.line(h, _positive(error), PARAMETER_LOOKS[name], SYMBOL[name], size=6, width=2, hover=hover)
        for name, error in errors.items()
    ]
    layout = palette.layout(
        360,
        xaxis=marks.axis("step size h", log=True, dtick=2, range=[-13.3, -0.7]),
        yaxis=marks.axis("|difference quotient − closed form|", log=True, dtick=2),
        shapes=[marks.upright(chosen, "accent", yref="y domain")],
        annotations=[
            _inside(float(np.log10(chosen)), 1, " your h", palette.ACCENT),
            _inside(-12.8, 0.12, "rounding: error ~ ε/h", palette.MUTED),
            _inside(-1, 0.03, "truncation: error ~ h²", palette.MUTED, "right"),
        ],
    )
    return go.Figure(traces, layout)


def _positive(values: np.ndarray) -> np.ndarray:
    """Without its zeros, which have no logarithm."""
    return np.where(values > 0, values, np.nan)


def loss_over_steps(descent: Descent) -> go.Figure:
    """The mean loss after every step; a vertical line where an epoch begins."""
    steps = np.arange(len(descent.losses))
    size = 6 if len(steps) <= MANY else 0
    hover = "after step %{x}<br>L %{y:.4g}"
    line = marks.line(steps, descent.losses, "train", "mean loss", width=2, size=size, hover=hover)
    starts = descent.epoch_starts if len(descent.epoch_starts) <= MANY else ()
    layout = palette.layout(
        360,
        showlegend=False,
        xaxis=marks.axis("steps of SGD (vertical lines: a new epoch)"),
        yaxis=marks.axis("mean loss L", rangemode="tozero"),
        shapes=[marks.upright(start, Look(palette.GRID), width=1, yref="y domain") for start in starts],
    )
    return go.Figure([line], layout)


def path_on_surface(surface: LossSurface, descent: Descent) -> go.Figure:
    """The loss over two parameters as contours, and the path of the steps over it."""
    column, row = surface.names
    x, y = (descent.params[:, PARAMETERS.index(name)] for name in (column, row))
    contour = {
        "type": "contour",
        "x": surface.columns,
        "y": surface.rows,
        "z": surface.loss.astype(np.float32),
        "colorscale": palette.GROUND_SCALE,
        "showscale": False,  # a colour bar of Plotly's knows no opacity; the path's ends and the hover say L
        "ncontours": 24,
        "line": {"width": 0.5, "color": palette.MUTED},
        "hovertemplate": "%{x:.2f}, %{y:.2f}<br>L %{z:.3g}<extra></extra>",
    }
    path_look = Look(palette.TRAIN)
    path = marks.line(x, y, path_look, width=2, size=5, hover="%{x:.3f}, %{y:.3f}<extra>path</extra>")
    symbols = {"symbol": ["circle", "square"], "line": {"color": "white", "width": 1.5}}
    ends = marks.dots(x[[0, -1]], y[[0, -1]], path_look, size=12, hover="", marker=symbols)
    said = [f"{name}, L = {descent.losses[k]:.3g}" for name, k in (("start", 0), ("end", -1))]
    above = {"mode": "markers+text", "text": said, "textposition": ["top center", "bottom center"]}
    layout = palette.layout(
        360,
        xaxis=marks.axis(SYMBOL[column], zeroline=False),
        yaxis=marks.axis(SYMBOL[row], zeroline=False),
        annotations=[
            marks.label(
                1,
                1,
                "the denser, the higher the mean loss L",
                xref="paper",
                xanchor="right",
                yanchor="bottom",
            )
        ],
    )
    return go.Figure([contour, path, ends | above], layout)


def norms_per_layer(norms: Sequence[Norms]) -> go.Figure:
    """Size of the error signal at each hidden layer, one line per activation and initialisation."""
    traces = []
    for index, one in enumerate(norms):
        second = ("solid", "circle") if index % 2 else ("dot", "circle-open")
        look = Look(palette.CATEGORIES[index // 2], *second)
        x = np.arange(1, len(one.delta) + 1)
        hover = "layer %{x}<br>%{y:.1e}"
        traces.append(marks.line(x, _positive(one.delta), look, one.label, width=2, size=5, hover=hover))
    layout = palette.layout(
        400,
        xaxis=marks.axis("hidden layer (the error signal enters at the right)"),
        yaxis=marks.axis("root mean square of δ", log=True),
    )
    return go.Figure(traces, layout)
