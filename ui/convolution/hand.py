"""A trained network in the hand: what the browser computes with, its state in the address, where the hand rests."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.data.cells import MARKERS
from dlcore.runs import Run
from ui.convolution import models
from ui.convolution.address import EACH, SHARED, STATE, read_spot
from ui.frame.components import component
from ui.frame.fields import OneOf
from ui.neuron.neuron import COLORS

COMPONENT = component("hand")
KEY = "convolution_hand"
MOST_NAMES = 32  # of weights that a browser may say it has


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
    """

    epoch: int
    pixels: NDArray[np.uint8]
    logits: NDArray[np.float64]
    sums: NDArray[np.float64]
    heat: NDArray[np.float64]
    k: int
    chosen: tuple[int, ...]


def epoch_asked(run: Run) -> int:
    """The epoch that the address asks for; the selected one if it asks for none, or for one that was not kept."""
    epoch = STATE.asked("epoch", OneOf(models.epochs(run), default=run.best))
    return int(run.best if epoch is None else epoch)


def remember(run: Run) -> None:
    """Once the hand rests: what it did goes into the address, as far as it can be."""
    sent = st.session_state[KEY].get("moved")
    state = sent.get("state") if isinstance(sent, dict) else None
    if not isinstance(state, dict):
        return
    spot = state.get("spot")
    epoch = state.get("epoch")
    told = {
        "strokes": state.get("strokes"),
        "epoch": None if epoch == run.best or epoch not in models.epochs(run) else epoch,
        "spot": ".".join(map(str, spot)) if isinstance(spot, list) else "",
        "class": state.get("k"),
        "stage": state.get("stage"),
        "scale": EACH if state.get("each") else SHARED,
    }
    for name, value in told.items():
        field = STATE.fields[name]
        if value == field.default or field.holds(value):
            STATE.keep(name, value)


def picture(run: Run, image: Shown) -> Rest | None:
    """The network in the hand; where the hand rests, None until it does."""
    before = st.session_state.get(KEY)
    sent = before.get("moved") if before else None
    result = COMPONENT(key=KEY, data=payload(run, image, known(sent)), on_moved_change=lambda: remember(run))
    return read(result.get("moved"), run)


def known(sent: object) -> set[str]:
    """The names of the weights that the browser says it has."""
    names = sent.get("has") if isinstance(sent, dict) else None
    return {str(name) for name in names[:MOST_NAMES]} if isinstance(names, list) else set()


def name_of(run: Run) -> str:
    """The name under which browser and server speak of a run."""
    return run.key[:16]


def payload(run: Run, image: Shown, there: set[str]) -> dict[str, Any]:
    """What the browser computes with; weights that are there already are not sent again."""
    epoch = epoch_asked(run)
    sent = models.taken_apart(run.key, epoch)
    name = f"{name_of(run)}:{epoch}"
    rows, cols, channels = run.image_shape
    is_marked = channels == 3 and run.recipe.dataset.startswith("cells")
    return {
        "run": name_of(run),
        "layers": sent.layers,
        "weights": {} if name in there else {name: _text(sent.weights.astype("<f4"))},
        "shape": (channels, rows, cols),
        "pixels": _text(image.pixels),
        "classes": run.class_names,
        "truth": "" if image.index is None else image.caption,
        "alt": f"Image: {image.caption}",
        "epochs": models.epochs(run),
        "best": run.best,
        "markers": MARKERS if is_marked else (),
        "colors": COLORS,
        "state": {
            "strokes": STATE.asked("strokes"),
            "epoch": epoch,
            "k": _class_asked(run),
            "spot": read_spot(STATE.asked("spot")),
            "stage": STATE.asked("stage"),
            "each": STATE.asked("scale") == EACH,
        },
    }


def _class_asked(run: Run) -> int | None:
    k = STATE.asked("class")
    return k if k is None or k < len(run.class_names) else None


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def read(sent: object, run: Run) -> Rest | None:
    """What was sent, if it is about this run and whole; None otherwise."""
    if not isinstance(sent, dict) or sent.get("run") != name_of(run) or "pixels" not in sent:
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
    return Rest(epoch, pixels, logits, sums, heat, k, chosen)
