"""What numbers measured on a few images are worth: the intervals of Wilson, Newcombe and the bootstrap, in words.

The only intervals of this lab, all at 95 %, and the only sentence that tells them. numpy only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.number_text import percent, points, typeset

LEVEL = 0.95
Z = 1.959963984540054  # the standard normal's 97.5 % quantile
RESAMPLES = 1000


def written(
    value: float, low: float, high: float, write: Callable[[float], str], n: str, *, short: bool
) -> str:
    """85.0% (95% interval 79.0% to 89.6%, n = 156); short, under a heading that names the interval, without its name.

    >>> written(0.5, 0.25, 0.75, "{:.2f}".format, "n = 16", short=False)
    '0.50 (95% interval 0.25 to 0.75, n = 16)'

    Args:
        write: how one number is written.
        n: what it was measured on, such as "n = 156"; may be empty.
    """
    name = "" if short else f"{LEVEL:.0%} interval "
    return f"{write(value)} ({name}{write(low)} to {write(high)}{', ' if n else ''}{n})"


# --- one share ---------------------------------------------------------------------------------------------


def wilson(k: ArrayLike, n: ArrayLike, z: float = Z) -> tuple[NDArray, NDArray]:
    """Lower and upper end of the 95 % interval of a share k / n, of any shape.

    (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), which stays sensible where n is small or p is 0 or 1
    (Wilson 1927; Brown, Cai and DasGupta 2001). An empty group knows nothing: 0 to 1.
    k and n are scalars or arrays; both ends have their common shape.

    >>> low, high = wilson([0, 8, 10], 10)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.49, 0.722], [0.278, 0.943, 1.0])
    """
    k, n = np.asarray(k, float), np.asarray(n, float)
    size = np.maximum(n, 1)
    p = k / size
    centre = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    low = np.where((n > 0) & (k > 0), np.maximum(centre - half, 0), 0)  # exact at both ends of the scale
    high = np.where((n > 0) & (k < n), np.minimum(centre + half, 1), 1)
    return low, high


@dataclass(frozen=True)
class Share:
    """k of n, with Wilson's 95 % interval; written as "85.0% (95% interval 79.0% to 89.6%, n = 156)".

    k is whole where we counted; a published share times its n need not be.

    >>> print(Share(133, 156))
    85.3% (95% interval 78.8% to 90.0%, n = 156)
    """

    k: float
    n: int

    @property
    def value(self) -> float:
        return self.k / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        low, high = wilson(self.k, self.n)
        return float(low), float(high)

    @property
    def short(self) -> str:
        """85.0% (79.0% to 89.6%, n = 156), for a table whose heading says that this is the 95 % interval."""
        return self._written(short=True)

    def __str__(self) -> str:
        return self._written(short=False)

    def _written(self, *, short: bool) -> str:
        if not self.n:
            return "none (n = 0)"
        return written(self.value, *self.interval, percent, f"n = {self.n:,}", short=short)


def standard_error(share: float, n: float) -> float:
    """√(p (1 − p) / n): how far an accuracy p on n images strays from that on endlessly many.

    >>> standard_error(0.5, 100)
    0.05
    """
    return float(np.sqrt(share * (1 - share) / n))


# --- two shares --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """A measured value with the two ends of its 95 % interval.

    >>> Estimate(0.1, low=0.02, high=0.18).is_clear, Estimate(0.1, low=-0.02, high=0.22).is_clear
    (True, False)
    """

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Difference(Estimate):
    """One share minus another, with its 95 % interval; written in percentage points.

    >>> print(Difference(0.013, -0.004, 0.03))
    +1.3 percentage points (95% interval −0.4 to +3.0)
    """

    def __str__(self) -> str:
        """+1.3 percentage points (95% interval −0.4 to +3.0)."""
        span = written(self.value, self.low, self.high, points, "", short=False)
        return span.replace(" (", " percentage points (", 1)


def newcombe(first: Share, second: Share) -> Difference:
    """first − second of two shares counted on different images, from the Wilson intervals of both.

    Newcombe 1998 (Statistics in Medicine 17:873), method 10.

    >>> print(newcombe(Share(56, 70), Share(48, 80)))
    +20.0 percentage points (95% interval +5.2 to +33.4)
    """
    return _combined(first, second, 0.0)


def newcombe_paired(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Difference:
    """first − second of two shares counted on the same images, such as two networks judged image by image.

    The Wilson intervals of both, and the correlation φ of the pairs, drawn towards 0 by half an image: two networks
    that fail on the same images can be told apart sooner (Newcombe 1998, Statistics in Medicine 17:2635, method 10).

    >>> first, second = np.arange(100) < 90, np.arange(100) < 83
    >>> newcombe_paired(first, second).is_clear, newcombe(Share(90, 100), Share(83, 100)).is_clear
    (True, False)

    Args:
        first, second: (n,) whether each image is called rightly, n ≥ 1, in one order.

    Raises:
        ValueError: not as many of one as of the other, or none.
    """
    if first.shape != second.shape or not len(first):
        raise ValueError("A paired difference needs the same images, at least one, for both.")
    n = len(first)
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    agreement = both * neither - only_first * only_second
    spread = first.sum() * (~first).sum() * second.sum() * (~second).sum()
    drawn = max(agreement - n / 2, 0.0) if agreement > 0 else float(agreement)
    phi = drawn / float(np.sqrt(float(spread))) if spread else 0.0
    return _combined(Share(int(first.sum()), n), Share(int(second.sum()), n), phi)


def _combined(first: Share, second: Share, phi: float) -> Difference:
    p, q = first.value, second.value
    (a, b), (c, d) = first.interval, second.interval

    def distance(x: float, y: float) -> float:
        return float(np.sqrt(max(x * x - 2 * phi * x * y + y * y, 0.0)))

    return Difference(p - q, p - q - distance(p - a, d - q), p - q + distance(b - p, q - c))


# --- means -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mean(Estimate):
    """The mean of n values with its 95 % interval; NaN where there is none.

    >>> print(Mean(0.9, 0.85, 0.95, n=20))
    0.900 (95% interval 0.850 to 0.950, n = 20)
    """

    n: int

    @property
    def signed(self) -> str:
        """A mean difference of pairs: +0.120 (95% interval +0.080 to +0.160, n = 48 pairs)."""
        n = f"n = {self.n:,} pairs"
        return written(self.value, self.low, self.high, lambda x: typeset(f"{x:+.3f}"), n, short=False)

    @property
    def share(self) -> str:
        """A mean of shares, for a table whose heading names the interval: 41.2% (38.0% to 44.4%, n = 120)."""
        return written(self.value, self.low, self.high, percent, f"n = {self.n:,}", short=True)

    @property
    def points(self) -> str:
        """A mean difference of shares: +1.3 percentage points (95% interval −0.4 to +3.0)."""
        return str(Difference(self.value, self.low, self.high))

    def __str__(self) -> str:
        n = f"n = {self.n:,}"
        return written(self.value, self.low, self.high, lambda x: typeset(f"{x:.3f}"), n, short=False)


def bootstrap(values: NDArray[np.float64], seed: int = 0) -> Mean:
    """The mean of n values with the percentile bootstrap's 95 % interval.

    The 2.5 % and 97.5 % quantiles of the means of RESAMPLES draws of n values with replacement (Efron 1979). Of
    pairs, give the differences.

    >>> found = bootstrap(np.array([0.0, 1.0] * 50))
    >>> found.value, round(found.high - found.low, 1)
    (0.5, 0.2)

    Args:
        values: (n,), finite; of none nothing is known: NaN.
    """
    n = len(values)
    if n == 0:
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    drawn = np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))
    low, high = np.quantile(values[drawn].mean(axis=1), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Mean(float(values.mean()), float(low), float(high), n)


def half_width(values: NDArray[np.float64]) -> float:
    """z · s / √n: half the 95 % interval of the mean of values (n,), n ≥ 2, by the normal law.

    >>> round(half_width(np.array([0.0, 2.0])), 3)
    1.96
    """
    return Z * float(values.std(ddof=1)) / float(np.sqrt(len(values)))


def normal_mean(values: NDArray[np.float64]) -> Mean:
    """The mean of values (n,), n ≥ 2, with its 95 % interval by the normal law, mean ± z · s / √n.

    >>> print(normal_mean(np.array([0.0, 2.0])))
    1.000 (95% interval −0.960 to 2.960, n = 2)
    """
    mean, half = float(values.mean()), half_width(values)
    return Mean(mean, mean - half, mean + half, len(values))


# --- areas under the ROC curve -----------------------------------------------------------------------------


def auc_mean(scores: NDArray[np.float64], labels: NDArray[np.int64], groups: NDArray | None = None) -> Mean:
    """The mean over classes of the AUC of each against the rest, with its 95 % interval by DeLong's variance.

    AUC_c is the mean of placements: for an image of class c, the share of the others that score below it (ties one
    half), and the other way round. What image i adds to the error is ψ_i = Σ_c (placement − AUC_c) / (classes · n of
    its side), and Var = Σ ψ_i² (DeLong, DeLong and Clarke-Pearson 1988; for two classes theirs, up to n against
    n − 1). Images of one group (a patient) err together: their ψ are added before they are squared.

    >>> scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])
    >>> print(auc_mean(scores, np.array([0, 0, 1, 1])))
    0.750 (95% interval 0.260 to 1.000, n = 4)

    Args:
        scores: (n, classes), larger for more likely; labels: (n,); groups: (n,) or None.
    """
    n, classes = scores.shape
    psi, values = np.zeros(n), []
    there = [c for c in range(classes) if 0 < (labels == c).sum() < n]
    for c in there:
        is_c = labels == c
        placed = np.where(
            is_c, _below(scores[~is_c, c], scores[:, c]), 1 - _below(scores[is_c, c], scores[:, c])
        )
        value = float(placed[is_c].mean())
        values.append(value)
        psi += (placed - value) / np.where(is_c, is_c.sum(), n - is_c.sum()) / len(there)
    if not there:
        return Mean(float("nan"), float("nan"), float("nan"), n)
    added = psi if groups is None else np.bincount(np.unique(groups, return_inverse=True)[1], psi)
    half = Z * float(np.sqrt((added**2).sum()))
    mean = float(np.mean(values))
    return Mean(mean, max(mean - half, 0.0), min(mean + half, 1.0), n)


def _below(others: NDArray, scores: NDArray) -> NDArray[np.float64]:
    """(n,) the share of others (m,) below each of the scores (n,), ties one half."""
    ordered = np.sort(others)
    low, high = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return (low + high) / (2 * len(others))
