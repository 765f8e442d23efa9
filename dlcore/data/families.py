"""Families of near-duplicate images: dealt out whole, none of them ends up on both sides of a split."""

import functools

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet, read_only
from dlcore.data.leakage import QUERIES, standardised

COMPARABLE = 20_000  # images of which every pair can be compared in seconds


@functools.lru_cache(maxsize=4)
def families(imageset: ImageSet, threshold: float = 0.99) -> NDArray[np.int64]:
    """The family of every image, (n,), numbered from 0: images joined by chains of near-duplicates or by their group.

    Dealt out by families, no image has a twin on the other side of a split. An edge is a pixel correlation
    above the threshold; families are the connected components of that graph.

    Raises:
        BadInput: too many images to compare every pair.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(imageset)
    if n > COMPARABLE:
        raise BadInput(
            f"Keeping near-duplicates together compares every pair of images; {n:,} images are too many for "
            f"that (at most {COMPARABLE:,})."
        )
    pixels = imageset.images.reshape(n, -1)
    x = standardised(pixels, np.float32)
    edges = []
    for q in range(0, n, QUERIES):
        rows, columns = np.nonzero(x[q : q + QUERIES] @ x.T > threshold)
        edges.append(np.stack([rows + q, columns]))
    if imageset.groups is not None:  # a patient's images are one family, alike or not
        _, first, group = np.unique(imageset.groups, return_index=True, return_inverse=True)
        edges.append(np.stack([first[group], np.arange(n)]))
    rows, columns = np.concatenate(edges, axis=1)
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(n, n))
    return read_only(connected_components(graph, directed=False)[1].astype(np.int64))
