"""A weights' file brought back: read without trust, held against its own checksum, its recipe, and the images here.

Whatever is wrong with a file becomes a sentence. Nothing in it is run: its header is JSON, its tensors are numbers.
"""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from dlcore import metrics
from dlcore.data import NAMES, BadInput, ImageSet
from dlcore.data.recipe_images import parts, permuted
from dlcore.logits import probabilities
from dlcore.number_text import digits
from dlcore.runs import Epoch, Recipe, Run
from dlcore.takeaway.weights import FORMAT, SCORES, checksum, unpacked

MEGABYTES = 50
HEADER = 20_000_000  # bytes of JSON; of 24,000 validation images it has about 1.5 million
CLASSES, LETTERS = 1000, 200
PROBED = 256  # validation images whose logits are computed again
NEAR = 1e-3  # other machines add in another order
STATUSES = ("finished", "stopped_early", "cancelled", "diverged")
SETS = "|".join((*NAMES, "(upload|own):[0-9a-f]{64}"))
PICKLES = (b"PK\x03\x04", b"\x80")  # torch's archives, and what came before them
Arrays = Mapping[str, np.ndarray]


def read_brought(content: bytes) -> Run:
    """The run in a file of `weights_with_metadata`, as far as it can be judged without its images.

    Raises:
        BadInput: anything else, in a sentence.
    """
    if len(content) > MEGABYTES * 1_000_000:
        raise BadInput(f"This file has more than {MEGABYTES} MB.")
    said = _metadata(content)
    arrays = _arrays(content)
    if said.get("format") != FORMAT:
        raise BadInput(
            "This safetensors file was not taken home from the lab, or by another version of it: its metadata have "
            f"no format “{FORMAT}”."
        )
    if said.get("sha256") != checksum(arrays, {n: text for n, text in said.items() if n != "sha256"}):
        raise BadInput(
            "This file has been changed since it was written: its content does not have the checksum that it names."
        )
    try:
        run = _run(said, arrays, hashlib.sha256(content).hexdigest())
    except BadInput:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise BadInput(f"The metadata of this file do not describe a run: {_short(error)}") from None
    _check_weights(run)
    return run


def _short(error: Exception) -> str:
    """What an exception says, in few words."""
    text = f"{error} is missing." if isinstance(error, KeyError) else str(error)
    return text[:200] or type(error).__name__


def _metadata(content: bytes) -> dict[str, str]:
    """The file's metadata; the arrays' names and places are read by safetensors itself."""
    length = int.from_bytes(content[:8], "little")
    is_possible = len(content) >= 8 and length <= min(len(content) - 8, HEADER)
    if not is_possible and content.startswith(PICKLES):
        raise BadInput(
            "This is a pickle or a zip archive, whatever its name says. A pickle can run code, so the lab opens "
            "none. Take the run home again, as safetensors."
        )
    if not is_possible:
        raise BadInput("This is no safetensors file, or only the beginning of one. Fetch it again.")
    try:
        said = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    except (ValueError, AttributeError, RecursionError):
        raise BadInput("This is no safetensors file: it does not begin with a table of contents.") from None
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        raise BadInput("The metadata of this file are no texts.")
    return said


def _arrays(content: bytes) -> Arrays:
    try:
        arrays = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, AttributeError):
        raise BadInput("This safetensors file is cut short or damaged. Fetch it again.") from None
    for name, values in arrays.items():
        if values.dtype.kind not in "fi" or not np.isfinite(values).all():
            raise BadInput(f"The weights “{_name(name)}” are no finite numbers.")
    return arrays


def _name(text: str) -> str:
    """A name from a file, as a sentence may show it: a file may call its arrays anything."""
    return "".join(sign if sign.isalnum() or sign in "._-" else " " for sign in text)[:60]


def _run(said: Mapping[str, str], arrays: Arrays, sha256: str) -> Run:
    """The run that the metadata describe; not yet held against weights and images."""
    facts, classes = json.loads(said["run"]), json.loads(said["class_names"])
    if not 2 <= len(classes) <= CLASSES or not all(
        isinstance(name, str) and 0 < len(name) <= LETTERS and name.isprintable() for name in classes
    ):
        raise BadInput("The names of the classes are no names.")
    recipe, unread = Recipe.as_stored(json.loads(said["recipe"]))
    if not re.fullmatch(SETS, recipe.dataset, re.ASCII):
        raise BadInput("The recipe in this file names images that no lab has.")
    epochs = tuple(_epoch(n, values) for n, values in enumerate(json.loads(said["epochs"]), 1))
    best, status = int(facts["best"]), str(facts["status"])
    assert recipe.epochs is not None
    if not 1 <= best <= len(epochs) <= recipe.epochs or status not in STATUSES:
        raise BadInput("Which epoch was selected, or how the training ended, does not fit its epochs.")
    rows, columns, channels = (int(size) for size in json.loads(said["image_shape"]))
    if not (1 <= rows <= 1024 and 1 <= columns <= 1024 and channels in (1, 3)):
        raise BadInput(f"Images of {rows} × {columns} × {channels} numbers are none that the lab knows.")
    index = unpacked(said["val_index"], "<i8")
    logits = unpacked(said["val_logits"], "<f4").reshape(len(index), 1 if len(classes) == 2 else len(classes))
    if not np.isfinite(logits).all() or not len(index):
        raise BadInput("The file has no validation images, or logits that are no finite numbers.")
    run = Run(
        recipe=recipe,
        epochs=epochs,
        status=status,
        best=best,
        weights=arrays,
        val_index=index,
        val_logits=logits,
        class_names=tuple(classes),
        image_shape=(rows, columns, channels),
        parameters=_parameters(arrays),
        train_size=_whole(facts["train_size"]),
        seconds=_finite(facts["seconds"]),
        epoch_weights={best: arrays},
        code=_name(str(facts["code"]))[:20],
        unread=tuple(map(_name, unread)),
        brought=sha256,
        images_sha256=said["data_sha256"],
    )
    if json.loads(said["scores"]) != {name: getattr(epochs[best - 1], name) for name in SCORES}:
        raise BadInput("The scores of this file are not those of its selected epoch.")
    return run


def _parameters(arrays: Arrays) -> int:
    """How many numbers are learned: batch normalization's running means are not."""
    return sum(
        int(v.size) for n, v in arrays.items() if not n.rpartition(".")[2].startswith(("running_", "num_"))
    )


def _epoch(number: int, values: Any) -> Epoch:
    epoch = Epoch(**values)
    for field in dataclasses.fields(Epoch):
        value = getattr(epoch, field.name)
        if value is None and field.name.endswith("_auc"):
            continue
        if field.name.endswith(("_accuracy", "_auc")) and not 0 <= _finite(value) <= 1:
            raise BadInput(f"In epoch {number} {field.name} is not between 0 and 1.")
        if _finite(value) < 0 or (field.name == "number" and value != number):
            raise BadInput(f"In epoch {number} {field.name} cannot be.")
    return epoch


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{str(value)[:40]!r} is no number.")
    return float(value)


def _whole(value: Any) -> int:
    if _finite(value) != int(value) or not 0 < value < 10**9:
        raise ValueError(f"{str(value)[:40]!r} is no number of images.")
    return int(value)


def _check_weights(run: Run) -> None:
    """The weights have the names, shapes and types of the recipe's network, or the first that does not is named."""
    from dlcore import models  # loads torch

    needed = models.shapes(run.recipe, run.image_shape, len(run.class_names))
    for name, (shape, kind) in needed.items():
        if name not in run.weights:
            raise BadInput(f"The recipe's network needs the weights “{name}”, which are not in this file.")
        given = run.weights[name]
        if given.shape != shape or given.dtype != kind:
            raise BadInput(
                f"The weights “{name}” are {given.dtype} {given.shape}; the recipe's network needs {kind} {shape}."
            )
    if more := sorted(set(run.weights) - set(needed)):
        raise BadInput(f"The recipe's network has no weights “{_name(more[0])}”.")


# --- held against the images -------------------------------------------------------------------------------


def check_against(run: Run, images: ImageSet, rng: np.random.Generator) -> None:
    """All claims of a brought run about images that are here: `check_scores`, and what the network says of some.

    Args:
        rng: chooses the images of which the network is asked again; a forger must not know them.

    Raises:
        BadInput: a claim is not true.
    """
    check_scores(run, images)
    _check_logits(run, images, rng)


def check_scores(run: Run, images: ImageSet) -> None:
    """Which images a brought run has learned from, their split, and the scores that its predictions have there.

    Raises:
        BadInput: a claim is not true.
    """
    if (
        run.images_sha256 != images.digest
        or run.class_names != images.class_names
        or _shape(images) != run.image_shape
    ):
        raise BadInput(
            "This run has learned from other images than those that have the same name here: their checksum, their "
            "classes or their size differ. Its scores would say nothing about the images here."
        )
    split = parts(run.recipe, images)
    if not np.array_equal(split.validation, run.val_index) or len(split.train) != run.train_size:
        raise BadInput("The split in this file is not the one that its recipe makes of these images.")
    _check_scores(run, images.labels[run.val_index])


def _shape(images: ImageSet) -> tuple[int, int, int]:
    return (images.images.shape[1], images.images.shape[2], images.channels)


def _check_scores(run: Run, labels: np.ndarray) -> None:
    """Loss, accuracy and AUC of the selected epoch are those of the predictions in the file."""
    best = run.best_epoch
    assert best is not None
    p = probabilities(run.val_logits)
    found = {
        "loss": _loss(run, p, labels),
        "accuracy": metrics.accuracy(p, labels),
        "AUC": metrics.macro_auc(p, labels, run.val_logits),
    }
    said = {"loss": best.val_loss, "accuracy": best.val_accuracy, "AUC": best.val_auc}
    for name, value in found.items():
        claimed = said[name]
        if value is None or claimed is None:
            is_so = value is claimed
        else:
            is_so = math.isclose(value, claimed, rel_tol=1e-6, abs_tol=1e-9)
        if not is_so:
            raise BadInput(
                f"The validation {name} in this file is not that of its predictions: it says {_number(claimed)}, and "
                f"they give {_number(value)}."
            )


def _number(value: float | None) -> str:
    return "none" if value is None else digits(value, 4)


def _loss(run: Run, p: np.ndarray, labels: np.ndarray) -> float:
    """Mean loss of the validation images, of the logits in float64."""
    if run.recipe.loss == "squared_error":
        return float(0.5 * np.square(p - np.eye(p.shape[1])[labels]).sum(axis=1).mean())
    z = run.val_logits.astype(np.float64)
    z = np.hstack([np.zeros_like(z), z]) if z.shape[1] == 1 else z
    return float((np.logaddexp.reduce(z, axis=1) - z[np.arange(len(z)), labels]).mean())


def _check_logits(run: Run, images: ImageSet, rng: np.random.Generator) -> None:
    """The network computes what the file says it has computed, on a few images drawn at random."""
    from dlcore import models, training  # load torch

    n = len(run.val_index)
    chosen = np.sort(rng.choice(n, min(n, PROBED), replace=False))
    pixels = permuted(images.images[run.val_index[chosen]], run.recipe.pixel_permutation)
    again = training.predict(models.load(run), pixels).numpy()
    off = np.abs(again - run.val_logits[chosen]) / np.maximum(1, np.abs(again))
    if off.max() > NEAR:
        raise BadInput(
            "The network in this file does not compute the predictions that the file names: the weights, or the "
            "predictions, are of another run."
        )
