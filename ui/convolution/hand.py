"""A trained network in the hand: what the browser computes with, its state in the address, where the hand rests."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.data.cells import MARKERS
from dlcore.runs import Run
from ui.convolution import beside, models
from ui.convolution.address import EACH, SHARED, STATE, read_spot
from ui.convolution.beside import Second
from ui.frame.address import State
from ui.frame.components import component
from ui.frame.fields import OneOf
from ui.neuron.neuron import COLORS

if TYPE_CHECKING:
    from dlcore.convolution.portable import Portable

COMPONENT = component("hand")
MOST_NAMES = 32  # of weights that a browser may say it has


@dataclass(frozen=True)
class Place:
    """A page's hand: how its state is called in the page's address.

    Attributes:
        key: of the component.
        fields: what the hand decides (strokes, epoch, spot, k, stage, scale, beside) -> the field that holds it.
        is_whole: with every layer's maps and one value taken apart; otherwise image, heat map and scores alone.
    """

    state: State
    key: str
    fields: Mapping[str, str]
    is_whole: bool

    def asked(self, name: str) -> Any:
        """What the address asks for; None where the hand here does not decide it."""
        return self.state.asked(self.fields[name]) if name in self.fields else None


HERE = Place(
    STATE,
    "convolution_hand",
    {name: name for name in ("strokes", "epoch", "spot", "stage", "scale", "beside")} | {"k": "class"},
    is_whole=True,
)


@dataclass(frozen=True, eq=False)
class Shown:
    """The image fed to the network: its pixels, what it is, and its place in the set (None for an own one)."""

    pixels: np.ndarray
    caption: str
    index: int | None = None


@dataclass(frozen=True, eq=False)
class Rest:
    """Where the hand rests.

    Attributes:
        epoch: whose weights the browser computes with.
        pixels: uint8, as painted, in the network's shape.
        logits: what the browser makes of them.
        sums: of every layer, the sum of its values.
        heat: Grad-CAM of class k at the last maps, row by row.
        chosen: block, map, row and column of the value taken apart.
        second: the network beside it, if there is one, and `beside`, what the browser makes of its logits.
    """

    epoch: int
    pixels: NDArray[np.uint8]
    logits: NDArray[np.float64]
    sums: NDArray[np.float64]
    heat: NDArray[np.float64]
    k: int
    chosen: tuple[int, ...]
    beside: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    second: Second | None = None


def epoch_asked(run: Run, place: Place) -> int:
    """The epoch that the address asks for; the selected one if it asks for none, or for one that was not kept."""
    if "epoch" not in place.fields:
        return run.best
    epoch = place.state.asked("epoch", OneOf(models.epochs(run), default=run.best))
    return int(run.best if epoch is None else epoch)


def remember(run: Run, place: Place, second: Second | None) -> None:
    """Once the hand rests: what it did goes into the address, as far as it can be."""
    sent = st.session_state[place.key].get("moved")
    state = sent.get("state") if isinstance(sent, dict) else None
    if not isinstance(state, dict):
        return
    spot = state.get("spot")
    epoch = state.get("epoch")
    told = {
        "strokes": state.get("strokes"),
        "epoch": None if epoch == run.best or epoch not in models.epochs(run) else epoch,
        "spot": ".".join(map(str, spot)) if isinstance(spot, list) else "",
        "k": state.get("k"),
        "stage": state.get("stage"),
        "scale": EACH if state.get("each") else SHARED,
        "beside": beside.key_of(run, state.get("beside"), second),
    }
    for name, inside in place.fields.items():
        declared = place.state.fields[inside]
        if told[name] == declared.default or declared.holds(told[name]):
            place.state.keep(inside, told[name])


def picture(run: Run, image: Shown, place: Place = HERE) -> Rest | None:
    """The network in the hand; where the hand rests, None until it does."""
    before = st.session_state.get(place.key)
    sent = before.get("moved") if before else None
    second = beside.second(run, place.asked("beside"))
    result = COMPONENT(
        key=place.key,
        data=payload(run, image, known(sent), place, second),
        along=lambda: payload(run, image, set(), place, second),
        on_moved_change=lambda: remember(run, place, second),
    )
    rest = read(result.get("moved"), run)
    return replace(rest, second=second) if rest is not None and len(rest.beside) else rest


def known(sent: object) -> set[str]:
    """The names of the weights that the browser says it has."""
    names = sent.get("has") if isinstance(sent, dict) else None
    return {str(name) for name in names[:MOST_NAMES]} if isinstance(names, list) else set()


def payload(
    run: Run, image: Shown, there: set[str], place: Place = HERE, second: Second | None = None
) -> dict[str, Any]:
    """What the browser computes with; weights that are there already are not sent again."""
    epoch = epoch_asked(run, place)
    computed = {f"{models.name_of(run)}:{epoch}": models.taken_apart(run.key, epoch)}
    if second is not None:
        computed |= {f"{second.name}:{second.epoch}": second.network}
    spot = place.asked("spot")
    return {
        **network_as_sent(run, {name: one for name, one in computed.items() if name not in there}),
        **image_as_sent(image),
        "layers": next(iter(computed.values())).layers,
        "epochs": models.epochs(run) if "epoch" in place.fields else [epoch],
        "whole": place.is_whole,
        "others": beside.offered(run, second),
        "beside": None if second is None else second.told(),
        "state": {
            "strokes": place.asked("strokes"),
            "epoch": epoch,
            "k": _class_asked(run, place),
            "spot": read_spot(spot) if spot else None,
            "stage": place.asked("stage") or "relu",
            "each": place.asked("scale") == EACH,
            "beside": "" if second is None else second.name,
        },
    }


def network_as_sent(run: Run, computed: Mapping[str, "Portable"]) -> dict[str, Any]:
    """Of the data of a network in the hand, what the run decides, and the weights of these: name:epoch -> network."""
    rows, cols, channels = run.image_shape
    is_marked = channels == 3 and run.recipe.dataset.startswith("cells")
    return {
        "run": models.name_of(run),
        "weights": {name: one.text for name, one in computed.items()},
        "shape": (channels, rows, cols),
        "classes": run.class_names,
        "best": run.best,
        "markers": MARKERS if is_marked else (),
        "colors": COLORS,
    }


def image_as_sent(image: Shown) -> dict[str, Any]:
    """Of the same data, what the image decides."""
    return {
        "pixels": _text(image.pixels),
        "truth": "" if image.index is None else image.caption,
        "alt": f"Image: {image.caption}",
    }


def _class_asked(run: Run, place: Place) -> int | None:
    k = place.asked("k")
    return k if k is None or k < len(run.class_names) else None


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def read(sent: object, run: Run) -> Rest | None:
    """What was sent, if it is about this run and whole; None otherwise."""
    if not isinstance(sent, dict) or sent.get("run") != models.name_of(run) or "pixels" not in sent:
        return None
    try:
        return _read(sent, run)
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return None


def _read(sent: dict[str, Any], run: Run) -> Rest:
    rows, cols, channels = run.image_shape
    shape = (rows, cols) if channels == 1 else (rows, cols, channels)
    epoch, k = int(sent["state"]["epoch"]), int(sent["k"])
    if epoch not in models.epochs(run) or not 0 <= k < len(run.class_names):
        raise ValueError("no such epoch or class")
    pixels = np.frombuffer(base64.b64decode(sent["pixels"], validate=True), np.uint8).reshape(shape)
    numbers = (np.array(sent[name], dtype=np.float64) for name in ("logits", "sums", "heat"))
    logits, sums, heat = (values.ravel()[:100_000] for values in numbers)
    chosen = tuple(int(v) for v in sent["chosen"])
    if len(chosen) != 4 or min(chosen) < 0:
        raise ValueError("no value of a map")
    others = np.array(sent.get("beside") or [], dtype=np.float64).ravel()[:1000]
    return Rest(epoch, pixels, logits, sums, heat, k, chosen, others)
