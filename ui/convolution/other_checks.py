"""The second opinions of the convolution page not in view: output sizes, pooling, edge cosines, shifts."""

from collections.abc import Callable

import numpy as np

from dlcore.convolution import kernels
from dlcore.convolution.sliding import Geometry, convolve, pool, problem
from dlcore.convolution.translation_invariance import ROOM, shifted
from ui.convolution.address import STATE
from ui.convolution.sliding_filter import Setting
from ui.frame import frame
from ui.frame.fields import Whole


def other_checks(setting: Setting, card: Callable[..., None] = frame.check) -> None:
    """Every output size that the sliders offer, both poolings, the cosines with edges, and a shifted image.

    Args:
        card: what shows a comparison: claim, ours, reference, difference, tolerance, name.
    """
    from dlcore.oracles import convolution as oracle  # imports torch

    n = setting.x.shape[0]
    offered = [geometry for geometry in geometries() if not problem(n, geometry)]
    ours, theirs = (np.array([size(n, g) for g in offered]) for size in (_size, oracle.output_size))
    off = float(np.abs(ours - theirs).max())
    claim = f"the output size of an image of {n} pixels for {len(offered):,} choices of k, s, p and d (sum)"
    card(claim, int(ours.sum()), int(theirs.sum()), off, 0, "torch.nn.Conv2d")

    a = np.maximum(convolve(setting.x, setting.w, Geometry(setting.geometry.k)), 0)
    for kind in ("max", "average"):
        for window in (2, 3, 4):
            mine, other = pool(a, window, kind), oracle.pooled_by_torch(a, window, kind)
            off = float(np.abs(mine - other).max()) if mine.size else 0.0
            claim = f"{kind} pooling of ReLU(z) in windows of {window} (sum)"
            card(claim, float(mine.sum()), float(other.sum()), off, 1e-12 * max(1.0, float(a.max())), "torch")

    some = np.random.default_rng(0).normal(size=(200, 3, 3))
    mine, other = kernels.edge_cosines(some), oracle.edge_cosines(some, kernels.ANGLES)
    off = float(np.abs(mine - other).max())
    card(
        "|cosine| of 200 filters with every edge (sum)",
        mine.sum(),
        other.sum(),
        off,
        1e-12,
        "SciPy's distances",
    )

    middle = (slice(ROOM, -ROOM), slice(ROOM, -ROOM))
    for axis, way in enumerate(("down", "right")):
        mine, other = shifted(setting.x[None], 1, axis)[0], oracle.moved(setting.x, 1, axis)[middle]
        off = float(np.abs(mine - other).max())
        card(
            f"the middle of the image moved one pixel {way} (sum)",
            mine.sum(),
            other.sum(),
            off,
            0,
            "scipy.ndimage",
        )


def geometries() -> list[Geometry]:
    """Every size, stride, padding and dilation that the sliders offer."""
    ranges = []
    for name in ("k", "s", "p", "d"):
        field = STATE.fields[name]
        assert isinstance(field, Whole)
        ranges.append(range(int(field.low), int(field.high) + 1))
    k, s, p, d = ranges
    return [Geometry(*each) for each in ((a, b, c, e) for a in k for b in s for c in p for e in d)]


def _size(n: int, geometry: Geometry) -> int:
    return geometry.size(n)
