"""A network of others asked about photographs: what it sees, its best guesses or all its classes, and why."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.data import BadInput, decoded_picture
from dlcore.data.photographs import FILES, LICENCE, photograph
from dlcore.figures import gradcam as figures
from dlcore.figures.overlay import tinted
from dlcore.heatmaps.heatmaps import Look
from dlcore.number_text import digits
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, Whole
from ui.frame.gallery import gallery
from ui.frame.uploads import files
from ui.gradcam import guests, view
from ui.gradcam.subject import Subject

if TYPE_CHECKING:
    from dlcore.classifiers.brought_weights import Input
    from dlcore.guests.asking import Guest, Seen

OWN = "your own photographs"
BEST = "the best guess"
TOP, ALL = 5, 12  # guesses shown; classes up to which all are
_HERE = {"whose": guests.OTHERS}
STATE = State(
    "gradcam",
    {
        "photo": OneOf((*FILES, OWN), default=next(iter(FILES)), on=_HERE),
        "photo_layer": Later(on=_HERE),
        "photo_class": Later(on=_HERE),
        "photo_number": Whole(1, 99, default=1, on={**_HERE, "photo": OWN}),
    },
)


class Asked(NamedTuple):
    """A question to a network of others: everything that an answer depends on."""

    guest: "Guest"
    how: "Input"
    names: tuple[str, ...]
    pictures: tuple[tuple[str, np.ndarray], ...]  # (name, pixels) of those on offer
    place: int  # of the one looked at
    seen: "Seen"
    k: int
    layer: str
    sigma: float

    @property
    def net(self) -> tuple[str, "Input"]:
        """What tells the network's answers apart from others'."""
        return self.guest.key, self.how


@st.cache_data(max_entries=32, scope="session", show_spinner="Asking the network")
def seen(net: tuple[str, "Input"], picture: np.ndarray, _guest: "Guest") -> "Seen":
    """What the network sees of a photograph, and says."""
    from dlcore.guests import asking

    return asking.seen(_guest, net[1], picture)


@st.cache_data(max_entries=32, scope="session", show_spinner="Looking into the network")
def maps(
    net: tuple[str, "Input"], pixels: np.ndarray, classes: tuple[int, ...], layer: str, _guest: "Guest"
) -> np.ndarray:
    """Heat maps (k, rows, cols) of these classes at a layer."""
    from dlcore.guests import asking

    return asking.maps(_guest, net[1], pixels, classes, layer)


def ask(picture: Any, side: Any) -> tuple[Asked, Look, view.View, Any] | None:
    """Draws the choices and the map; the question, what the network says, the map, and its figure.

    None while there is no network, or it refuses to answer.
    """
    guest = guests.choose(picture, side)
    if guest is None:
        return None
    try:
        with side:
            asked, notes = _choose(guest)
        with picture:
            st.markdown(guests.recognized(guest))
            for note in notes:
                st.caption(note)
            return asked, *_maps(asked)
    except BadInput as error:
        picture.warning(str(error), icon=":material/error:")
        return None


def _choose(guest: "Guest") -> tuple[Asked, tuple[str, ...]]:
    """The picture, the class, the layer, the smoothing; and what was done to the picture."""
    pictures, place, notes = _choose_photograph()
    settings = st.container()  # what is asked once stands below what is asked often
    with settings:
        names, how = guests.how(guest)
    found = seen((guest.key, how), pictures[place][1], guest)
    k = _choose_class(names, found.probabilities)
    shapes = {f"{key} ({c} × {h} × {w})": key for key, (c, h, w) in reversed(found.layers.items())}
    labels = list(shapes)
    control = STATE.control("photo_layer", OneOf(labels, default=labels[0]))
    label = control.keep(st.selectbox("Layer, the last first", labels, key=control.key))
    sigma = view.choose_sigma()
    return Asked(guest, how, names, pictures, place, found, k, shapes[label], sigma), notes


def _choose_photograph() -> tuple[tuple[tuple[str, np.ndarray], ...], int, tuple[str, ...]]:
    """The photographs on offer, the place of the one looked at, and notes on it."""
    which = st.selectbox("Photograph", (*FILES, OWN), key="gradcam_photo", bind="query-params")
    if which == OWN:
        good, notes = [], []
        for number, file in enumerate(files("gradcam_photo_file", "Photographs"), 1):
            try:
                pixels, said = decoded_picture(file.getvalue())
            except BadInput as error:
                st.error(f"File {number}: {error}")
            else:
                good.append((file.name, pixels))
                notes.append(said)
        if good:
            place = (
                STATE.number(st, f"Number, 1 to {len(good)}", "photo_number", 1, len(good), 1) - 1
                if len(good) > 1
                else 0
            )
            return tuple(good), place, notes[place]
        st.caption("Until you choose a good file, a photograph of a temple is shown.")
        which = next(iter(FILES))
    here = tuple((name, photograph(name)) for name in FILES)
    return here, list(FILES).index(which), (f"Photograph: {LICENCE}.",)


def _choose_class(names: tuple[str, ...], p: np.ndarray) -> int:
    """The class to be explained: the best guess, or any by name."""
    best = int(p.argmax())
    labels = {f"{name} ({k})": k for k, name in enumerate(names)}  # two published names occur twice
    options = [BEST, *sorted(labels, key=None if len(names) > ALL else labels.__getitem__)]
    control = STATE.control("photo_class", OneOf(options, default=BEST))
    choice = control.keep(
        st.selectbox(
            "Explain the score of",
            options,
            key=control.key,
            help=f"Type to search all {len(names):,} classes.",
        )
    )
    return best if choice == BEST else labels[choice]


def _maps(asked: Asked) -> tuple[Look, view.View, Any]:
    """The map of the chosen class, and those of the others beside one another, on one scale."""
    names, p, k = asked.names, asked.seen.probabilities, asked.k
    few = len(names) <= ALL
    top = list(range(len(names))) if few else [int(i) for i in np.argsort(-p)[:TOP]]
    classes = tuple(top) if k in top else (*top, k)
    found = maps(asked.net, asked.seen.window, classes, asked.layer, asked.guest)
    look = Look(asked.layer, asked.seen.scores[list(classes)], p[list(classes)], found[:0], found[:0], found)
    at = classes.index(k)
    shown = view.view(look, at, Subject(asked.seen.window, asked.pictures[asked.place][0]), asked.sigma)
    over = figures.image_and_overlay(asked.seen.window, shown.shown, shown.limit, None)
    said = (
        f"Heat map of {names[k]} over the photograph; values from {digits(shown.raw.min())} to "
        f"{digits(shown.raw.max())} logits."
    )
    frame.chart(over, said, "gradcam_photo_over_two_panels")
    rows, cols = shown.raw.shape
    st.caption(
        f"Explained: “{names[k]}”, score z = {digits(look.scores[at])} logits, probability {digits(p[k])}. Layer "
        f"`{asked.layer}`; the map has {rows} × {cols} = {rows * cols} numbers, everything finer is interpolation."
    )
    _classes(asked, look, top, few)
    return look, shown, over


def _classes(asked: Asked, look: Look, top: list[int], few: bool) -> None:
    """Every class, or the best guesses, with their maps on one scale."""
    names, p = asked.names, asked.seen.probabilities
    what = "All classes" if few else f"The {TOP} best guesses"
    st.markdown(f"**{what}**, on one scale. A click explains one above.")

    def take(place: int) -> None:
        st.session_state["gradcam_photo_class"] = f"{names[top[place]]} ({top[place]})"

    limit = float(np.abs(look.heatmaps).max()) or 1.0
    shown = [view.view(look, i, Subject(asked.seen.window, ""), asked.sigma).shown for i in range(len(top))]
    said = [f"{names[i]} {p[i]:.2f}" for i in top]
    gallery(
        "gradcam_photo_top",
        [tinted(asked.seen.window, h, limit) for h in shown],
        said,
        take,
        alt=f"Heat maps: {what}",
        spoken=[
            f"{text}, z = {digits(z)}, map from {digits(h.min())} to {digits(h.max())} logits"
            for text, z, h in zip(said, look.scores, look.heatmaps, strict=False)
        ],
        limit=limit,
        chosen=top.index(asked.k) if asked.k in top else -1,
        least=110,
    )
    rest = 1 - float(p[top].sum())
    others = "" if few else f"The other {len(p) - TOP} classes share {digits(rest)} of the probability. "
    st.caption(
        f"{others}Whatever you show it, it answers with one of {len(p):,} names. Its training images are not here: "
        "how strange your picture is to it, *Reference pictures* below can tell. Not for clinical use."
    )
    frame.notice(
        invitation("Explain a class that has nothing to do with the photo, then go to an earlier layer."),
        Claim(
            "Every class gets a map, even one that is not there; on the common scale you see how much it weighs. "
            "Earlier layers give maps that are as fine or finer.",
            "tests/test_gradcam.py::test_all_classes_at_once_equal_one_at_a_time "
            "tests/test_page_claims.py::test_earlier_layers_of_published_networks_give_maps_at_least_as_fine",
        ),
    )
