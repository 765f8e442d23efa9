"""A run taken home and brought back, on the training page: four files to fetch, one to hand in."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data import BadInput, ImageSet, is_here
from dlcore.runs import Run
from dlcore.takeaway import brought, card, images_beside, notebook, weights
from dlcore.takeaway.script import script
from ui.frame import frame
from ui.frame.files import File, offer
from ui.frame.slow_answers import Answer
from ui.frame.stored import AWAY, LOG, image_set, keep_brought
from ui.frame.uploads import uploader
from ui.training import training

WITHOUT_IMAGES = "The images of this run are not here, so its files cannot be written."
WITHOUT_WEIGHTS = "This run kept no weights, or is of an older version: there is a script, and no more."
UNKEPT = "The run could not be kept just now. Nothing was changed; choose the file again in a moment."


def take_home(run: Run, images: ImageSet | None) -> None:
    """The run as a script to read, and four files: script, notebook, weights, card."""
    with frame.more("Take home", "training_takeaway") as is_open:
        if not is_open:
            return
        if images is None:
            st.caption(WITHOUT_IMAGES)
            return
        st.caption(
            "Plain PyTorch, without the lab. On the machine that trained this run it prints the run's numbers; "
            "another processor may round the last digits otherwise. "
            + _needed(run)
            + " The weights can be brought back by the tab “Saved runs”."
        )
        st.code(script(run, images), language="python", height=420)
        _files(run, images)


def _needed(run: Run) -> str:
    """Which images a script needs, and where they come from."""
    if images_beside.has_official_parts(run.recipe):
        return f"Put the official {run.recipe.dataset}.npz beside it."
    also = " Put the official file beside it too." if images_beside.is_official(run.recipe) else ""
    return f"Its training and validation images come with it.{also} The test images stay sealed."


def _files(run: Run, images: ImageSet) -> None:
    """Four buttons; what they hand out is made when one is pressed."""
    name = images_beside.name_of_file(run)
    with st.container(horizontal=True):
        _with_images("Script", "py", "text/x-python", lambda: script(run, images), run, images)
        _with_images(
            "Notebook",
            "ipynb",
            "application/x-ipynb+json",
            lambda: notebook.notebook(run, images),
            run,
            images,
        )
        if not run.best or not run.holds_logits:
            st.caption(WITHOUT_WEIGHTS)
            return
        offer(
            File(
                "Weights",
                lambda: weights.weights_with_metadata(run, images),
                f"{name}.safetensors",
                "application/octet-stream",
            ),
            "training_weights",
            help="safetensors, with recipe, classes, scaling and scores in its metadata.",
        )
        offer(
            File("Model card", lambda: card.card(run, images), f"{name}.md", "text/markdown"), "training_card"
        )


def _with_images(
    label: str, ending: str, mime: str, text: Callable[[], str], run: Run, images: ImageSet
) -> None:
    """A text for download; in a zip with the images where they have no official file."""
    name = images_beside.name_of_file(run)
    if images_beside.has_official_parts(run.recipe):
        offer(File(label, text, f"{name}.{ending}", mime), f"training_{ending}")
        return

    def archive() -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as folder:
            folder.writestr(zipfile.ZipInfo(f"{name}/{name}.{ending}"), text())
            folder.writestr(zipfile.ZipInfo(f"{name}/{name}.npz"), images_beside.beside(run, images))
        return out.getvalue()

    offer(
        File(f"{label} and images", archive, f"{name}-{ending}.zip", "application/zip"), f"training_{ending}"
    )


# --- and back ----------------------------------------------------------------------------------------------


def bring() -> None:
    """A run that was taken home as weights: checked, kept as this learner's, opened."""
    st.caption(
        f"The weights of a run that was taken home from a lab (safetensors, up to {brought.MEGABYTES} MB). It "
        "becomes a run of yours on every page; no other learner sees it."
    )
    file = uploader("Weights", "training_brought", brought.MEGABYTES)
    if file is None:
        st.session_state.pop("training_brought_seen", None)
        return
    of, found = st.session_state.get("training_brought_seen", (None, None))
    if of != file.file_id:
        found = _read(file)
        st.session_state["training_brought_seen"] = (file.file_id, found)
    if isinstance(found, str):
        st.warning(found, icon=":material/error:")
    else:
        _kept(file.file_id, *found)


Found = tuple[Run, bool, Answer]


def _read(file: Any) -> Found | str:
    """The run of a file, whether its images are here, and their check under way; or why the file is no good."""
    try:
        run = brought.read_brought(file.getvalue())
    except BadInput as error:
        return f"{error} Nothing was changed."
    images = _images(run)

    def check(tell: Callable[[float], None]) -> None:
        if images is not None:
            brought.check_against(run, images, np.random.default_rng())

    return run, images is not None, Answer(check)


def _images(run: Run) -> ImageSet | None:
    """The images of a run if they are here and this learner's to see."""
    try:
        return image_set(run.recipe.dataset) if is_here(run.recipe.dataset) else None
    except BadInput:
        return None


def _kept(of: str, run: Run, is_checked: bool, answer: Answer) -> None:
    """The run in the store once its check is over; then it is on show."""
    if st.session_state.get("training_brought_kept") == run.key:
        st.success(_said(is_checked), icon=":material/check:")
        return
    if not answer.is_soon_there("Checking the run against the images …"):
        return
    error = answer.future.exception()
    if error is None:
        try:
            training.STATE.keep("run", keep_brought(run))
        except BadInput as refusal:
            error = refusal
        except AWAY as away:
            LOG.warning("a brought run could not be kept: %s", away)
            error = BadInput(UNKEPT)
    if isinstance(error, BadInput):
        st.session_state["training_brought_seen"] = (of, str(error))
        st.warning(str(error), icon=":material/error:")
        return
    if error is not None:
        raise error
    st.session_state["training_brought_kept"] = run.key
    st.session_state.pop("training_job", None)
    st.rerun()


def _said(is_checked: bool) -> str:
    """What has been checked of a run that was brought."""
    if is_checked:
        return (
            "Brought, and on show. Its split, its scores and its predictions agree with the images here. Its curves "
            "are as the file says."
        )
    return (
        "Brought, and on show. Its images are not here, so nothing could be checked: its scores and curves are as "
        "the file says. What needs the images works once they are here."
    )


def origin(run: Run, images: ImageSet | None) -> None:
    """Says so of a run that was brought in a file, and what cannot be shown without its images."""
    if not run.brought:
        return
    text = "You brought this run in a file; its curves are as the file says."
    if images is None:
        text += " Its images are not here: no scores can be checked, and there are no heat maps of validation images."
    st.caption(text)
