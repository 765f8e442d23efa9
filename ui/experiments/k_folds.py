"""k-fold cross-validation and the overfitting lens on screen: one recipe, other images held out or left out."""

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from dlcore.claims import Claim
from dlcore.data import ImageSet, table
from dlcore.data.families import COMPARABLE, families
from dlcore.data.recipe_images import parts
from dlcore.evaluation.fold_luck import Partitions, deal_again, few, logistic_on, ridge_on
from dlcore.evaluation.intervals import Share
from dlcore.experiments import groups
from dlcore.experiments.groups import Folds
from dlcore.figures import experiments as figures
from dlcore.number_text import count
from dlcore.runs import Recipe
from ui.experiments.conduct import Finished, conduct, sizes
from ui.frame import frame, slow_answers
from ui.frame.stored import image_set
from ui.training import split_controls

IMAGES, TABLE = "Networks on these images", "A table of 569 patients"
CANCER = "breast_cancer"


def k_folds(recipe: Recipe, images: ImageSet) -> None:
    """Every fold a dot; mean, spread, and the binomial standard error of all samples."""
    frame.say(
        Claim(
            "**Every sample is held out once**, so a mean over k folds rests on all of them, where one fixed "
            "validation part rests on a few. What the folds do not show is how other samples would have come out.",
            "tests/test_experiments.py::test_every_image_but_the_test_images_is_held_out_once "
            "tests/test_experiments.py"
            "::test_the_mean_of_folds_hides_the_binomial_error_and_a_single_fold_does_not",
        )
    )
    one, two, three = st.columns([2, 1, 1])
    what = one.segmented_control(
        "What is folded",
        (IMAGES, TABLE),
        default=IMAGES,
        required=True,
        key="training_folded",
        bind="query-params",
    )
    k = two.segmented_control("k", FOLDS, default=5, required=True, key="training_k", bind="query-params")
    k = int(k or 5)
    stratified = three.toggle("Stratified", True, key="training_folds_strata", bind="query-params")
    if what == TABLE:
        _table_folds(k, stratified)
        return
    many = len(images) > COMPARABLE
    grouped = three.toggle(
        "Keep near-duplicates in one fold", key="training_folds_families", disabled=many, bind="query-params",
        help="Near-duplicates, pixel correlation above 0.99, are held out together.",
    )  # fmt: skip
    base = replace(recipe, subset=None, stratified=stratified, grouped=grouped and not many)
    train, validation = sizes(base, images)
    how = "each class in the same proportions" if stratified else "not stratified"
    st.markdown(
        f"Train and validation together ({train + validation:,} images) are split into {k} folds, {how}"
        f"{', groups of near-duplicates kept whole' if base.grouped else ''}. Every fold is held out once and "
        f"predicted by a network trained on the other {k - 1}; the test images stay sealed."
    )
    conduct(groups.k_folds(base, k), images, "folds", _draw_folds)
    if st.toggle("Split the same images again, 20 times", key="training_deals", bind="query-params"):
        how_dealt = replace(Recipe(dataset=images.name), **_dealing(base))
        _deals(_dealt(how_dealt, k), "Splitting, and fitting a linear model to every split…", MODEL_OF_IMAGES)


def _dealing(recipe: Recipe) -> dict[str, Any]:
    """The fields that decide which images are where, and nothing else: one answer serves all models."""
    return {name: getattr(recipe, name) for name in split_controls.FIELDS}


def _draw_folds(done: Finished) -> None:
    found = groups.folds_of([run for run in done.values() if run.best])
    if not found.folds:
        return
    _fold_dots(found)
    st.caption(
        "Each network's epoch is selected on the fold it is evaluated on, so every dot is a little too high."
    )


def _fold_dots(found: Folds) -> None:
    """The dots, and both errors in words."""
    share = found.pooled
    frame.chart(
        figures.fold_dots(found),
        f"{len(found.folds)} of {found.k} folds; mean accuracy {share.value:.1%}.",
        "training_folds_chart",
    )
    spread = (
        "" if np.isnan(found.spread) else f"The folds differ by {found.spread:.3f} (standard deviation). "
    )
    st.caption(
        f"{len(found.folds)} of {found.k} folds. Mean {share.value:.1%} of n = {share.n:,} held out. {spread}"
        f"Drawing {share.n // len(found.folds):,} at random alone makes √(p(1 − p)/n) = "
        f"{found.binomial_of_a_fold:.3f}. The mean rests on all of them: ± {found.binomial_of_all:.3f}, the band."
    )


FOLDS = (3, 4, 5, 6)
MODEL_OF_IMAGES = "A linear model on the pixels (ridge regression), because it takes milliseconds."
MODEL_OF_TABLE = "Logistic regression on all 30 measurements."


def _table_folds(k: int, stratified: bool) -> None:
    """Real patients: k folds of the table, and the same patients dealt anew."""
    found = table(CANCER)
    st.markdown(
        f"{len(found.y)} patients of the {CANCER} table, {found.x.shape[1]} measurements each, "
        f"{' and '.join(found.class_names)}. Each fold is predicted by a logistic regression of the others."
    )
    answer = _dealt_table(k, stratified)
    if not slow_answers.is_there(answer, "Splitting and fitting…"):
        return
    first = answer.result()
    shares = zip(first.hits[0].tolist(), first.sizes[0].tolist(), strict=True)
    _fold_dots(Folds({i: Share(hits, size) for i, (hits, size) in enumerate(shares)}, k))
    if st.toggle("Split the same patients again, 20 times", key="training_deals", bind="query-params"):
        _deals(answer, "Splitting and fitting…", MODEL_OF_TABLE)


@st.cache_resource(max_entries=16, show_spinner=False)
def _dealt(recipe: Recipe, k: int) -> Future[Partitions]:
    return slow_answers.pool().submit(_deal_images, recipe, image_set(recipe.dataset), k)


def _deal_images(recipe: Recipe, images: ImageSet, k: int) -> Partitions:
    split = parts(recipe, images)
    pool = np.concatenate([split.train, split.validation])
    pool = pool[few(len(pool))]
    whose = families(images) if recipe.grouped else images.groups
    groups = None if whose is None else whose[pool]
    labels = images.labels[pool]
    judge = ridge_on(images.images[pool], labels)
    return deal_again(labels, judge, k, groups=groups, stratified=recipe.stratified)


@st.cache_resource(max_entries=16, show_spinner=False)
def _dealt_table(k: int, stratified: bool) -> Future[Partitions]:
    found = table(CANCER)
    return slow_answers.pool().submit(deal_again, found.y, logistic_on(found), k, stratified=stratified)


def _deals(answer: Future[Partitions], waiting: str, model: str) -> None:
    """Partition noise beside the binomial error: two different questions, told apart."""
    if not slow_answers.is_there(answer, waiting):
        return
    found = answer.result()
    k = found.accuracies.shape[1]
    text = (
        f"One fixed part of {found.samples // k}: accuracies from {found.accuracies.min():.1%} to "
        f"{found.accuracies.max():.1%}, standard deviation {found.noise_of_a_fold:.3f}, beside the binomial "
        f"{found.binomial_of_a_fold:.3f}. The mean of {k} folds moves only by {found.partition_noise:.3f} from "
        f"split to split, but that is the noise of the partition, on the same {found.samples}: for others from "
        f"the same source its standard error is about {found.binomial_of_all:.3f}."
    )
    frame.chart(figures.deals(found), text, "training_deals_chart")
    st.markdown(text)
    ratio = found.noise_of_a_fold / found.partition_noise
    st.caption(
        f"{model} Compared carelessly, {found.noise_of_a_fold:.3f} against {found.partition_noise:.3f} would make k "
        f"folds look {ratio:.0f} times as precise; the honest comparison is {found.binomial_of_a_fold:.3f} against "
        f"{found.binomial_of_all:.3f}."
    )


def training_sizes(recipe: Recipe, images: ImageSet) -> None:
    """The overfitting lens: the same recipe on few, more and all training images."""
    train, _ = sizes(recipe, images)
    experiment = groups.subsets(recipe, train)
    size_of = {r.key: r.subset or train for r in experiment.recipes}
    st.markdown(
        f"The same recipe on {', '.join(f'{n:,}' for n in size_of.values())} training images, "
        f"{count(recipe.epochs or 0, 'epoch')} "
        "each; every smaller set is part of the larger ones, and the validation images stay the same."
    )

    def draw(done: Finished) -> None:
        rows = sorted((size_of[key], run) for key, run in done.items() if run.best_epoch is not None)
        if not rows:
            return
        n = [size for size, _ in rows]
        learned = [run.epochs[run.best - 1].train_accuracy for _, run in rows]
        held_out: list[Share] = [groups.right(run) for _, run in rows]
        gap = [a - share.value for a, share in zip(learned, held_out, strict=True)]
        told = f"gap {gap[0]:+.1%} with {n[0]:,} images, {gap[-1]:+.1%} with {n[-1]:,}"
        frame.chart(
            figures.by_size(n, learned, held_out), f"Train minus validation: {told}.", "training_sizes_chart"
        )
        st.caption(
            f"Train minus validation accuracy: {told}. The training accuracy is an average over the epoch, taken "
            "while the weights were moving and on randomly changed images where the recipe says so."
        )

    conduct(experiment, images, "sizes", draw)
