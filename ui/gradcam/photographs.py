"""Published networks asked about photographs: what they see, for each of their five best guesses, and why."""

from typing import Any

import numpy as np
import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.data import BadInput, decoded_picture
from dlcore.data.photographs import FILES, LICENCE, photograph
from dlcore.figures import gradcam as figures
from dlcore.figures.overlay import tinted
from dlcore.heatmaps.heatmaps import upsample
from dlcore.number_text import digits
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, Whole
from ui.frame.gallery import gallery
from ui.frame.uploads import files

# Name on screen -> torchvision's name, and the file's size in MB.
NETWORKS = {
    "ResNet-18": ("resnet18", 45),
    "MobileNetV3 small": ("mobilenet_v3_small", 10),
    "EfficientNet-B0": ("efficientnet_b0", 21),
    "DenseNet-121": ("densenet121", 32),
}
OWN = "your own photographs"
BEST = "the best guess"
TOP = 5
_HERE = {"tab": "Photographs"}
STATE = State(
    "gradcam",
    {
        "photo_net": OneOf(NETWORKS.keys(), default=next(iter(NETWORKS)), on=_HERE),
        "photo": OneOf((*FILES, OWN), default=next(iter(FILES)), on=_HERE),
        "photo_layer": Later(on=_HERE),
        "photo_class": Later(on=_HERE),
        "photo_number": Whole(1, 99, default=1, on={**_HERE, "photo": OWN}),
    },
)


@st.cache_resource(max_entries=4, show_spinner="Setting up the network")
def published(name: str) -> Any:
    """The published network, shared by all sessions: everything here only looks at it."""
    from dlcore.classifiers import pretrained

    return pretrained.load(name)


@st.cache_data(max_entries=64, show_spinner="Asking the network")
def seen(name: str, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees of a photograph, uint8 (224, 224, 3), and its probabilities (1000,)."""
    from dlcore.classifiers import pretrained

    pixels = pretrained.window(name, picture)
    return pixels, pretrained.probabilities(published(name), pretrained.preprocess(name, pixels))


@st.cache_data(max_entries=64, show_spinner="Looking into the network")
def explained(
    name: str, pixels: np.ndarray, classes: tuple[int, ...], layer: str
) -> tuple[np.ndarray, np.ndarray]:
    """Heat maps (k, rows, cols) of these classes at a layer, and their scores (k,)."""
    from dlcore import gradcam
    from dlcore.classifiers import pretrained

    found = gradcam.explain(published(name), pretrained.preprocess(name, pixels), list(classes), layer)
    return found.heatmaps[0].numpy(), found.scores[0].numpy()


@st.cache_data(max_entries=8, show_spinner="Listing the layers")
def layers(name: str) -> dict[str, str]:
    """The layers that give maps, the last first: dotted name -> name and size of its maps."""
    from dlcore.classifiers import map_layers, pretrained

    x = pretrained.preprocess(name, np.zeros((224, 224, 3), np.uint8))
    found = map_layers.layers(published(name), x)
    return {key: f"{key} ({c} × {h} × {w})" for key, (c, h, w) in reversed(found.items())}


def photographs_section() -> None:
    """A photograph, five best guesses, and the heat map of each."""
    from dlcore.classifiers import pretrained

    picture, side = frame.picture_and_controls()
    with side:
        title = st.selectbox(
            "Published network", list(NETWORKS), key="gradcam_photo_net", bind="query-params"
        )
        name, megabytes = NETWORKS[title]
    with picture:  # where the photograph will be, so that its place does not stand empty
        if not _is_ready(name, title, megabytes):
            return
    with side:
        photo, notes = _choose_photograph()
        pixels, p = seen(name, photo)
        k = _choose_class(pretrained.class_names(name), p)
        shapes = layers(name)
        labels = list(shapes.values())
        control = STATE.control("photo_layer", OneOf(labels, default=labels[0]))
        label = control.keep(st.selectbox("Layer, the last first", labels, key=control.key))
        layer = next(key for key, text in shapes.items() if text == label)
    with picture:
        for note in notes:
            st.caption(note)
        _maps(name, pixels, p, k, layer)


def _is_ready(name: str, title: str, megabytes: int) -> bool:
    """Whether the network can be asked; if not, offers to fetch its weights, or says why it cannot."""
    from dlcore.classifiers import pretrained

    if pretrained.is_here(name):
        try:
            published(name)
        except BadInput as error:
            st.warning(str(error), icon=":material/error:")
        else:
            return True
    st.info(
        f"The weights of {title} are not on this computer yet. They come from PyTorch's site, "
        f"{megabytes} MB, and stay; their sha256 is checked before they are read.",
        icon=":material/download:",
    )
    if st.button(f"Fetch {title}, {megabytes} MB", key="gradcam_photo_fetch", type="primary"):
        bar = st.progress(0.0, "Connecting …")

        def show(done: int, total: int) -> None:
            bar.progress(
                min(done / total, 1.0) if total else 0.0, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
            )

        try:
            pretrained.fetch(name, on_progress=show)
        except BadInput as error:
            bar.empty()
            st.warning(str(error), icon=":material/cloud_off:")
        else:
            st.rerun()
    return False


def _choose_photograph() -> tuple[np.ndarray, tuple[str, ...]]:
    """One of the photographs that are here, or the learner's own."""
    which = st.selectbox("Photograph", (*FILES, OWN), key="gradcam_photo", bind="query-params")
    if which == OWN:
        own = files("gradcam_photo_file", "Photographs")
        if not own:
            st.caption("Until you choose a file, a photograph of a temple is shown.")
        else:
            number = _number(len(own))
            try:
                return decoded_picture(own[number - 1].getvalue())
            except BadInput as error:
                st.error(f"File {number}: {error} A photograph of a temple is shown instead.")
        which = next(iter(FILES))
    return photograph(which), (f"Photograph: {LICENCE}.",)


def _number(most: int) -> int:
    if most == 1:
        return 1
    return STATE.number(st, f"Number, 1 to {most}", "photo_number", 1, most, 1)


def _choose_class(names: tuple[str, ...], p: np.ndarray) -> int:
    """The class to be explained: the best guess, or any of the 1,000 by name."""
    best = int(p.argmax())
    labels = {f"{name} ({k})": k for k, name in enumerate(names)}  # two names occur twice
    options = [BEST, *sorted(labels)]
    control = STATE.control("photo_class", OneOf(options, default=BEST))
    choice = control.keep(
        st.selectbox(
            "Explain the score of", options, key=control.key, help="Type to search all 1,000 classes."
        )
    )
    return best if choice == BEST else labels[choice]


def _maps(name: str, pixels: np.ndarray, p: np.ndarray, k: int, layer: str) -> None:
    """The map of the chosen class, and those of the five best guesses beside one another, on one scale."""
    from dlcore.classifiers import pretrained

    names = pretrained.class_names(name)
    top = [int(i) for i in np.argsort(-p)[:TOP]]
    classes = tuple([*top, k] if k not in top else top)
    maps, scores = explained(name, pixels, classes, layer)
    limit = float(np.abs(maps).max()) or 1.0
    shown = upsample(maps, pixels.shape[:2], "bilinear")
    at = classes.index(k)
    rows, cols = maps.shape[1:]
    alt = (
        f"Heat map of {names[k]} over the photograph; values from {digits(maps[at].min())} to "
        f"{digits(maps[at].max())} logits."
    )
    frame.chart(figures.image_and_overlay(pixels, shown[at], limit, None), alt, "gradcam_photo_over")
    st.caption(
        f"Explained: “{names[k]}”, score z = {digits(scores[at])} logits, probability {digits(p[k])}. Layer "
        f"`{layer}`; "
        f"the map has {rows} × {cols} = {rows * cols} numbers, everything finer is interpolation."
    )
    st.markdown(f"**The {TOP} best guesses**, on one scale. A click explains one above.")

    def take(place: int) -> None:
        st.session_state["gradcam_photo_class"] = f"{names[top[place]]} ({top[place]})"

    said = [f"{names[i]} {p[i]:.2f}" for i in top]
    gallery(
        "gradcam_photo_top",
        [tinted(pixels, h, limit) for h in shown[: len(top)]],
        said,
        take,
        alt=f"Heat maps of the {TOP} best guesses",
        spoken=[
            f"{text}, z = {digits(z)}, map from {digits(h.min())} to {digits(h.max())} logits"
            for text, z, h in zip(said, scores, maps, strict=False)
        ],
        limit=limit,
        chosen=top.index(k) if k in top else -1,
        least=110,
    )
    rest = 1 - float(p[top].sum())
    st.caption(
        f"The other {len(p) - TOP} classes share {digits(rest)} of the probability. Whatever you show it, it answers "
        f"with one of {len(p):,} names; its training images are not here, so nothing can be said of how strange "
        "your picture is to it. Not for clinical use."
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
