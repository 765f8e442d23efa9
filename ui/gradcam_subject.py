"""Which image the Grad-CAM page looks at: one of the validation split, or the learner's own."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dlcore.runs import Run
from ui.gradcam_models import asked_for
from ui.stored import image_set

OWN = "your own picture"
ANY, MISTAKES = "any class", "mistakes"


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


def choose_subject(run: Run) -> Subject:
    """An image of the validation split, by class and number, or the learner's own."""
    kinds = [ANY, MISTAKES, *run.class_names, OWN]
    asked_for("gradcam_which", kinds, "kind of image")
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
