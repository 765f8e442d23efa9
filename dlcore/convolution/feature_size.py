"""How large is what a channel answers to? Measured on ∂a/∂x, the pattern that would raise it most. No torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Patterns = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Sizes:
    """Of one layer's channels, in pixels of the image.

    Attributes:
        name: of the layer.
        field: side of the receptive field, by counting.
        extent: (channels,) see `extent`.
        wavelength: (channels,) see `wavelength`.
    """

    name: str
    field: int
    extent: NDArray[np.float64]
    wavelength: NDArray[np.float64]


def measured(name: str, field: int, patterns: Patterns) -> Sizes:
    """The sizes of a layer's patterns (n, colours, rows, cols); channels that answer to nothing are left out."""
    alive = patterns[np.abs(patterns).sum(axis=(1, 2, 3)) > 0].astype(np.float64)
    return Sizes(name, field, extent(alive), wavelength(alive))


def extent(patterns: Patterns) -> NDArray[np.float64]:
    """(n,) side of the square with the same spread: √(6 σ²), σ² = Σ w |r − r̄|² / Σ w, w = |∂a/∂x|.

    A k × k square of equal weights has σ² = (k² − 1)/6; 1 is added under the root, so that it gives k.

    Args:
        patterns: (n, colours, rows, cols), none of them zero everywhere.
    """
    w = np.abs(patterns).sum(axis=1)
    w = w / w.sum(axis=(1, 2), keepdims=True)
    spread = 0.0
    for other in (2, 1):
        share = w.sum(axis=other)  # (n, side): weight of each row, of each column
        at = np.arange(share.shape[1])
        mean = share @ at
        spread = spread + (share @ at**2 - mean**2)
    return np.sqrt(6 * np.maximum(spread, 0) + 1)


def wavelength(patterns: Patterns) -> NDArray[np.float64]:
    """(n,) 1/f̄, pixels from crest to crest: f̄ = Σ f |G_f|² / Σ |G_f|² over all frequencies, G the transform.

    f is radial, in cycles per pixel. A checkerboard has √2, one lone pixel about 2.6, a wide blob much more.

    Args:
        patterns: (n, colours, rows, cols), none of them zero everywhere.
    """
    power = (np.abs(np.fft.fft2(patterns)) ** 2).sum(axis=1)
    rows, cols = patterns.shape[2:]
    f = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(cols))
    centre = (f * power).sum(axis=(1, 2)) / power.sum(axis=(1, 2))
    return 1 / np.maximum(
        centre, 1 / (2 * max(rows, cols))
    )  # a constant pattern: no wave fits in the picture


def middle(values: NDArray[np.floating]) -> tuple[float, float, float]:
    """Median and the quartiles around it."""
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return float(low), float(median), float(high)


def grow(layers: list[Sizes], what: str) -> bool:
    """Whether the last layer's sizes lie clearly above the first's: their middle halves do not overlap.

    Args:
        what: "extent" or "wavelength".
    """
    first, last = (middle(getattr(layer, what)) for layer in (layers[0], layers[-1]))
    return last[0] > first[2]
