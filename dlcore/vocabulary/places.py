"""Where words lie on the map: near each other where few relations lie between them, and no label on another."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.vocabulary.terms import Term, edges

LETTER, MARGIN, ROW, GAP = (
    7.3,
    22.0,
    28.0,
    8.0,
)  # pixels: of a label's letter, its sides, its height, between two
ROOM = 2.2  # area of the map divided by that of all labels
ROUNDS = 60  # of stress majorization


@dataclass(frozen=True, eq=False)
class Places:
    """Middles of the labels in pixels.

    Attributes:
        middle: (n, 2), x to the right and y down. labels: (n,) widths. width, height: of the map.
    """

    middle: NDArray[np.float64]
    labels: NDArray[np.float64]
    width: float
    height: float


@functools.lru_cache(maxsize=64)
def places(words: tuple[Term, ...], width: float) -> Places:
    """The map of these words, at most so many pixels wide; the same at every call.

    The plane in which straight distances resemble the numbers of relations between words (stress majorization:
    Gansner, Koren and North 2004), spread evenly; then every label goes to the nearest free place.
    """
    labels = np.minimum(np.array([LETTER * len(word.name) + MARGIN for word in words]), width)
    height = max(3 * ROW, ROOM * float((labels * ROW).sum()) / width)
    return _without_overlap(_flat(words) * [width, height], labels, width, height)


@functools.lru_cache(maxsize=64)
def _flat(words: tuple[Term, ...]) -> NDArray[np.float64]:
    """(n, 2) where the words lie in the unit square."""
    return _even(_majorized(relations_between(words)))


def relations_between(words: Sequence[Term]) -> NDArray[np.float64]:
    """(n, n) the number of relations on the shortest way; one more than the longest where there is no way."""
    n = len(words)
    place = {word.name: i for i, word in enumerate(words)}
    step = np.zeros((n, n), dtype=bool)
    for a, b in edges(words):
        step[place[a], place[b]] = step[place[b], place[a]] = True
    apart = np.where(np.eye(n, dtype=bool), 0.0, np.inf)
    reached = np.eye(n, dtype=bool)
    for distance in range(1, n):
        further = (reached @ step) & ~reached
        if not further.any():
            break
        apart[further] = distance
        reached |= further
    finite = apart[np.isfinite(apart)]
    return np.where(np.isfinite(apart), apart, finite.max() + 1)


def _majorized(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) points whose distances resemble `apart`, errors weighted by 1 / distance²."""
    n = len(apart)
    if n < 3:
        return np.stack([np.arange(n), np.arange(n)], axis=1).astype(np.float64)
    centered = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(
        -0.5 * centered @ apart**2 @ centered
    )  # classical scaling, to begin with
    x = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9))
    x = x * np.sign(x[np.abs(x).argmax(0), [0, 1]])  # an eigenvector's sign is nobody's choice
    weights = 1 / np.where(apart == 0, np.inf, apart) ** 2
    laplacian = np.diag(weights.sum(1)) - weights
    solve = np.linalg.pinv(laplacian)
    for _ in range(ROUNDS):
        now = np.linalg.norm(x[:, None] - x[None], axis=2)
        pull = -weights * apart / np.where(now < 1e-9, np.inf, now)
        x = solve @ ((pull - np.diag(pull.sum(1))) @ x)
    return x


def _even(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points in the unit square, half as they lie and half by their rank, so that no part is empty."""
    span = np.maximum(np.ptp(x, axis=0), 1e-9)
    as_they_lie = (x - x.min(0)) / span
    by_rank = x.argsort(0).argsort(0) / max(1, len(x) - 1)
    return 0.04 + 0.92 * (0.4 * as_they_lie + 0.6 * by_rank)


def _without_overlap(
    wanted: NDArray[np.float64], labels: NDArray[np.float64], width: float, height: float
) -> Places:
    """Every label at the free place nearest to the wanted one, in rows; those in the middle choose first."""
    rows: list[list[tuple[float, float]]] = [[] for _ in range(max(1, round(height / (ROW + GAP))))]
    middle = np.zeros_like(wanted)
    for i in np.argsort(np.linalg.norm(wanted - wanted.mean(0), axis=1), kind="stable"):
        found = _nearest(rows, wanted[i], labels[i], width)
        if found is None:  # every row is full
            rows.append([])
            found = len(rows) - 1, float(np.clip(wanted[i, 0], labels[i] / 2, width - labels[i] / 2))
        row, x = found
        rows[row].append((x - labels[i] / 2 - GAP, x + labels[i] / 2 + GAP))
        middle[i] = x, _height_of(row)
    middle[:, 1] -= middle[:, 1].min() - ROW / 2 - 1  # the first rows may have stayed empty
    return Places(np.round(middle, 1), labels, width, float(middle[:, 1].max() + ROW / 2 + 1))


def _height_of(row: int) -> float:
    return (row + 0.5) * (ROW + GAP)


def _nearest(
    rows: Sequence[Sequence[tuple[float, float]]], wanted: NDArray[np.float64], label: float, width: float
) -> tuple[int, float] | None:
    """Row and middle of the nearest gap that holds a label; None where there is no such gap."""
    best: tuple[float, int, float] | None = None
    for row, taken in enumerate(rows):
        down = float(wanted[1]) - _height_of(row)
        if best and down**2 >= best[0]:
            continue
        sides = [float(wanted[0])] + [
            side for left, right in taken for side in (left - label / 2, right + label / 2)
        ]
        for x in sides:
            x = min(max(x, label / 2), width - label / 2)
            free = all(x + label / 2 <= left or x - label / 2 >= right for left, right in taken)
            away = down**2 + (x - float(wanted[0])) ** 2
            if free and (best is None or away < best[0]):
                best = away, row, x
    return best and best[1:]
