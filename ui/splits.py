"""The splits on screen: who is in which part, what has leaked, and what that does to an accuracy."""

from concurrent.futures import Future

import numpy as np
import streamlit as st

from dlcore.data import ImageSet, Leaks, leaks
from dlcore.evaluation import Composition, NearAgainstClean, composition, near_against_clean
from dlcore.figures import splits as figures
from dlcore.figures.training import gallery
from dlcore.runs import Run
from ui import background, frame
from ui.stored import image_set

PAIRS = 4  # shown at once
MULTIPLICATIONS = 2e11  # of one comparison of all images with all, about 20 s; beyond, it is not offered
THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@st.cache_resource(max_entries=6, show_spinner=False)
def twins(dataset: str) -> Future[Leaks]:
    """Each validation and test image's most similar training image, soon; shared by all sessions."""
    return background.pool().submit(leaks, image_set(dataset), threshold=-1)


def proportions(images: ImageSet) -> None:
    """The parts and their class proportions, drawn; and which split it is."""
    found = composition(images.labels, images.split_for(), images.class_names)
    train, validation, test = found.sizes
    st.markdown(
        f"{images.split_sentence} The network learns from **train** ({train:,}), every choice is made on "
        f"**validation** ({validation:,}), and **test** ({test:,}) is kept for one last question: no "
        "decision may depend on it, neither the epoch kept nor the model chosen."
    )
    frame.chart(figures.proportions(found), _proportions_alt(found), "training_proportions")
    st.caption(f"Bars are 95 % intervals (Wilson). {shift_sentence(found)}")


def _proportions_alt(found: Composition) -> str:
    rows = [
        f"{name} {found.shares[0, c]:.1%}, {found.shares[1, c]:.1%}, {found.shares[2, c]:.1%}"
        for c, name in enumerate(found.class_names)
    ]
    return "Class shares in train, validation, test: " + "; ".join(rows) + "."


def shift_sentence(found: Composition) -> str:
    """The largest prevalence shift from train, and whether chance alone could make it."""
    largest = found.shifts[0]
    size = (
        f"The largest shift from train: “{largest.name}” in {largest.part}, "
        f"{100 * largest.difference:+.1f} percentage points "
        f"({100 * largest.low:+.1f} to {100 * largest.high:+.1f})."
    )
    if largest.is_clear:
        return f"{size} The interval leaves zero out: the parts differ in how common the classes are."
    return f"{size} The interval holds zero: nothing here speaks for a prevalence shift."


def leak_detector(images: ImageSet, run: Run | None) -> None:
    """Near-duplicates across the parts, side by side, and accuracy on them against the others."""
    train, validation, test = images.split_for()
    pixels = int(np.prod(images.images.shape[1:]))
    if len(train) * (len(validation) + len(test)) * pixels > MULTIPLICATIONS:
        st.caption(
            f"Comparing {len(validation) + len(test):,} images with {len(train):,} takes minutes here. "
            f'From a script: `dlcore.data.leaks(dlcore.data.load("{images.name}"))`.'
        )
        return
    threshold = st.select_slider(
        "A twin is an image whose correlation with a training image is above",
        THRESHOLDS,
        0.99,
        key="training_twin",
        bind="query-params",
    )
    answer = twins(images.name)
    if not background.is_there(answer, "Comparing every image with every training image …"):
        return
    everything = answer.result()
    found = everything.above(threshold)
    counts = f"{len(found.test_near)} of {len(test):,} test images and {len(found.validation_near)} of "
    counts += f"{len(validation):,} validation images have a twin in training"
    frame.chart(
        figures.likeness(everything, threshold), f"At threshold {threshold:g} {counts}.", "training_likeness"
    )
    st.markdown(f"Above {threshold:g}: {counts}. {exact_sentence(found)}")
    _pairs(images, found)
    _accuracy_apart(images, everything, found, run)


def exact_sentence(found: Leaks) -> str:
    """How many images are a training image, pixel by pixel, and whether their labels agree."""
    if not len(found.exact):
        return "No image equals a training image in every pixel."
    odd = int((~found.exact_agrees).sum())
    first = found.exact[np.argmin(found.exact_agrees)]
    labels = (
        f"{odd} with another label (images {first[0]} and {first[1]})" if odd else "all with the same label"
    )
    plural = "s equal" if len(found.exact) > 1 else " equals"
    return f"{len(found.exact)} image{plural} a training image in every pixel, {labels}."


def _pairs(images: ImageSet, found: Leaks) -> None:
    """The closest pairs, twin beside training image."""
    pairs = np.concatenate([found.pairs, found.validation_pairs])
    r = np.concatenate([found.correlations, found.validation_correlations])
    parts = ["test"] * len(found.pairs) + ["validation"] * len(found.validation_pairs)
    if not len(pairs):
        st.caption("No pairs above this threshold: move it down to see the most similar ones.")
        return
    closest = np.argsort(-r, kind="stable")[:PAIRS]
    names = images.class_names
    captions = []
    for i in closest:
        captions += [
            f"{parts[i]}<br>{names[images.labels[pairs[i, 0]]]}",
            f"train, r = {r[i]:.4f}<br>{names[images.labels[pairs[i, 1]]]}",
        ]
    frame.chart(
        gallery(images.images[pairs[closest].ravel()], captions, columns=4),
        f"The {len(closest)} most similar pairs, each with its training image to the right.",
        "training_pairs",
    )


def _accuracy_apart(images: ImageSet, everything: Leaks, found: Leaks, run: Run | None) -> None:
    """Validation accuracy on near-duplicates against clean images, of a run and of copying a neighbour."""
    index = everything.validation_pairs[:, 0]
    labels = images.labels[index]
    near = np.isin(index, found.validation_near)
    copied = images.labels[everything.validation_pairs[:, 1]]
    who = {"copy the label of the most similar training image": copied}
    if run is not None and np.array_equal(np.sort(run.val_index), np.sort(index)):
        order = np.argsort(run.val_index)  # the pairs are sorted by index
        who = {f"the {run.recipe.model.upper()} on show": run.val_probabilities[order].argmax(axis=1)} | who
    chosen = st.segmented_control("Who predicts", list(who), default=next(iter(who)), key="training_leak_who")
    if chosen not in who:
        return
    if not near.any():
        st.caption("No validation image has a twin at this threshold: there is nothing to set apart.")
        return
    result = near_against_clean(labels, who[chosen], near, images.class_names)
    frame.chart(
        figures.accuracies(result),
        f"Accuracy: near-duplicates {result.near}, clean {result.clean}.",
        "training_near_clean",
    )
    st.caption(f"All classes: near-duplicates {result.near}; clean {result.clean}. {mix_sentence(result)}")
    if run is None:
        st.caption("Train a network, and its own predictions can be set apart in the same way.")


def mix_sentence(result: NearAgainstClean) -> str:
    """Whether the two groups hold the classes in other proportions, so that nobody over-claims."""
    shares = result.prevalence / np.maximum(result.prevalence.sum(axis=1, keepdims=True), 1)
    c = int(np.argmax(np.abs(shares[0] - shares[1])))
    thin = int(min(share.n for pair in result.by_class for share in pair))
    return (
        f"The class mix differs too: “{result.class_names[c]}” is {shares[0, c]:.0%} of the near-duplicates "
        f"and {shares[1, c]:.0%} of the clean images, so part of the gap may be prevalence. "
        f"Read it class by class; the smallest group holds {thin} image{'' if thin == 1 else 's'}, and where "
        "two intervals overlap widely, nothing is shown."
    )


def section(images: ImageSet, run: Run | None) -> None:
    """All of it; the comparison of images only when asked for."""
    proportions(images)
    if st.toggle("Look for images that are in two parts at once", key="training_leaks", bind="query-params"):
        leak_detector(images, run)
