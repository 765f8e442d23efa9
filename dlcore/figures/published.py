"""The published results with their error bars, and the learner's own beside them."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dlcore.evaluation.intervals import Share
from dlcore.evaluation.published import Published
from dlcore.figures import palette


def against_published(rows: Sequence[Published], mine: Mapping[str, Share]) -> go.Figure:
    """Accuracy of every single-label set with its 95 % interval; the learner's runs on the same lines.

    Args:
        mine: data set -> accuracy of the learner's run.
    """
    told = [row for row in rows if not row.several_labels]
    names = {row.dataset: f"{row.title}, n = {row.accuracy.n:,}" for row in told}
    theirs = _dots(
        [names[row.dataset] for row in told],
        [row.accuracy for row in told],
        "published: ResNet-18, test images",
        palette.TEST,
        "circle",
    )
    own = [(names[dataset], share) for dataset, share in mine.items() if dataset in names]
    yours = _dots([n for n, _ in own], [s for _, s in own], "this lab", palette.VALIDATION, "diamond")
    layout = palette.layout(
        height=60 + 36 * len(told),
        showlegend=True,
        xaxis={
            "title": {"text": "accuracy"},
            "range": [0.4, 1.01],
            "tickformat": ".0%",
            "gridcolor": palette.GRID,
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": list(names.values()),
            "range": [len(names) - 0.5, -0.5],
            "automargin": True,
            "gridcolor": palette.GRID,
        },
    )
    return go.Figure(data=[theirs, *([yours] if own else [])], layout=layout)


def _dots(names: list[str], shares: list[Share], label: str, colour: str, symbol: str) -> dict[str, object]:
    value = np.array([share.value for share in shares])
    low, high = np.array([share.interval for share in shares]).reshape(-1, 2).T
    return {
        "type": "scatter",
        "mode": "markers",
        "x": value,
        "y": names,
        "error_x": {"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low},
        "name": label,
        "marker": {"color": colour, "size": 10, "symbol": symbol},
        "hovertext": [str(share) for share in shares],
        "hoverinfo": "text",
    }
