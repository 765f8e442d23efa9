"""What the browser says of its training once it rests: read with suspicion, number by number."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.network import Network
from dlcore.network.trajectory import MOST_EPOCHS, MOST_FRAMES, Edits

Array = NDArray[np.float64]
SPLITS = ("train", "validation", "test")
EDGE, MOST_EDITS = 20.0, 60  # no parameter is set beyond [-20, 20]


@dataclass(frozen=True, eq=False)
class Rest:
    """A training at rest in the browser.

    Attributes:
        epoch: of the state on screen.
        edits: what a hand has changed on the way there, and later.
        theta, gradient: (p,) the parameters on screen, and the browser's gradient of the training loss there.
        loss: the training loss on screen.
        epochs: (T,) the epochs recorded.
        losses, accuracies: per split that may be seen, (T,) to six digits.
        dead: (layer, neuron), from 1, of those dead in the last tenth of the recorded states.
        diverged, layers: the epoch in which a parameter overflowed, or None, and the layers where it did.
        first: (p,) the parameters after the first epochs, where they were trained without a hand; or None.
    """

    epoch: int
    edits: Edits
    theta: Array
    gradient: Array
    loss: float
    epochs: NDArray[np.int64]
    losses: dict[str, Array]
    accuracies: dict[str, Array]
    dead: tuple[tuple[int, int], ...]
    diverged: int | None
    layers: tuple[int, ...]
    first: Array | None


def read(sent: object, name: str, net: Network) -> Rest | None:
    """What was sent, if it is about the training of this name and of this network; None otherwise."""
    if not isinstance(sent, dict) or sent.get("id") != name:
        return None
    try:
        return _read(sent, net)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        return None


def _read(sent: dict[str, Any], net: Network) -> Rest:
    shapes = net.shapes
    epochs = [_whole(v, MOST_EPOCHS) for v in sent["epochs"][:MOST_FRAMES]]
    losses, accuracies = (
        {kind: _numbers(values, len(epochs)) for kind, values in sent[what].items() if kind in SPLITS}
        for what in ("losses", "accuracies")
    )
    diverged = sent["diverged"]
    return Rest(
        epoch=_whole(sent["epoch"], MOST_EPOCHS),
        edits=edits_of(sent["edits"], net.size),
        theta=_finite(sent["theta"], net.size),
        gradient=_numbers(sent["gradient"], net.size),
        loss=float(sent["loss"]),
        epochs=np.array(epochs),
        losses=losses,
        accuracies=accuracies,
        dead=tuple((_whole(i, len(shapes)), _whole(j, shapes[i - 1][0])) for i, j in sent["dead"]),
        diverged=None if diverged is None else _whole(diverged["epoch"], MOST_EPOCHS),
        layers=() if diverged is None else tuple(_whole(i, len(shapes) - 1) for i in diverged["layers"]),
        first=None if sent["first"] is None else _finite(sent["first"], net.size),
    )


def edits_of(sent: Any, size: int) -> Edits:
    """Edits from rows (epoch, index, value), each value within [-EDGE, EDGE].

    Raises:
        ValueError, TypeError: rows that are none.
    """
    return tuple(
        (_whole(epoch, MOST_EPOCHS), _whole(index, size - 1), max(-EDGE, min(EDGE, _finite([value], 1)[0])))
        for epoch, index, value in sent[:MOST_EDITS]
    )


def _whole(value: Any, most: int) -> int:
    if int(value) != value or not 0 <= value <= most:
        raise ValueError(value)
    return int(value)


def _numbers(values: Any, n: int) -> Array:
    found = np.array([math.nan if v is None else float(v) for v in values], dtype=np.float64)
    if found.shape != (n,):
        raise ValueError(found.shape)
    return found


def _finite(values: Any, n: int) -> Array:
    found = _numbers(values, n)
    if not np.isfinite(found).all():
        raise ValueError("not finite")
    return found
