"""A filter slid over an image, written out: what it meets, what it sums, how large the result is. No torch.

Knows one channel of one image: x (rows, cols) and a kernel w (k, k). The real networks are in models.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Geometry:
    """How a window moves: kernel size k, stride s, zero padding p on every side, dilation d."""

    k: int = 3
    s: int = 1
    p: int = 0
    d: int = 1

    @property
    def reach(self) -> int:
        """Pixels from the first to the last tap, both included: d (k − 1) + 1."""
        return self.d * (self.k - 1) + 1

    def size(self, n: int) -> int:
        """Outputs along a side of n pixels: ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1; 0 if none fits."""
        return max(0, (n + 2 * self.p - self.d * (self.k - 1) - 1) // self.s + 1)

    def left_over(self, n: int) -> int:
        """Pixels at the far side (padding included) that no window reaches: what the floor cuts off."""
        return (n + 2 * self.p - self.reach) % self.s

    def taps(self, i: int) -> list[int]:
        """The pixels that output cell i reads along one side; below 0 or past the end lies padding."""
        return [i * self.s - self.p + t * self.d for t in range(self.k)]


def problem(n: int, geometry: Geometry) -> str:
    """Why this filter cannot slide over a side of n pixels, as a sentence; "" if it can."""
    k, s, p, d = geometry.k, geometry.s, geometry.p, geometry.d
    if min(k, s, d) < 1 or p < 0:
        return "Size, stride and dilation are at least 1, the padding at least 0."
    if geometry.reach > n + 2 * p:
        padded = f"{n} pixels and {p} of padding on each side make {n + 2 * p}" if p else f"it has {n} pixels"
        return (
            f"The filter reaches over d(k − 1) + 1 = {geometry.reach} pixels, more than there are: "
            f"{padded}. Take a smaller size or dilation, or more padding."
        )
    return ""


def remark(n: int, geometry: Geometry) -> str:
    """What is odd about a choice that works, as a sentence; "" if nothing is."""
    if geometry.p >= geometry.reach:
        return "With this much padding the outermost outputs see nothing but zeros."
    if rest := geometry.left_over(n):
        where = "row and column" if rest == 1 else f"{rest} rows and columns"
        return f"The floor at work: the last {where} are never read, the next step would leave the image."
    return ""


def grey(image: ArrayLike) -> Array:
    """x (rows, cols) in [0, 1]: the mean of the channels of a uint8 image, divided by 255."""
    pixels = np.asarray(image, dtype=np.float64)
    return (pixels if pixels.ndim == 2 else pixels.mean(axis=2)) / 255


def patch(x: Array, geometry: Geometry, i: int, j: int) -> Array:
    """The k × k pixels that output cell (i, j) reads; 0 where they lie in the padding."""
    rows, cols = geometry.taps(i), geometry.taps(j)
    inside = [[0 <= r < x.shape[0] and 0 <= c < x.shape[1] for c in cols] for r in rows]
    return np.array(
        [
            [x[r, c] if ok else 0.0 for c, ok in zip(cols, line, strict=True)]
            for r, line in zip(rows, inside, strict=True)
        ]
    )


def convolve(x: ArrayLike, w: ArrayLike, geometry: Geometry, b: float = 0.0) -> Array:
    """z (…, rows', cols') of a filter slid over images: z_ij = Σ_p Σ_q w_pq x_{si+dp, sj+dq} + b.

    As in every deep learning library the filter is not flipped: a cross-correlation.

    Args:
        x: (…, rows, cols); any number of images at once.
        w: (k, k).

    Raises:
        ValueError: the filter does not fit; the message is for the learner.
    """
    x, w = np.asarray(x, dtype=np.float64), np.asarray(w, dtype=np.float64)
    for n in x.shape[-2:]:
        if sentence := problem(n, geometry):
            raise ValueError(sentence)
    rows, cols = (geometry.size(n) for n in x.shape[-2:])
    s, p, d = geometry.s, geometry.p, geometry.d
    padded = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(p, p), (p, p)])
    z = np.full((*x.shape[:-2], rows, cols), float(b))
    for t, u in np.ndindex(geometry.k, geometry.k):
        z += (
            w[t, u]
            * padded[..., t * d : t * d + s * (rows - 1) + 1 : s, u * d : u * d + s * (cols - 1) + 1 : s]
        )
    return z


def pool(a: ArrayLike, window: int, kind: str = "max") -> Array:
    """h (…, ⌊rows / window⌋, ⌊cols / window⌋): maximum or average of each window beside window.

    Raises:
        ValueError: the window is larger than the map.
    """
    a = np.asarray(a, dtype=np.float64)
    if not 1 <= window <= min(a.shape[-2:]):
        raise ValueError(f"The window has {window} cells a side, the map {min(a.shape[-2:])}.")
    windows = sliding_window_view(a, (window, window), axis=(-2, -1))[..., ::window, ::window, :, :]
    return windows.max(axis=(-2, -1)) if kind == "max" else windows.mean(axis=(-2, -1))
