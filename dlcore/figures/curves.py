"""Learning curves: loss and accuracy over the epochs, below them the gradient's length and the step size."""

from collections.abc import Mapping, Sequence
from typing import Any

from dlcore.figures import marks, palette
from dlcore.figures.palette import Look
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
    small = {"font": {"size": 14}}
    axes = {
        "yaxis" + AXES[quantity][1:]: marks.axis(
            title={"text": TITLES[quantity]} | small, domain=list(domain), zeroline=False
        )
        for quantity, domain in panels.items()
    }
    axes["yaxis"] |= {"type": "log", "dtick": "D2"} if log_loss else {"rangemode": "tozero"}
    axes["yaxis2"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    if "yaxis3" in axes:
        axes["yaxis3"] |= {"rangemode": "tozero", "nticks": 3}
        axes["yaxis4"] |= {"type": "log", "dtick": 1, "exponentformat": "power"}
    lowest: dict[str, Any] = {"anchor": AXES[list(panels)[-1]], "zeroline": False}
    return palette.layout(
        height=460 if len(panels) == 2 else 640,
        xaxis=marks.axis("epoch", range=[0.5, total + 0.5], **lowest),
        hovermode="x unified",
        uirevision=f"curves {log_loss}",  # what the reader has zoomed to stays
        **axes,
    )


def _lines(epochs: Sequence[Epoch], marked: int, stopped_early: bool) -> dict[str, Any]:
    """Upright lines: the epoch that the eye is on, and where the run ended before its time."""
    wanted = [(marked, f"epoch {marked}", palette.LOOKS["accent"])] if marked else []
    if stopped_early and epochs:
        wanted.append((epochs[-1].number, "stopped early", Look(palette.MUTED, "dot")))
    return {
        "shapes": [marks.upright(x, look, width=1.5) for x, _, look in wanted],
        "annotations": [
            marks.label(x, 0.5, text, look.colour, xanchor="left", textangle=-90) for x, text, look in wanted
        ],
    }


def _values(epochs: Sequence[Epoch], split: str, quantity: str) -> list[float]:
    return [getattr(epoch, FIELDS[quantity, split]) for epoch in epochs]


def _trace(
    epochs: Sequence[Epoch], y: Sequence[float], quantity: str, look: str | Look, name: str, **more: Any
) -> dict[str, Any]:
    """One curve over the epochs in the panel of its quantity; named once, in the panel of the loss."""
    given = {"hover": "%{y:.1%}" if quantity == "accuracy" else "%{y:.3g}"} | more
    here = {"yaxis": AXES[quantity], "showlegend": quantity == "loss"}
    return marks.line([epoch.number for epoch in epochs], list(y), look, name, **given) | here


def _curve(epochs: Sequence[Epoch], split: str, quantity: str, pale: bool) -> dict[str, Any]:
    strength = {"width": 1, "size": 3, "opacity": 0.55} if pale else {"size": 5}
    values = _values(epochs, split, quantity)
    return _trace(epochs, values, quantity, split, split, legendgroup=split, **strength)


def _average(epochs: Sequence[Epoch], y: Sequence[float], split: str, quantity: str) -> dict[str, Any]:
    name = f"{split}, running average"
    return _trace(epochs, y, quantity, split, name, legendgroup=f"{split} average", width=3, hover="")


def _steps(epochs: Sequence[Epoch], quantity: str) -> dict[str, Any]:
    name = "mean gradient norm" if quantity == "gradient_norm" else "learning rate"
    return _trace(epochs, [getattr(epoch, quantity) for epoch in epochs], quantity, "ours", name, width=2)


def _other(epochs: Sequence[Epoch], label: str, quantity: str, colour: str) -> dict[str, Any]:
    name = "validation of " + (label if len(label) <= LONGEST else label[: LONGEST - 1] + "…")
    look = palette.LOOKS["validation"]._replace(colour=colour)
    values = _values(epochs, "validation", quantity)
    return _trace(epochs, values, quantity, look, name, legendgroup=label, width=1.5)


def _kept(epoch: Epoch, quantity: str) -> dict[str, Any]:
    """The ring around the kept epoch."""
    return marks.dots(
        [epoch.number],
        _values([epoch], "validation", quantity),
        Look(palette.ACCENT, symbol="circle-open"),
        "kept epoch",
        size=13,
        hover="",
        marker={"line": {"width": 2.5}},
        legendgroup="kept",
        yaxis=AXES[quantity],
        showlegend=quantity == "loss",
        cliponaxis=False,
    )
