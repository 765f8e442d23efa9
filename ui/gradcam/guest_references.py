"""How strange a picture is to a network of others: beside pictures that its owner gives as ordinary ones."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from dlcore.data import BadInput, decoded_picture
from dlcore.experiments.costs import roughly
from dlcore.number_text import digits
from ui.frame import frame
from ui.frame.uploads import files
from ui.gradcam.photographs import Asked

if TYPE_CHECKING:
    from dlcore.attribution.familiarity import Apart

MOST = 50  # reference pictures
LEVEL = 20  # one picture in so many is called unusual though it is not
SEEN = "gradcam_guest_references_seen"  # of the session: what the network makes of the files in the uploader


def section(asked: Asked) -> None:
    """The reference pictures, and where the picture looked at stands beside them."""
    st.markdown(
        "Give pictures that are as those the network has learned from, better ones it has **not** learned from: "
        f"the lab says whether this picture stands apart from them. {LEVEL - 1} or more, at most {MOST}; the "
        f"network looks at each once, {roughly(MOST * asked.guest.seconds[0])} for {MOST}."
    )
    references = _summaries(asked, files("gradcam_guest_references", "Reference pictures", MOST))
    if len(references) < 2:
        st.caption("There are fewer than two good reference pictures yet.")
        return
    from dlcore.attribution.familiarity import apart
    from dlcore.figures.attribution import standing_apart

    own = _summary(asked, asked.pictures[asked.place][1])
    found = apart(references, own)
    st.markdown(sentence(found))
    said = (
        f"Distance to the nearest other picture: {digits(found.asked)} for the one looked at, "
        f"{digits(found.references.min())} to {digits(found.references.max())} for {len(references)} references."
    )
    frame.chart(standing_apart(found.references, found.asked), said, "gradcam_guest_apart")
    st.caption(
        "Measured in what the network makes of a picture: the mean of every map, each layer divided by its spread. "
        "A picture may look strange to you and ordinary to the network: then it cannot tell the two apart. "
        "Not for clinical use."
    )


def sentence(found: "Apart") -> str:
    """Where the picture stands among n references, and how often that happens to an ordinary one."""
    n = len(found.references) + 1
    farther = round(found.share * n)
    counted = (
        f"Of {n} pictures, your {n - 1} and this one, {farther} {'stands' if farther == 1 else 'stand'} at least as "
        f"far from the one nearest to it. To a picture from where yours come from that happens in at most "
        f"{found.share:.1%} of cases."
    )
    if found.share * LEVEL <= 1:
        return (
            f"**This picture is unlike your reference pictures.** {counted} The network answers all the same; "
            "neither its answer nor the heat map means much."
        )
    if n < LEVEL:
        return (
            f"{counted} With fewer than {LEVEL - 1} reference pictures none can be called unusual: give more."
        )
    return f"It is not shown to be unusual, which does not make the network's answer right. {counted}"


def _summaries(asked: Asked, chosen: list[Any]) -> list[list[np.ndarray]]:
    """What the network makes of each good file; bad ones are named and left out."""
    before = st.session_state.get(SEEN, {})
    seen: dict[Any, list[np.ndarray]] = {}
    place = st.empty()
    for number, file in enumerate(chosen, 1):
        at = (asked.net, file.file_id)
        try:
            if at in before:
                seen[at] = before[at]
            else:
                place.progress((number - 1) / len(chosen), f"Picture {number} of {len(chosen)}")
                seen[at] = _summary(asked, decoded_picture(file.getvalue())[0])
        except BadInput as error:
            st.error(f"File {number}: {error}")
        st.session_state[SEEN] = {**before, **seen}  # a rerun in between loses none
    place.empty()
    st.session_state[SEEN] = seen
    return list(seen.values())


def _summary(asked: Asked, pixels: np.ndarray) -> list[np.ndarray]:
    from dlcore.guests import asking

    return asking.summary(asked.guest, asked.how, pixels)
