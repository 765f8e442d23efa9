"""Whom the Grad-CAM page asks: the stored networks, what each answers, and the first one to be trained."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcore.heatmaps.heatmaps import Look
from dlcore.runs import Recipe, Run
from ui.frame.address import State
from ui.frame.fields import RunKey
from ui.frame.stored import is_stored, recent_keys, stored_run, watched
from ui.training import shown_network

if TYPE_CHECKING:
    from dlcore.models import Network

# The network shown stands in the address also by default: tomorrow another one may be the newest.
STATE = State("gradcam", {"run": RunKey(is_stored, recent_keys, always=True)})
TRAIN_SIZE = 3600  # of the default recipe: 60 % of 6,000 drawn cells


@st.cache_resource(max_entries=8, show_spinner="Setting up the network")
def network(key: str, epoch: int | None = None) -> "Network":
    """The run's network, with its kept weights or those after an epoch; shared, and only looked at."""
    from dlcore import models

    run = stored_run(key)
    assert run is not None
    return models.load(run, epoch)


@st.cache_data(max_entries=256, show_spinner="Asking the network")
def looked_at(key: str, pixels: np.ndarray, layer: str) -> Look:
    """Scores, probabilities and the heat maps of all classes: one forward pass, kept for the next slider."""
    from dlcore import gradcam

    return gradcam.look(network(key), pixels, layer)


@st.cache_data(max_entries=32, show_spinner="Asking the network")
def all_looked_at(key: str, images: np.ndarray, layer: str) -> tuple[Look, ...]:
    """The same for several images (n, h, w[, 3]) in one pass."""
    from dlcore import gradcam

    return gradcam.looks(network(key), images, layer)


@st.cache_data(max_entries=256, show_spinner=False)
def second_opinion(key: str, pixels: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """The same heat maps by plain autograd in float64, and the biases of the head."""
    from dlcore.oracles import gradcam

    return gradcam.heatmaps(network(key), pixels, block), gradcam.biases(network(key))


def choose_run(names: dict[str, str]) -> Run | None:
    """The network the learner chose; None, and a sentence, where it cannot be read."""
    run = shown_network.choose(
        STATE,
        names,
        help="Your trained CNNs and those that came with the lab, newest first; those of experiments last.",
    )
    if run is None:
        st.warning(
            "The files of this run are damaged and were set aside. Choose another network, or train it again."
        )
    return run


def first_network() -> None:
    """Nothing has been trained yet: offers to train the default CNN here, and follows it."""
    from dlcore.experiments import costs
    from ui.training import training

    recipe = Recipe()
    training.refused()
    st.markdown(
        "There is no trained CNN yet, so there is nobody to ask. Train one here: a small CNN learns to tell "
        "five kinds of drawn white blood cells apart, whose decisive pixels are known."
    )
    job = st.session_state.get("training_job")
    if job is None or job.is_over or job.recipe.model != "cnn":
        job = watched(recipe.key) or job  # somebody else is at it
    if job is not None and job.recipe.model == "cnn" and not job.is_over:
        training.state(job, None)
        training.picture(job, None, job.recipe, TRAIN_SIZE)
        return
    if job is not None and job.message:
        st.warning(f"{job.message} Nothing else was touched; you can try again.")
    seconds = costs.roughly(costs.expected_seconds(recipe, (28, 28, 3), 5, TRAIN_SIZE))
    # Answered before the page runs: where a classmate was quicker, the page would not come to this line any more.
    st.button(
        f"Train, {seconds}", type="primary", key="gradcam_train", on_click=training.start, args=[recipe]
    )
    st.page_link("pages/training.py", label="Choose a recipe yourself", icon=":material/monitoring:")
