"""The official MedMNIST sets by name: what they are, where they lie, how they are checked and fetched.

`breastmnist` has 28 × 28 pixels, `breastmnist_64` and `breastmnist_128` are the same images of MedMNIST+.

The facts (labels, licence, address, MD5) are read from the `medmnist` package's info.py as text: importing
the package would load torch and torchvision, and would make a folder in the reader's home.
"""

import ast
import importlib.util
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput, Unavailable
from dlcore.data.imagesets import ImageSet
from dlcore.data.splits import Split
from dlcore.runs import unsized

SETS = (
    "pathmnist", "dermamnist", "octmnist", "pneumoniamnist", "retinamnist", "breastmnist",
    "bloodmnist", "tissuemnist", "organamnist", "organcmnist", "organsmnist",
)  # fmt: skip
SIDES = (64, 128)  # of MedMNIST+, beside 28
MOST_BYTES = 1_000_000_000  # of pixels: a computer holds them twice while it trains
TOO_LARGE = ("pathmnist_64", "pathmnist_128", "octmnist_128", "tissuemnist_128")  # 1.3 to 5.3 GB of pixels
ALSO = ", with _64 or _128 behind a name of MedMNIST that many pixels"
NAMES = (*SETS, *(name for side in SIDES for s in SETS if (name := f"{s}_{side}") not in TOO_LARGE))
# The disease of the sets in which one class is it, by the official label; the other sets have several or none.
DISEASE = {
    "breastmnist": "malignant",
    "pneumoniamnist": "pneumonia",
    "dermamnist": "melanoma",
    "pathmnist": "colorectal adenocarcinoma epithelium",
}


def side_of(name: str) -> int:
    """Pixels a side of a set's images.

    >>> side_of("breastmnist"), side_of("breastmnist_64")
    (28, 64)
    """
    side = name.rpartition("_")[2]
    return int(side) if side.isdecimal() else 28


def info(name: str) -> dict[str, Any]:
    """The official entry of one set: label, license, url, MD5, n_samples, description, python_class ...

    >>> info("breastmnist_64")["MD5"] == info("breastmnist")["MD5_64"]
    True
    """
    facts, side = _entry(unsized(name)), side_of(name)
    return facts if side == 28 else facts | {key: facts[f"{key}_{side}"] for key in ("url", "MD5")}


def pixel_bytes(name: str) -> int:
    """What the images of a set take in memory.

    >>> pixel_bytes("breastmnist") == 780 * 28 * 28
    True
    """
    facts = info(name)
    return int(sum(facts["n_samples"].values()) * side_of(name) ** 2 * facts["n_channels"])


@cache
def _entry(name: str) -> dict[str, Any]:
    package = importlib.util.find_spec("medmnist")  # finds the folder, imports nothing
    if package is None or not package.submodule_search_locations:
        raise Unavailable("The MedMNIST sets need the package medmnist, which is not installed.")
    text = (Path(package.submodule_search_locations[0]) / "info.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "INFO":
            return ast.literal_eval(node.value)[name]
    raise Unavailable("The package medmnist has no list of data sets.")


def check_name(name: str) -> None:
    """Refuse what is not one of the single-label two-dimensional sets."""
    if name == "chestmnist":
        raise BadInput(
            "ChestMNIST gives 14 labels to each image at once; this lab trains on one label per image. "
            "PneumoniaMNIST shows chest X-rays with one label."
        )
    if name in TOO_LARGE:
        raise BadInput(
            f"{name} holds {pixel_bytes(name) / 1e9:.1f} GB of pixels; at most {MOST_BYTES / 1e9:.0f} GB are read. "
            "Take it at fewer pixels."
        )
    if name not in NAMES:
        raise BadInput(f"There is no MedMNIST set {str(name)[:40]!r}; there are {', '.join(SETS)}{ALSO}.")


def official_notes(facts: dict[str, Any]) -> tuple[str, ...]:
    """What a reader of results should know of a set."""
    notes = ["Pictures made small for learning and research; not for clinical use."]
    if "NC" in facts["license"]:
        notes.append(f"Its license, {facts['license']}, allows no commercial use.")
    if facts["task"] == "ordinal-regression":
        notes.append("Its classes are ordered grades; here they are treated as classes without an order.")
    return tuple(notes)


def read_official(file: Path, name: str) -> ImageSet:
    """The set in its official order: train, then validation, then test."""
    facts = info(name)
    with np.load(file, allow_pickle=False) as arrays:
        images = _in_order(arrays)
        labels = [arrays[f"{part}_labels"].reshape(-1).astype(np.int64) for part in ("train", "val", "test")]
    ends = np.cumsum([0] + [len(part) for part in labels])
    names = tuple(facts["label"][str(c)] for c in range(len(facts["label"])))
    return ImageSet(
        name=name,
        images=images,
        labels=np.concatenate(labels),
        class_names=names,
        official_split=Split(*(np.arange(a, b) for a, b in pairwise(ends))),
        licence=facts["license"],
        notes=official_notes(facts),
        source=f"{facts['python_class']}, MedMNIST v2, {facts['url'].split('?')[0]}",
        positive=names.index(DISEASE[unsized(name)]) if unsized(name) in DISEASE else None,
    )


def _in_order(arrays: Any) -> NDArray[np.uint8]:
    """The images of all parts, one after the other; each part is in memory twice only while it is read."""
    train = arrays["train_images"]
    at, n = len(train), sum(len(arrays[f"{part}_labels"]) for part in ("train", "val", "test"))
    images = np.empty((n, *train.shape[1:]), np.uint8)
    images[:at] = train
    del train
    for part in ("val", "test"):
        more = arrays[f"{part}_images"]
        images[at : at + len(more)] = more
        at += len(more)
    return images
