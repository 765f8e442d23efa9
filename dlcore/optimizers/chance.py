"""The chance of a race, drawn by Philox: noise and mini-batches that a browser draws as well, in the same order."""

import math

import numpy as np
from numpy.typing import NDArray

from dlcore import philox

SHOCKS, SAMPLES = (
    0,
    1,
)  # streams: an order of its own for each, so that a race with both is drawn like one of each


class Chance:
    """The next numbers of a seed, as numpy's Generator hands them out."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.drawn = {SHOCKS: 0, SAMPLES: 0}

    def _next(self, stream: int, size: tuple[int, ...]) -> tuple[int, int]:
        n, start = math.prod(size), self.drawn[stream]
        self.drawn[stream] += n
        return n, start

    def standard_normal(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        """Independent normal numbers, in the shape `size`."""
        n, start = self._next(SHOCKS, size)
        return philox.normals(self.seed, n, SHOCKS, start).reshape(size)

    def integers(self, high: int, size: tuple[int, ...]) -> NDArray[np.int64]:
        """Independent whole numbers from 0 to high − 1, in the shape `size`."""
        n, start = self._next(SAMPLES, size)
        return (philox.uniforms(self.seed, n, SAMPLES, start) * high).astype(np.int64).reshape(size)
