"""Small pictures about convolutions: which pixels one output sees, what pooling keeps."""

import numpy as np

from dlcore.convolution.receptive_field import field_of
from dlcore.convolution.sliding import Geometry, pool
from dlcore.figures.palette import ACCENT, MUTED, OURS
from dlcore.neuron import softmax
from dlcore.number_text import digits
from dlcore.word_pictures.drawing import Element, Frame, Sheet, SmallPicture

PIXELS = 12


def _row(geometry: Geometry) -> list[Element]:
    """A row of pixels, the outputs above it, and what the second output looks at."""
    m = geometry.size(PIXELS)
    low = min(-geometry.p, 0)
    sheet = Sheet((low - 0.5, PIXELS + geometry.p + 0.5), (0, 4), ticks=False)
    marks = [
        sheet.box(
            (i + 0.05, i + 0.95),
            (0.2, 1.1),
            OURS if 0 <= i < PIXELS else MUTED,
            opacity=0.35 if 0 <= i < PIXELS else 0.15,
            edge=MUTED,
        )
        for i in range(-geometry.p, PIXELS + geometry.p)
    ]
    shift = geometry.d * (geometry.k - 1) / 2 - geometry.p
    middles = [geometry.s * j + shift + 0.5 for j in range(m)]
    marks += [sheet.box((x - 0.45, x + 0.45), (2.7, 3.6), ACCENT, opacity=0.35, edge=MUTED) for x in middles]
    chosen = min(1, m - 1)
    for tap in range(geometry.k):
        at = geometry.s * chosen - geometry.p + geometry.d * tap + 0.5
        marks.append(sheet.curve([middles[chosen], at], [2.7, 1.1], ACCENT, width=2))
    return marks


def _rows(knob: str, geometries: dict[str, Geometry], start: int) -> SmallPicture:
    frames = tuple(
        Frame(value, f"{PIXELS} pixels in, {one.size(PIXELS)} out; reach {one.reach}", tuple(_row(one)))
        for value, one in geometries.items()
    )
    return SmallPicture(
        "A row of pixels, the outputs above, and what one of them sees.", (), frames, knob, start
    )


def stride() -> SmallPicture:
    """What a filter of side 3 sees at strides 1 to 4."""
    return _rows("s", {str(s): Geometry(3, s=s) for s in (1, 2, 3, 4)}, 1)


def padding() -> SmallPicture:
    """A filter of side 3 with padding 0 to 3."""
    return _rows("p", {str(p): Geometry(3, p=p) for p in (0, 1, 2, 3)}, 1)


def dilation() -> SmallPicture:
    """A filter of side 3 with taps 1 to 4 apart."""
    return _rows("d", {str(d): Geometry(3, d=d) for d in (1, 2, 3, 4)}, 1)


def receptive_field() -> SmallPicture:
    """The receptive field of one position after more and more 3 × 3 convolutions."""
    n = 15
    sheet = Sheet((0, n), (0, n), ticks=False, square=True)
    ground = [
        sheet.box((i + 0.05, i + 0.95), (j + 0.05, j + 0.95), MUTED, opacity=0.2)
        for i in range(n)
        for j in range(n)
    ]
    frames = []
    for layers in range(8):
        size = field_of([Geometry(3, p=1)] * layers).size
        low = (n - size) / 2
        seen = sheet.box((low, low + size), (low, low + size), OURS, opacity=0.45, edge=OURS)
        middle = sheet.box((n // 2, n // 2 + 1), (n // 2, n // 2 + 1), ACCENT)
        frames.append(Frame(str(layers), f"{size} × {size} pixels", (seen, middle)))
    return SmallPicture(
        "A square of pixels that grows with every layer.", tuple(ground), tuple(frames), "layers", 3
    )


def pooling() -> SmallPicture:
    """A 6 × 6 map and its 2 × 2 maximum, as the map is shifted."""
    base = np.zeros((6, 12))
    base[2:4, 3:7] = np.random.default_rng(3).uniform(0.4, 1, (2, 4))
    sheet = Sheet((0, 14), (0, 6), ticks=False, square=True)
    frames = []
    for shift in range(5):
        before = np.roll(base, shift, axis=1)[:, 3:9]
        after = pool(before, 2)
        cells = [
            sheet.box((j, j + 1), (5 - i, 6 - i), OURS, opacity=float(before[i, j]), edge=MUTED)
            for i in range(6)
            for j in range(6)
        ]
        cells += [
            sheet.box(
                (8 + 2 * j, 10 + 2 * j), (4 - 2 * i, 6 - 2 * i), OURS, opacity=float(after[i, j]), edge=MUTED
            )
            for i in range(3)
            for j in range(3)
        ]
        frames.append(Frame(str(shift), f"{before.size} numbers become {after.size}", tuple(cells)))
    return SmallPicture("A map, and each 2 × 2 window's maximum.", (), tuple(frames), "shift", 0)


def attention() -> SmallPicture:
    """Softmax of made-up products of queries and keys, for several numbers of entries, without and with the √d."""
    n = 8
    sheet = Sheet((0, 2 * n + 2), (0, n), ticks=False, square=True)
    frames = []
    for d in (1, 4, 16, 64, 256):
        rng = np.random.default_rng(2)
        products = rng.normal(size=(n, d)) @ rng.normal(size=(n, d)).T
        cells: list[Element] = []
        for start, scores in ((0, products), (n + 2, products / d**0.5)):
            weights = softmax(scores)
            cells += [
                sheet.box(
                    (start + j, start + j + 1),
                    (n - 1 - i, n - i),
                    OURS,
                    opacity=float(weights[i, j]),
                    edge=MUTED,
                )
                for i in range(n)
                for j in range(n)
            ]
        largest = [float(softmax(one).max(1).mean()) for one in (products, products / d**0.5)]
        said = f"mean largest weight: {digits(largest[0])} without √d (left), {digits(largest[1])} with it"
        frames.append(Frame(str(d), said, tuple(cells)))
    return SmallPicture(
        "Two tables of attention weights, without and with the square root.", (), tuple(frames), "d", 3
    )
