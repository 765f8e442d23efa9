"""The weights of a run as a safetensors file whose metadata say what they are: enough to bring the run back.

The tensors are the network's state_dict, as torch would save it, and nothing else. Metadata are texts, most of them
JSON. No pickle: the file can run no code.
"""

import base64
import dataclasses
import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np
import safetensors.numpy

import dlcore
from dlcore.data import ImageSet
from dlcore.runs import Run

FORMAT = "deep-learning-lab run 1"
NORMALIZATION = "x / 127.5 - 1: uint8 from 0 to 255 becomes float32 from -1 to 1; channels first (n, c, h, w)"
SCORES = ("val_loss", "val_accuracy", "val_auc")
Arrays = Mapping[str, np.ndarray]


def weights_with_metadata(run: Run, images: ImageSet) -> bytes:
    """The file.

    Raises:
        ValueError: the run kept no weights, or is too old to hold logits.
    """
    if not run.best or not run.holds_logits:
        raise ValueError("This run kept no weights, or is too old to be brought back.")
    said = metadata(run, images)
    arrays = {name: np.asarray(values, order="C") for name, values in run.weights.items()}
    return bytes(safetensors.numpy.save(arrays, said | {"sha256": checksum(arrays, said)}))


def metadata(run: Run, images: ImageSet) -> dict[str, str]:
    """Name -> text: what a stranger has to know of the weights, then what the lab needs to show the run again."""
    best = run.best_epoch
    assert best is not None
    facts = {
        "class_names": list(run.class_names),
        "recipe": dataclasses.asdict(run.recipe),
        "image_shape": list(run.image_shape),
        "scores": {name: getattr(best, name) for name in SCORES},
        "versions": {"lab": dlcore.__version__, "python": platform.python_version()}
        | {package: version(package) for package in ("torch", "numpy", "safetensors")},
        "epochs": [dataclasses.asdict(epoch) for epoch in run.epochs],
        "run": {name: getattr(run, name) for name in ("status", "best", "train_size", "seconds", "code")},
    }
    return {
        "format": FORMAT,
        "positive_class": run.class_names[images.usual_positive],
        "normalization": NORMALIZATION,
        "data_sha256": images.digest,
        "val_index": _packed(run.val_index, "<i8"),
        "val_logits": _packed(run.val_logits, "<f4"),
        **{name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()},
    }


def checksum(arrays: Arrays, said: Mapping[str, str]) -> str:
    """sha256 of all tensors and all metadata but itself: whether anything has changed since it was written."""
    content = hashlib.sha256(json.dumps(dict(sorted(said.items()))).encode())
    for name, values in sorted(arrays.items()):
        content.update(f"{name}{values.dtype.str}{values.shape}".encode())
        content.update(np.ascontiguousarray(values).tobytes())
    return content.hexdigest()


def _packed(values: np.ndarray, kind: str) -> str:
    """Numbers as text: little-endian bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode("ascii")


def unpacked(text: str, kind: str) -> np.ndarray:
    """The inverse of `_packed`, one long row.

    Raises:
        ValueError: no such text.
    """
    return np.frombuffer(base64.b64decode(text, validate=True), kind).astype(np.dtype(kind).newbyteorder("="))
