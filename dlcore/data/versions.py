"""New versions of an image set: dealt anew by families, a region masked, pictures left out. Each says what was done.

Every version keeps its parts as a split of its own, and the chain of sets that it was made from; kept like an upload
(`keep_set`), it has a name of its own. The set it was made from stays as it is.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.data.families import COMPARABLE, families
from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet
from dlcore.data.npz_files import MAX_UNPACKED, SIDES
from dlcore.data.splits import Split, split
from dlcore.data.uploads import source_of


def refusal(imageset: ImageSet) -> str:
    """Why no version of this set can be kept, in a sentence; "" if one can."""
    h, w = imageset.images.shape[1:3]
    if h != w or h not in SIDES:
        sides = f"{', '.join(map(str, SIDES[:-1]))} or {SIDES[-1]}"
        return f"Versions are kept of square images of {sides} pixels a side; these have {h} × {w}."
    if imageset.images.nbytes > 0.9 * MAX_UNPACKED:
        most = 0.9 * MAX_UNPACKED / 1e6
        return f"Versions are kept of up to {most:.0f} MB of pixels; these take {imageset.images.nbytes / 1e6:,.0f}."
    return ""


def dealt_by_families(imageset: ImageSet, parts: Split, seed: int = 0) -> ImageSet:
    """The same images in parts of the same sizes, near-duplicates and the images of a group on one side.

    >>> images = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    >>> images[25] = images[0]
    >>> mine = ImageSet.from_arrays(images, [0, 1] * 15)
    >>> train, validation, test = dealt_by_families(mine, Split(range(20), range(20, 25), range(25, 30))).split_for()
    >>> [{0, 25} <= set(part) for part in (train, validation, test)].count(True)
    1

    Args:
        parts: as they are now; their shares are kept as closely as whole families allow.

    Raises:
        BadInput: too many images to compare every pair, and no groups; or too few families for three parts.
    """
    if len(imageset) > COMPARABLE and imageset.groups is not None:
        together, whose = imageset.groups, "groups"
    else:
        together, whose = families(imageset), "near-duplicates and groups"
    shares = np.array([len(part) for part in parts]) / sum(len(part) for part in parts)
    anew = split(imageset.labels, tuple(shares), seed, together)
    return _made(imageset, anew, f"split again, {whose} on one side (seed {seed})")


def masked(imageset: ImageSet, parts: Split, region: NDArray[np.bool_], name: str) -> ImageSet:
    """The same images with one color in a region, in all of them: the median of what they show there.

    One color for all, not one for each image: what its surroundings tell of the class must not come in.

    >>> mine = ImageSet.from_arrays(np.arange(48, dtype=np.uint8).reshape(3, 4, 4), [0, 1, 0])
    >>> changed = masked(mine, Split([0], [1], [2]), np.eye(4, dtype=bool), "diagonal")
    >>> len(np.unique(changed.images[:, 0, 0])), changed.made_from[0][1]
    (1, 'diagonal masked')

    Args:
        region: bool (h, w).
        name: of the region.
    """
    images = imageset.images.copy()
    images[:, region] = np.median(images[:, region], axis=(0, 1)).astype(np.uint8)
    return _made(imageset, parts, f"{name} masked", images=images)


def without(imageset: ImageSet, parts: Split, which: NDArray[np.int64], why: str) -> ImageSet:
    """The set without these images; all others stay in their parts.

    >>> mine = ImageSet.from_arrays(np.zeros((4, 4, 4), np.uint8), [0, 1, 0, 1])
    >>> fewer = without(mine, Split([0, 1], [2], [3]), np.array([1]), "broken")
    >>> len(fewer), fewer.split_for().test.tolist(), fewer.made_from[0][1]
    (3, [2], 'without 1 image: broken')

    Raises:
        BadInput: a part would be empty.
    """
    stays = np.ones(len(imageset), bool)
    stays[which] = False
    place = np.cumsum(stays) - 1
    train, validation, test = (place[part[stays[part]]] for part in parts)
    if not min(len(train), len(validation), len(test)):
        raise BadInput("Without these images one of the three parts would be empty.")
    done = f"without {len(which):,} image{'s' * (len(which) != 1)}: {why}"
    groups = None if imageset.groups is None else imageset.groups[stays]
    return _made(
        imageset,
        Split(train, validation, test),
        done,
        images=imageset.images[stays],
        labels=imageset.labels[stays],
        groups=groups,
    )


def _made(imageset: ImageSet, parts: Split, done: str, **changed: Any) -> ImageSet:
    """The version: its masks are left behind, as they are not kept with it."""
    steps = (*imageset.made_from, (imageset.recipe_name, done))
    return replace(
        imageset,
        name="version",
        official_split=parts,
        masks=None,
        notes=(),
        source=source_of(steps),
        made_from=steps,
        **changed,
    )
