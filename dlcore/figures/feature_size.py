"""How large the features of each layer are: one point per channel, before and after training."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.convolution.feature_size import Sizes, middle
from dlcore.figures import palette


def sizes(before: Sequence[Sizes], after: Sequence[Sizes], what: str, title: str) -> go.Figure:
    """Points per channel with the middle half as a bar; open points before training.

    Args:
        what: "extent" or "wavelength".
        title: of the vertical axis, with its unit.
    """
    figure = go.Figure(layout=palette.layout(height=320))
    ways = (
        ("before training", before, -0.16, palette.REFERENCE, "circle-open"),
        ("after training", after, 0.16, palette.OURS, "circle"),
    )
    for name, layers, aside, colour, symbol in ways:
        values = [getattr(layer, what) for layer in layers]
        spread = [np.linspace(-0.09, 0.09, len(v)) if len(v) > 1 else np.zeros(len(v)) for v in values]
        x = np.concatenate([i + aside + s for i, s in enumerate(spread)])
        figure.add_scatter(
            x=x,
            y=np.concatenate(values),
            mode="markers",
            name=name,
            marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.6},
            hovertemplate="%{y:.3g} pixels<extra></extra>",
        )
        low, median, high = np.transpose([middle(v) if len(v) else (np.nan,) * 3 for v in values])
        figure.add_scatter(
            x=np.arange(len(layers)) + aside,
            y=median,
            error_y={"type": "data", "array": high - median, "arrayminus": median - low, "thickness": 3},
            mode="markers",
            marker={"color": colour, "symbol": "line-ew", "size": 22, "line": {"width": 3, "color": colour}},
            showlegend=False,
            hovertemplate="median %{y:.3g} pixels<extra></extra>",
        )
    ticks = [f"{layer.name}<br>field {layer.field}" for layer in after]
    figure.update_xaxes(tickvals=list(range(len(after))), ticktext=ticks, zeroline=False)
    figure.update_yaxes(title=title, rangemode="tozero")
    return figure
