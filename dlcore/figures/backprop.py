"""The stepper's charts: losses, errors of differences, repeated steps, norms per layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.backprop import PARAMETERS, LossCurves
from dlcore.backprop.matrix_form import Norms
from dlcore.backprop.sgd_repeated import Descent, LossSurface
from dlcore.figures import palette
from dlcore.figures.prebuilt import Prebuilt

SYMBOL = {"w1": "w<sub>1</sub>", "b1": "b<sub>1</sub>", "w2": "w<sub>2</sub>", "b2": "b<sub>2</sub>"}
PARAMETER_COLOUR = dict(zip(PARAMETERS, palette.CATEGORIES, strict=False))
PARAMETER_DASH = dict(zip(PARAMETERS, ("solid", "dash", "dot", "dashdot"), strict=True))
LOSS_LINE = {
    "cross-entropy": {"color": palette.CATEGORIES[0], "width": 2.5},
    "squared error": {"color": palette.CATEGORIES[1], "width": 2.5, "dash": "dash"},
}
DELTA_AT_Z2 = "∂L/∂z<sub>2</sub>"


def losses_and_slopes(curves: LossCurves, z2: float) -> Prebuilt:
    """Left the losses, right the error signals they send back, over the logit; z2 is marked."""
    traces = []
    for axis, table in (("", curves.values), ("2", curves.slopes)):
        for name, values in table.items():
            traces.append(
                {
                    "type": "scatter",
                    "x": curves.z2,
                    "y": values,
                    "name": name,
                    "line": LOSS_LINE[name],
                    "xaxis": f"x{axis}",
                    "yaxis": f"y{axis}",
                    "showlegend": not axis,
                    "hovertemplate": "z<sub>2</sub> %{x:.2f}<br>%{y:.3g}",
                }
            )
    here = float(np.clip(z2, curves.z2[0], curves.z2[-1]))
    line = {"color": palette.ACCENT, "dash": "dot", "width": 2}
    marks = [
        {"type": "line", "x0": here, "x1": here, "y0": 0, "y1": 1, "line": line}
        | {"xref": x, "yref": f"{y} domain"}
        for x, y in (("x", "y"), ("x2", "y2"))
    ]
    base = palette.layout(340)
    logit = {**base["xaxis"], "title": {"text": "logit z<sub>2</sub>"}}
    loss, signal = {"text": "loss L (nats; ½ error²)"}, {"text": f"error signal {DELTA_AT_Z2}"}
    layout = {
        **base,
        "xaxis": {**logit, "domain": [0, 0.45]},
        "xaxis2": {**logit, "domain": [0.57, 1], "anchor": "y2"},
        "yaxis": {**base["yaxis"], "title": loss},
        "yaxis2": {**base["yaxis"], "title": signal, "anchor": "x2"},
        "shapes": marks,
        "annotations": [_label(here, 1, "here", palette.ACCENT) | {"yref": "y domain"}],
    }
    return Prebuilt({"data": traces, "layout": layout})


def _label(x: float, y: float, text: str, colour: str) -> dict[str, object]:
    return {"x": x, "y": y, "text": text, "font": {"color": colour}, "showarrow": False, "xanchor": "left"}


def difference_errors(h: np.ndarray, errors: Mapping[str, np.ndarray], chosen: float) -> go.Figure:
    """The error of central differences over their step size: V-shaped, with the chosen h marked."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": h,
            "y": np.where(values > 0, values, np.nan),  # exact agreement has no logarithm
            "name": SYMBOL[name],
            "line": {"color": PARAMETER_COLOUR[name], "dash": PARAMETER_DASH[name]},
            "hovertemplate": "h = %{x:.0e}<br>error %{y:.1e}",
        }
        for name, values in errors.items()
    ]
    base = palette.layout(360)
    power = {"type": "log", "exponentformat": "power", "dtick": 2}
    return go.Figure(
        traces,
        {
            **base,
            "xaxis": {**base["xaxis"], **power, "title": "step size h", "range": [-13.3, -0.7]},
            "yaxis": {**base["yaxis"], **power, "title": "|difference quotient − closed form|"},
            "shapes": [
                {"type": "line", "x0": chosen, "x1": chosen, "yref": "y domain", "y0": 0, "y1": 1}
                | {"line": {"color": palette.ACCENT, "width": 2, "dash": "dot"}}
            ],
            "annotations": [
                _label(float(np.log10(chosen)), 1, " your h", palette.ACCENT) | {"yref": "y domain"},
                _label(-12.8, 0.12, "rounding: error ~ ε/h", palette.MUTED) | {"yref": "y domain"},
                _label(-1, 0.03, "curvature: error ~ h²", palette.MUTED)
                | {"yref": "y domain", "xanchor": "right"},
            ],
        },
    )


def loss_over_steps(descent: Descent) -> go.Figure:
    """The mean loss after every step; a vertical line where an epoch begins."""
    steps = np.arange(len(descent.losses))
    base = palette.layout(360)
    starts = descent.epoch_starts if len(descent.epoch_starts) <= 60 else ()
    return go.Figure(
        [
            {
                "type": "scatter",
                "mode": "lines+markers" if len(steps) <= 60 else "lines",
                "x": steps,
                "y": descent.losses,
                "line": {"color": palette.TRAIN, "width": 2},
                "name": "mean loss",
                "hovertemplate": "after step %{x}<br>L %{y:.4g}",
            }
        ],
        {
            **base,
            "showlegend": False,
            "xaxis": {**base["xaxis"], "title": "steps of SGD (vertical lines: a new epoch)"},
            "yaxis": {**base["yaxis"], "title": "mean loss L", "rangemode": "tozero"},
            "shapes": [
                {"type": "line", "x0": start, "x1": start, "yref": "y domain", "y0": 0, "y1": 1}
                | {"line": {"color": palette.GRID, "width": 1}}
                for start in starts
            ],
        },
    )


def path_on_surface(surface: LossSurface, descent: Descent) -> go.Figure:
    """The loss over two parameters as contours, and the path of the steps over it."""
    column, row = surface.names
    path = {name: descent.params[:, PARAMETERS.index(name)] for name in surface.names}
    base = palette.layout(360)
    contour = {
        "type": "contour",
        "x": surface.columns,
        "y": surface.rows,
        "z": surface.loss.astype(np.float32),
        "colorscale": palette.SEQUENTIAL,
        "ncontours": 24,
        "line": {"width": 0.5},
        "colorbar": {"title": {"text": "mean L"}, "thickness": 12},
        "hovertemplate": "%{x:.2f}, %{y:.2f}<br>L %{z:.3g}<extra></extra>",
    }
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": path[column],
        "y": path[row],
        "line": {"color": "white", "width": 2},
        "marker": {"color": palette.ACCENT, "size": 5, "line": {"color": "white", "width": 1}},
        "hovertemplate": "%{x:.3f}, %{y:.3f}<extra>path</extra>",
        "showlegend": False,
    }
    ends = {
        "type": "scatter",
        "mode": "markers+text",
        "x": path[column][[0, -1]],
        "y": path[row][[0, -1]],
        "text": ["start", "end"],
        "textposition": "top center",
        "textfont": {"color": "white", "size": 14},
        "marker": {"color": "white", "size": 11, "symbol": ["circle", "square"]}
        | {"line": {"color": palette.ACCENT, "width": 3}},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return go.Figure(
        [contour, line, ends],
        {
            **base,
            "xaxis": {**base["xaxis"], "title": SYMBOL[column], "zeroline": False},
            "yaxis": {**base["yaxis"], "title": SYMBOL[row], "zeroline": False},
        },
    )


def norms_per_layer(norms: Sequence[Norms]) -> go.Figure:
    """Size of the error signal at each hidden layer, one line per activation and initialisation."""
    traces = []
    for index, one in enumerate(norms):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": np.arange(1, len(one.delta) + 1),
                "y": np.where(one.delta > 0, one.delta, np.nan),
                "name": one.label,
                "line": {
                    "color": palette.CATEGORIES[index // 2],
                    "dash": "solid" if index % 2 else "dot",
                },
                "marker": {"size": 5, "symbol": "circle" if index % 2 else "circle-open"},
                "hovertemplate": "layer %{x}<br>%{y:.1e}",
            }
        )
    base = palette.layout(400)
    return go.Figure(
        traces,
        {
            **base,
            "xaxis": {**base["xaxis"], "title": "hidden layer (the error signal enters at the right)"},
            "yaxis": {
                **base["yaxis"],
                "title": "root mean square of δ",
                "type": "log",
                "exponentformat": "power",
            },
        },
    )
