"""A learner's picture: checked by its header before a pixel is decoded, then turned into the right RGB.

The file's name is never looked at, nothing but pixels leaves this module, and the formats are a short list
that Pillow decodes itself.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlcore.data.gates import BadInput, File, bytes_of, kind_of
from dlcore.number_text import digits

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
MAX_BYTES = 5_000_000
MAX_PIXELS = 1 << 24
MAX_SCANNED = 12 * MAX_PIXELS  # pixels times scans of a progressive JPEG: each scan visits all of them
MIN_SIDE = 4
MAX_ASPECT = 50
BAND = 128  # rows converted at a time

RGB = NDArray[np.uint8]
Notes = tuple[str, ...]


def read_image(file: File) -> RGB:
    """The picture as uint8 (h, w, 3), upright, colours on white; from bytes, a path or an open file.

    >>> import cv2
    >>> read_image(cv2.imencode(".png", np.full((8, 9), 7, np.uint8))[1].tobytes()).shape
    (8, 9, 3)

    Raises:
        BadInput: a sentence that says why the file is not a picture this lab can use.
    """
    return read_image_with_notes(file)[0]


def read_image_with_notes(file: File) -> tuple[RGB, Notes]:
    """The picture of `read_image`, and a sentence for each decision that changed what a viewer would show.

    Grey levels: 16-bit grey is divided by its full range (65535, or 4095 for 12-bit TIFF). Floats within 0..1
    are multiplied by 255, floats and 32-bit integers within 0..255 stay as they are, all others are stretched
    from their smallest to their largest value.

    >>> import cv2
    >>> grey = cv2.imencode(".png", np.full((4, 4), 65535, np.uint16))[1].tobytes()
    >>> picture, notes = read_image_with_notes(grey)
    >>> picture[0, 0].tolist(), notes
    ([255, 255, 255], ())
    """
    content = bytes_of(file, MAX_BYTES)
    try:
        with opened(content) as image:
            notes = _frame_notes(image)
            check_checksums(content, image)
            image.load()
            grey = _as_grey(image) if image.mode.startswith(("I", "F")) else None
            turn = orientation(image)
            pixels, more = as_rgb(image) if grey is None else grey
    except BadInput:
        raise
    except MemoryError:
        raise BadInput("The picture needs more memory than there is.") from None
    except Exception:  # a decoder meets hostile bytes: whatever it raises means the same to the learner
        raise BadInput("The picture is damaged: its data end early or contradict themselves.") from None
    return np.ascontiguousarray(TURNS.get(turn, _as_is)(pixels)), (*notes, *more)


def opened(content: bytes, most: int = MAX_PIXELS) -> Image.Image:
    """Pillow's lazy image after its header has been judged; nothing is decoded yet.

    Args:
        most: pixels.

    Raises:
        BadInput: no picture, or one that is too large to decode.
    """
    _check_canvas(content)
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadInput(f"The picture has more than {most / 1e6:.1f} million pixels.") from None
    except Exception:
        kind = kind_of(content)
        if kind == "a picture":
            raise BadInput("The picture is damaged: its header cannot be read.") from None
        what = f"This is {kind}, not a picture" if kind else "This is not a picture"
        raise BadInput(f"{what} in one of the formats {', '.join(FORMATS)}.") from None
    check_size(*image.size, most)
    tags = getattr(image, "tag_v2", {})
    if tags.get(322, 1) * tags.get(323, 1) > MAX_PIXELS:  # TIFF's TileWidth and TileLength: decoded whole
        raise BadInput("The TIFF is cut into tiles that are too large. Save it again without tiles.")
    scans = content.count(b"\xff\xda")  # in compressed data this marker cannot occur by chance
    if image.format in ("JPEG", "MPO") and scans * image.width * image.height > MAX_SCANNED:
        raise BadInput("The JPEG asks for too many passes over its pixels. Save it again as a plain JPEG.")
    return image


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuse what is too large, too small or a strip.

    Raises:
        BadInput: with both sides in the sentence.
    """
    if width * height > most:
        raise BadInput(
            f"The picture has {width} x {height} pixels; at most {most / 1e6:.1f} million are read."
        )
    if min(width, height) < MIN_SIDE:
        raise BadInput(f"The picture has {width} x {height} pixels; each side needs at least {MIN_SIDE}.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise BadInput(f"The picture is a strip of {width} x {height} pixels; at most 50 to 1 is accepted.")


def _check_canvas(content: bytes) -> None:
    """Judge an extended WebP by its header: its decoder allocates the whole canvas when it is opened."""
    if content[:4] == b"RIFF" and content[8:16] == b"WEBPVP8X" and len(content) >= 30:
        width, height = (int.from_bytes(content[i : i + 3], "little") + 1 for i in (24, 27))
        check_size(width, height)


def check_checksums(content: bytes, image: Image.Image) -> None:
    """Refuse a PNG with a wrong checksum; Pillow does not look at those of pixel data when it loads them.

    Raises:
        SyntaxError: Pillow's word for it.
    """
    if image.format == "PNG":
        with Image.open(BytesIO(content), formats=("PNG",)) as again:
            again.verify()


def _frame_notes(image: Image.Image) -> Notes:
    if not getattr(image, "is_animated", False):
        return ()
    if image.format == "TIFF":
        return ("The file has several pages; this is the first one.",)
    return ("The file has several pictures or is animated; this is the first frame.",)


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) to 8; broken EXIF data count as upright."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _as_is(pixels: RGB) -> RGB:
    return pixels


def _mirrored(pixels: RGB) -> RGB:
    return pixels[:, ::-1]


def _turned(pixels: RGB) -> RGB:
    return pixels[::-1, ::-1]


def _flipped(pixels: RGB) -> RGB:
    return pixels[::-1]


def _transposed(pixels: RGB) -> RGB:
    return pixels.transpose(1, 0, 2)


# EXIF 2.3, tag Orientation: where row 0 and column 0 of the stored picture lie in the upright one
TURNS: dict[int, Any] = {
    2: _mirrored,
    3: _turned,
    4: _flipped,
    5: _transposed,
    6: lambda pixels: _mirrored(_transposed(pixels)),
    7: lambda pixels: _turned(_transposed(pixels)),
    8: lambda pixels: _flipped(_transposed(pixels)),
}


def as_rgb(image: Image.Image) -> tuple[RGB, Notes]:
    """Any 8-bit mode as RGB (h, w, 3): palettes looked up, CMYK converted, transparency laid on white.

    By bands of rows, so that a large picture never exists in three forms at once.
    """
    see_through = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    pixels = np.empty((image.height, image.width, 3), dtype=np.uint8)
    least, most = 255, 0 if see_through else 255
    for top in range(0, image.height, BAND):
        bottom = min(top + BAND, image.height)
        band = image.crop((0, top, image.width, bottom))
        if see_through:
            band, (low, high) = _on_white(band.convert("RGBA"))
            least, most = min(least, low), max(most, high)
        pixels[top:bottom] = np.asarray(band.convert("RGB"))
    if most == 0:
        return pixels, ("The picture is fully transparent: it is shown as plain white.",)
    return pixels, (("Transparent parts are shown on white.",) if least < 255 else ())


def _on_white(layer: Image.Image) -> tuple[Image.Image, tuple[int, int]]:
    """An RGBA picture laid on white, and the least and greatest of its opacities."""
    alpha = layer.getchannel("A")
    white = Image.new("RGB", layer.size, (255, 255, 255))
    white.paste(layer, mask=alpha)
    opacity = np.asarray(alpha)
    return white, (int(opacity.min()), int(opacity.max()))


def _as_grey(image: Image.Image) -> tuple[RGB, Notes]:
    """Grey levels of more than 8 bits as RGB (h, w, 3), in bands: a large picture never exists in two forms."""
    tags = getattr(image, "tag_v2", {})
    if image.mode.startswith("I;16"):
        shade, notes = _sixteen_bit(image, tags)
    else:
        # SampleFormat 1 of a TIFF: without a sign, which Pillow's 32-bit mode cannot say
        shade, notes = _stretched(image, np.uint32 if tags.get(339) == (1,) else None)
    pixels = np.empty((image.height, image.width, 3), dtype=np.uint8)
    for top, band in _bands(image):
        pixels[top : top + len(band)] = shade(band)[..., None]
    return pixels, notes


Shade = Callable[[NDArray], NDArray[np.uint8]]


def _bands(image: Image.Image) -> Iterator[tuple[int, NDArray]]:
    """First row and levels (rows, w) of each band."""
    for top in range(0, image.height, BAND):
        box = (0, top, image.width, min(top + BAND, image.height))
        yield top, np.asarray(image.crop(box))


def _sixteen_bit(image: Image.Image, tags: Any) -> tuple[Shade, Notes]:
    """How levels of 16 bits, or of the 12 that a TIFF may have, become shades."""
    full = 2 ** int(tags.get(258, (16,))[0]) - 1  # BitsPerSample of a TIFF; a PNG has 16
    shades = np.minimum(np.rint(np.arange(1 << 16) * (255 / full)), 255).astype(np.uint8)
    if tags.get(262) == 0:  # PhotometricInterpretation 0: white is zero
        shades = 255 - shades
    most = max(int(band.max()) for _, band in _bands(image))
    dark = (f"The brightest pixel is {most} of {full}: the picture is very dark.",)
    return (lambda levels: shades[levels]), dark if most < full // 16 else ()


def _stretched(image: Image.Image, seen_as: type | None) -> tuple[Shade, Notes]:
    """How floats or 32-bit integers become grey levels from 0 to 255.

    Args:
        seen_as: the type that their bits are to be read as; None: as Pillow says.
    """

    def levels_of(band: NDArray) -> NDArray:
        return band if seen_as is None else band.view(seen_as)

    ends = [(float(levels_of(b).min()), float(levels_of(b).max())) for _, b in _bands(image)]
    lowest, highest = np.min([e[0] for e in ends]), np.max([e[1] for e in ends])  # NaN stays NaN
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise BadInput("The picture contains NaN or infinity: some pixels have no value.")
    notes: Notes = ()
    if lowest >= 0 and highest <= 1 and image.mode.startswith("F"):
        black, white = 0.0, 1.0
    elif lowest >= 0 and highest <= 255:
        black, white = 0.0, 255.0
    else:
        black, white = float(lowest), float(highest)
        notes = (
            f"Gray levels were stretched: {digits(black, 4)} is shown as black, {digits(white, 4)} as white.",
        )

    def shade(band: NDArray) -> NDArray[np.uint8]:
        above = levels_of(band).astype(np.float64) - black
        return np.rint(above * (255 / max(white - black, 1e-300))).astype(np.uint8)

    return shade, notes
