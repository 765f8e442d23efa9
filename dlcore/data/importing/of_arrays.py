"""The import of an .npz: which repairs its arrays need, and the set they make."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.imagesets import ImageSet
from dlcore.data.importing import levels as shades
from dlcore.data.importing.arrays import PARTS, as_names, as_pictures, read_arrays, sorted_out
from dlcore.data.importing.collecting import check_room, middle, squared
from dlcore.data.importing.dealing import parts_repairs, split_of
from dlcore.data.importing.of_pictures import (
    FEWEST,
    LABELS,
    MAX_CLASSES,
    PAD,
    RARE,
    SIZES,
    class_order,
    group_codes,
)
from dlcore.data.importing.repairs import Import, Repair
from dlcore.number_text import count


def of_arrays(
    content: bytes, side: int, most_pixels: int, on_progress: Callable[[float], None] = lambda _: None
) -> Import:
    """The import of an .npz file.

    Args:
        side: pixels that images are brought to.
        most_pixels: bytes of pixels that the set may have.
        on_progress: told the share done, 0 to 1.

    Raises:
        BadInput: a sentence that says why it cannot be used.
    """
    parts, repairs, class_names = sorted_out(read_arrays(content))
    order = [part for part in (*PARTS, "") if part in parts]
    pictures, names, part_of, groups = [], [], [], []
    for i, part in enumerate(order):
        on_progress((i + 1) / (len(order) + 1))
        images, of_images = as_pictures(parts[part]["images"])
        labels, of_labels = as_names(parts[part]["labels"])
        pictures.append(images)
        names += labels
        part_of += [PARTS.index(part) if part else None] * len(labels)
        given = parts[part].get("groups")
        groups += (
            [str(g) for g in given.reshape(-1)]
            if given is not None and len(given) == len(labels)
            else [""] * len(labels)
        )
        repairs += [r for r in (*of_images, *of_labels) if r.key not in {done.key for done in repairs}]
    if len({(p.shape[1:], p.dtype) for p in pictures}) > 1:
        raise BadInput("The parts differ in the size or number type of their images.")
    channels = pictures[0].shape[3] if pictures[0].ndim == 4 else 1
    check_room(len(names), side, channels, most_pixels)
    levels = np.concatenate(pictures)
    return _judged(levels, names, part_of, groups, class_names, repairs, side)


def _judged(
    levels: NDArray,
    names: list[str],
    part_of: list[int | None],
    groups: list[str],
    class_names: list[str],
    repairs: list[Repair],
    side: int,
) -> Import:
    order = class_order(names)
    few = _rare(names) if len({p for p in part_of if p is not None}) < 2 else set()
    kept_classes = [name for name in order if name not in few]
    if len(kept_classes) < 2:
        raise BadInput("All images carry the same label; there is nothing to tell apart.")
    if len(kept_classes) > MAX_CLASSES:
        raise BadInput(f"There are {len(kept_classes)} classes; at most {MAX_CLASSES} are accepted.")
    shown = _shown(order, class_names)
    repairs = [*repairs, *_label_repairs(order, shown, few), *_size_repairs(levels.shape[1:3], side)]
    stretch = full = None
    if levels.dtype != np.uint8:
        stretch = shades.stretch_of(levels)
        full = _full_range(levels)
        repairs += shades.stretch_repairs(str(levels.dtype), levels, stretch, full)
    repairs += parts_repairs(part_of)

    def make(accepted: frozenset[str]) -> ImageSet:
        final = kept_classes if RARE in accepted else order
        keep = np.flatnonzero(np.isin(names, final))
        pixels = levels[keep]
        if stretch is not None:
            pixels = shades.brought_to_shades(pixels, stretch, full, accepted)
        labels = np.array([final.index(names[i]) for i in keep])
        group = group_codes([groups[i] for i in keep])
        split, chosen = split_of([part_of[i] for i in keep], labels, group, accepted)
        return ImageSet(
            name="upload",
            images=resized(pixels[chosen], side, PAD in accepted),
            labels=labels[chosen],
            class_names=tuple(shown[name] for name in final),
            official_split=split,
            licence="the uploader's own",
            source="uploaded .npz",
            groups=None if group is None else group[chosen],
        )

    histogram = None if stretch is None else (stretch.edges, stretch.counts, stretch.black, stretch.white)
    return Import(tuple(repairs), make, (), histogram)


def _rare(names: list[str]) -> set[str]:
    found, n = np.unique(names, return_counts=True)
    return set(found[n < FEWEST].tolist())


def _shown(order: list[str], class_names: list[str]) -> dict[str, str]:
    """Label -> the class's name: as the file names its classes, where it does, else the label itself."""
    if len(class_names) == len(order):
        return dict(zip(order, class_names, strict=True))
    numbered = all(name.isdecimal() for name in order)
    return {name: f"class {name}" if numbered else name for name in order}


def _label_repairs(order: list[str], shown: dict[str, str], few: set[str]) -> list[Repair]:
    repairs = []
    if order != [str(i) for i in range(len(order))]:
        before = ", ".join(order[:4]) + (", …" if len(order) > 4 else "")
        repairs.append(
            Repair(
                LABELS,
                "Labels",
                f"{len(order)} ({before})",
                f"0 to {len(order) - 1}, the old ones are the names",
            )
        )
    if few:
        what = f"{count(len(few), 'class', 'classes')} with fewer than {FEWEST} images"
        repairs.append(Repair(RARE, "Rare classes", what, "left out", "kept; no part may then lack them"))
    return repairs


def _size_repairs(size: tuple[int, ...], side: int) -> list[Repair]:
    if size == (side, side):
        return []
    before, to = f"{size[1]} × {size[0]} pixels", f"{side} × {side}"
    repairs = [Repair(SIZES, "Size", before, f"{to} pixels, the middle square of each, averaged")]
    if size[0] != size[1]:
        repairs.append(
            Repair(
                PAD,
                "The whole picture instead of its middle square",
                before,
                f"{to} pixels, short sides filled with the edge's color",
                "the middle square",
                by_default=False,
            )
        )
    return repairs


def _full_range(levels: NDArray) -> tuple[float, float] | None:
    kind = levels.dtype
    if kind.kind not in "ui":
        return None
    low, high = int(levels.min()), int(levels.max())
    if low >= 0 and high <= 255:
        return 0.0, 255.0
    return (float(np.iinfo(kind).min), float(np.iinfo(kind).max)) if kind.itemsize < 4 else None


def resized(images: NDArray[np.uint8], side: int, is_padded: bool = False) -> NDArray[np.uint8]:
    """Images (n, side, side[, 3]) of (n, h, w[, 3]): the middle square, or the whole on its edge's color."""
    if images.shape[1:3] == (side, side):
        return images
    out = np.empty((len(images), side, side, *images.shape[3:]), np.uint8)
    for i, image in enumerate(images):
        square = np.ascontiguousarray(squared(image) if is_padded else middle(image))
        method = cv2.INTER_AREA if square.shape[0] > side else cv2.INTER_LINEAR
        out[i] = cv2.resize(square, (side, side), interpolation=method)
    return out
