"""The confusion matrix on screen, and the images behind each of its cells."""

from typing import Any

import numpy as np
import streamlit as st

from dlcore.data import ImageSet
from dlcore.figures.evaluation import confusion as confusion_figure
from dlcore.metrics import confusion
from dlcore.number_text import percent
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.frame.tiles import tiles

SHOWN = 16  # pictures at once
ANY, MISTAKE = "any class", "another class (mistakes)"


def confusion_section(run: Run, images: ImageSet, probabilities: np.ndarray, state: State) -> None:
    """The matrix of these predictions; a click on a cell, or two lists, choose whose images are shown."""
    labels = images.labels[run.val_index]
    counts = confusion(probabilities, labels)
    left, right = st.columns(2, gap="large")
    with left:
        frame.chart(
            confusion_figure(counts, run.class_names),
            f"Confusion matrix: {counts.trace()} of {counts.sum()} validation images on the diagonal.",
            "training_confusion",
            on_select=lambda: _choose(run.class_names),
            selection_mode="points",
        )
    with right:
        true, called = st.columns(2)
        is_a = _choose_class(state, true, "It is", "true", (ANY, *run.class_names))
        called_a = _choose_class(state, called, "Called", "called", (MISTAKE, ANY, *run.class_names))
        st.caption("Or click a cell of the matrix.")
        chosen = chosen_images(labels, probabilities.argmax(axis=1), is_a, called_a, run.class_names)
        _tiles(run, images, probabilities, chosen)


def _choose_class(state: State, place: Any, label: str, name: str, options: tuple[str, ...]) -> str:
    control = state.control(name, OneOf(options, default=options[0]))
    return str(control.keep(place.selectbox(label, options, key=control.key)))


def _choose(names: tuple[str, ...]) -> None:
    """A click on a cell sets both lists."""
    points = st.session_state["training_confusion"]["selection"]["points"]
    if points and points[0].get("x") in names and points[0].get("y") in names:
        st.session_state["training_true"] = points[0]["y"]
        st.session_state["training_called"] = points[0]["x"]


def chosen_images(
    labels: np.ndarray, predicted: np.ndarray, is_a: str, called_a: str, names: tuple[str, ...]
) -> np.ndarray:
    """Positions of the validation images of this true class that were called that."""
    keep = np.ones(len(labels), bool) if is_a == ANY else labels == names.index(is_a)
    if called_a == MISTAKE:
        keep &= predicted != labels
    elif called_a != ANY:
        keep &= predicted == names.index(called_a)
    return np.flatnonzero(keep)


def _tiles(run: Run, images: ImageSet, probabilities: np.ndarray, chosen: np.ndarray) -> None:
    """The chosen images, the most confident predictions first."""
    p, names = probabilities[chosen], run.class_names
    if not len(chosen):
        st.caption("Not one validation image is of this kind.")
        return
    order = np.argsort(-p.max(axis=1), kind="stable")[:SHOWN]
    p, labels = p[order], images.labels[run.val_index[chosen[order]]]
    of = "" if len(chosen) <= SHOWN else f" of {len(chosen):,}"
    st.markdown(
        f"**{len(order)}{of} images**, the most confident first, each with its predicted class and probability."
    )
    called = p.argmax(axis=1)
    wrong = np.flatnonzero(called != labels)
    captions = [f"✓ {names[c]} {percent(row[c], 0)}" for c, row in zip(called, p, strict=True)]
    for at in wrong:
        captions[at] = captions[at].replace("✓", "✗", 1) + f"\nis {names[labels[at]]}"
    tiles(
        images.images[run.val_index[chosen[order]]],
        captions,
        f"{len(order)} validation images; {len(order) - len(wrong)} of them classified correctly; the highest "
        f"probability is {percent(p[0].max(), 0)}.",
        wrong=wrong.tolist(),
    )
