"""k-fold cross-validation and the overfitting lens on screen: one recipe, other images held out or left out."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore import experiments
from dlcore.data import ImageSet
from dlcore.evaluation import Share
from dlcore.figures import experiments as figures
from dlcore.partitions import Partitions, deal_again
from dlcore.runs import Recipe
from ui import background, frame
from ui.experiments import Finished, conduct
from ui.stored import image_set


def k_folds(recipe: Recipe, images: ImageSet) -> None:
    """Every fold a dot; mean, spread, and the binomial standard error of all images."""
    k = st.segmented_control(
        "k", (3, 4, 5, 6), default=5, required=True, key="training_k", bind="query-params"
    )
    k = int(k or 5)
    split = images.split_for()
    st.markdown(
        f"Train and validation together ({len(split.train) + len(split.validation):,} images) are dealt "
        f"into {k} folds, each class in the same proportions. Every fold is held out once and "
        f"predicted by a network trained on the other {k - 1}; the test images stay sealed."
    )
    conduct(experiments.k_folds(replace(recipe, subset=None), k), images, "folds", _draw_folds)
    if st.toggle("Deal the same images anew 20 times", key="training_deals", bind="query-params"):
        _deals(images, k)


def _draw_folds(done: Finished) -> None:
    found = experiments.folds_of([run for run in done.values() if run.best])
    if not found.folds:
        return
    share = found.pooled
    frame.chart(
        figures.fold_dots(found),
        f"{len(found.folds)} of {found.k} folds; mean validation accuracy {share.value:.1%}.",
        "training_folds_chart",
    )
    spread = (
        "" if np.isnan(found.spread) else f"The folds differ by {found.spread:.3f} (standard deviation). "
    )
    st.caption(
        f"{len(found.folds)} of {found.k} folds. Mean {share.value:.1%} of n = {share.n:,} held-out images. {spread}"
        f"Drawing {share.n // len(found.folds):,} images at random alone makes √(p(1 − p)/n) = "
        f"{found.binomial_of_a_fold:.3f}. The mean rests on all images: ± {found.binomial_of_all:.3f}, the band. "
        "Each fold's network kept its best epoch by the fold it is judged on, so every dot is a little too high."
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _dealt(dataset: str, k: int) -> Future[Partitions]:
    images = image_set(dataset)
    split = images.split_for()
    pool = np.concatenate([split.train, split.validation])
    return background.pool().submit(deal_again, images.images[pool], images.labels[pool], k)


def _deals(images: ImageSet, k: int) -> None:
    """Partition noise beside the binomial error: two different questions, told apart."""
    answer = _dealt(images.name, k)
    if not background.is_there(answer, "Dealing and fitting a linear model to every deal …"):
        return
    found = answer.result()
    text = (
        f"One fixed part of {found.images // k} images: accuracies from {found.accuracies.min():.1%} to "
        f"{found.accuracies.max():.1%}, standard deviation {found.noise_of_a_fold:.3f}, about the binomial "
        f"{found.binomial_of_a_fold:.3f}. The mean of {k} folds moves only by {found.partition_noise:.3f} from deal "
        f"to deal, but that is the noise of the partition, on the same {found.images} images: for other images from "
        f"the same source its standard error is about {found.binomial_of_all:.3f}."
    )
    frame.chart(figures.deals(found), text, "training_deals_chart")
    st.markdown(text)
    ratio = found.noise_of_a_fold / found.partition_noise
    st.caption(
        f"A linear model on the pixels (ridge regression), because it takes milliseconds. Compared carelessly, "
        f"{found.noise_of_a_fold:.3f} against {found.partition_noise:.3f} would make k folds look {ratio:.0f} times "
        f"as precise; the honest comparison is {found.binomial_of_a_fold:.3f} against {found.binomial_of_all:.3f}."
    )


def training_sizes(recipe: Recipe, images: ImageSet) -> None:
    """The overfitting lens: the same recipe on few, more and all training images."""
    train = len(images.split_for(recipe.fractions, recipe.split_seed).train)
    experiment = experiments.subsets(recipe, train)
    sizes = {r.key: r.subset or train for r in experiment.recipes}
    st.markdown(
        f"The same recipe on {', '.join(f'{n:,}' for n in sizes.values())} training images, {recipe.epochs} epochs "
        "each; every smaller set is part of the larger ones, and the validation images stay the same."
    )

    def draw(done: Finished) -> None:
        rows = sorted((sizes[key], run) for key, run in done.items() if run.best_epoch is not None)
        if not rows:
            return
        n = [size for size, _ in rows]
        learned = [run.epochs[run.best - 1].train_accuracy for _, run in rows]
        held_out: list[Share] = [experiments.right(run) for _, run in rows]
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
