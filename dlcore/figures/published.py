"""The published results with their error bars, and the learner's own beside them."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dlcore.evaluation.intervals import Share
from dlcore.evaluation.published import Published
from dlcore.figures import marks, palette
from dlcore.figures.palette import Look

PUBLISHED = Look(palette.TEST, symbol="circle")


def against_published(rows: Sequence[Published], mine: Mapping[str, Share]) -> go.Figure:
    """Accuracy of every single-label set with its 95 % interval; the learner's runs on the same lines.

    Args:
        mine: data set -> accuracy of the learner's run on the same test images.
    """
    told = [row for row in rows if not row.several_labels]
    names = {row.dataset: f"{row.title}, n = {row.accuracy.n:,}" for row in told}
    theirs = [row.accuracy for row in told]
    label = "published: ResNet-18, test images"
    traces = [marks.shares(list(names.values()), theirs, PUBLISHED, label, lying=True)]
    own = {names[dataset]: share for dataset, share in mine.items() if dataset in names}
    if own:
        traces.append(
            marks.shares(list(own), list(own.values()), "test", "this lab, same test images", lying=True)
        )
    layout = palette.layout(
        height=60 + 36 * len(told),
        showlegend=True,
        xaxis=marks.axis("accuracy", range=[0.4, 1.01], tickformat=".0%"),
        yaxis=marks.axis(
            range=[len(names) - 0.5, -0.5], categoryorder="array", categoryarray=list(names.values())
        ),
    )
    return go.Figure(data=traces, layout=layout)
