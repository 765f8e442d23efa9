"""The learner's own pictures on a page: read, judged, made to fit a network; kept by this session only."""

from typing import Any

import numpy as np
import streamlit as st

from dlcore.data import BadInput, decoded_picture
from ui.frame import doors

MOST_FILES = 12

Picture = tuple[str, np.ndarray, tuple[str, ...]]  # file name, pixels of the network's size, notes


def uploader(
    label: str, key: str, megabytes: int, types: str | list[str] | None = None, several: bool = False
) -> Any:
    """The one place where a file can be handed in; from now on this session's browser may send some.

    Args:
        megabytes: of the largest file.
    """
    doors.open_for_this_session()
    return st.file_uploader(label, types, several, key=key, max_upload_size=megabytes)


def files(key: str, label: str = "Pictures", most: int = MOST_FILES) -> list[Any]:
    """The files the learner has chosen or dropped, at most so many."""
    text = f"{label}: PNG, JPEG, GIF, WebP, BMP or TIFF, at most 5 MB each. They are not stored."
    chosen = list(uploader(text, key, 5, several=True) or [])
    if len(chosen) > most:
        st.caption(f"The first {most} of {len(chosen)} files are read.")
    return chosen[:most]


def pictures(key: str, shape: tuple[int, int, int], instead: str) -> list[Picture]:
    """The uploaded pictures in this shape (h, w, channels); bad files are named and left out.

    Args:
        key: of the control; what this session has decoded is kept beside it until other files are chosen.
        instead: what is shown while there is no good file ("validation images").
    """
    chosen = files(key)
    if not chosen:
        st.caption(f"Until you choose a file, {instead} are shown.")
    before, seen = st.session_state.get(f"{key}_seen", {}), {}
    good = []
    for number, file in enumerate(chosen, 1):
        at = (file.file_id, shape)
        seen[at] = before.get(at) or _read(file.getvalue(), shape)
        pixels, notes = seen[at]
        if pixels is not None:
            good.append((file.name, pixels, notes))
        elif len(chosen) == 1:
            st.error(f"{notes[0]} {instead[0].upper()}{instead[1:]} are shown instead.")
        else:
            st.error(f"File {number}: {notes[0]}")
    st.session_state[f"{key}_seen"] = seen
    return good


def _read(content: bytes, shape: tuple[int, int, int]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Pixels of this shape and notes; None and a sentence for a file that is no good."""
    from dlcore.data.fitting import fitted

    try:
        picture, notes = decoded_picture(content)
    except BadInput as error:
        return None, (str(error),)
    h, w, channels = shape
    made = f"The middle of your picture ({picture.shape[1]} × {picture.shape[0]} px) was resized to {w} × {h}"
    made += ", in gray." if channels == 1 else "."
    return fitted(picture, shape), (*notes, made)
