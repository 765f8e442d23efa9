"""Filters by name, at any size, and how much a learned filter is like an edge. No torch.

All are built from two one-dimensional ones: binomial(k) smooths, difference(k) compares left with right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ANGLES = tuple(range(0, 180, 15))  # degrees
DRAWS = 10_000  # random filters behind a baseline
FLIPS = 4999  # random exchanges of before and after behind a p-value


def binomial(k: int) -> Array:
    """(k,) 1, k − 1, …, k − 1, 1: the row of Pascal's triangle, a small bell."""
    row = np.ones(1)
    for _ in range(k - 1):
        row = np.convolve(row, [1.0, 1.0])
    return row


def difference(k: int) -> Array:
    """(k,) a smoothed derivative, −1 0 1 for k = 3; zero for k = 1, where nothing can be compared."""
    return np.convolve(binomial(k - 1), [-1.0, 1.0]) if k > 1 else np.zeros(1)


def second_difference(k: int) -> Array:
    """(k,) a smoothed second derivative, 1 −2 1 for k = 3; zero below."""
    return np.convolve(binomial(k - 2), [1.0, -2.0, 1.0]) if k > 2 else np.zeros(k)


def identity(k: int) -> Array:
    """Copies the pixel in the middle."""
    w = np.zeros((k, k))
    w[(k - 1) // 2, (k - 1) // 2] = 1.0
    return w


def box_blur(k: int) -> Array:
    """The mean of all k² pixels."""
    return np.full((k, k), 1 / k**2)


def bell_blur(k: int) -> Array:
    """A mean in which near pixels count more; close to a Gaussian."""
    bell = binomial(k) / 2 ** (k - 1)
    return np.outer(bell, bell)


def sharpen(k: int) -> Array:
    """The image plus what the blur takes from it: 2 · identity − blur."""
    return 2 * identity(k) - bell_blur(k)


def vertical_edge(k: int) -> Array:
    """Right minus left; Sobel's filter for k = 3."""
    return np.outer(binomial(k), difference(k))


def horizontal_edge(k: int) -> Array:
    """Below minus above."""
    return vertical_edge(k).T


def diagonal_edge(k: int) -> Array:
    """Lower right minus upper left."""
    return (vertical_edge(k) + horizontal_edge(k)) / 2


def spot(k: int) -> Array:
    """Surroundings minus centre, whatever the direction: a Laplacian."""
    line = np.outer(binomial(k), second_difference(k))
    return (line + line.T) / 2


KERNELS: Mapping[str, Callable[[int], Array]] = {
    "vertical edge": vertical_edge,
    "horizontal edge": horizontal_edge,
    "diagonal edge": diagonal_edge,
    "spot": spot,
    "box blur": box_blur,
    "bell blur": bell_blur,
    "sharpen": sharpen,
    "identity": identity,
}
SMALLEST = {"vertical edge": 2, "horizontal edge": 2, "diagonal edge": 2, "spot": 3}


def too_small(name: str, k: int) -> str:
    """Why this kernel is all zeros at this size, as a sentence; "" if it is not."""
    if k >= SMALLEST.get(name, 1):
        return ""
    cells = "pixel has no neighbor" if k == 1 else "pixels have no middle"
    return f"A “{name}” needs size {SMALLEST[name]}: {k} {cells} to compare with, so every weight is zero."


def resized(w: ArrayLike, k: int) -> Array:
    """The kernel (k, k), cut or filled with zeros around its middle."""
    w = np.asarray(w, dtype=np.float64)
    out = np.zeros((k, k))
    shift = (k - 1) // 2 - (len(w) - 1) // 2
    for i, j in np.ndindex(w.shape):
        if 0 <= i + shift < k and 0 <= j + shift < k:
            out[i + shift, j + shift] = w[i, j]
    return out


@dataclass(frozen=True, eq=False)
class EdgeLikeness:
    """How much filters are like edges.

    Attributes:
        cosine: (n,) largest cosine of each filter with an oriented edge.
        angle: (n,) degrees of that edge.
        random_mean, random_95: mean and 95 % quantile of the same for random filters.
    """

    cosine: Array
    angle: NDArray[np.int64]
    random_mean: float
    random_95: float

    @property
    def above(self) -> int:
        """Filters more edge-like than 95 % of random ones; 5 % of them would be by chance."""
        return int((self.cosine > self.random_95).sum())


def oriented_edges(k: int) -> Array:
    """(angles, k, k): cos φ · vertical edge + sin φ · horizontal edge, each of length 1."""
    phi = np.deg2rad(ANGLES)[:, None, None]
    edges = np.cos(phi) * vertical_edge(k) + np.sin(phi) * horizontal_edge(k)
    return edges / np.linalg.norm(edges, axis=(1, 2), keepdims=True)


def edge_cosines(filters: Array) -> Array:
    """(n, angles) |cosine| of filters (n, k, k) with every oriented edge; a sign only swaps dark and bright."""
    edges = oriented_edges(filters.shape[-1])
    lengths = np.maximum(np.linalg.norm(filters, axis=(1, 2)), 1e-300)
    return np.abs(np.einsum("nij,aij->na", filters, edges)) / lengths[:, None]


def edge_likeness(filters: ArrayLike, rng: np.random.Generator) -> EdgeLikeness:
    """Filters (n, k, k) against oriented edges, beside DRAWS filters of independent normal weights."""
    filters = np.asarray(filters, dtype=np.float64)
    cosines = edge_cosines(filters)
    chance = edge_cosines(rng.normal(size=(DRAWS, *filters.shape[1:]))).max(axis=1)
    best = cosines.argmax(axis=1)
    return EdgeLikeness(
        cosine=cosines.max(axis=1),
        angle=np.array(ANGLES)[best],
        random_mean=float(chance.mean()),
        random_95=float(np.quantile(chance, 0.95)),
    )


def chance_of_becoming_edges(before: EdgeLikeness, after: EdgeLikeness) -> float:
    """The larger of two one-sided p-values: small only if neither chance nor the start explains the edges.

    The first is the binomial tail P(X ≥ `after.above`), X ~ Bin(n, 1/20), for filters that are random. The second
    is for filters that training has moved without regard to edges, so that before and after of each could be
    exchanged: the share of random exchanges in which the mean cosine rises by as much (Pitman's test of pairs).

    Args:
        before, after: of the same n filters in the same order.
    """
    from scipy.special import bdtrc

    by_chance = float(bdtrc(after.above - 1, len(after.cosine), 0.05)) if after.above else 1.0
    rise = after.cosine - before.cosine
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (FLIPS, len(rise)))
    as_high = signs @ rise >= rise.sum() - 1e-12 * np.abs(rise).sum()
    return max(by_chance, float((1 + as_high.sum()) / (1 + FLIPS)))
