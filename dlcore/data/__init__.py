"""Image sets as arrays, with masks where the truth is known; tables, splits, leaks, uploads. No torch."""

from dlcore.data.catalogue import NAMES, load
from dlcore.data.decoding import Preview, decoded_picture, looked_at, remember_import, remember_upload
from dlcore.data.downloads import download, is_here
from dlcore.data.embedded import TABLES, table
from dlcore.data.gates import BadInput, Unavailable
from dlcore.data.image_files import read_image, read_image_with_notes
from dlcore.data.imagesets import ImageSet, Table
from dlcore.data.importing.reading import read_any
from dlcore.data.importing.repairs import Import, Repair
from dlcore.data.leakage import Leaks, leaks
from dlcore.data.npz_files import read_npz
from dlcore.data.splits import Split, folds, split

__all__ = [
    "NAMES",
    "TABLES",
    "BadInput",
    "ImageSet",
    "Import",
    "Leaks",
    "Preview",
    "Repair",
    "Split",
    "Table",
    "Unavailable",
    "decoded_picture",
    "download",
    "folds",
    "is_here",
    "leaks",
    "load",
    "looked_at",
    "read_any",
    "read_image",
    "read_image_with_notes",
    "read_npz",
    "remember_import",
    "remember_upload",
    "split",
    "table",
]
