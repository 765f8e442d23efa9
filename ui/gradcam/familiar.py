"""Said before any heat map: whether the network has seen anything like this image."""

from typing import TYPE_CHECKING

import streamlit as st

from dlcore.runs import Run
from ui.frame.stored import image_set, stored_run
from ui.gradcam.models import network
from ui.gradcam.subject import Subject

if TYPE_CHECKING:
    from dlcore.attribution.familiarity import Familiar

FAR, UNUSUAL = 0.99, 0.95  # shares of the validation images that lie nearer


@st.cache_resource(max_entries=16, show_spinner="Looking at the training images")
def familiar(key: str) -> "Familiar":
    """How far this run's validation images lie from its training images; computed once per run."""
    from dlcore.attribution import familiarity
    from dlcore.data.recipe_images import parts

    run = stored_run(key)
    assert run is not None
    imageset = image_set(run.recipe.dataset)
    return familiarity.of_run(run, network(key), imageset, parts(run.recipe, imageset).train)


def sentence(share: float, n: int) -> str:
    """Where the image lies among n validation images, in words."""
    if share >= FAR:
        meaning = (
            "**This looks like nothing the network has learned from.** It answers all the same, with one of its "
            "classes; neither that answer nor its heat map means anything."
        )
    elif share >= UNUSUAL:
        meaning = (
            "This image is unusual for this network. One in twenty ordinary images is, so read on with care."
        )
    else:
        meaning = "To this network the image is an ordinary one, which does not make its answer right."
    most = f"{share:.1%} of {n:,}" if share < 1 else f"all {n:,}"
    return (
        f"{meaning} In the space of the network's features it lies farther from the training images than {most} "
        "validation images."
    )


def say(run: Run, subject: Subject) -> str:
    """Shows the sentence, loud for an image that looks like nothing known, quiet for an ordinary one."""
    from dlcore.attribution.familiarity import summary

    known = familiar(run.key)
    distance = known.distance(summary(network(run.key), subject.pixels[None]))[0]
    share = known.share_nearer(float(distance))
    text = sentence(share, len(known.distances))
    if share >= FAR:
        st.warning(f"{text} Not for clinical use.", icon=":material/help_center:")
    else:
        st.caption(text)
    return text
