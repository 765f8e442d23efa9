"""The image sets by the names that learners read: which are offered here, what they are, and how one is fetched."""

import re

import streamlit as st

from dlcore import runs
from dlcore.data import BadInput, ImageSet, download, is_here
from dlcore.data import medmnist_sets as official
from dlcore.runs import Run
from ui.frame.stored import image_set
from ui.learner.learner import is_shared

TITLES = {
    "cells": "Blood cells (generated)",
    "cells-shortcut": "Blood cells with a shortcut",
    "digits": "Handwritten digits",
    "breastmnist": "BreastMNIST",
    "bloodmnist": "BloodMNIST",
    "dermamnist": "DermaMNIST",
    "octmnist": "OCTMNIST",
    "organamnist": "OrganAMNIST",
    "organcmnist": "OrganCMNIST",
    "organsmnist": "OrganSMNIST",
    "pathmnist": "PathMNIST",
    "pneumoniamnist": "PneumoniaMNIST",
    "retinamnist": "RetinaMNIST",
    "tissuemnist": "TissueMNIST",
}
SHORT_TITLES = {"cells": "Cells", "cells-shortcut": "Cells with a shortcut", "digits": "Digits"}
UPLOAD = "upload:"
MOST_SHARED = 250_000_000  # bytes of a set of MedMNIST+ that a shared server offers


def title_of(dataset: str) -> str:
    """A data set's name on screen."""
    if dataset.startswith(UPLOAD):
        return "Your images"
    title = TITLES.get(runs.unsized(dataset), dataset)
    return title if runs.unsized(dataset) == dataset else f"{title}, {official.side_of(dataset)} pixels"


def short_title_of(dataset: str) -> str:
    """A data set's name inside a longer name."""
    return SHORT_TITLES.get(dataset, title_of(dataset))


def is_kept_upload(name: str) -> bool:
    """Whether a data set is an upload that can be read here."""
    if not re.fullmatch(UPLOAD + "[0-9a-f]{64}", name):
        return False
    try:
        return len(image_set(name)) > 0
    except BadInput:
        return False


def is_offered(dataset: str) -> bool:
    """Whether a set has room here: on a shared server, sets of MedMNIST+ share the memory with everybody's."""
    is_plus = runs.unsized(dataset) != dataset
    return not is_plus or not is_shared() or official.pixel_bytes(dataset) <= MOST_SHARED


def fetched(dataset: str) -> ImageSet | None:
    """The chosen images; None, with an offer to download or a sentence on the page, if they are not here."""
    if not is_offered(dataset):
        gigabytes = official.pixel_bytes(dataset) / 1e9
        st.warning(
            f"{title_of(dataset)} takes {gigabytes:.1f} GB of memory, more than there is for one set on a server "
            "that many share. Take it at fewer pixels, or run the lab on your own computer.",
            icon=":material/memory:",
        )
        return None
    if not is_here(dataset):
        _offer_download(dataset)
        return None
    try:
        return image_set(dataset)
    except BadInput as error:
        st.warning(str(error), icon=":material/error:")
        return None


def described(dataset: str) -> None:
    """What an official set is that has not been fetched yet: how many images, which classes, which license."""
    if dataset not in official.NAMES:
        return
    facts = official.info(dataset)
    n, labels, side = facts["n_samples"], list(facts["label"].values()), official.side_of(dataset)
    st.markdown(
        f"**{title_of(dataset)}** holds {sum(n.values()):,} images of {side} × {side} pixels, "
        f"{'in color' if facts['n_channels'] == 3 else 'in gray'}: {n['train']:,} to train on, {n['val']:,} for "
        f"validation, {n['test']:,} sealed for the test. License: {facts['license']}."
    )
    st.markdown(f"{len(labels)} classes: {'; '.join(labels)}.")
    st.caption(facts["description"])


def images_of(run: Run) -> ImageSet | None:
    """The images of a stored run, or None with a sentence: a link may come from a computer that has more."""
    try:
        return image_set(run.recipe.dataset) if is_here(run.recipe.dataset) else None
    except BadInput as error:
        st.info(f"The images of this run cannot be shown: {error}", icon=":material/info:")
        return None


def _offer_download(dataset: str) -> None:
    st.info(
        f"{title_of(dataset)} is not on this computer yet. Fetch it once, and it stays.",
        icon=":material/download:",
    )
    if not st.button(f"Download {title_of(dataset)}", key="training_download"):
        return
    bar = st.progress(0.0, "Connecting …")

    def show(done: int, total: int) -> None:
        share = min(done / total, 1.0) if total else 0.0
        bar.progress(share, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        download(dataset, on_progress=show)
    except BadInput as error:
        bar.empty()
        st.warning(str(error), icon=":material/cloud_off:")
        return
    st.rerun()
