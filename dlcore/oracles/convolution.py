"""Second opinions on convolution: Fourier's way, torch's conv2d and pooling, fields found by gradients."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.convolution.sliding import Geometry

Array = NDArray[np.float64]


def by_fourier(x: ArrayLike, w: ArrayLike, geometry: Geometry) -> Array:
    """z by the convolution theorem: products of spectra instead of sums over windows. Needs numpy only."""
    x, w = np.asarray(x, dtype=np.float64), np.asarray(w, dtype=np.float64)
    padded = np.pad(x, geometry.p)
    wide = np.zeros((geometry.reach, geometry.reach))
    wide[:: geometry.d, :: geometry.d] = w
    # correlation = the spectrum of the image times the conjugate one of the filter
    spectrum = np.fft.rfft2(padded) * np.conj(np.fft.rfft2(wide, padded.shape))
    everywhere = np.fft.irfft2(spectrum, padded.shape)
    rows, cols = (side - geometry.reach + 1 for side in padded.shape)
    return everywhere[: rows : geometry.s, : cols : geometry.s]


def by_torch(x: ArrayLike, w: ArrayLike, geometry: Geometry) -> Array:
    """z by torch.nn.functional.conv2d in float64."""
    import torch

    image, kernel = (torch.tensor(np.asarray(v, dtype=np.float64))[None, None] for v in (x, w))
    g = geometry
    return torch.nn.functional.conv2d(image, kernel, None, g.s, g.p, g.d)[0, 0].numpy()


def pooled_by_torch(a: ArrayLike, window: int, kind: str) -> Array:
    """Pooling by torch.nn.functional."""
    import torch

    maps = torch.tensor(np.asarray(a, dtype=np.float64))[None]
    pool = torch.nn.functional.max_pool2d if kind == "max" else torch.nn.functional.avg_pool2d
    return pool(maps, window)[0].numpy()


def field_by_gradient(
    geometries: list[Geometry], size: tuple[int, int], cell: tuple[int, int]
) -> NDArray[np.bool_]:
    """bool (rows, cols): the pixels whose change reaches a cell of the last of these layers.

    Every layer becomes a convolution whose weights are all 1 (dilation included), so that no zero weight,
    ReLU or maximum hides a path: the gradient counts the paths from pixel to cell.
    """
    import torch

    x = torch.zeros((1, 1, *size), dtype=torch.float64, requires_grad=True)
    h = x
    for g in geometries:
        ones = torch.ones((1, 1, g.k, g.k), dtype=torch.float64)
        h = torch.nn.functional.conv2d(h, ones, stride=g.s, padding=g.p, dilation=g.d)
    (gradient,) = torch.autograd.grad(h[0, 0, cell[0], cell[1]], x)
    return gradient[0, 0].numpy() > 0


def output_size(n: int, geometry: Geometry) -> int:
    """Outputs along a side of n pixels, by asking torch for the shape: nothing is computed."""
    import torch

    layer = torch.nn.Conv1d(
        1, 1, geometry.k, geometry.s, geometry.p, geometry.d, bias=False, device=torch.device("meta")
    )
    return int(layer(torch.empty((1, 1, n), device="meta")).shape[-1])


def edge_cosines(filters: Array, angles: Iterable[float]) -> Array:
    """(n, angles) |cosine| of filters (n, 3, 3) with Sobel's filter turned by each angle in degrees, by SciPy."""
    from scipy.ndimage import sobel
    from scipy.spatial.distance import cdist

    dot = np.zeros((5, 5))
    dot[2, 2] = 1.0
    across, down = (
        -sobel(dot, axis)[1:4, 1:4] for axis in (1, 0)
    )  # what finds right minus left, below minus above
    turned = [np.cos(np.deg2rad(a)) * across + np.sin(np.deg2rad(a)) * down for a in angles]
    return np.abs(1 - cdist(filters.reshape(len(filters), -1), np.reshape(turned, (-1, 9)), "cosine"))


def moved(x: Array, t: int, axis: int) -> Array:
    """An image or a map moved by t cells along an axis, by scipy.ndimage."""
    from scipy.ndimage import shift

    return np.asarray(shift(x, [t if each == axis else 0 for each in range(x.ndim)], order=0))
