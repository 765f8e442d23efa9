"""Learning curves: loss and accuracy over the epochs, below them the gradient's length and the step size."""

from collections.abc import Mapping, Sequence
from typing import Any

from dlcore.figures import palette
from dlcore.figures.prebuilt import Prebuilt
from dlcore.runs import Epoch

FIELDS = {
    ("loss", "train"): "train_loss",
    ("loss", "validation"): "val_loss",
    ("accuracy", "train"): "train_accuracy",
    ("accuracy", "validation"): "val_accuracy",
}
AXES = {"loss": "y", "accuracy": "y2", "gradient_norm": "y3", "learning_rate": "y4"}
TITLES = {
    "loss": "loss (nats per image)",
    "accuracy": "accuracy",
    "gradient_norm": "|∇L|",
    "learning_rate": "η",
}
LEGEND_LINE = 22  # pixels that every further run adds, so that its name takes nothing from the curves
LONGEST = 46  # letters of a run's name in the legend
# Where each panel begins and ends, from 0 at the bottom to 1 at the top.
TWO_PANELS = {"loss": (0.54, 1.0), "accuracy": (0.0, 0.46)}
FOUR_PANELS = {
    "loss": (0.68, 1.0),
    "accuracy": (0.33, 0.63),
    "gradient_norm": (0.16, 0.28),
    "learning_rate": (0.0, 0.11),
}


def learning_curves(
    epochs: Sequence[Epoch],
    total: int,
    best: int = 0,
    others: Mapping[str, Sequence[Epoch]] | None = None,
    *,
    averages: Mapping[str, Sequence[float]] | None = None,
    with_steps: bool = False,
    log_loss: bool = False,
    stopped_early: bool = False,
    marked: int = 0,
) -> Prebuilt:
    """Loss above, accuracy below, train and validation over the epochs; other runs thin, by their validation.

    Args:
        total: epochs the recipe asks for: the axis has its full length from the start.
        best: number of the kept epoch, marked; 0 for none.
        others: label -> epochs of runs to compare with.
        averages: field of an Epoch -> running average of it, drawn over the raw curve, which pales.
        with_steps: two small panels more, the mean gradient norm and the learning rate.
        stopped_early: marks the end of a run that ended before its recipe did.
        marked: number of another epoch that the eye is on; 0 for none.
    """
    panels = FOUR_PANELS if with_steps else TWO_PANELS
    averages = averages or {}
    traces = []
    for (quantity, split), field in FIELDS.items():
        traces.append(_curve(epochs, split, quantity, pale=bool(averages)))
        if field in averages:
            traces.append(_average(epochs, averages[field], split, quantity))
    if with_steps:
        traces += [_steps(epochs, quantity) for quantity in ("gradient_norm", "learning_rate")]
    for place, (label, other) in enumerate((others or {}).items()):
        colour = palette.CATEGORIES[(place + 3) % len(palette.CATEGORIES)]
        traces += [_other(other, label, quantity, colour) for quantity in TWO_PANELS]
    if best:
        traces += [_kept(epochs[best - 1], quantity) for quantity in TWO_PANELS]
    layout = _layout(panels, total, log_loss) | _lines(epochs, marked, stopped_early)
    layout["height"] += LEGEND_LINE * len(others or {})
    return Prebuilt({"data": traces, "layout": layout})


def _layout(panels: Mapping[str, tuple[float, float]], total: int, log_loss: bool) -> dict[str, Any]:
    lowest = AXES[list(panels)[-1]]
    axes = {
        "y" + "axis" + AXES[quantity][1:]: {
            "title": {"text": TITLES[quantity], "font": {"size": 14}},
            "domain": list(domain),
            "gridcolor": palette.GRID,
            "zeroline": False,
            "automargin": True,
        }
        for quantity, domain in panels.items()
    }
    axes["yaxis"] |= {"type": "log", "dtick": "D2"} if log_loss else {"rangemode": "tozero"}
    axes["yaxis2"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    if "yaxis3" in axes:
        axes["yaxis3"] |= {"rangemode": "tozero", "nticks": 3}
        axes["yaxis4"] |= {"type": "log", "dtick": 1, "exponentformat": "power"}
    x = {
        "title": {"text": "epoch", "font": {"size": 14}},
        "range": [0.5, total + 0.5],
        "anchor": lowest,
        "gridcolor": palette.GRID,
    }
    return palette.layout(
        height=460 if len(panels) == 2 else 640,
        xaxis=x | {"automargin": True, "zeroline": False},
        hovermode="x unified",
        uirevision=f"curves {log_loss}",  # what the reader has zoomed to stays
        **axes,
    )


def _lines(epochs: Sequence[Epoch], marked: int, stopped_early: bool) -> dict[str, Any]:
    """Upright lines: the epoch that the eye is on, and where the run ended before its time."""
    wanted = [(marked, f"epoch {marked}", palette.ACCENT)] if marked else []
    if stopped_early and epochs:
        wanted.append((epochs[-1].number, "stopped early", palette.MUTED))
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
    note = {"yref": "paper", "y": 0.5, "showarrow": False, "xanchor": "left", "textangle": -90}
    return {
        "shapes": [
            line | {"x0": x, "x1": x, "line": {"color": c, "dash": "dot", "width": 1.5}} for x, _, c in wanted
        ],
        "annotations": [note | {"x": x, "text": text, "font": {"color": c}} for x, text, c in wanted],
    }


def _values(epochs: Sequence[Epoch], split: str, quantity: str) -> list[float]:
    return [getattr(epoch, FIELDS[quantity, split]) for epoch in epochs]


def _trace(epochs: Sequence[Epoch], y: Sequence[float], quantity: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [epoch.number for epoch in epochs],
        "y": list(y),
        "yaxis": AXES[quantity],
        "hovertemplate": "%{y:.1%}" if quantity == "accuracy" else "%{y:.3g}",
        "showlegend": quantity == "loss",
        **more,
    }


def _curve(epochs: Sequence[Epoch], split: str, quantity: str, pale: bool) -> dict[str, Any]:
    return _trace(
        epochs,
        _values(epochs, split, quantity),
        quantity,
        mode="lines+markers",
        name=split,
        legendgroup=split,
        line={"color": palette.SPLIT[split], "dash": palette.DASH[split], "width": 1 if pale else 2.5},
        marker={"size": 3 if pale else 5, "symbol": "circle" if split == "train" else "diamond"},
        opacity=0.55 if pale else 1.0,
    )


def _average(epochs: Sequence[Epoch], y: Sequence[float], split: str, quantity: str) -> dict[str, Any]:
    return _trace(
        epochs,
        y,
        quantity,
        name=f"{split}, running average",
        legendgroup=f"{split} average",
        line={"color": palette.SPLIT[split], "dash": palette.DASH[split], "width": 3},
        hoverinfo="skip",
        hovertemplate=None,
    )


def _steps(epochs: Sequence[Epoch], quantity: str) -> dict[str, Any]:
    name = "mean gradient norm" if quantity == "gradient_norm" else "learning rate"
    return _trace(
        epochs,
        [getattr(epoch, quantity) for epoch in epochs],
        quantity,
        name=name,
        line={"color": palette.OURS, "width": 2},
        showlegend=False,
    )


def _other(epochs: Sequence[Epoch], label: str, quantity: str, colour: str) -> dict[str, Any]:
    return _trace(
        epochs,
        _values(epochs, "validation", quantity),
        quantity,
        name="validation of " + (label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"),
        legendgroup=label,
        line={"color": colour, "dash": palette.DASH["validation"], "width": 1.5},
    )


def _kept(epoch: Epoch, quantity: str) -> dict[str, Any]:
    return _trace(
        [epoch],
        _values([epoch], "validation", quantity),
        quantity,
        mode="markers",
        name="kept epoch (best validation AUC)",
        legendgroup="kept",
        marker={"size": 13, "symbol": "circle-open", "line": {"width": 2.5}, "color": palette.ACCENT},
        cliponaxis=False,
        hoverinfo="skip",
        hovertemplate=None,
    )
