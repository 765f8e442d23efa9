"""MLP against CNN on screen: equal data, budget and parameter count; pixels permuted, images shifted."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.data import ImageSet
from dlcore.evaluation.intervals import Share, standard_error
from dlcore.experiments import costs, groups
from dlcore.experiments.groups import Experiment
from dlcore.figures import experiments as figures
from dlcore.number_text import count
from dlcore.runs import Recipe, Run
from ui.experiments.conduct import Finished, conduct, finished, shape_of
from ui.experiments.hyperparameters import SEEDS
from ui.frame import frame, slow_answers

PERMUTATION = 0  # seed of the one permutation that all runs share


def mlp_against_cnn(recipe: Recipe, images: ImageSet) -> None:
    """Equal data, budget and parameter count, k seeds; then the pixels moved by one permutation; then shifts."""
    left, right = st.columns(2)
    k = left.segmented_control(
        "Seeds of each", SEEDS, default=2, required=True, key="training_seeds", bind="query-params"
    )
    moved = right.toggle(
        "Move all pixels by one fixed permutation", key="training_permuted", bind="query-params"
    )
    shape, classes = shape_of(images), len(images.class_names)
    base = replace(recipe, width=None, depth=None)
    try:
        plain = groups.like_for_like(base, shape, classes, int(k or 2))
        permuted = groups.like_for_like(base, shape, classes, int(k or 2), PERMUTATION)
    except ValueError as error:
        st.warning(str(error), icon=":material/error:")
        return
    cnn, mlp = (arm[0] for arm in plain.arms.values())
    counts = [costs.parameters(r, shape, classes) for r in (cnn, mlp)]
    st.markdown(
        f"The same images, {recipe.optimizer} with η = {recipe.learning_rate:g}, "
        f"{count(recipe.epochs or 0, 'epoch')}, no random "
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
    shares = {name: [groups.right(run) for run in runs] for name, runs in arms.items()}
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
            "The permutation takes away which pixels are neighbors. An MLP never knew: its accuracies are drawn "
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
        slow_answers.is_there(slowest, "Predicting shifted images …")
        return
    lines = {name: [answer.result() for answer in some] for name, some in answers.items()}
    fall = "; ".join(
        f"{name} {np.mean([s[0].value for s in some]):.1%} → {np.mean([s[-1].value for s in some]):.1%}"
        for name, some in lines.items()
    )
    far = len(next(iter(lines.values()))[0]) - 1
    frame.chart(
        figures.by_shift(lines),
        f"Accuracy at 0 and at {count(far, 'pixel')} of shift: {fall}.",
        "training_shift_chart",
    )
    st.caption(
        f"Every validation image is moved right, left, down or up; its edge repeats. From 0 to "
        f"{count(far, 'pixel')}: {fall}."
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _by_shift(key: str, _run: Run, _images: ImageSet) -> Future[tuple[Share, ...]]:
    """The answer to come for the run with this key; one for all sessions."""
    return slow_answers.pool().submit(_shares, _run, _images)


def _shares(run: Run, images: ImageSet) -> tuple[Share, ...]:
    from dlcore.experiments.shifted_images import accuracy_by_shift  # loads torch

    return accuracy_by_shift(run, images)
