"""Points in the plane for small networks: generated, real, or clicked by the learner.

Every set lies in about [-6, 6]². Classes are y = -1 and +1; a regression target lies in [-1, 1].
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dlcore import data, philox
from dlcore.data import BadInput
from dlcore.network.network import POINTS

Array = NDArray[np.float64]
HALF_WIDTH = 6.0  # the window is [-6, 6]²
OWN_MOST = 150


@dataclass(frozen=True, eq=False)
class Points:
    """Points of the plane with their labels.

    Attributes:
        x: (n, 2).
        y: (n,), -1 or +1 for classes, a number for regression.
        axes: what the two coordinates are, with units where there are any.
        classes: names of the classes -1 and +1; empty for regression.
    """

    x: Array
    y: Array
    axes: tuple[str, str] = ("x₁", "x₂")
    classes: tuple[str, ...] = ("−1", "+1")

    @property
    def regression(self) -> bool:
        return not self.classes


class Draws:
    """The random numbers of one point set: stream POINTS of its seed, one after another."""

    def __init__(self, seed: int) -> None:
        self.seed, self.taken = seed, 0

    def uniform(self, low: float, high: float, shape: int | tuple[int, ...]) -> Array:
        """Numbers in [low, high)."""
        return low + (high - low) * self._next(philox.uniforms, shape)

    def normal(self, scale: float, shape: tuple[int, ...]) -> Array:
        """Numbers from N(0, scale²)."""
        return scale * self._next(philox.normals, shape)

    def _next(self, draw: Callable[..., Array], shape: int | tuple[int, ...]) -> Array:
        n = math.prod(shape) if isinstance(shape, tuple) else shape
        self.taken += n
        return draw(self.seed, n, POINTS, self.taken - n).reshape(shape)


def circle(n: int, noise: float, rng: Draws) -> Points:
    """A disc (+1) inside a ring (-1)."""
    half = n // 2
    radius = np.concatenate([rng.uniform(0.0, 2.5, half), rng.uniform(3.5, 5.0, n - half)])
    angle = rng.uniform(0.0, 2 * np.pi, n)
    x = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    # Noise moves the point that is labelled, not the point that is shown: labels near the edge get mixed.
    seen = np.linalg.norm(x + noise * rng.uniform(-5.0, 5.0, (n, 2)), axis=1)
    return Points(x, np.where(seen < 2.5, 1.0, -1.0))


def xor(n: int, noise: float, rng: Draws) -> Points:
    """+1 where x1 and x2 have the same sign."""
    x = rng.uniform(-5.0, 5.0, (n, 2))
    x += 0.3 * np.where(x > 0, 1.0, -1.0)  # a gap along the axes
    moved = x + noise * rng.uniform(-5.0, 5.0, (n, 2))
    return Points(x, np.where(moved[:, 0] * moved[:, 1] >= 0, 1.0, -1.0))


def gauss(n: int, noise: float, rng: Draws) -> Points:
    """Two clouds at (2, 2) and (-2, -2); their variance grows from 0.5 with the noise."""
    y = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    return Points(2.0 * y[:, None] + rng.normal(math.sqrt(0.5 + 7.0 * noise), (n, 2)), y)


def spiral(n: int, noise: float, rng: Draws) -> Points:
    """Two arms of 1.75 turns."""
    y = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    along = np.concatenate([np.arange(n // 2) / (n // 2), np.arange(n - n // 2) / (n - n // 2)])
    angle = 1.75 * along * 2 * np.pi + np.where(y > 0, 0.0, np.pi)
    arm = 5.0 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return Points(arm + 2.0 * noise * rng.uniform(-1.0, 1.0, (n, 2)), y)


def moons(n: int, noise: float, rng: Draws) -> Points:
    """Two half circles that reach into each other."""
    y = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    angle = rng.uniform(0.0, np.pi, n)
    arc = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1) * y[:, None]
    return Points(3.0 * arc + 3.0 * noise * rng.normal(1.0, (n, 2)), y)


def plane(n: int, noise: float, rng: Draws) -> Points:
    """A regression target that one neuron can learn: (x1 + x2)/10."""
    x = rng.uniform(-5.0, 5.0, (n, 2))
    return Points(x, x.sum(axis=1) / 10.0 + noise * rng.uniform(-1.0, 1.0, n), classes=())


def hills(n: int, noise: float, rng: Draws) -> Points:
    """A regression target that one neuron cannot learn: two hills and two hollows."""
    x = rng.uniform(-5.0, 5.0, (n, 2))
    height = np.zeros(n)
    for centre, sign in (((-2.5, 2.5), 1), ((2.5, -2.5), 1), ((2.5, 2.5), -1), ((-2.5, -2.5), -1)):
        height += sign * np.exp(-((x - np.array(centre)) ** 2).sum(axis=1) / 3.0)
    return Points(x, height + noise * rng.uniform(-1.0, 1.0, n), classes=())


def _real(name: str, columns: tuple[int, int], kept: tuple[int, int]) -> Points:
    """Two columns and two classes of a real table, centred and scaled to the window."""
    table = data.table(name)
    rows = np.isin(table.y, kept)
    x = np.asarray(table.x, dtype=np.float64)[rows][:, list(columns)]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    z *= 5.5 / np.abs(z).max()
    names = tuple(f"{table.names[c]}, standardised" for c in columns)
    classes = tuple(table.class_names[k] for k in kept)
    return Points(z, np.where(table.y[rows] == kept[1], 1.0, -1.0), (names[0], names[1]), classes)


def breast_cancer(n: int, noise: float, rng: Draws) -> Points:
    """569 tumours: mean radius and mean texture (scikit-learn's table)."""
    return _real("breast_cancer", (0, 1), (0, 1))


def iris(n: int, noise: float, rng: Draws) -> Points:
    """100 flowers: petal length and width of versicolor and virginica (scikit-learn's table)."""
    return _real("iris", (2, 3), (1, 2))


POINT_SETS: Mapping[str, Callable[[int, float, Draws], Points]] = MappingProxyType(
    {f.__name__: f for f in (circle, xor, gauss, spiral, moons, breast_cancer, iris, plane, hills)}
)
REGRESSION = ("plane", "hills")


def sample(name: str, n: int = 500, noise: float = 0.0, seed: int = 0) -> Points:
    """n points of a set.

    Args:
        name: a key of POINT_SETS; real tables always give all their rows.
        noise: 0 to 0.5.

    Raises:
        BadInput: no such set, or a size or noise out of range.
    """
    if name not in POINT_SETS:
        raise BadInput(f"There is no point set {str(name)[:40]!r}.")
    if not 10 <= n <= 2000 or not 0.0 <= noise <= 0.5:
        raise BadInput("A point set has 10 to 2000 points and a noise of 0 to 0.5.")
    return POINT_SETS[name](n, noise, Draws(seed))


DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def encode_own(x: Array, y: Array) -> str:
    """The learner's own points as text for an address: five letters a point, coordinates to 0.003."""
    code = np.clip(np.rint((np.asarray(x) + HALF_WIDTH) / (2 * HALF_WIDTH) * 4095), 0, 4095).astype(int)
    return "".join(
        DIGITS[i // 64] + DIGITS[i % 64] + DIGITS[j // 64] + DIGITS[j % 64] + ("P" if label > 0 else "N")
        for (i, j), label in zip(code.tolist(), y, strict=True)
    )


def own(text: str) -> Points:
    """The learner's own points, from the text that encode_own made.

    Raises:
        BadInput: not such a text, or more than OWN_MOST points.
    """
    pieces = [text[i : i + 5] for i in range(0, min(len(text), 5 * OWN_MOST + 5), 5)]
    if len(pieces) > OWN_MOST:
        raise BadInput(f"At most {OWN_MOST} points of your own fit into the address.")
    if any(len(p) < 5 or p[4] not in "PN" or any(c not in DIGITS for c in p) for p in pieces):
        raise BadInput("The address holds points that cannot be read.")
    code = np.array([[DIGITS.index(c) for c in p[:4]] for p in pieces], dtype=np.float64).reshape(-1, 2, 2)
    x = (code @ np.array([64.0, 1.0])) / 4095 * 2 * HALF_WIDTH - HALF_WIDTH
    return Points(x, np.array([1.0 if p[4] == "P" else -1.0 for p in pieces]))


CSV_MOST = 20_000  # characters
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def decoded(file: bytes) -> str:
    """The text of an uploaded table: UTF-16 where it says so, as spreadsheets export it, UTF-8 otherwise."""
    encoding = "utf-16" if file[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return file.decode(encoding, "replace")


def read_csv(text: str) -> Points:
    """Points from lines "number, number, class", with or without a heading, scaled to the window.

    The separator is a tab, else a semicolon, else a comma, whichever the first line has; with the first two, numbers
    may have a decimal comma. The first class met becomes -1, the second +1.

    Raises:
        BadInput: a line that is none, two decimal marks, one class or more than two, too many or too few lines.
    """
    if len(text) > CSV_MOST:
        raise BadInput(f"A table of points has at most {CSV_MOST} characters.")
    written = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    separator = next((mark for mark in "\t;" if written and mark in written[0]), ",")
    lines = [[cell.strip().strip('"').strip() for cell in line.split(separator)] for line in written]
    marks = {mark for line in lines for cell in line[:2] for mark in ",." if mark in cell and _number(cell)}
    if lines and not any(_number(cell) for cell in lines[0][:2]):
        lines = lines[1:]  # a heading
    if len(marks) > 1:
        raise BadInput("Some numbers have a decimal comma and some a decimal point: use one of them.")
    if not 6 <= len(lines) <= OWN_MOST:
        raise BadInput(f"A table of points needs 6 to {OWN_MOST} lines; this one has {len(lines)}.")
    for k, line in enumerate(lines, start=1):
        if len(line) != 3:
            hint = "; numbers with a decimal comma need semicolons or tabs between them" * ("," in written[0])
            raise BadInput(
                f"Line {k} has {len(line)} columns, not the three of “number, number, class”{hint}."
            )
        if not (_number(line[0]) and _number(line[1])):
            raise BadInput(f"Line {k} is not “number, number, class”.")
    names = list(dict.fromkeys(line[2] for line in lines))
    if len(names) != 2:
        raise BadInput(f"There must be two classes; this table has {len(names)}.")
    x = np.array([[float(_number(cell)) for cell in line[:2]] for line in lines])
    centred = x - (x.max(axis=0) + x.min(axis=0)) / 2
    widest = np.abs(centred).max(axis=0)
    y = np.array([1.0 if line[2] == names[1] else -1.0 for line in lines])
    return Points(5.5 * centred / np.where(widest > 0, widest, 1.0), y)


def _number(cell: str) -> str:
    """The number in a cell as Python writes it, "" if there is none: one mark, comma or point, for the decimals."""
    text = cell.replace("−", "-").replace(",", ".")
    return text if NUMBER.fullmatch(text) and abs(float(text)) < 1e100 else ""
