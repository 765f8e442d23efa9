"""Which network of others the page asks: a published one, or one that the learner brings as a file."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from dlcore.data import BadInput
from dlcore.number_text import digits
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf
from ui.frame.uploads import uploader

if TYPE_CHECKING:
    from dlcore.classifiers.brought_weights import Input
    from dlcore.guests.asking import Guest

TRAINED, OTHERS = "trained here", "published or yours"
WHOSE = (TRAINED, OTHERS)
# Name on screen -> torchvision's name, and the file's size in MB.
NETWORKS = {
    "ResNet-18": ("resnet18", 45),
    "MobileNetV3 small": ("mobilenet_v3_small", 10),
    "EfficientNet-B0": ("efficientnet_b0", 21),
    "DenseNet-121": ("densenet121", 32),
}
OWN = "your own network"
BROUGHT = "gradcam_guest_brought"  # of the session: the file that stands in the uploader, and what it is
STATE = State(
    "gradcam",
    {
        "whose": OneOf(WHOSE, default=TRAINED),
        "photo_net": OneOf((*NETWORKS, OWN), default=next(iter(NETWORKS)), on={"whose": OTHERS}),
    },
    held=("guest_brought",),
)


def are_asked() -> bool:
    """Whether the page asks a network of others; draws the choice."""
    whose = st.segmented_control(
        "Ask a network", WHOSE, default=TRAINED, required=True, key="gradcam_whose", bind="query-params"
    )
    return whose == OTHERS


def choose(picture: Any, side: Any) -> "Guest | None":
    """The network asked; None while there is none, and how to come by one stands in the place of the picture."""
    with side:
        names = [*NETWORKS, OWN]
        title = st.selectbox(
            "Network",
            names,
            key="gradcam_photo_net",
            bind="query-params",
            label_visibility="collapsed",
        )
    if title == OWN:
        return _own(picture, side)
    name, megabytes = NETWORKS[title]
    with picture:
        return published(name) if _is_ready(name, title, megabytes) else None


@st.cache_data(max_entries=4, show_spinner="Setting up the network", scope="session")
def published(name: str) -> "Guest":
    """What is known of a published network whose weights are here."""
    from dlcore.guests import asking

    return asking.published(name)


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
    else:
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


def _own(picture: Any, side: Any) -> "Guest | None":
    """The network in the learner's file; until there is a good one, what can be brought and how."""
    from dlcore.classifiers.brought_weights import MEGABYTES

    with side:
        file = uploader(f"Weights as safetensors, at most {MEGABYTES} MB", "gradcam_guest_file", MEGABYTES)
    with picture:
        if file is None:
            st.session_state.pop(BROUGHT, None)
            _how_to_bring()
            return None
        try:
            return _recognized(file)
        except BadInput as error:
            st.error(f"{error}", icon=":material/error:")
            _how_to_bring()
            return None


def _recognized(file: Any) -> "Guest":
    """What the file holds, judged once for as long as it stands in the uploader.

    Raises:
        BadInput: it is no network that the lab knows, and why.
    """
    from dataclasses import replace

    from dlcore.guests import asking

    known: tuple[str, Guest] | None = st.session_state.get(BROUGHT)
    if known is None or known[0] != file.file_id:
        with st.spinner("Recognizing the network"):
            known = file.file_id, asking.brought(file.getvalue)
        st.session_state[BROUGHT] = known
    return replace(known[1], again=file.getvalue)


def _how_to_bring() -> None:
    """What may be brought, the line that makes it, what it costs, and where it stays."""
    from dlcore.classifiers.brought_weights import HEADS, MEGABYTES, ON_YOUR_MACHINE

    st.markdown("Bring a network that you have trained elsewhere, and ask it about your own pictures.")
    st.markdown(
        f"The lab recognizes these of torchvision by the names of their weights, with 1 to 1,000 classes: "
        f"{', '.join(HEADS)}; and the lab's own CNN. "
        "It opens no `.pth`: a pickle can run code. This line makes a safetensors file of one, on your own machine:"
    )
    st.code(ON_YOUR_MACHINE, language="bash", wrap_lines=True)
    st.caption(
        f"At most {MEGABYTES} MB. The network is asked in one process beside the lab, bounded in memory (2.7 GB) and "
        "time; a heat map takes it a tenth of a second to some seconds. The file is shown to nobody and written to "
        "no disk: it stays in memory until you remove it or close the page, in that process for at most ten more "
        "minutes. Tested with random weights in these architectures, not with published ones."
    )


def how(guest: "Guest") -> "tuple[tuple[str, ...], Input]":
    """Names of the classes, and how the network takes pictures; asked where a file cannot tell."""
    from dlcore.classifiers.brought_weights import Input, class_names

    if guest.root:
        return guest.names, guest.how
    key = f"gradcam_guest_{guest.key[:12]}"  # another network, other settings
    names, asked = guest.names or class_names("", guest.classes), guest.how
    with frame.more("Class names, normalization, input size", "gradcam_guest_settings"):
        try:
            text = st.text_area(
                f"Class names, {guest.classes}, one a line, in the order of the head",
                "\n".join(guest.names),
                key=f"{key}_names",
                height=100,
                max_chars=50_000,
                placeholder="class 0\nclass 1\n…",
            )
            names = class_names(text, guest.classes)
            left, right = st.columns(2)
            resize = left.number_input("Resized to", 8, 512, guest.how.resize, key=f"{key}_resize")
            crop = right.number_input("Middle cut out", 8, 512, guest.how.crop, key=f"{key}_crop")
            n = guest.how.channels
            of_what = "Means of red, green, blue" if n == 3 else "Mean"
            mean = _by_channel(of_what, guest.how.mean, n, f"{key}_mean")
            std = _by_channel(
                "Standard deviations" if n == 3 else "Standard deviation", guest.how.std, n, f"{key}_std"
            )
            kinds = ("bilinear", "bicubic")
            kind = st.selectbox(
                "Interpolation", kinds, kinds.index(guest.how.interpolation), key=f"{key}_interpolation"
            )
            asked = Input(int(resize), int(crop), mean, std, kind, n)
        except BadInput as error:
            st.error(f"{error} The last that fits is used.")
        st.caption(
            "Pixels, and values between 0 and 1; the defaults are what such networks were trained with."
        )
    return names, asked


def _by_channel(label: str, values: tuple[float, ...], channels: int, key: str) -> tuple[float, float, float]:
    """A number for each channel in one field; where there is one channel, the same number for all three.

    Raises:
        BadInput: another number of numbers.
    """
    text = st.text_input(label, ", ".join(f"{value:g}" for value in values[:channels]), key=key, max_chars=60)
    try:
        *others, last = (float(part) for part in text.replace(",", " ").split())
        red, green = others or (last, last)
    except ValueError:
        raise BadInput(f"{label}: {'three numbers' if channels == 3 else 'one number'}.") from None
    return red, green, last


def recognized(guest: "Guest") -> str:
    """The network in a sentence: what it is, how large, what a question costs."""
    what = "Published" if guest.root else "Recognized as"
    forward, both = guest.seconds
    return (
        f"{what} **{guest.architecture}**: {guest.classes:,} classes, {guest.parameters:,} parameters, "
        f"{digits(guest.megabytes, 3)} MB. Here a forward pass takes {digits(forward, 2)} s, a heat map "
        f"{digits(both, 2)} s; the process that holds it has taken {guest.peak:,.0f} MB."
    )
