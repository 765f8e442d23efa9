"""Files as people have them, made in memory: pictures of two classes, one dark and one bright, in every form."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

PER_CLASS = 6
SHADES = {"dark": 60, "bright": 190}


def picture(shade: int, i: int = 0, size: tuple[int, int] = (40, 40), channels: int = 3) -> np.ndarray:
    """uint8 (h, w[, 3]): a shade with some grain, no two alike."""
    grain = np.random.default_rng((shade, i)).integers(-20, 20, size)
    gray = np.clip(shade + grain, 0, 255).astype(np.uint8)
    return gray if channels == 1 else np.repeat(gray[..., None], channels, axis=2)


def saved(array: np.ndarray, form: str = "PNG", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, form, **more)
    return out.getvalue()


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def class_folders(
    write: Callable[[np.ndarray], bytes] = saved, ending: str = "png", root: str = "", **more: Any
) -> dict[str, bytes]:
    """Files in a folder for each class; `more` goes to `picture`."""
    return {
        f"{root}{name}/{i:02d}.{ending}": write(picture(shade, i, **more))
        for name, shade in SHADES.items()
        for i in range(PER_CLASS)
    }


def tabled(rows: str, encoding: str = "utf-8", name: str = "labels.csv") -> bytes:
    """A zip of bare pictures p00 ... p11 (dark, then bright) and a table beside them."""
    files = {f"p{i:02d}.png": saved(picture(60 if i < PER_CLASS else 190, i)) for i in range(2 * PER_CLASS)}
    return zipped({**files, name: rows.encode(encoding)})


def rows(delimiter: str = ",", head: str = "file,label", label: Callable[[int], str] = "{}".format) -> str:
    """The lines of such a table; label makes a cell of 0 or 1."""
    lines = [f"p{i:02d}.png{delimiter}{label(int(i >= PER_CLASS))}" for i in range(2 * PER_CLASS)]
    return "\n".join([head.replace(",", delimiter), *lines] if head else lines)


def arrays(n: int = 24, side: int = 28, channels: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 and labels 0, 1 in turn."""
    labels = np.arange(n) % 2
    images = np.stack([picture((60, 190)[c], i, (side, side), channels or 1) for i, c in enumerate(labels)])
    return images, labels


def npz(**named: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **named)  # type: ignore[arg-type]
    return out.getvalue()


def parts(
    images: Callable[[np.ndarray], np.ndarray] = np.asarray,
    labels: Callable[[np.ndarray], np.ndarray] = np.asarray,
    names: tuple[str, ...] = ("train", "val", "test"),
    **more: Any,
) -> bytes:
    """An .npz with MedMNIST's names, its images and labels changed by these."""
    x, y = arrays(**more)
    return npz(**{f"{p}_images": images(x) for p in names}, **{f"{p}_labels": labels(y) for p in names})


def tiff(dtype: str, scale: float = 1.0, **more: Any) -> Callable[[np.ndarray], bytes]:
    """A writer of gray TIFFs of this type."""
    import tifffile

    def write(array: np.ndarray) -> bytes:
        out = io.BytesIO()
        tifffile.imwrite(out, (array[..., 0].astype(float) * scale).astype(dtype), **more)
        return out.getvalue()

    return write


def dicom(array: np.ndarray, patient: str = "P-0815", **tags: Any) -> bytes:
    """An uncompressed CT slice of 12 bits in 16, with a patient in its header."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
    meta.TransferSyntaxUID = UID(tags.pop("syntax", ExplicitVRLittleEndian))
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.PatientName, file.PatientID, file.Modality = "Mustermann^Erika", patient, "CT"
    levels = array[..., 0].astype(np.uint16) * 16
    file.Rows, file.Columns = levels.shape
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 12, 11, 0
    file.RescaleSlope, file.RescaleIntercept, file.PixelSpacing = "1", "-1024", ["0.5", "0.5"]
    file.PixelData = encapsulate([b"\0" * 8]) if meta.TransferSyntaxUID.is_compressed else levels.tobytes()
    for name, value in tags.items():
        setattr(file, name, value)
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()
