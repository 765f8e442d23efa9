"""A network of others looked at more closely: methods, erasing, the sanity check, more pictures, downloads."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from dlcore.csv_text import as_csv
from dlcore.data import BadInput
from dlcore.experiments.costs import roughly
from dlcore.figures import sanity
from dlcore.figures.overlay import tinted
from dlcore.heatmaps import erasing
from dlcore.heatmaps.heatmaps import Look, smooth, upsample
from dlcore.number_text import digits
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.frame.gallery import gallery
from ui.gradcam import export, guest_references, guests, photographs
from ui.gradcam.erasing import choose_fill, draw_curves
from ui.gradcam.methods import draw_maps
from ui.gradcam.photographs import STATE as PHOTO_STATE
from ui.gradcam.photographs import Asked
from ui.gradcam.text import guest_script
from ui.gradcam.view import View

if TYPE_CHECKING:
    from dlcore.guests.asking import Guest
    from dlcore.heatmaps.methods import MethodMap

TABS = ("Methods", "Pixels taken away", "Forgetting", "Several pictures", "Reference pictures")
ORDERS, STEPS = 3, 29  # of the curves: orders of the pixels, questions for each
METHOD_PASSES = 280  # forward, and for most of them backward, for all methods together
MOST_STAGES = 8
STATE = State(
    "gradcam",
    {
        "guest_tab": OneOf(TABS, default=TABS[0], on={"whose": guests.OTHERS}),
        "guest_fill": OneOf(
            erasing.FILLS, default=erasing.FILLS[0], on={"whose": guests.OTHERS, "guest_tab": TABS[1]}
        ),
    },
)


def section(asked: Asked) -> None:
    """The tabs; one computes only when it is asked to, after it has said how long it will take."""
    shown = (_methods, _erased, _forgetting, _several, guest_references.section)
    tabs = st.tabs(TABS, key="gradcam_guest_tab", on_change="rerun", bind="query-params")
    for draw, tab in zip(shown, tabs, strict=True):
        if tab.open:
            with tab:
                try:
                    draw(asked)
                except BadInput as error:
                    st.warning(str(error), icon=":material/error:")


def _is_wanted(asked: Asked, what: str, key: str, seconds: float) -> bool:
    """Whether the learner wants this question asked; it says before how long that takes."""
    question = hash((asked.net, asked.place, asked.k, asked.layer))
    if st.session_state.get(f"gradcam_guest_{key}_wanted") == question:
        return True
    if st.button(f"{what}, {roughly(seconds)}", key=f"gradcam_guest_{key}", type="primary"):
        st.session_state[f"gradcam_guest_{key}_wanted"] = question
        st.rerun()
    return False


# --- methods -----------------------------------------------------------------------------------------------


@st.cache_data(max_entries=32, scope="session", show_spinner="Asking in seven ways")
def methods(
    net: tuple[str, Any], pixels: np.ndarray, k: int, layer: str, _guest: "Guest"
) -> "tuple[MethodMap, ...]":
    """What every method says about the score of class k."""
    from dlcore.guests import asking

    return asking.methods(_guest, net[1], pixels, k, layer)


def _methods(asked: Asked) -> None:
    seconds = METHOD_PASSES * asked.guest.seconds[1]
    if not _is_wanted(asked, "Ask in seven ways", "methods", seconds):
        return
    found = methods(asked.net, asked.seen.window, asked.k, asked.layer, asked.guest)
    draw_maps(found, asked.seen.window, None, asked.names[asked.k], "gradcam_guest_by")
    st.caption("Integrated gradients and occlusion compare with the mean color that the normalization names.")


# --- pixels taken away ---------------------------------------------------------------------------------------


@st.cache_data(max_entries=32, scope="session", show_spinner="Taking pixels away")
def erased(
    net: tuple[str, Any], pixels: np.ndarray, k: int, layer: str, fill: str, _guest: "Guest"
) -> erasing.Curves:
    """Curves of deletion and insertion of one picture."""
    from dlcore.guests import asking

    return asking.erased(_guest, net[1], pixels, k, layer, fill)


def _erased(asked: Asked) -> None:
    fill = choose_fill("gradcam_guest_fill")
    if not _is_wanted(asked, "Take pixels away", "erased", 2 * ORDERS * STEPS * asked.guest.seconds[0]):
        return
    found = erased(asked.net, asked.seen.window, asked.k, asked.layer, fill, asked.guest)
    draw_curves(found, "gradcam_guest")
    st.caption(
        "Of this picture alone: an anecdote. A picture with holes is unlike anything the network has learned from: a "
        "fall may come from the holes rather than from what was lost. Compare both ways of filling them."
    )


# --- the sanity check ----------------------------------------------------------------------------------------


@st.cache_data(max_entries=32, scope="session", show_spinner="Letting a copy of the network forget")
def forgetting(
    net: tuple[str, Any], pixels: np.ndarray, k: int, layer: str, _guest: "Guest"
) -> dict[str, np.ndarray]:
    """One class's maps while a copy of the network forgets."""
    from dlcore.guests import asking

    return asking.forgetting(_guest, net[1], pixels, k, layer)


def _forgetting(asked: Asked) -> None:
    from dlcore.heatmaps import similarity

    st.markdown(
        "The weights of a private copy are drawn anew, from the head downwards, as before any training. "
        "A map of what the network has learned must change; one that stays was a map of the picture."
    )
    if not _is_wanted(asked, "Let a copy forget", "forgetting", 20 * asked.guest.seconds[1]):
        return
    found = forgetting(asked.net, asked.seen.window, asked.k, asked.layer, asked.guest)
    stages = list(found)
    first, whole = found[stages[0]], [float(x) for x in _alike(similarity, found)]
    some = sorted({int(i) for i in np.linspace(0, len(stages) - 1, MOST_STAGES)})
    row = {(stages[i] if i < 2 else f"+ {stages[i]}"): found[stages[i]] for i in some}
    said = "; ".join(f"{stages[i]} {whole[i]:.2f}" for i in some)
    frame.chart(
        sanity.row_of_maps(row),
        f"Maps while the network forgets; rank correlation: {said}.",
        "gradcam_guest_row",
    )
    st.markdown(
        f"Rank correlation with the first map: **{whole[1]:.2f}** with {stages[1]} drawn anew, **{whole[-1]:.2f}** "
        f"with everything. One picture, one draw, {first.size} numbers a map: look at more pictures before you "
        "conclude."
    )


def _alike(similarity: Any, found: dict[str, np.ndarray]) -> np.ndarray:
    maps = np.stack(list(found.values()))
    alike: np.ndarray = similarity.spearman(np.repeat(maps[:1], len(maps), axis=0), maps)
    return alike


# --- several pictures ----------------------------------------------------------------------------------------


def _several(asked: Asked) -> None:
    """All pictures on offer beside their maps, each of the class that is explained, on one scale."""
    best = st.session_state.get("gradcam_photo_class", photographs.BEST) == photographs.BEST
    seen = [photographs.seen(asked.net, pixels, asked.guest) for _, pixels in asked.pictures]
    classes = [int(each.probabilities.argmax()) if best else asked.k for each in seen]
    raw = [
        photographs.maps(asked.net, each.window, (k,), asked.layer, asked.guest)[0]
        for each, k in zip(seen, classes, strict=True)
    ]
    limit = max(float(np.abs(each).max()) for each in raw) or 1.0
    side = seen[0].window.shape[:2]
    over = [
        tinted(each.window, smooth(upsample(h, side, "bilinear"), asked.sigma), limit)
        for each, h in zip(seen, raw, strict=True)
    ]
    said = [f"{asked.names[k]} {each.probabilities[k]:.2f}" for each, k in zip(seen, classes, strict=True)]

    def take(place: int) -> None:
        if PHOTO_STATE.value("photo") == photographs.OWN and len(asked.pictures) > 1:
            st.session_state["gradcam_photo_number"] = place + 1
        else:
            st.session_state["gradcam_photo"] = asked.pictures[place][0]

    gallery(
        "gradcam_guest_several",
        [each.window for each in seen],
        said,
        take,
        alt=f"{len(seen)} pictures, each beside its heat map, on one scale of ±{digits(limit)} logits",
        over=over,
        limit=limit,
        chosen=asked.place,
        least=150,
    )
    st.caption("Choose several files of your own above to see them here. A click looks at one more closely.")


# --- files ---------------------------------------------------------------------------------------------------


def downloads(asked: Asked, look: Look, shown: View, over: Any) -> None:
    """A script, the numbers, the pictures, and a report to print."""
    which = PHOTO_STATE.value("photo")
    of_the_lab = None if which == photographs.OWN else str(which)
    frame.script(
        "gradcam", guest_script(asked.guest, asked.how, of_the_lab, asked.layer, asked.k, asked.sigma)
    )
    p = asked.seen.probabilities
    rows = [
        (name, digits(z, 6), digits(q, 6))
        for name, z, q in zip(asked.names, asked.seen.scores, p, strict=True)
    ]
    guest, how = asked.guest, asked.how
    network = [
        ("what", "value"),
        ("architecture", guest.architecture),
        ("hash of the weights, or published name", guest.key),
        ("classes", f"{guest.classes:,}"),
        ("parameters", f"{guest.parameters:,}"),
        ("resized, cut", f"{how.resize}, {how.crop} pixels, {how.interpolation}"),
        ("mean, standard deviation", f"{how.mean}, {how.std}"),
    ]
    picture = export.Picture(
        asked.seen.window, f"photograph {asked.place + 1} of {len(asked.pictures)}", asked.names[asked.k]
    )
    order = np.argsort(-p)[: photographs.ALL]
    said = [("class", "score z, logits", "probability"), *(rows[i] for i in order)]
    files = export.pictures_and_report(picture, look.heatmaps, shown, asked.layer, asked.sigma, said, network)
    frame.downloads("gradcam", lambda: as_csv(rows, ("class", "score", "probability")), lambda: over, files)
