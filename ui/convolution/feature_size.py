"""Do later layers answer to larger things? Measured on a learner's network, before and after training."""

import numpy as np
import streamlit as st

from dlcore.convolution.feature_size import Sizes, grow, measured, middle
from dlcore.data import ImageSet
from dlcore.figures import feature_size as figures
from dlcore.runs import Run
from ui.convolution.models import network
from ui.frame import frame
from ui.frame.stored import image_set, stored_run

IMAGES = 200  # validation images in which each channel's highest cell is looked for


@st.cache_data(max_entries=32, show_spinner="Looking for what excites each channel …")
def feature_sizes(key: str, trained: bool) -> list[Sizes]:
    """Sizes of the features of every block, with the run's weights or those it started from."""
    from dlcore.convolution.network_opened import patterns

    run = stored_run(key)
    assert run is not None
    images = image_set(run.recipe.dataset).images[run.val_index[:IMAGES]]
    return [measured(*found) for found in patterns(network(key, trained), images)]


def feature_size_section(run: Run, images: ImageSet) -> None:
    """The claim, two pictures of it, and the verdict in words."""
    before, after = feature_sizes(run.key, False), feature_sizes(run.key, True)
    if any(len(layer.extent) == 0 for layer in (*before, *after)):
        st.caption("A layer has no channel that answers to any of these images; the others are drawn.")
        before, after = ([layer for layer in layers if len(layer.extent)] for layers in (before, after))
    left, right = st.columns(2)
    for place, what, title in (
        (left, "extent", "extent, pixels"),
        (right, "wavelength", "wavelength, pixels"),
    ):
        with place:
            frame.chart(
                figures.sizes(before, after, what, title), alt(before, after, what), f"convolution_{what}"
            )
    st.markdown(verdict(before, after))
    n = min(IMAGES, len(run.val_index))
    st.caption(
        f"For each channel (at most {max(len(layer.extent) for layer in after)} a block): of {n} validation images "
        "the place that excites it most, and there the gradient ∂a/∂x, the change of the image that would excite it "
        "more. Extent: side of the square that is spread out as far. Wavelength: pixels from crest to crest, the "
        "inverse of its mean radial frequency. Bars: median and middle half."
    )


def alt(before: list[Sizes], after: list[Sizes], what: str) -> str:
    """The medians as a sentence."""
    told = [
        f"{when}: " + ", ".join(f"{layer.name} {np.median(getattr(layer, what)):.1f}" for layer in layers)
        for when, layers in (("before training", before), ("after", after))
    ]
    return f"Median {what} of each block's features in pixels, {'; '.join(told)}."


def verdict(before: list[Sizes], after: list[Sizes]) -> str:
    """What is seen of “later layers: larger features”, and what of it training has brought."""
    first, last = after[0], after[-1]
    told = [
        f"{middle(layer.extent)[1]:.1f} ({middle(layer.extent)[0]:.1f} to {middle(layer.extent)[2]:.1f})"
        for layer in (first, last)
    ]
    grows = grow(after, "extent")
    seen = (
        "The features **do grow** from the first block to the last"
        if grows
        else "Growth is **not seen** in this network: the middle halves of the first and the last block overlap"
    )
    text = (
        f"{seen}: median extent {told[0]} pixels in `{first.name}`, {told[1]} in `{last.name}` (middle half in "
        f"brackets; n = {len(first.extent)} and {len(last.extent)} channels). "
    )
    if grows and grow(before, "extent"):
        text += "Before training they grow as well: windows on windows see more, so the growth is built in. "
    coarser, were = grow(after, "wavelength"), grow(before, "wavelength")
    text += (
        "Their wavelength grows too: the later patterns are coarser"
        if coarser
        else "Their wavelength does not clearly grow: the later patterns cover more ground, with details as fine"
    )
    return f"{text}, {'as' if coarser == were else 'unlike'} before training."
