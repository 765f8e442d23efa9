"""Asks the process that holds networks of others: what each is, what it says to a picture, and why.

The process forgets (see worker.py); then the network is sent again. One question at a time: the others wait.
"""

import atexit
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.classifiers.brought_weights import MEGABYTES, Input
from dlcore.data.decoding import HANDED_ON, Decoder, Kind
from dlcore.data.downloads import data_folder
from dlcore.data.gates import File, bytes_of
from dlcore.heatmaps.erasing import Curves
from dlcore.heatmaps.methods import METHODS, MethodMap

SECONDS = {"methods": 600.0, "erased": 240.0, "forgetting": 240.0} | dict.fromkeys(
    ("bring", "seen", "summary", "maps"), 90.0
)
GUESTS = Kind(
    "dlcore.guests.worker",
    SECONDS,
    "Asking this network",
    "The process that held this network has ended: the question took more memory than there is for it.",
    "Many networks are being asked here just now. Try again in a minute.",
    (*HANDED_ON, "TORCH_HOME", "XDG_CACHE_HOME", "HOME"),  # where torch keeps published weights
)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Guest:
    """A network of others, and what is known of it; the network itself is in the process.

    Attributes:
        key: the hash of the file's bytes, or torchvision's name: the process knows it under this.
        names: of the classes; empty where the file does not tell them.
        how: how it takes pictures by default.
        seconds: that a forward pass, and one heat map, took here; the second time.
        peak: megabytes that the process had taken by then.
        again: the bytes of the file, for a process that has forgotten it; of a published one none.
        root: folder of the published weights.
    """

    key: str
    architecture: str
    classes: int
    names: tuple[str, ...]
    parameters: int
    megabytes: float
    how: Input
    seconds: tuple[float, float]
    peak: float
    again: Callable[[], bytes] = field(repr=False, compare=False)
    root: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network sees of a picture, and says.

    Attributes:
        window: uint8 (crop, crop, 3).
        scores: (K,) logits.
        probabilities: (K,).
        layers: dotted name -> (channels, rows, columns) of those that give maps, the first first.
    """

    window: Pixels
    scores: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    layers: dict[str, tuple[int, int, int]]


OUTSIDE = Decoder(GUESTS)  # of this process; shared by every session on purpose: they wait for each other
atexit.register(OUTSIDE.close)


def name_of(file: File) -> str:
    """The name under which the process knows a file: the hash of its bytes.

    Raises:
        dlcore.data.BadInput: empty, or larger than MEGABYTES.
    """
    return hashlib.sha256(bytes_of(file, MEGABYTES * 1_000_000)).hexdigest()


def brought(again: Callable[[], bytes]) -> Guest:
    """The network in a safetensors file of somebody.

    Args:
        again: gives the file's bytes, now and whenever the process has forgotten them.

    Raises:
        dlcore.data.BadInput: it cannot be used, and why.
    """
    content = again()
    key = name_of(content)
    facts, _ = OUTSIDE.ask("bring", content, key=key)
    return _guest(facts, key, again, "")


def published(name: str, root: str | Path | None = None) -> Guest:
    """A published network whose weights are here; see dlcore.classifiers.pretrained.

    Raises:
        dlcore.data.Unavailable: they are not, or are damaged.
    """
    folder = str(data_folder(root))
    facts, _ = OUTSIDE.ask("bring", b"", key=name, name=name, root=folder)
    return _guest(facts, name, bytes, folder)  # no bytes, by a name that a cache can keep


def _guest(facts: dict[str, Any], key: str, again: Callable[[], bytes], root: str) -> Guest:
    return Guest(
        key,
        facts["architecture"],
        facts["classes"],
        tuple(facts["names"]),
        facts["parameters"],
        facts["megabytes"],
        Input.told(facts["how"]),
        (facts["seconds"][0], facts["seconds"][1]),
        facts["peak"],
        again,
        root,
    )


def seen(guest: Guest, how: Input, picture: Pixels) -> Seen:
    """What the network sees of a picture (h, w, 3) of any size, and says.

    Raises:
        dlcore.data.BadInput: here and below: it took too long, or too much memory.
    """
    facts, (window, scores, p) = _asked(guest, "seen", how, picture)
    return Seen(window, scores, p, {name: tuple(shape) for name, shape in facts["layers"].items()})


def summary(guest: Guest, how: Input, picture: Pixels) -> list[NDArray[np.float32]]:
    """What each layer makes of a picture (h, w, 3) of any size, (channels,): for familiarity.apart."""
    return _asked(guest, "summary", how, picture)[1]


def maps(guest: Guest, how: Input, window: Pixels, classes: Sequence[int], layer: str) -> NDArray[np.float32]:
    """Heat maps (k, rows, cols) of these classes at a layer, signed, in logits; `window` as of `seen`."""
    _, (found,) = _asked(guest, "maps", how, window, classes=list(classes), layer=layer)
    return found


def methods(guest: Guest, how: Input, window: Pixels, k: int, layer: str) -> tuple[MethodMap, ...]:
    """What every method says about the score of class k; as of dlcore.attribution.comparison.compare."""
    facts, arrays = _asked(guest, "methods", how, window, classes=[k], layer=layer)
    left = iter(arrays)
    return tuple(
        MethodMap(method, None if refusal else next(left), refusal, (passes[0], passes[1]))
        for method, refusal, passes in zip(METHODS, facts["refusals"], facts["passes"], strict=True)
    )


def erased(guest: Guest, how: Input, window: Pixels, k: int, layer: str, fill: str) -> Curves:
    """Curves of deletion and insertion of one picture, in the order of the map and of two others."""
    facts, (shares, both) = _asked(guest, "erased", how, window, classes=[k], layer=layer, fill=fill)
    kinds = [{name: kind[i][None] for i, name in enumerate(facts["orders"])} for kind in both]
    return Curves(shares, *kinds)


def forgetting(
    guest: Guest, how: Input, window: Pixels, k: int, layer: str, seed: int = 0
) -> dict[str, NDArray[np.floating]]:
    """One class's map (rows, cols) by what has been drawn anew last, while a copy of the network forgets."""
    facts, (found,) = _asked(guest, "forgetting", how, window, classes=[k], layer=layer, seed=seed)
    return dict(zip(facts["stages"], found, strict=True))


def _asked(
    guest: Guest, kind: str, how: Input, pixels: Pixels, **more: Any
) -> tuple[dict[str, Any], list[NDArray]]:
    """Facts and arrays; a network that the process has forgotten is brought again first."""
    more |= {"key": guest.key, "how": asdict(how), "shape": pixels.shape}
    content = np.ascontiguousarray(pixels).tobytes()
    facts, raw = OUTSIDE.ask(kind, content, **more)
    if "missing" in facts:
        where: dict[str, Any] = {"name": guest.key, "root": guest.root} if guest.root else {}
        OUTSIDE.ask("bring", guest.again(), key=guest.key, **where)
        facts, raw = OUTSIDE.ask(kind, content, **more)
    return facts, _unpacked(facts["arrays"], raw)


def _unpacked(kinds: list[tuple[str, list[int]]], raw: bytes) -> list[NDArray]:
    found, start = [], 0
    for dtype, shape in kinds:
        size = int(np.prod(shape))
        found.append(np.frombuffer(raw, dtype, size, start).reshape(shape))
        start += size * np.dtype(dtype).itemsize
    return found
