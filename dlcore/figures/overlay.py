"""Heat maps and images as pixels: the signed scale laid over an image, sheets of thumbnails, PNG and SVG.

For what leaves the page (files, a report) and for galleries of many small pictures.
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from dlcore.figures.gradcam import OVERLAY
from dlcore.figures.prebuilt import data_address, png

Pixels = NDArray[np.uint8]
# value in [0, 1] -> red, green, blue (0 to 255), opacity (0 to 1)
STOPS = np.array([[at, *map(float, re.findall(r"[\d.]+", colour))] for at, colour in OVERLAY])


def coloured(image: Pixels) -> Pixels:
    """uint8 (h, w, 3) of a grey or coloured image."""
    return np.dstack([image] * 3) if image.ndim == 2 else image


def tinted(image: Pixels, shown: NDArray[np.floating], limit: float) -> Pixels:
    """The image with the heat map laid over it, uint8 (h, w, 3), in the colours of the page.

    Args:
        image: uint8 (h, w) or (h, w, 3).
        shown: (h, w) in logit units.
        limit: |value| at both ends of the colour scale, > 0.
    """
    at = np.clip(0.5 + shown / (2 * limit), 0, 1)
    r, g, b, opacity = (np.interp(at, STOPS[:, 0], STOPS[:, channel]) for channel in range(1, 5))
    colour, under = np.dstack([r, g, b]), coloured(image)
    return np.rint(under + opacity[..., None] * (colour - under)).astype(np.uint8)


def sheet(images: Sequence[Pixels] | Pixels, columns: int) -> Pixels:
    """Images of one size laid out row by row, uint8 (rows · h, columns · w, 3); empty places are black."""
    h, w = images[0].shape[:2]
    rows = -(-len(images) // columns)
    laid = np.zeros((rows, h, columns, w, 3), dtype=np.uint8)
    for n, image in enumerate(images):
        laid[n // columns, :, n % columns] = coloured(image)
    return laid.reshape(rows * h, columns * w, 3)


def enlarged(image: Pixels, side: int) -> Pixels:
    """The image (h, w[, 3]) with every pixel repeated until its longer side has at least `side` pixels."""
    times = max(1, -(-side // max(image.shape[:2])))
    return image.repeat(times, axis=0).repeat(times, axis=1)


def scale_svg(limit: float, width: int = 256) -> str:
    """The colour scale from -limit to limit with its numbers, as an SVG group that starts at (0, 0)."""
    stops = "".join(
        f'<stop offset="{at:g}" stop-color="rgb({r:.0f},{g:.0f},{b:.0f})" stop-opacity="{opacity:g}"/>'
        for at, r, g, b, opacity in STOPS
    )
    numbers = "".join(
        f'<text x="{x:g}" y="28" text-anchor="{anchor}">{value:+.3g}</text>'
        for x, anchor, value in ((0, "start", -limit), (width, "end", limit))
    )
    return (
        f'<defs><linearGradient id="scale">{stops}</linearGradient></defs>'
        f'<rect width="{width}" height="12" fill="url(#scale)" stroke="#7C8896"/>{numbers}'
        f'<text x="{width / 2:g}" y="28" text-anchor="middle">0 logits</text>'
    )


def svg(image: Pixels, shown: NDArray[np.floating], limit: float, title: str) -> str:
    """Image and overlay side by side above their colour scale, as one SVG file with both pictures in it.

    Args:
        image: uint8 (h, w) or (h, w, 3); shown: (h, w) in logit units; limit: as of `tinted`.
        title: any text; it is escaped.
    """
    both = (image, tinted(image, shown, limit))
    pictures = [data_address(png(coloured(enlarged(each, 256)))) for each in both]
    height = 256 * image.shape[0] / image.shape[1]
    drawn = "".join(
        f'<image x="{x}" y="28" width="256" height="{height:g}" href="{picture}"/>'
        for x, picture in zip((0, 272), pictures, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="528" height="{height + 72:g}" '
        'font-family="sans-serif" font-size="12">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="white"/>'
        f'<text x="0" y="16">{escape(title)}</text>{drawn}'
        f'<g transform="translate(272 {height + 36:g})">{scale_svg(limit)}</g></svg>\n'
    )
