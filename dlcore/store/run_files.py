"""The files of one run: run.json and its arrays, written once; and owners.json beside them, which changes.

run.json says the version of this format and of the code that computed the run, and the sha256 of every array
file. What a newer version has added is skipped by its name; what an older one did not have is left empty. No
pickle: safetensors and JSON cannot run code.
"""

import dataclasses
import hashlib
import json
import logging
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from dlcore.runs import CODE_VERSION, Epoch, Recipe, Run
from dlcore.store import secret
from dlcore.store.ownership import UNREADABLE

LOG = logging.getLogger(__name__)
FORMAT = 2  # 1 held probabilities; 2 holds logits and the weights of several epochs
OWNERS = "owners.json"
Arrays = Mapping[str, np.ndarray]
# Stored as arrays, or beside the run, or said of it when it is read.
NOT_FACTS = ("weights", "val_index", "val_logits", "history", "history_epochs", "epoch_weights", "rounded",
             "rounded_history", "owners", "filed_as", "unread")  # fmt: skip
GONE = ("notes",)  # of format 1: written, read by nobody


class OtherVersionError(ValueError):
    """A stored run is whole, but another version of the lab wrote it in a way that this one cannot read."""


class EpochWeights(Mapping[int, Arrays]):
    """The weights of several epochs, read from the disk whenever they are asked for: they are large.

    Args:
        file: the safetensors file, its names "<epoch>/<parameter>".
        sha256: of its content.
        epochs: those it holds.
        kept: the kept epoch and its weights, which lie elsewhere.
    """

    def __init__(self, file: Path, sha256: str, epochs: Iterable[int], kept: Mapping[int, Arrays]) -> None:
        self._file, self._sha256, self._kept = file, sha256, kept
        self._epochs = sorted({*epochs, *kept})

    def __getitem__(self, epoch: int) -> Arrays:
        """The weights after an epoch.

        Raises:
            KeyError: they were not stored.
            OSError, ValueError: the file is gone, or not what was written.
        """
        if epoch in self._kept:
            return self._kept[epoch]
        if epoch not in self._epochs:
            raise KeyError(epoch)
        everything = _read_arrays(self._file, self._sha256)
        start = f"{epoch}/"
        return {n.removeprefix(start): a for n, a in everything.items() if n.startswith(start)}

    def __iter__(self) -> Iterator[int]:
        return iter(self._epochs)

    def __len__(self) -> int:
        return len(self._epochs)


def write_run(run: Run, draft: Path) -> None:
    """All files of a run into a new folder, flushed to the disk."""
    draft.mkdir()
    others = {epoch: weights for epoch, weights in run.epoch_weights.items() if epoch != run.best}
    files: dict[str, Arrays] = {
        "weights": run.weights,
        "validation": _named("index", run.val_index, run.val_logits, run.rounded),
        "history": _named("epochs", run.history_epochs, run.history, run.rounded_history),
        "epoch_weights": {f"{epoch}/{n}": a for epoch, weights in others.items() for n, a in weights.items()},
    }
    hashes = {}
    for name, arrays in files.items():
        content = safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in arrays.items()})
        hashes[name] = hashlib.sha256(content).hexdigest()
        _flush(draft / f"{name}.safetensors", content)
    facts = {f.name: getattr(run, f.name) for f in dataclasses.fields(run) if f.name not in NOT_FACTS}
    facts |= {"recipe": dataclasses.asdict(run.recipe), "epochs": [dataclasses.asdict(e) for e in run.epochs]}
    facts |= {"epochs_with_weights": sorted(others)}
    document = {"format": FORMAT, "key": run.key, "sha256": hashes, "run": facts}
    _flush(draft / "run.json", json.dumps(document, allow_nan=False, indent=1).encode())
    if run.owners:
        write_owners(draft, run.owners, run.key)
    flush_folder(draft)


def _named(place: str, where: np.ndarray, logits: np.ndarray, rounded: np.ndarray) -> Arrays:
    """Predictions and where they belong, under the names they have in a file."""
    return {place: where} | ({"probabilities": rounded} if rounded.size else {"logits": logits})


def read_run(place: Path) -> Run:
    """The run in a folder, every byte checked against its hash.

    Raises:
        OtherVersionError: another version of the lab wrote it, and this one cannot read it.
        OSError, ValueError, KeyError, TypeError: it is not what was written.
    """
    if place.is_symlink() or any(file.is_symlink() for file in place.iterdir()):
        raise ValueError("a run is files in a folder, and no link to others")
    document = json.loads((place / "run.json").read_bytes())
    if document["key"] != place.name:
        raise ValueError("the folder's name is not the run's key")
    hashes, facts = document["sha256"], document["run"]
    code = str(facts.get("code", "1"))  # version 1 did not say so
    arrays = {
        name: _read_arrays(place / f"{name}.safetensors", hashes[name])
        for name in ("weights", "validation", "history")
        if name in hashes  # runs stored before there was a history have none
    }
    if "epoch_weights" in hashes and not (place / "epoch_weights.safetensors").is_file():
        raise FileNotFoundError("epoch_weights.safetensors is missing")
    try:
        run = _run_of(facts, arrays, code, place, hashes)
    except (ValueError, KeyError, TypeError) as error:
        if document.get("format", 1) > FORMAT or code != CODE_VERSION:
            raise OtherVersionError(f"written by version {code} of the code: {error}") from error
        raise
    if run.unread:
        LOG.info("run %s: not known to this version, and skipped: %s", place.name, ", ".join(run.unread))
    return run


def _run_of(
    facts: dict[str, Any], arrays: dict[str, Arrays], code: str, place: Path, hashes: Mapping[str, str]
) -> Run:
    """The run that a folder's facts and arrays make."""
    recipe, unread = Recipe.as_stored(facts["recipe"])
    own_key = str(facts.get("brought", "")) or recipe.key
    if code == CODE_VERSION and not unread and own_key != place.name:
        raise ValueError("the recipe is not that of the run's key")
    epoch_names = {f.name for f in dataclasses.fields(Epoch)}
    epochs = [Epoch(**{n: v for n, v in epoch.items() if n in epoch_names}) for epoch in facts["epochs"]]
    strange = {n for epoch in facts["epochs"] for n in epoch if n not in epoch_names}
    said = {f.name for f in dataclasses.fields(Run)} - {*NOT_FACTS, "recipe", "epochs", "code"}
    known = {name: value for name, value in facts.items() if name in said}
    known |= {name: tuple(known[name]) for name in ("class_names", "image_shape")}
    others = set(facts) - said - {"recipe", "epochs", "code", "epochs_with_weights", *GONE}
    unread += (*(f"epochs.{n}" for n in sorted(strange)), *sorted(others))
    best, weights = int(facts["best"]), arrays["weights"]
    return Run(
        recipe=recipe,
        epochs=tuple(epochs),
        code=code,
        weights=weights,
        filed_as="" if own_key == place.name else place.name,
        unread=unread,
        owners=read_owners(place),
        epoch_weights=EpochWeights(
            place / "epoch_weights.safetensors",
            hashes.get("epoch_weights", ""),
            facts.get("epochs_with_weights", ()),
            {best: weights} if best else {},
        ),
        **_predictions(arrays),
        **known,
    )


def _predictions(arrays: Mapping[str, Arrays]) -> dict[str, Any]:
    """The fields of a run that its predictions fill: logits, or the probabilities of format 1."""
    validation, history = arrays["validation"], arrays.get("history", {})
    found = {"val_index": validation["index"]}
    if "probabilities" in validation:
        found |= {"val_logits": np.empty((0, 0), np.float32), "rounded": validation["probabilities"]}
    else:
        found |= {"val_logits": validation["logits"]}
    if history:
        found["history_epochs"] = history["epochs"]
        name = "rounded_history" if "probabilities" in history else "history"
        found[name] = history["probabilities" if "probabilities" in history else "logits"]
    return found


def _read_arrays(file: Path, sha256: str) -> Arrays:
    """The arrays of a safetensors file.

    Raises:
        OSError, ValueError: it cannot be read, or is not what was written.
    """
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{file.name} has changed since it was written")
    arrays = safetensors.numpy.load(content)
    if not all(np.isfinite(a).all() for a in arrays.values()):
        raise ValueError(f"{file.name} holds numbers that are not finite")
    return arrays


# --- whose it is -------------------------------------------------------------------------------------------


def read_owners(place: Path) -> frozenset[str]:
    """Who has asked for the run, or has brought the image set, of this folder; nothing else reads owners.json.

    What was stored before owners were noted here has none: it is nobody's. Where the file cannot be understood, or
    no key of this server has signed it for this folder, the owner is UNREADABLE, which is nobody either.
    """
    try:
        said = json.loads((place / OWNERS).read_bytes())
        names = frozenset(str(name) for name in said["owners"])
        if secret.is_signed(str(said["signature"]), OWNERS, _signed_text(place.name, names), place.parent):
            return names
        why = "no key of this server has signed it"
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = str(error)
    LOG.warning("whose %s is cannot be read: %s", place.name, why)
    return frozenset({UNREADABLE})


def write_owners(place: Path, owners: Iterable[str], key: str = "") -> None:
    """Note, signed, who has asked for what is in this folder; the only function that writes owners.json.

    Args:
        key: the name of the folder, where it has another one for now.

    Raises:
        OSError: the disk is full or read-only; what was noted before stays.
    """
    draft = place / f".{OWNERS}-{uuid.uuid4().hex}"
    document = _signed(key or place.name, owners, place.parent)
    try:
        _flush(draft, json.dumps(document, indent=1).encode())
        draft.replace(place / OWNERS)
    finally:
        draft.unlink(missing_ok=True)


def are_noted(place: Path, owners: Iterable[str]) -> bool:
    """Whether owners.json says just these, signed with the key that signs today."""
    try:
        return bool(json.loads((place / OWNERS).read_bytes()) == _signed(place.name, owners, place.parent))
    except (OSError, ValueError):
        return False


def _signed(key: str, owners: Iterable[str], root: Path) -> dict[str, Any]:
    names = sorted(owners)
    return {"owners": names, "signature": secret.sign(OWNERS, _signed_text(key, names), root)}


def _signed_text(key: str, owners: Iterable[str]) -> str:
    """The folder's name is signed with the owners: a file copied beside another run says nothing there."""
    return json.dumps([key, sorted(owners)])


def _flush(file: Path, content: bytes) -> None:
    with file.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def flush_folder(folder: Path) -> None:
    """Make what was renamed into or within a folder last."""
    if os.name == "nt":  # Windows cannot open a folder for this, and needs no such flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
