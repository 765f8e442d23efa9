"""What the Grad-CAM page shows: class, layer and smoothing, the heat map, its scores and checks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dlcore.blocks import block_count
from dlcore.heatmaps.heatmaps import Look, Scores, score, smooth, upsample
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, Real
from ui.gradcam.models import second_opinion
from ui.gradcam.subject import Subject

PREDICTED = "the predicted class"
STATE = State(
    "gradcam",
    {
        "class": Later(),
        "layer": Later(examples=("block 1 of 3", "block 2 of 3")),
        "sigma": Real(0.0, 6.0, default=1.0),
    },
)


@dataclass(frozen=True, eq=False)
class View:
    """One heat map, ready to be drawn: as the layer gives it, and as it is laid over the image."""

    raw: np.ndarray  # (rows, cols)
    shown: np.ndarray  # (h, w)
    limit: float  # the largest |value| over all classes of this image: one scale for all
    raw_scores: Scores | None
    shown_scores: Scores | None


def choose_class(run: Run) -> int | None:
    """The class to be explained; None for whichever is predicted."""
    options = [PREDICTED, *run.class_names]
    control = STATE.control("class", OneOf(options, default=PREDICTED))
    choice = control.keep(st.selectbox("Explain the score of", options, key=control.key))
    return None if choice == PREDICTED else run.class_names.index(choice)


def choose_block(run: Run) -> int:
    """Number of the block of the features whose maps are looked at."""
    depth = block_count(run)
    names = [f"block {i + 1} of {depth}" + (", the last" if i == depth - 1 else "") for i in range(depth)]
    control = STATE.control("layer", OneOf(names, default=names[-1]))
    return names.index(control.keep(st.selectbox("Layer", names, key=control.key)))


def choose_sigma() -> float:
    """σ of the smoothing, in image pixels."""
    return float(
        st.slider("Smoothing σ, image pixels", 0.0, 6.0, 1.0, 0.25, key="gradcam_sigma", bind="query-params")
    )


def view(look: Look, k: int, subject: Subject, sigma: float) -> View:
    """The heat map of class k, enlarged to the image and smoothed; scored where the truth is known."""
    h, w = subject.pixels.shape[:2]
    raw = look.heatmaps[k]
    shown = smooth(upsample(raw, (h, w), "bilinear"), sigma)
    limit = float(np.abs(look.heatmaps).max()) or 1.0
    if subject.mask is None:
        return View(raw, shown, limit, None, None)
    cells = upsample(raw, (h, w), "nearest")
    return View(raw, shown, limit, score(cells, subject.mask), score(shown, subject.mask))


def scores(shown: View) -> None:
    """The four scores against the truth, raw beside smoothed; nothing where no truth is known."""
    if shown.raw_scores is None or shown.shown_scores is None:
        st.caption("For this picture nobody knows which pixels decide, so the map cannot be scored.")
    else:
        st.markdown(scores_table(shown.raw_scores, shown.shown_scores))


def scores_table(raw: Scores, shown: Scores) -> str:
    """The four scores as a Markdown table, raw beside smoothed."""
    rows = [
        ("Maximum in the truth", "pointing_hit"),
        ("Positive mass inside", "mass_inside"),
        ("IoU at equal area", "iou"),
        ("AUC", "auc"),
    ]
    cells = [(title, _score(getattr(raw, name)), _score(getattr(shown, name))) for title, name in rows]
    lines = [f"| {title} | {of_raw} | {of_shown} |" for title, of_raw, of_shown in cells]
    return "\n".join(["| Against the truth | raw | as drawn |", "|---|---|---|", *lines])


def _score(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def check(run: Run, subject: Subject, look: Look, k: int, block: int) -> None:
    """Ours against plain autograd in float64; behind a pooled head also against the score itself."""
    theirs, biases = second_opinion(run.key, subject.pixels, block)
    frame.check(
        "the largest value of this heat map",
        float(look.heatmaps[k].max()),
        float(theirs[k].max()),
        float(np.abs(look.heatmaps[k] - theirs[k]).max()),
        1e-5 * max(1.0, float(np.abs(theirs).max())),
        "plain autograd in float64, class by class",
    )
    if run.recipe.head == "pooled" and block == block_count(run) - 1:
        ours = float(look.heatmaps[k].sum(dtype=np.float64)) + float(biases[k])
        z = float(look.scores[k])
        frame.check(
            "sum of the raw map + bias, which behind a pooled head is the score",
            ours,
            z,
            abs(ours - z),
            1e-4 * max(1.0, abs(z)),
            "the forward pass",
        )


def sources() -> list[Any]:
    """The functions behind this page that need torch."""
    from dlcore import gradcam
    from dlcore.classifiers import class_scores

    return [gradcam.explain, gradcam._Tap, class_scores.gradients]
