"""Heat maps of the networks that came with the lab, as they stand in a lesson. torch comes in late."""

import streamlit as st

from dlcore.data import BadInput
from dlcore.figures import gradcam as figures
from dlcore.heatmaps.heatmaps import Look
from dlcore.heatmaps.which_images import ANY, AS_THEY_COME
from dlcore.runs import Recipe, Run
from ui.frame import frame
from ui.frame.stored import stored_run
from ui.gradcam import all_classes, models, subject, text, view
from ui.gradcam.subject import Shelf, Subject
from ui.lesson_pictures.standing import Standing, switch

SHORTCUT = "cells-shortcut"


def is_here(standing: Standing) -> bool:
    """Whether there is a network to look into."""
    return _network(standing) is not None


def _network(standing: Standing) -> Run | None:
    """The run that the link names, else the lab's own; of the set with the marker where that is the subject."""
    usual = Recipe(dataset=SHORTCUT) if standing.value("tab") == "Shortcuts" else Recipe()
    return stored_run(standing.value("run") or usual.key)


def _looked_at(standing: Standing) -> tuple[Run, Subject, Look] | None:
    """The network, a validation image to choose, and what the network says of it."""
    run = _network(standing)
    if run is None:
        return None
    try:
        shelf = subject.validation(run, ANY, AS_THEY_COME)
    except BadInput as problem:
        st.info(str(problem), icon=":material/info:")
        return None
    number = standing.control(st.number_input, "Validation image", "image", 1, len(shelf), width=180)
    chosen = Shelf(shelf.source, shelf.labels, shelf.marks, int(number)).chosen
    block = (run.recipe.depth or 1) - 1
    return run, chosen, models.looked_at(run.key, chosen.pixels, f"features.{block}")


def one(standing: Standing) -> None:
    """The map of the predicted class over its image, raw beside smoothed, scored where the truth is known."""
    found = _looked_at(standing)
    if found is None:
        return
    run, chosen, look = found
    sigma = float(standing.control(st.slider, "Smoothing σ, image pixels", "sigma", 0.0, 6.0, step=0.25))
    k = int(look.probabilities.argmax())
    shown, name = view.view(look, k, chosen, sigma), run.class_names[k]
    over = figures.image_and_overlay(chosen.pixels, shown.shown, shown.limit, chosen.mask)
    frame.chart(over, text.alt(look, k, name, chosen, shown), standing.key_of("over_two_panels"))
    st.caption(text.caption(look, k, name, chosen))
    pair = figures.raw_and_smoothed(shown.raw, shown.shown, shown.limit, sigma)
    frame.chart(pair, text.pair_alt(shown, sigma), standing.key_of("pair_two_panels"))
    view.scores(shown)


def every_class(standing: Standing) -> None:
    """The maps of all classes, on one scale or each on its own."""
    if (found := _looked_at(standing)) is not None:
        run, chosen, look = found
        stretch = switch(standing, all_classes.STRETCH, "stretch")
        all_classes.maps_of_all(run, chosen, look, int(look.probabilities.argmax()), stretch)
