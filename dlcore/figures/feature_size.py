"""How large the features of each layer are: one point per channel, before and after training."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.convolution.feature_size import Sizes, middle
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

BEFORE, AFTER = Look(palette.REFERENCE, symbol="circle-open"), Look(palette.OURS)


def sizes(before: Sequence[Sizes], after: Sequence[Sizes], what: str, title: str) -> go.Figure:
    """Points per channel with the middle half as a bar; open points before training.

    Args:
        what: "extent" or "wavelength".
        title: of the vertical axis, with its unit.
    """
    traces = []
    for name, layers, aside, look in (
        ("before training", before, -0.16, BEFORE),
        ("after training", after, 0.16, AFTER),
    ):
        values = [getattr(layer, what) for layer in layers]
        spread = [np.linspace(-0.09, 0.09, len(v)) if len(v) > 1 else np.zeros(len(v)) for v in values]
        x, y = np.concatenate([i + aside + s for i, s in enumerate(spread)]), np.concatenate(values)
        pixels = "%{y:.3g} pixels<extra></extra>"
        traces.append(marks.dots(x, y, look, name, size=6, opacity=0.6, hover=pixels))
        low, median, high = np.transpose([middle(v) if len(v) else (np.nan,) * 3 for v in values])
        bar = {"low": low, "high": high, "thickness": 3, "size": 22}
        dash = {"symbol": "line-ew", "line": {"width": 3, "color": look.colour}}
        x = np.arange(len(layers)) + aside
        traces.append(marks.dots(x, median, look, hover=f"median {pixels}", marker=dash, **bar))
    ticks = [f"{layer.name}<br>field {layer.field}" for layer in after]
    layout = palette.layout(
        height=320, xaxis=marks.named_axis(ticks), yaxis=marks.axis(title, rangemode="tozero")
    )
    return go.Figure(traces, layout)
