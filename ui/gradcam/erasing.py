"""Pixels taken away and given back in the order of the map: what the network itself says about it."""

from collections.abc import Callable

import streamlit as st

from dlcore.evaluation.intervals import Mean
from dlcore.figures import truth as figures
from dlcore.heatmaps import erasing
from dlcore.heatmaps.erasing import Curves
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.slow_answers import Answer
from ui.frame.stored import image_set
from ui.gradcam.models import network


@st.cache_resource(max_entries=32, show_spinner=False)
def _many(key: str, layer: str, fill: str, _run: Run) -> Answer:
    """The curves to come of a few dozen validation images, drawn once and for all by the run's key."""
    model, imageset = network(key), image_set(_run.recipe.dataset)

    def work(tell: Callable[[float], None]) -> Curves:
        from dlcore.attribution import many_images

        images, _ = many_images.shown(_run, imageset, many_images.some(_run, many_images.ERASED, 0))
        return many_images.erased(model, images, many_images.predicted(model, images), layer, fill, tell=tell)

    return Answer(work)


def erasing_section(run: Run, layer: str) -> None:
    """Mean deletion and insertion curves of a few dozen validation images."""
    answer = _many(run.key, layer, choose_fill("gradcam_erase_fill"), run)
    if not answer.is_there("Taking pixels away from every image …"):
        return
    found = answer.result
    draw_curves(found, "gradcam")
    _told(found)


def choose_fill(key: str) -> str:
    """What a pixel taken away shows."""
    return str(
        st.segmented_control(
            "A pixel taken away shows the",
            erasing.FILLS,
            default=erasing.FILLS[0],
            required=True,
            key=key,
            bind="query-params",
        )
    )


def draw_curves(found: Curves, key: str) -> None:
    """Deletion beside insertion.

    Args:
        key: begins the charts' keys.
    """
    for column, kind in zip(st.columns(2), ("deletion", "insertion"), strict=True):
        with column:
            better = "lower" if kind == "deletion" else "higher"
            st.markdown(f"**{kind.capitalize()}**: a {better} area is better")
            spoken = "; ".join(f"{name} {found.area(kind, name).value:.3f}" for name in found.deletion)
            frame.chart(
                figures.erased(found, kind), f"Area under the {kind} curve: {spoken}.", f"{key}_{kind}"
            )


def _told(found: Curves) -> None:
    """What the areas say, and the area again by scikit-learn."""
    from dlcore.oracles import truth as oracle

    method = next(iter(found.deletion))
    n = len(found.deletion[method])
    for kind in ("deletion", "insertion"):
        for other in ("random", "centre"):
            d = found.gain(kind, method, other)
            better = Mean(-d.value, -d.high, -d.low, d.n) if kind == "deletion" else d
            st.markdown(
                f"- {kind.capitalize()}: the map's order {_compared(better)} **{other}**: area {d.signed}."
            )
    st.caption(
        f"Mean over {n} validation images drawn at random (the same for every network with this split), each "
        "for the class predicted; bootstrap intervals over the images. One image by hand: the tab “Cover a spot”."
    )
    st.caption(
        "An image with holes is unlike anything the network has learned from: a fall may come from the holes "
        "rather than from what was lost. Compare both ways of filling them."
    )
    curve = found.deletion[method][0]
    ours, theirs = float(erasing.areas(curve, found.shares)), oracle.area(found.shares, curve)
    frame.check("area under the deletion curve", ours, theirs, abs(ours - theirs), 1e-10, "scikit-learn")


def _compared(better: Mean) -> str:
    """What an interval of a paired difference says about two orders."""
    if better.low > 0:
        return "beats"
    return "is beaten by" if better.high < 0 else "cannot be told from"
