"""Several methods side by side on the page: the same image, class and layer, each by its formula, scored, checked."""

import numpy as np
import streamlit as st

from dlcore.figures import attribution as figures
from dlcore.figures.attribution import Panel
from dlcore.heatmaps.heatmaps import Look, Scores, score
from dlcore.heatmaps.methods import METHODS, MethodMap
from dlcore.number_text import digits
from dlcore.runs import Run
from ui.frame import frame
from ui.gradcam.models import network
from ui.gradcam.subject import Subject

EMPTY = {"black": -1.0, "grey": 0.0, "white": 1.0}
NAMES = tuple(method.name for method in METHODS)


@st.cache_data(max_entries=64, show_spinner="Asking in seven ways, some 330 passes through the network")
def answers(key: str, pixels: np.ndarray, k: int, layer: str, x0: float) -> tuple[MethodMap, ...]:
    """What every method says about the score of class k."""
    from dlcore.attribution.comparison import compare

    return compare(network(key), pixels, k, layer, x0)


def methods_section(run: Run, subject: Subject, look: Look, k: int) -> None:
    """All methods' maps, their scores, and the chosen one's formula with its check."""
    empty = st.segmented_control(
        "Empty image x₀, for integrated gradients and occlusion",
        tuple(EMPTY),
        default="grey",
        required=True,
        key="gradcam_empty",
        bind="query-params",
    )
    x0 = EMPTY[str(empty)]
    found = answers(run.key, subject.pixels, k, look.layer, x0)
    draw_maps(found, subject.pixels, subject.mask, run.class_names[k], "gradcam_methods")
    name = st.pills(
        "Formula of", NAMES, default=NAMES[0], required=True, key="gradcam_method", bind="query-params"
    )
    left, right = st.columns((1.5, 1), gap="large")
    with left:
        st.dataframe(table(found, subject.mask), hide_index=True, key="gradcam_methods_table")
        if subject.mask is None:
            st.caption("For this picture nobody knows which pixels decide: no map can be scored.")
        else:
            st.caption(
                "One image is an anecdote: the tab “Against ground truth” scores whole sets. Maps of a layer are "
                "enlarged bilinearly before they are scored, and not smoothed."
            )
    with right:
        _one(next(each for each in found if each.method.name == name), run, subject, look, k, x0)


def draw_maps(
    found: tuple[MethodMap, ...], pixels: np.ndarray, mask: np.ndarray | None, name: str, key: str
) -> None:
    """Every method's map beside the picture; and why one has none.

    Args:
        pixels: uint8 (h, w[, 3]).
        mask: (h, w) where the truth is known.
        name: of the class whose score is explained.
        key: of the chart.
    """
    panels = []
    for answer in found:
        if answer.heatmap is not None:
            limit = float(np.abs(answer.heatmap).max()) or 1.0
            words = answer.method.name.replace(" ", "<br>")
            title = f"{words}<br>{'±' if answer.method.signed else '0 to '}{digits(limit, 2)}"
            scale = "signed" if answer.method.signed else "magnitude"
            panels.append(Panel(title, answer.heatmap, limit, scale))
    figure = figures.side_by_side(panels, pixels.shape[:2], 4, "", pixels, mask, row_height=265)
    said = "; ".join(f"{p.title.replace('<br>', ' ')}" for p in panels)
    frame.chart(
        figure,
        f"Maps of the score of {name} by {len(panels)} methods, each on its own scale: {said}.",
        key,
    )
    st.caption(
        "Each map has its own scale, named above it, for their units differ: blue for the class, orange against it; "
        "SmoothGrad has no sign, its scale goes from dark to light."
    )
    for answer in found:
        if answer.heatmap is None:
            st.caption(answer.refusal)


def _one(answer: MethodMap, run: Run, subject: Subject, look: Look, k: int, x0: float) -> None:
    """One method in words and numbers."""
    forward, backward = answer.passes
    st.latex(answer.method.formula)
    st.markdown(answer.method.says)
    st.caption(
        f"{answer.method.paper}. Unit: {answer.method.unit}. Passes through the network for "
        f"one class: {forward} forward, {backward} backward."
    )
    if answer.heatmap is not None:
        _check(answer, run, subject, look, k, x0)
    frame.source("gradcam_method", answer.method.code, of="this method")


def _check(answer: MethodMap, run: Run, subject: Subject, look: Look, k: int, x0: float) -> None:
    """Ours against the plain formula in float64; integrated gradients against what they have to sum to."""
    from dlcore.attribution.comparison import STEPS, window_of
    from dlcore.oracles.attribution import Opinion

    assert answer.heatmap is not None
    opinion = Opinion(network(run.key), subject.pixels, k, int(look.layer.split(".")[1]))
    if answer.method.name == "Integrated gradients":
        total = float(answer.heatmap.sum(dtype=np.float64))
        change, error = opinion.change_from(x0, STEPS)
        frame.check(
            f"the sum of the map, up to the error of an integral by {STEPS} points",
            total,
            change,
            abs(total - change),
            error,
            "y(x) − y(x₀), and the jumps of its slope on the way, by forward passes in float64",
        )
        return
    theirs = opinion.heatmap(answer.method.name, *window_of(min(subject.pixels.shape[:2])), x0)
    if theirs is None:
        st.caption(
            "There is no second way to write this mean of random copies; the tests compare it with captum."
        )
        return
    frame.check(
        "the largest value of this map",
        float(answer.heatmap.max()),
        float(theirs.max()),
        float(np.abs(answer.heatmap - theirs).max()),
        1e-4 * max(1.0, float(np.abs(theirs).max())),
        "the plain formula in float64",
    )


def table(found: tuple[MethodMap, ...], mask: np.ndarray | None) -> list[dict[str, str]]:
    """One line per method: what it costs, what it sums to, and how it scores where the truth is known."""
    lines = []
    for answer in found:
        forward, backward = answer.passes
        line = {"method": answer.method.name, "passes": f"{forward} + {backward}"}
        line["sum"] = "none" if answer.heatmap is None else digits(float(answer.heatmap.sum()))
        if mask is not None:
            known = None if answer.heatmap is None else score(answer.heatmap, mask)
            line |= {title: _shown(known, name) for title, name in SCORED.items()}
        lines.append(line)
    return lines


SCORED = {"maximum inside": "pointing_hit", "mass inside": "mass_inside", "IoU": "iou", "AUC": "auc"}


def _shown(known: Scores | None, name: str) -> str:
    value = None if known is None else getattr(known, name)
    return "none" if value is None else f"{value:.3f}"
