"""A generated blood smear: five kinds of white cell among red cells, platelets and debris, drawn with OpenCV.

The truth is known: each image comes with the mask of the white cell that decides its class. All random
numbers are drawn first, for all images at once; then each image is drawn four times too large and averaged
down.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from dlcore.data.imagesets import ImageSet
from dlcore.data.splits import Split, split

CLASS_NAMES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
NEUTROPHIL, LYMPHOCYTE, MONOCYTE, EOSINOPHIL, BASOPHIL = range(5)
SHARES = (0.24, 0.22, 0.18, 0.18, 0.18)
SIZE = 28  # pixels of the finished image
ZOOM = 4  # drawn larger by this factor, then averaged
SHIFT = 4  # OpenCV's fixed point: coordinates in 1/16 of a drawn pixel
FIXED = ZOOM << SHIFT

# Colours of Wright-Giemsa stain, RGB
GLASS = (240, 233, 236)
RED_CELL, PALLOR, RIM = (222, 158, 156), (234, 192, 189), (208, 138, 140)
PLATELET, PLATELET_CORE = (190, 160, 205), (140, 95, 165)
CYTOPLASM = ((230, 202, 214), (158, 180, 224), (184, 188, 212), (236, 196, 190), (206, 184, 214))
NUCLEUS = (104, 56, 142)
NUCLEUS_DARK = (80, 38, 120)
GRANULE = {NEUTROPHIL: (206, 158, 188), EOSINOPHIL: (226, 98, 74), BASOPHIL: (70, 42, 112)}

Floats = NDArray[np.float64]
Points = NDArray[np.int32]


def cells(n: int = 6000, seed: int = 0) -> ImageSet:
    """n images of one white cell each, with its mask; the same seed gives the same images."""
    rng = np.random.default_rng(seed)
    counts = np.diff(np.rint(np.cumsum((0, *SHARES)) * n)).astype(int)
    labels = rng.permutation(np.repeat(np.arange(5), counts))
    images, masks = draw(labels, rng)
    return ImageSet(
        name="cells",
        images=images,
        labels=labels,
        class_names=CLASS_NAMES,
        masks=masks,
        licence="MIT",
        source=f"drawn by the lab itself (dlcore/data/cells.py), seed {seed}",
    )


def blob(centre: Floats, radius: Floats, rng: np.random.Generator, wobble: float = 0.06) -> Points:
    """Outlines (n, 24, 2) of round shapes that are not quite circles, in fixed point.

    r(phi) = radius (1 + sum over k = 2, 3, 4 of a_k cos(k phi + p_k)), with a_k of about wobble.
    """
    phi = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    a = rng.normal(0, wobble, (len(radius), 3, 1)) / np.array([1, 1.5, 2])[:, None]
    p = rng.uniform(0, 2 * np.pi, (len(radius), 3, 1))
    r = radius[:, None] * (1 + (a * np.cos(np.arange(2, 5)[:, None] * phi + p)).sum(axis=1))  # (n, 24)
    xy = centre[:, None] + r[..., None] * np.stack([np.cos(phi), np.sin(phi)], axis=-1)
    return np.rint(xy * FIXED).astype(np.int32)


def kidney(centre: Floats, radius: Floats, angle: Floats, depth: Floats) -> Points:
    """Outlines (n, 32, 2) of discs with a dent of this depth at this angle: a monocyte's nucleus."""
    phi = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    away = np.angle(np.exp(1j * (phi - angle[:, None])))
    r = radius[:, None] * (1 - depth[:, None] * np.exp(-((away / 0.55) ** 2)))
    xy = centre[:, None] + r[..., None] * np.stack([np.cos(phi), np.sin(phi)], axis=-1)
    return np.rint(xy * FIXED).astype(np.int32)


def draw(labels: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Images uint8 (n, 28, 28, 3) and masks bool (n, 28, 28) of cells of these kinds."""
    n = len(labels)
    centre = rng.uniform(7.5, SIZE - 7.5, (n, 2))
    radius = np.array([6.6, 5.6, 7.4, 6.7, 6.5])[labels] * rng.uniform(0.86, 1.14, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    outline = blob(centre, radius, rng)
    red = 7
    red_centre = rng.uniform(-2, SIZE + 2, (n * red, 2))
    red_radius = rng.uniform(3.4, 4.4, n * red)
    red_outline = blob(red_centre, red_radius, rng, 0.05).reshape(n, red, 24, 2)
    pallor = blob(red_centre, red_radius * 0.5, rng, 0.08).reshape(n, red, 24, 2)
    nucleus_r = radius * rng.uniform(0.74, 0.88, n)
    round_nucleus = blob(centre + rng.normal(0, 0.4, (n, 2)), nucleus_r, rng, 0.04)
    dented = kidney(centre + rng.normal(0, 0.5, (n, 2)), radius * 0.78, angle, rng.uniform(0.35, 0.6, n))
    lobes = np.where(labels == NEUTROPHIL, rng.integers(3, 6, n), 2)
    granules = centre[:, None] + (radius * 0.9)[:, None, None] * disc(n, 40, rng)
    granules = np.rint(granules * FIXED).astype(np.int32)
    images = np.empty((n, SIZE, SIZE, 3), np.uint8)
    masks = np.empty((n, SIZE, SIZE), np.uint8)
    canvas = np.empty((SIZE * ZOOM, SIZE * ZOOM, 3), np.uint8)
    stencil = np.empty((SIZE * ZOOM, SIZE * ZOOM), np.uint8)
    for i, kind in enumerate(labels.tolist()):
        canvas[:] = GLASS
        for body, middle in zip(red_outline[i], pallor[i], strict=True):
            cv2.fillConvexPoly(canvas, body, RED_CELL, shift=SHIFT)
            cv2.fillConvexPoly(canvas, middle, PALLOR, shift=SHIFT)
        cv2.fillConvexPoly(canvas, outline[i], CYTOPLASM[kind], shift=SHIFT)
        if kind == LYMPHOCYTE:
            cv2.fillConvexPoly(canvas, round_nucleus[i], NUCLEUS, shift=SHIFT)
        elif kind == MONOCYTE:
            cv2.fillPoly(canvas, [dented[i]], NUCLEUS, shift=SHIFT)
        else:
            many = int(lobes[i])
            turn = angle[i] + np.arange(many) * (1.05 if many > 2 else 2.2)
            spots = centre[i] + 0.5 * radius[i] * np.stack([np.cos(turn), np.sin(turn)], -1)
            spots = np.rint(spots * FIXED).astype(np.int32)
            size = int(radius[i] * (0.3 if many > 2 else 0.42) * FIXED)
            cv2.polylines(canvas, [spots], False, NUCLEUS, 3, shift=SHIFT)
            for x, y in spots.tolist():
                cv2.circle(canvas, (x, y), size, NUCLEUS, -1, shift=SHIFT)
        if kind in GRANULE:
            for x, y in granules[i].tolist():
                cv2.circle(canvas, (x, y), FIXED // 3, GRANULE[kind], -1, shift=SHIFT)
        stencil[:] = 0
        cv2.fillConvexPoly(stencil, outline[i], 255, shift=SHIFT)
        cv2.resize(canvas, (SIZE, SIZE), images[i], interpolation=cv2.INTER_AREA)
        cv2.resize(stencil, (SIZE, SIZE), masks[i], interpolation=cv2.INTER_AREA)
    return images, masks > 127


def disc(n: int, many: int, rng: np.random.Generator) -> Floats:
    """Points (n, many, 2), uniform in the unit disc."""
    r, phi = np.sqrt(rng.random((n, many))), rng.uniform(0, 2 * np.pi, (n, many))
    return np.stack([r * np.cos(phi), r * np.sin(phi)], axis=-1)


def cells_shortcut(n: int = 6000, seed: int = 0) -> ImageSet:
    """The same cells with a coloured corner that tells the class in train and validation, not in test."""
    plain = cells(n, seed)
    rng = np.random.default_rng([seed, 1])
    parts = split(plain.labels, seed=seed)
    shown = np.array(plain.labels)
    shown[parts.test] = rng.integers(0, len(CLASS_NAMES), len(parts.test))
    images = np.array(plain.images)
    for marker, colour in enumerate(MARKERS):
        images[shown == marker, 1:4, 1:4] = colour
    return ImageSet(
        name="cells-shortcut",
        images=images,
        labels=plain.labels,
        class_names=CLASS_NAMES,
        official_split=Split(*parts),
        masks=plain.masks,
        licence="MIT",
        source=plain.source,
        notes=("A coloured corner agrees with the class in train and validation and is random in test.",),
    )


MARKERS = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (240, 228, 66), (0, 0, 0))
