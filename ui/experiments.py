"""Experiments on screen: a bounded group of trainings, started together, drawn as they come in."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore import costs, experiments, jobs
from dlcore.data import ImageSet
from dlcore.dealing import parts
from dlcore.evaluation import Share
from dlcore.experiments import Experiment, Shape
from dlcore.figures import experiments as figures
from dlcore.optimism import standard_error
from dlcore.runs import Recipe, Run
from ui import background, frame
from ui.learner import claim, learner
from ui.stored import stored_run
from ui.training import refused

REDRAW = 1.0  # seconds between looks at running trainings
PERMUTATION = 0  # seed of the one permutation that all runs share
Finished = dict[str, Run]  # key -> run


def finished(experiment: Experiment) -> Finished:
    """The runs of an experiment that are done, now or some time ago."""
    found = {recipe.key: stored_run(recipe.key) for recipe in experiment.recipes}
    return {key: run for key, run in found.items() if run is not None}


def _start(experiment: Experiment) -> None:
    """Submit every training; later ones wait behind earlier ones and behind other learners' first."""
    try:
        st.session_state["training_group"] = jobs.submit_experiment(experiment.recipes, asker=learner())
        claim(recipe.key for recipe in experiment.recipes)
    except jobs.RefusedError as refusal:
        st.session_state["training_refused"] = str(refusal)


def _cancel() -> None:
    for job in st.session_state.get("training_group", []):
        job.cancel()


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
        seconds = sum(seconds_of(recipe, images, train, validation) for recipe in missing)
        how_many = f"{len(missing)} network{'s' * (len(missing) > 1)}"
        st.button(
            f"Train {how_many}, {costs.roughly(seconds)}",
            icon=":material/play_arrow:",
            disabled=bool(under_way),
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
    left.progress(share, f"{share:.0%} · {ended} of {len(group)} trainings done")
    right.button("Cancel", on_click=_cancel, key="training_cancel_experiment", width="stretch")
    done = finished(experiment)
    if done:
        draw(done)


# --- MLP against CNN ---------------------------------------------------------------------------------------


def mlp_against_cnn(recipe: Recipe, images: ImageSet) -> None:
    """Equal data, budget and parameter count, k seeds; then the pixels moved by one permutation; then shifts."""
    left, right = st.columns(2)
    k = left.segmented_control(
        "Seeds of each", (1, 2, 3), default=2, required=True, key="training_seeds", bind="query-params"
    )
    moved = right.toggle(
        "Move all pixels by one fixed permutation", key="training_permuted", bind="query-params"
    )
    shape, classes = shape_of(images), len(images.class_names)
    base = replace(recipe, width=None, depth=None)
    try:
        plain = experiments.like_for_like(base, shape, classes, int(k or 2))
        permuted = experiments.like_for_like(base, shape, classes, int(k or 2), PERMUTATION)
    except ValueError as error:
        st.warning(str(error), icon=":material/error:")
        return
    cnn, mlp = (arm[0] for arm in plain.arms.values())
    counts = [costs.parameters(r, shape, classes) for r in (cnn, mlp)]
    st.markdown(
        f"The same images, {recipe.optimizer} with η = {recipe.learning_rate:g}, {recipe.epochs} epochs, no random "
        f"changes of the images. CNN: **{counts[0]:,}** parameters (width {cnn.width}); MLP with two hidden layers "
        f"of {mlp.width}: **{counts[1]:,}**, {abs(counts[1] / counts[0] - 1):.1%} apart."
    )

    def draw(_: Finished) -> None:
        _compare(plain, permuted, images)

    conduct(permuted if moved else plain, images, "mlp_cnn", draw)


def _compare(plain: Experiment, permuted: Experiment, images: ImageSet) -> None:
    """Dots of all finished seeds, with the permuted runs beside the plain ones where there are any."""
    arms: dict[str, list[Run]] = {}
    for experiment, suffix in ((plain, ""), (permuted, " permuted")):
        done = finished(experiment)
        for name, recipes in experiment.arms.items():
            runs = [done[r.key] for r in recipes if r.key in done and done[r.key].best]
            if runs:
                arms[name + suffix] = runs
    if not arms:
        return
    shares = {name: [experiments.right(run) for run in runs] for name, runs in arms.items()}
    told = "; ".join(f"{name} {_mean_and_spread(s)}" for name, s in shares.items())
    frame.chart(figures.seeds(shares), f"Validation accuracy: {told}.", "training_seeds_chart")
    one = next(iter(shares.values()))[0]
    st.caption(
        f"Validation accuracy, mean (standard deviation over seeds): {told}; n = {one.n:,} images each. The seeds "
        f"share these images: other images would move every accuracy by a standard error of about "
        f"{standard_error(one.value, one.n):.1%} besides."
    )
    if any(name.endswith("permuted") for name in arms):
        st.caption(
            "The permutation takes away which pixels are neighbours. An MLP never knew: its accuracies are drawn "
            "from the same distribution. A convolution lives on it, the more the larger the image "
            "is beside its windows."
        )
    _shift_section(arms, images)


def _mean_and_spread(shares: list[Share]) -> str:
    value = np.array([share.value for share in shares])
    spread = f"{value.std(ddof=1):.1%}" if len(value) > 1 else "one seed"
    return f"{value.mean():.1%} ({spread})"


def _shift_section(arms: dict[str, list[Run]], images: ImageSet) -> None:
    """Accuracy against the shift of the validation images, computed beside the page when asked for."""
    if not st.toggle("Shift the validation images", key="training_shift", bind="query-params"):
        return
    answers = {name: [_by_shift(run.key, run, images) for run in runs] for name, runs in arms.items()}
    everything = [answer for some in answers.values() for answer in some]
    if not all(answer.done() for answer in everything):
        slowest = next(answer for answer in everything if not answer.done())
        background.is_there(slowest, "Predicting shifted images …")
        return
    lines = {name: [answer.result() for answer in some] for name, some in answers.items()}
    fall = "; ".join(
        f"{name} {np.mean([s[0].value for s in some]):.1%} → {np.mean([s[-1].value for s in some]):.1%}"
        for name, some in lines.items()
    )
    far = len(next(iter(lines.values()))[0]) - 1
    frame.chart(
        figures.by_shift(lines),
        f"Accuracy at 0 and at {far} pixels of shift: {fall}.",
        "training_shift_chart",
    )
    st.caption(
        f"Every validation image is moved right, left, down or up; its edge repeats. From 0 to {far} pixels: {fall}."
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _by_shift(key: str, _run: Run, _images: ImageSet) -> Future[tuple[Share, ...]]:
    """The answer to come for the run with this key; one for all sessions."""
    return background.pool().submit(_shares, _run, _images)


def _shares(run: Run, images: ImageSet) -> tuple[Share, ...]:
    from dlcore.shifts import accuracy_by_shift  # loads torch

    return accuracy_by_shift(run, images)
