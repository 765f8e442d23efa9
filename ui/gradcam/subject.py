"""Which image the Grad-CAM page looks at: of the validation split, of another set, or the learner's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data import NAMES, BadInput, is_here
from dlcore.heatmaps.which_images import ANY, AS_THEY_COME, MISTAKES, ORDERS, RIGHT, chosen
from dlcore.runs import Run
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, Whole
from ui.frame.gallery import CROSS, MOST, PLAIN, TICK, gallery
from ui.frame.stored import image_set
from ui.frame.uploads import pictures
from ui.training.image_sets import title_of

OWN = "your own pictures"
ANOTHER = "another set: "
BORROWED = 200  # images of another set on offer
OPENING = 2  # the page opens on it: an ordinary image for the lab's own networks, as the first one is not
FIXED = (ANY, RIGHT, MISTAKES)
STATE = State(
    "gradcam",
    {
        "which": Later(examples=FIXED[1:]),
        "order": OneOf(ORDERS, default=AS_THEY_COME),
        "image": Whole(1, 999_999, 5, default=1),
    },
)


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
        dataset: the image set it comes from; None for the network's own and for a learner's own picture.
    """

    pixels: np.ndarray
    title: str
    label: int | None = None
    mask: np.ndarray | None = None
    index: int | None = None
    notes: tuple[str, ...] = ()
    dataset: str | None = None


@dataclass(frozen=True, eq=False)
class Shelf:
    """The images on offer, in their order, and which of them is looked at.

    Attributes:
        subjects: called with a place from 0 on.
        labels, spoken, marks: what the gallery says of each; see ui.frame.gallery.
        number: of the one that is looked at, from 1 on.
    """

    source: "Source"
    labels: Sequence[str]
    marks: Sequence[int]
    number: int = 1

    def __len__(self) -> int:
        return len(self.labels)

    def subject(self, place: int) -> Subject:
        """The image at this place."""
        return self.source.subject(place, len(self))

    @property
    def chosen(self) -> Subject:
        """The image that is looked at."""
        return self.subject(self.number - 1)

    def window(self, most: int) -> range:
        """Up to `most` places from the chosen one on; nearer the end, the last ones."""
        start = max(0, min(self.number - 1, len(self) - most))
        return range(start, min(len(self), start + most))


@dataclass(frozen=True, eq=False)
class Source:
    """Images of the network's size, and what is known of them; `indices` says which, in which order."""

    images: Any  # (N, h, w[, 3]) or a list of (h, w[, 3])
    indices: np.ndarray  # (n,)
    what: str  # "validation image"
    kind: str
    class_names: tuple[str, ...]
    labels: np.ndarray | None = None  # (N,) numbers of the network's own classes
    masks: np.ndarray | None = None
    dataset: str | None = None
    notes: Sequence[tuple[str, ...]] = field(default=())
    is_own: bool = False

    def subject(self, place: int, of: int) -> Subject:
        """The image at this place among `of`."""
        i = int(self.indices[place])
        label = None if self.labels is None else int(self.labels[i])
        title = f"{self.what} {place + 1} of {of}" + (f" ({self.kind})" if self.kind else "")
        title += "" if label is None else f"; its class: {self.class_names[label]}"
        mask = None if self.masks is None else self.masks[i]
        notes = self.notes[i] if self.notes else ()
        return Subject(self.images[i], title, label, mask, None if self.is_own else i, notes, self.dataset)


def choose(run: Run) -> Shelf:
    """The images on offer by kind and order, and the number of the one looked at."""
    others = {
        ANOTHER + title_of(name): name for name in NAMES if name != run.recipe.dataset and is_here(name)
    }
    kinds = [*FIXED, *run.class_names, OWN, *others]
    control = STATE.control("which", OneOf(kinds, default=ANY))
    which = control.keep(st.selectbox("Images", kinds, key=control.key))
    shelf = _own(run) if which == OWN else _borrowed(run, others[which]) if which in others else None
    left, right = st.columns(2, vertical_alignment="bottom")
    popover = right.popover(
        "Gallery", icon=":material/grid_view:", key="gradcam_gallery", on_change="rerun", width="stretch"
    )
    with popover:
        order = _order(disabled=shelf is not None)
    if shelf is None:
        shelf = validation(run, ANY if which in (OWN, *others) else which, order)
    with left:
        first = OPENING if which == ANY and order == AS_THEY_COME else 1
        shelf = Shelf(shelf.source, shelf.labels, shelf.marks, _number(len(shelf), min(first, len(shelf))))
    if popover.open:
        with popover:
            _thumbnails(shelf)
    return shelf


def _order(disabled: bool) -> str:
    return st.selectbox(
        "Order",
        ORDERS,
        key="gradcam_order",
        bind="query-params",
        disabled=disabled,
        help="Confidence is the probability of the predicted class.",
    )


def validation(run: Run, which: str, order: str) -> Shelf:
    """Validation images of the network's own set, with what it answers to them."""
    imageset, p, scores = image_set(run.recipe.dataset), run.val_probabilities, run.predictions.scores
    labels = imageset.labels[run.val_index]
    kind = which if which in FIXED else run.class_names.index(which)
    places = chosen(scores, labels, kind, order)
    if len(places) == 0:
        st.caption("No validation image is of this kind; all are offered.")
        which, places = ANY, chosen(scores, labels, ANY, order)
    predicted, confidence = p[places].argmax(axis=1), p[places].max(axis=1)
    said = [f"{run.class_names[k]} {c:.2f}" for k, c in zip(predicted, confidence, strict=True)]
    marks = [TICK if ok else CROSS for ok in predicted == labels[places]]
    described = which if order == AS_THEY_COME else f"{which}, {order}"
    source = Source(
        imageset.images,
        run.val_index[places],
        "validation image",
        described,
        run.class_names,
        imageset.labels,
        imageset.masks,
    )
    return Shelf(source, said, marks)


def _borrowed(run: Run, name: str) -> Shelf | None:
    """Validation images of another set, at this network's size; their classes where they are the same."""
    from dlcore.data.fitting import fitted
    from dlcore.figures.overlay import coloured

    try:
        other = image_set(name)
    except BadInput as error:
        st.error(f"{error} A validation image is shown instead.")
        return None
    indices = other.split_for().validation[:BORROWED]
    same = (
        other.class_names == run.class_names
        and other.images.shape[1:] == image_set(run.recipe.dataset).images.shape[1:]
    )
    images: Any = other.images
    if not same:
        images = {int(i): fitted(coloured(other.images[i]), run.image_shape) for i in indices}
    said = [other.class_names[label] for label in other.labels[indices]]
    source = Source(
        images,
        indices,
        f"{title_of(name)}, validation image",
        "",
        run.class_names,
        other.labels if same else None,
        other.masks if same else None,
        name,
    )
    return Shelf(source, said, [PLAIN] * len(said))


def _own(run: Run) -> Shelf | None:
    """The uploaded pictures at the network's size; None until there is a good one."""
    good = pictures("gradcam_file", run.image_shape, "validation images")
    if not good:
        return None
    known = f"The network knows only {', '.join(run.class_names)}: it answers with one of these to anything."
    source = Source(
        [pixels for _, pixels, _ in good],
        np.arange(len(good)),
        "your picture",
        "",
        run.class_names,
        notes=[(*notes, known) for _, _, notes in good],
        is_own=True,
    )
    return Shelf(source, [name[:24] for name, _, _ in good], [PLAIN] * len(good))


def _number(most: int, start: int) -> int:
    """Which of the images, from 1."""
    return STATE.number(st, f"Number, 1 to {most}", "image", 1, most, start)


def take(number: int) -> None:
    """Look at the image of this number; for a click."""
    st.session_state["gradcam_image"] = number


def _thumbnails(shelf: Shelf) -> None:
    """The page of the gallery that the chosen image is on."""
    first = (shelf.number - 1) // MOST * MOST
    places = range(first, min(len(shelf), first + MOST))
    subjects = [shelf.subject(place) for place in places]
    spoken = [f"{s.title}; {shelf.labels[p]}" for s, p in zip(subjects, places, strict=True)]
    gallery(
        "gradcam_thumbnails",
        [subject.pixels for subject in subjects],
        [shelf.labels[place] for place in places],
        lambda place: take(first + place + 1),
        alt="Images to choose from: arrow keys move, Enter chooses",
        spoken=spoken,
        marks=[shelf.marks[place] for place in places],
        chosen=shelf.number - 1 - first,
        least=76,
    )
    if len(shelf) > MOST:
        back, on = st.columns(2)
        back.button(
            f"{MOST} before",
            icon=":material/chevron_left:",
            key="gradcam_back",
            on_click=take,
            args=[first - MOST + 1],
            disabled=first == 0,
        )
        on.button(
            f"{MOST} after",
            icon=":material/chevron_right:",
            key="gradcam_on",
            on_click=take,
            args=[first + MOST + 1],
            disabled=first + MOST >= len(shelf),
        )
    st.caption(
        f"{first + 1} to {places[-1] + 1} of {len(shelf)}. A click chooses; so do the arrow keys and Enter."
    )
