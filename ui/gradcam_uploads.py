"""The learner's own pictures on the Grad-CAM page: read, judged, made to fit; kept by this session only."""

import numpy as np
import streamlit as st

from dlcore.data import BadInput, read_image_with_notes
from dlcore.runs import Run

MOST_FILES = 12
SEEN = "gradcam_seen"  # what this session has decoded; a new choice of files empties it

Picture = tuple[str, np.ndarray, tuple[str, ...]]  # file name, pixels of the network's size, notes


def files(key: str, label: str = "Pictures") -> list:
    """The files the learner has chosen or dropped, at most MOST_FILES."""
    chosen = st.file_uploader(
        f"{label}: PNG, JPEG, GIF, WebP, BMP or TIFF, at most 5 MB each. They are not stored.",
        key=key,
        max_upload_size=5,
        accept_multiple_files=True,
    )
    chosen = list(chosen or [])
    if len(chosen) > MOST_FILES:
        st.caption(f"The first {MOST_FILES} of {len(chosen)} files are read.")
    return chosen[:MOST_FILES]


def own_pictures(run: Run) -> list[Picture]:
    """The uploaded pictures at the network's size; bad files are named and left out."""
    chosen = files("gradcam_file")
    if not chosen:
        st.caption("Until you choose a file, validation images are shown.")
    before, seen = st.session_state.get(SEEN, {}), {}
    good = []
    for file in chosen:
        at = (file.file_id, run.image_shape)
        seen[at] = before.get(at) or _read(file.getvalue(), run.image_shape)
        pixels, notes = seen[at]
        if pixels is None:
            instead = " Validation images are shown instead." if len(chosen) == 1 else ""
            which = "" if len(chosen) == 1 else f"File {chosen.index(file) + 1}: "
            st.error(f"{which}{notes[0]}{instead}")
        else:
            known = f"The network knows only {', '.join(run.class_names)}: it answers with one of these to anything."
            good.append((file.name, pixels, (*notes, known)))
    st.session_state[SEEN] = seen
    return good


def _read(content: bytes, shape: tuple[int, int, int]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Pixels of the network's size and notes; None and a sentence for a file that is no good."""
    from dlcore.data.fitting import fitted

    try:
        picture, notes = read_image_with_notes(content)
    except BadInput as error:
        return None, (str(error),)
    h, w, channels = shape
    made = f"The middle of your picture ({picture.shape[1]} × {picture.shape[0]} px) was resized to {w} × {h}"
    made += ", in grey." if channels == 1 else "."
    return fitted(picture, shape), (*notes, made)
