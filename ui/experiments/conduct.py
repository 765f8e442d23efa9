"""Experiments on screen: a bounded group of trainings, started together, drawn as they come in."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dlcore.data import BadInput, ImageSet
from dlcore.data.recipe_images import parts
from dlcore.experiments import costs
from dlcore.experiments.groups import Experiment, Shape
from dlcore.jobs import jobs
from dlcore.number_text import count
from dlcore.runs import Recipe, Run
from ui.frame.stored import refuse_images_of_others, stored_run
from ui.learner.learner import learner
from ui.training.training import fits_the_budget, refused

REDRAW = 1.0  # seconds between looks at running trainings
Finished = dict[str, Run]  # key -> run


def finished(experiment: Experiment) -> Finished:
    """The runs of an experiment that are done, now or some time ago."""
    found = {recipe.key: stored_run(recipe.key) for recipe in experiment.recipes}
    return {key: run for key, run in found.items() if run is not None}


def _start(experiment: Experiment) -> None:
    """Submit every training; later ones wait behind earlier ones and behind other learners' first."""
    try:
        refuse_images_of_others({recipe.dataset for recipe in experiment.recipes})
        st.session_state["training_group"] = jobs.submit_experiment(experiment.recipes, asker=learner())
    except (jobs.RefusedError, BadInput) as refusal:
        st.session_state["training_refused"] = str(refusal)


def _cancel() -> None:
    """Withdraw one's own wish for each; others' stay."""
    try:
        for job in st.session_state.get("training_group", []):
            job.cancel()
    except jobs.RefusedError as refusal:
        st.session_state["training_refused"] = str(refusal)


def conduct(experiment: Experiment, images: ImageSet, name: str, draw: Callable[[Finished], None]) -> None:
    """The button with its cost, the progress, and the picture, which grows with every training that ends.

    Args:
        name: of the experiment, for the widgets' keys.
        draw: the picture of what is done; not called before something is.
    """
    refused()
    mine = {recipe.key for recipe in experiment.recipes}
    under_way = [job for job in st.session_state.get("training_group", []) if not job.is_over]
    if mine & {job.key for job in under_way}:
        _live(experiment, draw)
        return
    done = finished(experiment)
    missing = [recipe for recipe in experiment.recipes if recipe.key not in done]
    if missing:
        train, validation = sizes(experiment.recipes[0], images)
        each = [seconds_of(recipe, images, train, validation) for recipe in missing]
        how_many = count(len(missing), "network")
        st.button(
            f"Train {how_many}, {costs.roughly(sum(each))}",
            icon=":material/play_arrow:",
            disabled=bool(under_way) or not fits_the_budget(max(each)),
            on_click=_start,
            args=[experiment],
            key=f"training_start_{name}",
        )
        if under_way:
            st.caption("Another experiment of yours is under way; this one can start when it has ended.")
    _failures(mine)
    if done:
        draw(done)


def shape_of(images: ImageSet) -> Shape:
    """(rows, columns, channels) of an image."""
    return (images.images.shape[1], images.images.shape[2], images.channels)


def sizes(recipe: Recipe, images: ImageSet) -> tuple[int, int]:
    """How many training and validation images the recipe's split has; a subset and folds come after it."""
    split = parts(replace(recipe, subset=None, folds=0, fold=0), images)
    return len(split.train), len(split.validation)


def seconds_of(recipe: Recipe, images: ImageSet, train: int, validation: int) -> float:
    """Seconds that one training will take, roughly; predicting an image costs a third of learning from it."""
    if recipe.folds:
        train, validation = train + validation, 0  # every image is in one of the two
    n = min(train, recipe.subset or train) + validation // 3
    return costs.expected_seconds(recipe, shape_of(images), len(images.class_names), n)


def _failures(mine: set[str]) -> None:
    for job in st.session_state.get("training_group", []):
        if job.key in mine and job.state == "failed":
            st.warning(job.message, icon=":material/error:")


@st.fragment(run_every=REDRAW)
def _live(experiment: Experiment, draw: Callable[[Finished], None]) -> None:
    group = st.session_state.get("training_group", [])
    if all(job.is_over for job in group):
        st.rerun()
    left, right = st.columns([5, 1], vertical_alignment="center")
    share = sum(1.0 if job.is_over else job.progress for job in group) / max(1, len(group))
    ended = sum(job.is_over for job in group)
    left.progress(share, f"{share:.0%} · {ended} of {count(len(group), 'training')} done")
    right.button("Cancel", on_click=_cancel, key="training_cancel_experiment", width="stretch")
    done = finished(experiment)
    if done:
        draw(done)


# --- MLP against CNN ---------------------------------------------------------------------------------------
