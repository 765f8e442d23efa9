"""The Grad-CAM page's Streamlit side: which network, which image, what it answers. torch comes in late."""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from dlcore.heatmaps import Look, Scores, score, smooth, upsample
from dlcore.runs import Recipe, Run
from ui import frame
from ui.run_views import name_of
from ui.stored import image_set, recent_runs, stored_run

if TYPE_CHECKING:
    from dlcore.models import Network

OWN = "your own picture"
ANY, MISTAKES = "any class", "mistakes"
PREDICTED = "the predicted class"


@dataclass(frozen=True, eq=False)
class Subject:
    """The image looked at.

    Attributes:
        pixels: uint8 (h, w) or (h, w, 3), of the network's size.
        title: what it is, for a caption.
        label: its true class, or None for a learner's own picture.
        mask: bool (h, w), the pixels that decide the class, where they are known.
        index: its place in the image set, or None.
        notes: sentences about what was done to it.
    """

    pixels: np.ndarray
    title: str
    label: int | None = None
    mask: np.ndarray | None = None
    index: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class View:
    """One heat map, ready to be drawn: as the layer gives it, and as it is laid over the image."""

    raw: np.ndarray  # (rows, cols)
    shown: np.ndarray  # (h, w)
    limit: float  # the largest |value| over all classes of this image: one scale for all
    raw_scores: Scores | None
    shown_scores: Scores | None


# --- cached, bounded


@st.cache_resource(max_entries=8, show_spinner="Setting up the network")
def network(key: str) -> "Network":
    """The run's network, shared by all sessions: everything here only looks at it."""
    from dlcore import models

    run = stored_run(key)
    assert run is not None
    return models.load(run)


@st.cache_data(max_entries=256, show_spinner="Asking the network")
def looked_at(key: str, pixels: np.ndarray, layer: str) -> Look:
    """Scores, probabilities and the heat maps of all classes: one forward pass, kept for the next slider."""
    from dlcore import gradcam

    return gradcam.look(network(key), pixels, layer)


@st.cache_data(max_entries=256, show_spinner=False)
def second_opinion(key: str, pixels: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """The same heat maps by plain autograd in float64, and the biases of the head."""
    from dlcore.oracles import gradcam

    return gradcam.heatmaps(network(key), pixels, block), gradcam.biases(network(key))


# --- choosing


def networks() -> dict[str, dict[str, Any]]:
    """The stored CNNs by name, newest first; a name ends with the start of the run's key."""
    return {name_of(row["recipe"]): row for row in recent_runs(50) if row["model"] == "cnn" and row["best"]}


def choose_run(rows: dict[str, dict[str, Any]]) -> Run | None:
    """The network the learner chose; None, and a sentence, where it cannot be read."""
    _asked_for("gradcam_run", rows, "network")
    name = st.selectbox(
        "Network",
        list(rows),
        key="gradcam_run",
        bind="query-params",
        help="Every CNN that has been trained on this server, newest first.",
    )
    run = stored_run(rows[name]["key"])
    if run is None:
        st.warning(
            "The files of this run are damaged and were set aside. Choose another network, or train it again."
        )
    return run


def _asked_for(key: str, options: Container[str], what: str) -> None:
    """Say so when an address names something that is not here; the widget then shows its default."""
    if st.query_params.get(key) not in (None, "") and st.query_params[key] not in options:
        st.caption(f"The {what} in this address is not here; it was ignored.")


def choose_subject(run: Run) -> Subject:
    """An image of the validation split, by class and number, or the learner's own."""
    kinds = [ANY, MISTAKES, *run.class_names, OWN]
    _asked_for("gradcam_which", kinds, "kind of image")
    which = st.selectbox("Images", kinds, key="gradcam_which", bind="query-params")
    if which == OWN:
        own = _own_picture(run)
        if own is not None:
            return own
        which = ANY
    imageset = image_set(run.recipe.dataset)
    labels = imageset.labels[run.val_index]
    keep = np.ones(len(labels), dtype=bool)
    if which == MISTAKES:
        keep = run.val_probabilities.argmax(axis=1) != labels
    elif which in run.class_names:
        keep = labels == run.class_names.index(which)
    places = run.val_index[keep]
    if len(places) == 0:
        st.caption("No validation image is of this kind; all are offered.")
        places = run.val_index
    number = _number(len(places))
    index = int(places[number - 1])
    label = int(imageset.labels[index])
    title = f"validation image {number} of {len(places)} ({which}); its class: {run.class_names[label]}"
    mask = None if imageset.masks is None else imageset.masks[index]
    return Subject(imageset.images[index], title, label, mask, index)


def _number(most: int) -> int:
    """Which of the images, from 1; an address may ask for one that does not exist."""
    asked = st.session_state.get("gradcam_image", st.query_params.get("gradcam_image", "1"))
    number = int(asked) if str(asked).isdecimal() and len(str(asked)) < 10 else 1
    shown = min(max(number, 1), most)
    if str(shown) != str(asked):
        st.query_params.pop("gradcam_image", None)
        st.session_state["gradcam_image"] = shown
        st.caption(f"There are {most} such images; number {shown} is shown.")
    label = f"Number, 1 to {most}"
    return int(st.number_input(label, 1, most, step=1, key="gradcam_image", bind="query-params") or 1)


def _own_picture(run: Run) -> Subject | None:
    """The uploaded picture at the network's size; None until there is a good one."""
    from dlcore.data import BadInput, read_image_with_notes
    from dlcore.data.fitting import fitted

    file = st.file_uploader(
        "A picture: PNG, JPEG, GIF, WebP, BMP or TIFF, at most 5 MB. It is not stored.",
        key="gradcam_file",
        max_upload_size=5,
    )
    if file is None:
        st.caption("Until you choose a file, a validation image is shown.")
        return None
    try:
        picture, notes = read_image_with_notes(file.getvalue())
    except BadInput as error:
        st.error(f"{error} A validation image is shown instead.")
        return None
    h, w, channels = run.image_shape
    made = f"The middle of your picture ({picture.shape[1]} × {picture.shape[0]} px) was resized to {w} × {h}"
    made += ", in grey." if channels == 1 else "."
    known = f"The network knows only {', '.join(run.class_names)}: it answers with one of these to anything."
    return Subject(fitted(picture, run.image_shape), "your own picture", notes=(*notes, made, known))


def choose_class(run: Run) -> int | None:
    """The class to be explained; None for whichever is predicted."""
    options = [PREDICTED, *run.class_names]
    _asked_for("gradcam_class", options, "class")
    choice = st.selectbox("Explain the score of", options, key="gradcam_class", bind="query-params")
    return None if choice == PREDICTED else run.class_names.index(choice)


def choose_block(run: Run) -> int:
    """Number of the block of the features whose maps are looked at."""
    depth = run.recipe.depth or 1
    names = [f"block {i + 1} of {depth}" + (", the last" if i == depth - 1 else "") for i in range(depth)]
    _asked_for("gradcam_layer", names, "layer")
    return names.index(
        st.selectbox("Layer", names, index=depth - 1, key="gradcam_layer", bind="query-params")
    )


def choose_sigma() -> float:
    """σ of the smoothing, in image pixels."""
    asked = st.query_params.get("gradcam_sigma", "1")
    if not re.fullmatch(r"[0-6](\.\d+)?", asked) or float(asked) > 6:
        st.caption("The smoothing in this address is no number from 0 to 6; it was ignored.")
    return float(
        st.slider("Smoothing σ, image pixels", 0.0, 6.0, 1.0, 0.25, key="gradcam_sigma", bind="query-params")
    )


def view(look: Look, k: int, subject: Subject, sigma: float) -> View:
    """The heat map of class k, enlarged to the image and smoothed; scored where the truth is known."""
    h, w = subject.pixels.shape[:2]
    raw = look.heatmaps[k]
    shown = smooth(upsample(raw, (h, w), "bilinear"), sigma)
    limit = float(np.abs(look.heatmaps).max()) or 1.0
    if subject.mask is None:
        return View(raw, shown, limit, None, None)
    cells = upsample(raw, (h, w), "nearest")
    return View(raw, shown, limit, score(cells, subject.mask), score(shown, subject.mask))


def scores(shown: View) -> None:
    """The four scores against the truth, raw beside smoothed; nothing where no truth is known."""
    from ui.gradcam_text import scores_table

    if shown.raw_scores is None or shown.shown_scores is None:
        st.caption("For this picture nobody knows which pixels decide, so the map cannot be scored.")
    else:
        st.markdown(scores_table(shown.raw_scores, shown.shown_scores))


def check(run: Run, subject: Subject, look: Look, k: int, block: int) -> None:
    """Ours against plain autograd in float64; behind a pooled head also against the score itself."""
    theirs, biases = second_opinion(run.key, subject.pixels, block)
    frame.check(
        "the largest value of this heat map",
        float(look.heatmaps[k].max()),
        float(theirs[k].max()),
        float(np.abs(look.heatmaps[k] - theirs[k]).max()),
        1e-5 * max(1.0, float(np.abs(theirs).max())),
        "plain autograd in float64, class by class",
    )
    if run.recipe.head == "pooled" and block == (run.recipe.depth or 1) - 1:
        ours = float(look.heatmaps[k].sum(dtype=np.float64)) + float(biases[k])
        z = float(look.scores[k])
        frame.check(
            "sum of the raw map + bias, which behind a pooled head is the score",
            ours,
            z,
            abs(ours - z),
            1e-4 * max(1.0, abs(z)),
            "the forward pass",
        )


def sources() -> list[Any]:
    """The functions behind this page that need torch."""
    from dlcore import gradcam

    return [gradcam.explain, gradcam._Tap, gradcam._gradients]


# --- when there is no network yet


def first_network() -> None:
    """Nothing has been trained yet: offers to train the default CNN here, and follows it."""
    from dlcore import costs, jobs
    from ui import training

    recipe = Recipe()
    st.markdown(
        "There is no trained CNN yet, so there is nobody to ask. Train one here: a small CNN learns to tell "
        "five kinds of drawn white blood cells apart, whose decisive pixels are known."
    )
    job = st.session_state.get("training_job") or jobs.watched(recipe.key)  # or somebody else is at it
    if job is not None and job.recipe.model == "cnn" and not job.is_over:
        training.picture(job, None, job.recipe)
        return
    if job is not None and job.message:
        st.warning(f"{job.message} Nothing else was touched; you can try again.")
    seconds = costs.roughly(costs.expected_seconds(recipe, (28, 28, 3), 5, 3600))
    if st.button(f"Train, {seconds}", type="primary", key="gradcam_train"):
        try:
            training.start(recipe)
        except jobs.JobError as error:
            st.error(str(error))
        else:
            st.rerun()
    st.page_link("pages/training.py", label="Choose a recipe yourself", icon=":material/monitoring:")
