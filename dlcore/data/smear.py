"""Draws blood smears with OpenCV: five kinds of white cell among red cells, platelets and debris.

All random numbers are drawn first, for all images at once. Each image is then drawn four times too large in
flat colours and averaged down; focus, stain, light and grain come last. The canvas has a fourth channel,
which only the white cell paints: the mask. Lengths are in pixels of the finished image.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

KINDS = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
NEUTROPHIL, LYMPHOCYTE, MONOCYTE, EOSINOPHIL, BASOPHIL = range(5)
SIZE = 28
ZOOM = 4
SHIFT = 4  # OpenCV's fixed point: coordinates in 1/16 of a drawn pixel
UNIT = ZOOM << SHIFT  # one finished pixel in fixed point
REDS, LOBES, SPECKS = 7, 5, 3

# Wright-Giemsa stain, RGB
GLASS = (242, 236, 238, 0)
RED, PALLOR = (214, 144, 143, 0), (236, 198, 194, 0)
PLATELET, SPECK = (172, 138, 196, 0), (120, 88, 150, 0)
BODY = (
    (232, 206, 218, 255),
    (160, 182, 226, 255),
    (184, 190, 214, 255),
    (238, 204, 198, 255),
    (208, 190, 218, 255),
)
NUCLEUS = (
    (98, 48, 138, 255),
    (86, 44, 134, 255),
    (116, 74, 158, 255),
    (102, 54, 142, 255),
    (146, 104, 176, 255),
)
GRAIN = {
    NEUTROPHIL: (208, 164, 194, 255),
    EOSINOPHIL: (228, 104, 76, 255),
    BASOPHIL: (62, 34, 104, 255),
}
GRAIN_SIZE = {NEUTROPHIL: 0.3, EOSINOPHIL: 0.5, BASOPHIL: 0.6}
GRAINS = {NEUTROPHIL: 8, EOSINOPHIL: 26, BASOPHIL: 24}
RADIUS = (6.7, 5.8, 7.3, 6.8, 6.5)

Floats = NDArray[np.float64]
Points = NDArray[np.int32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is random about the shapes of n images, in fixed point."""

    kind: NDArray[np.int64]
    body: Points  # (n, 24, 2)
    nucleus: Points  # (n, 32, 2): round, or kidney-shaped for monocytes
    lobes: Points  # (n, LOBES, 2)
    lobe_count: NDArray[np.int64]
    lobe_size: Points  # (n, LOBES)
    bridge: Points  # (n,), thickness in drawn pixels
    grains: Points  # (n, 26, 2)
    reds: Points  # (n, REDS, 2, 24, 2): disc and pale middle
    specks: Points  # (n, SPECKS, 3): x, y, radius; platelets and debris


def plan(kind: NDArray[np.int64], rng: np.random.Generator) -> Plan:
    """Places and shapes of everything in n images of white cells of these kinds."""
    n = len(kind)
    centre = rng.uniform(6.5, SIZE - 6.5, (n, 2))
    radius = np.take(RADIUS, kind) * rng.uniform(0.86, 1.14, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    dent = np.where(kind == MONOCYTE, rng.uniform(0.38, 0.7, n), 0.0)
    nucleus_radius = radius * np.where(kind == MONOCYTE, 0.76, rng.uniform(0.72, 0.9, n))
    count = np.where(kind == NEUTROPHIL, rng.integers(3, LOBES + 1, n), 2)
    lobe_size = np.where(kind == NEUTROPHIL, 0.29, 0.39)[:, None] * rng.uniform(0.85, 1.15, (n, LOBES))
    return Plan(
        kind=kind,
        body=outline(centre, radius, rng, 0.05),
        nucleus=kidney(centre + rng.normal(0, 0.35, (n, 2)), nucleus_radius, angle, dent),
        lobes=lobes(centre, radius, angle, np.where(kind == NEUTROPHIL, 1.08, 2.3), rng),
        lobe_count=count,
        lobe_size=fixed(lobe_size * radius[:, None]),
        bridge=np.where(kind == BASOPHIL, 8, rng.integers(2, 6, n)),
        grains=fixed(centre[:, None] + 0.88 * radius[:, None, None] * in_disc(n, max(GRAINS.values()), rng)),
        reds=red_cells(centre, radius, rng),
        specks=specks(n, rng),
    )


def fixed(lengths: Floats) -> Points:
    """Lengths in finished pixels as OpenCV's fixed-point integers."""
    return np.rint(lengths * UNIT).astype(np.int32)


def polar(centre: Floats, r: Floats) -> Points:
    """Closed outlines (..., points, 2) at distance r (..., points) around centres (..., 2)."""
    phi = np.linspace(0, 2 * np.pi, r.shape[-1], endpoint=False)
    return fixed(centre[..., None, :] + r[..., None] * np.stack([np.cos(phi), np.sin(phi)], axis=-1))


def outline(centre: Floats, radius: Floats, rng: np.random.Generator, wobble: float) -> Points:
    """Outlines (..., 24, 2) of discs that are not quite round.

    r(phi) = radius (1 + sum over k = 2, 3 of a_k cos(k phi) + b_k sin(k phi)), about wobble / k each.
    """
    phi = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    waves = np.concatenate([wave(k * phi)[None] / k for k in (2, 3) for wave in (np.cos, np.sin)])  # (4, 24)
    return polar(centre, radius[..., None] * (1 + rng.normal(0, wobble * 1.4, (*radius.shape, 4)) @ waves))


def kidney(centre: Floats, radius: Floats, angle: Floats, depth: Floats) -> Points:
    """Outlines (n, 32, 2) of discs with a dent of this depth (share of the radius) at this angle."""
    phi = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    away = (phi - angle[:, None] + np.pi) % (2 * np.pi) - np.pi
    return polar(centre, radius[:, None] * (1 - depth[:, None] * np.exp(-((away / 0.6) ** 2))))


def lobes(centre: Floats, radius: Floats, angle: Floats, step: Floats, rng: np.random.Generator) -> Points:
    """Centres (n, LOBES, 2) of the lobes of a nucleus, on an arc around the cell's centre."""
    n = len(radius)
    turn = angle[:, None] + step[:, None] * (np.arange(LOBES) + rng.normal(0, 0.08, (n, LOBES)))
    arm = radius[:, None] * rng.uniform(0.42, 0.56, (n, LOBES))
    return fixed(centre[:, None] + arm[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1))


def in_disc(n: int, many: int, rng: np.random.Generator) -> Floats:
    """Points (n, many, 2), uniform in the unit disc."""
    r, phi = np.sqrt(rng.random((n, many))), rng.uniform(0, 2 * np.pi, (n, many))
    return np.stack([r * np.cos(phi), r * np.sin(phi)], axis=-1)


def red_cells(centre: Floats, radius: Floats, rng: np.random.Generator) -> Points:
    """Discs and their pale middles (n, REDS, 2, 24, 2); the white cell pushes its neighbours aside."""
    n = len(radius)
    place = rng.uniform(-3, SIZE + 3, (n, REDS, 2))
    size = rng.uniform(3.5, 4.5, (n, REDS))
    offset = place - centre[:, None]
    distance = np.linalg.norm(offset, axis=-1)
    apart = np.maximum(distance, radius[:, None] + size * rng.uniform(0.7, 1.05, (n, REDS)))
    place = centre[:, None] + offset * (apart / distance)[..., None]
    disc = outline(place, size, rng, 0.05)
    middle = fixed(place)[..., None, :]
    return np.stack([disc, middle + (disc - middle) * 9 // 16], axis=2)


def specks(n: int, rng: np.random.Generator) -> Points:
    """Platelets and debris (n, SPECKS, 3): x, y, radius; some images have none."""
    place = rng.uniform(0, SIZE, (n, SPECKS, 2))
    size = rng.uniform(0.5, 1.5, (n, SPECKS, 1)) * (rng.random((n, SPECKS, 1)) < 0.55)
    return fixed(np.concatenate([place, size], axis=-1))


def paint_background(canvas: Pixels, shapes: Plan, i: int) -> None:
    """Red cells, platelets and debris."""
    for disc, pallor in shapes.reds[i]:
        cv2.fillConvexPoly(canvas, disc, RED, shift=SHIFT)
        cv2.fillConvexPoly(canvas, pallor, PALLOR, shift=SHIFT)
    for x, y, size in shapes.specks[i].tolist():
        if size:
            cv2.circle(canvas, (x, y), size, PLATELET, -1, shift=SHIFT)
            cv2.circle(canvas, (x, y), size // 2, SPECK, -1, shift=SHIFT)


def paint_grains(canvas: Pixels, shapes: Plan, i: int, kind: int) -> None:
    size = int(GRAIN_SIZE[kind] * UNIT)
    for x, y in shapes.grains[i, : GRAINS[kind]].tolist():
        cv2.circle(canvas, (x, y), size, GRAIN[kind], -1, shift=SHIFT)


def paint_lobes(canvas: Pixels, shapes: Plan, i: int, kind: int) -> None:
    """A nucleus of round lobes on a thin bridge."""
    centres = shapes.lobes[i, : shapes.lobe_count[i]]
    cv2.polylines(canvas, [centres], False, NUCLEUS[kind], int(shapes.bridge[i]), shift=SHIFT)
    for (x, y), size in zip(centres.tolist(), shapes.lobe_size[i].tolist(), strict=False):
        cv2.circle(canvas, (x, y), size, NUCLEUS[kind], -1, shift=SHIFT)


def paint_white_cell(canvas: Pixels, shapes: Plan, i: int) -> None:
    """Body, granules and nucleus, as the kind has them; a basophil's granules hide its nucleus."""
    kind = int(shapes.kind[i])
    cv2.fillConvexPoly(canvas, shapes.body[i], BODY[kind], shift=SHIFT)
    if kind in GRAIN and kind != BASOPHIL:
        paint_grains(canvas, shapes, i, kind)
    if kind in (LYMPHOCYTE, MONOCYTE):
        cv2.fillPoly(canvas, [shapes.nucleus[i]], NUCLEUS[kind], shift=SHIFT)
    else:
        paint_lobes(canvas, shapes, i, kind)
    if kind == BASOPHIL:
        paint_grains(canvas, shapes, i, kind)


def draw(kind: NDArray[np.int64], rng: np.random.Generator) -> tuple[Pixels, NDArray[np.bool_]]:
    """Images uint8 (n, 28, 28, 3) of white cells of these kinds, and masks bool (n, 28, 28) of the cells."""
    shapes = plan(kind, rng)
    glass = np.full((SIZE * ZOOM, SIZE * ZOOM, 4), GLASS, np.uint8)
    canvas = np.empty_like(glass)
    layers = np.empty((len(kind), SIZE, SIZE, 4), np.uint8)
    for i in range(len(kind)):
        np.copyto(canvas, glass)
        paint_background(canvas, shapes, i)
        paint_white_cell(canvas, shapes, i)
        half = cv2.resize(canvas, (SIZE * 2, SIZE * 2), interpolation=cv2.INTER_AREA)
        # twice by 2 equals once by 4, and OpenCV has a fast path for it
        cv2.resize(half, (SIZE, SIZE), layers[i], interpolation=cv2.INTER_AREA)
    masks = layers[..., 3] > 127  # a pixel belongs to the cell when half of it does
    return expose(layers, rng), masks


def stain_tables(n: int, rng: np.random.Generator) -> Pixels:
    """Look-up tables (n, 256, 1, 4) that stain more or less strongly, each colour a little differently.

    Beer-Lambert: light through a layer of density d falls as 10**-d, so s times the stain turns v into
    255 (v / 255)**s.
    """
    strength = rng.uniform(0.7, 1.35, (n, 1, 1, 1)) * rng.uniform(0.85, 1.15, (n, 1, 1, 4))
    level = np.linspace(0, 1, 256, dtype=np.float32)[:, None, None]
    return np.rint(255 * level ** strength.astype(np.float32)).astype(np.uint8)


def expose(layers: Pixels, rng: np.random.Generator) -> Pixels:
    """Images (n, 28, 28, 3): focus, stain, brightness and its slope across the field, grain of the camera."""
    n, block = len(layers), 500
    sigma = rng.uniform(0.25, 0.8, n).tolist()
    stain = stain_tables(n, rng)
    ramp = np.linspace(-0.5, 0.5, SIZE, dtype=np.float32)
    brightness = rng.uniform(0.86, 1.04, (n, 1, 1, 1)).astype(np.float32)
    slope = rng.normal(0, 0.06, (2, n, 1, 1, 1)).astype(np.float32)
    light = brightness + slope[0] * ramp[:, None, None] + slope[1] * ramp[:, None]  # (n, 28, 28, 1)
    images = np.empty((n, SIZE, SIZE, 3), np.uint8)
    for i in range(n):
        cv2.LUT(cv2.GaussianBlur(layers[i], (5, 5), sigma[i]), stain[i], layers[i])
    for i in range(0, n, block):  # blocks that fit the processor's cache
        part = slice(i, i + block)
        grain = rng.standard_normal(images[part].shape, dtype=np.float32)
        images[part] = np.clip(layers[part, ..., :3] * light[part] + 4 * grain, 0, 255)
    return images
