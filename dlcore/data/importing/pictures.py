"""One picture of any kind as its own levels: 8-bit pictures, deep TIFF and PNG, DICOM. Nothing else leaves the file.

EXIF and DICOM headers end here: what is kept of them is the turn of the picture, the size of a pixel, and a salted
hash of the patient's id, which tells patients apart and cannot be turned back once the salt is gone.
"""

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlcore.data import image_files
from dlcore.data.gates import BadInput
from dlcore.data.importing.refused import refuse_by_name

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
DRAFT = (
    1024  # a JPEG with more pixels than image_files takes is decoded at a fraction, down to about this side
)
SECONDARY = ("US", "SC", "XC")  # modalities in which names are burned into pixels, unless the file denies it
DEEP = ("I", "F")


@dataclass(frozen=True)
class Picture:
    """What was in a file.

    Attributes:
        levels: uint8 (h, w, 3), or the file's own grey levels (h, w), float32.
        full: the smallest and largest level that the file's type can hold; None where that means nothing (floats).
        traits: what was decided on the way, in a few words each, such as "turned upright".
        group: a salted hash of the patient's id, or "".
        spacing: millimetres per pixel, or None.
    """

    levels: NDArray
    full: tuple[float, float] | None = None
    traits: tuple[str, ...] = ()
    group: str = ""
    spacing: float | None = None

    @property
    def is_deep(self) -> bool:
        """Whether its levels have to be brought to 8 bits."""
        return self.levels.ndim == 2


FIRST_PAGE = "first page of several"
FIRST_FRAME = "first frame of several"
UPRIGHT = "turned upright"
ON_WHITE = "transparency on white"
BURNED_IN = "may show a name in its pixels"
INVERTED = "white is zero: inverted"
DRAFTED = "more than 16 million pixels: decoded at a fraction"
COMPRESSED = "compressed DICOM is not read here: save it uncompressed (gdcmconv --raw, dcmdjpeg)"


def read_picture(content: bytes, name: str = "", salt: bytes = b"") -> Picture:
    """The picture in a file, whatever kind it is of.

    Args:
        name: of the file; only its ending is looked at, to name a format that is not read.
        salt: of the patients' hashes.

    Raises:
        BadInput: a sentence that says why it cannot be used.
    """
    if not content:
        raise BadInput("The file is empty: it has zero bytes.")
    if len(content) > MAX_BYTES:
        raise BadInput(f"The file is larger than {MAX_BYTES / 1e6:.0f} MB.")
    refuse_by_name(name, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders tell of headers, which nobody may log
            if content[128:132] == b"DICM":
                return _dicom(content, salt)
            if content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and _is_beyond_pillow(content):
                return _tiff(content)
            return _by_pillow(content)
    except BadInput:
        raise
    except MemoryError:
        raise BadInput("The picture needs more memory than there is.") from None
    except Exception:  # a decoder meets hostile bytes: whatever it raises means the same to the learner
        raise BadInput("The picture is damaged: its data end early or contradict themselves.") from None


def _is_beyond_pillow(content: bytes) -> bool:
    """Whether this TIFF holds numbers that Pillow does not know: halves, doubles, signed bytes, stacks of planes."""
    try:
        with Image.open(BytesIO(content), formats=("TIFF",)):
            return False
    except Image.DecompressionBombError:
        return False
    except Exception:
        return True


def _by_pillow(content: bytes) -> Picture:
    is_jpeg = content.startswith(b"\xff\xd8")
    with image_files.opened(content, MAX_PIXELS if is_jpeg else image_files.MAX_PIXELS) as image:
        traits = _traits(image)
        if image.width * image.height > image_files.MAX_PIXELS:
            image.draft("RGB", (DRAFT, DRAFT))
            traits += (DRAFTED,)
        image_files.check_checksums(content, image)
        image.load()
        turn = image_files.TURNS.get(image_files.orientation(image))
        if image.mode.startswith(DEEP):
            picture = _deep(image, traits)
        else:
            pixels, notes = image_files.as_rgb(image)
            picture = Picture(pixels, traits=traits + ((ON_WHITE,) if notes else ()))
    if turn is None:
        return picture
    three = picture.levels if picture.levels.ndim == 3 else picture.levels[..., None]
    turned = np.ascontiguousarray(turn(three)).reshape(turn(three).shape[: picture.levels.ndim])
    return Picture(turned, picture.full, (*picture.traits, UPRIGHT))


def _traits(image: Image.Image) -> tuple[str, ...]:
    if not getattr(image, "is_animated", False):
        return ()
    return (FIRST_PAGE if image.format == "TIFF" else FIRST_FRAME,)


def _deep(image: Image.Image, traits: tuple[str, ...]) -> Picture:
    """Grey levels of more than 8 bits, as Pillow has read them."""
    tags: Any = getattr(image, "tag_v2", {})
    levels = np.asarray(image)
    if image.mode == "I" and tags.get(339) == (1,):  # SampleFormat: without a sign, which the mode cannot say
        levels = levels.view(np.uint32)
    bits = int(tags.get(258, (16 if image.mode.startswith("I;16") or image.format == "PNG" else 32,))[0])
    whole = (0.0, 2.0**bits - 1) if levels.dtype.kind in "ui" and bits <= 16 else None
    return _judged(levels, whole, traits, is_inverted=tags.get(262) == 0)


def _judged(
    levels: NDArray, full: tuple[float, float] | None, traits: tuple[str, ...], *, is_inverted: bool = False
) -> Picture:
    """A deep picture whose numbers are numbers."""
    as_float = levels.astype(np.float32)
    if not np.isfinite(as_float).all():
        raise BadInput("The picture contains NaN or infinity: some pixels have no value.")
    if is_inverted:
        low, high = full or (float(as_float.min()), float(as_float.max()))
        return Picture(np.float32(low + high) - as_float, full, (*traits, INVERTED))
    return Picture(as_float, full, traits)


def _tiff(content: bytes) -> Picture:
    """The first plane of a TIFF by tifffile, which knows halves, doubles and signed numbers."""
    import tifffile

    with tifffile.TiffFile(BytesIO(content)) as file:
        page = file.pages[0]
        _check_bounds(page.shape)
        levels = page.asarray()
        traits = (FIRST_PAGE,) if len(file.pages) > 1 else ()
    if levels.ndim == 3 and levels.shape[0] in (2, 3, 4) and levels.shape[0] < levels.shape[2]:
        levels = np.moveaxis(levels, 0, 2)  # planes one after the other
    if levels.ndim == 3 and levels.shape[2] in (3, 4) and levels.dtype == np.uint8:
        return Picture(np.ascontiguousarray(levels[..., :3]), traits=traits)
    if levels.ndim == 3:
        levels, traits = levels.mean(axis=2), (*traits, "deep color averaged to gray")
    if levels.ndim != 2:
        raise BadInput("The TIFF holds no plane of pixels.")
    kind = levels.dtype
    full = (
        (float(np.iinfo(kind).min), float(np.iinfo(kind).max))
        if kind.kind in "ui" and kind.itemsize < 4
        else None
    )
    return _judged(levels, full, traits)


def _check_bounds(shape: tuple[int, ...]) -> None:
    if np.prod(shape, dtype=float) > MAX_PIXELS:
        raise BadInput(f"The picture has more than {MAX_PIXELS / 1e6:.0f} million pixels.")
    height, width = sorted(shape)[-2:] if len(shape) > 1 else (1, 1)
    image_files.check_size(width, height, MAX_PIXELS)


def _dicom(content: bytes, salt: bytes) -> Picture:
    """The first frame of an uncompressed DICOM file after rescaling; larger is brighter."""
    import pydicom

    file = pydicom.dcmread(BytesIO(content))
    if file.file_meta.TransferSyntaxUID.is_compressed and not file.file_meta.TransferSyntaxUID.is_deflated:
        raise BadInput(COMPRESSED[0].upper() + COMPRESSED[1:] + ".")
    if "PixelData" not in file:
        raise BadInput("This DICOM file holds no picture.")
    frames = int(file.get("NumberOfFrames") or 1)
    _check_bounds((frames, file.Rows, file.Columns, file.get("SamplesPerPixel", 1)))
    pixels = file.pixel_array[0] if frames > 1 else file.pixel_array
    traits = ((FIRST_FRAME,) if frames > 1 else ()) + ((BURNED_IN,) if _may_name(file) else ())
    group, spacing = _patient(file, salt), _spacing(file)
    if pixels.ndim == 3:
        return Picture(_as_rgb(pixels, str(file.PhotometricInterpretation)), None, traits, group, spacing)
    slope, intercept = float(file.get("RescaleSlope", 1) or 1), float(file.get("RescaleIntercept", 0) or 0)
    bits, signed = int(file.get("BitsStored", 16)), bool(file.get("PixelRepresentation", 0))
    ends = (
        np.array([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if signed else [0, 2**bits - 1]) * slope
        + intercept
    )
    is_inverted = file.PhotometricInterpretation == "MONOCHROME1"
    read = _judged(
        pixels * slope + intercept, (float(ends.min()), float(ends.max())), traits, is_inverted=is_inverted
    )
    return Picture(read.levels, read.full, read.traits, group, spacing)


def _as_rgb(pixels: NDArray, interpretation: str) -> NDArray[np.uint8]:
    if interpretation.startswith("YBR"):
        from pydicom.pixels.processing import convert_color_space

        pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
    return np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)


def _may_name(file: Any) -> bool:
    """Whether BurnedInAnnotation says YES, or says nothing where scanners write names into the picture."""
    said = str(file.get("BurnedInAnnotation", "") or "").upper()
    return said == "YES" or (not said and str(file.get("Modality", "")) in SECONDARY)


def _patient(file: Any, salt: bytes) -> str:
    patient = str(file.get("PatientID", "") or "")
    return hashlib.blake2b(patient.encode(), key=salt, digest_size=8).hexdigest() if patient else ""


def _spacing(file: Any) -> float | None:
    given = file.get("PixelSpacing") or file.get("ImagerPixelSpacing")
    return float(given[0]) if given else None
