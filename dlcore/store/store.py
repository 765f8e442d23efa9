"""The store: finished runs as content-addressed folders, and a database that indexes them.

The folders are the truth. `runs/<key>/` holds run.json and weights, validation and history.safetensors; it
is written beside its place, flushed, and renamed into it: a reader sees a whole run or none. The index (see
ledger.py) can be rebuilt from the folders; only requests and test-set openings live there alone. No pickle:
safetensors and JSON cannot run code.
"""

import dataclasses
import functools
import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import safetensors.numpy
from sqlalchemy.exc import SQLAlchemyError

from dlcore.runs import Epoch, Recipe, Run
from dlcore.store.ledger import Ledger

LOG = logging.getLogger(__name__)
ARRAYS = ("weights", "validation", "history")


class CorruptRunError(Exception):
    """A stored run is not what was written; it has been set aside and should be trained again."""


def default_folder() -> Path:
    """DLCORE_RUNS, or the user's own data folder."""
    chosen = os.environ.get("DLCORE_RUNS")
    return Path(chosen) if chosen else platformdirs.user_data_path("deep-learning-lab") / "runs"


class Store:
    """Runs by key.

    Args:
        root: folder of the runs, created when first written to; None: default_folder().
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root is not None else default_folder()
        self.ledger = Ledger(self.root)

    def folder(self, key: str) -> Path:
        """Where the run with this key lies.

        Raises:
            ValueError: not a key (64 hexadecimal digits): it may come from a link.
        """
        if len(key) != 64 or set(key) - set("0123456789abcdef"):
            raise ValueError("A run's key has 64 hexadecimal digits.")
        return self.root / key

    def publish(self, run: Run) -> Path:
        """Store a run for good; publishing the same key again changes nothing: the first wins.

        Raises:
            OSError: the disk is full or read-only; nothing half-written stays.
        """
        place = self.keep(run)
        self.ledger.index(run)
        return place

    def keep(self, run: Run) -> Path:
        """The folder of this run, written if it is not there; the index does not hear of it.

        Raises:
            OSError: the disk is full or read-only; nothing half-written stays.
        """
        place = self.folder(run.key)
        if not place.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            draft = self.root / f".draft-{uuid.uuid4().hex}"
            try:
                _write(run, draft)
                _rename(draft, place)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return place

    def adopt(self, seeds: Path) -> int:
        """Copy the runs of a read-only folder that came with the lab; returns how many were new here.

        Runs that another version of the code would compute otherwise have another key, and are left alone.
        """
        new = 0
        for place in sorted(seeds.glob("[0-9a-f]*")):
            if not self.folder(place.name).exists() and (run := _read(place)).key == place.name:
                self.keep(run)
                new += 1
        return new

    def get(self, key: str) -> Run | None:
        """The run with this key, or None.

        Raises:
            CorruptRunError: files are missing, changed or unreadable; the folder has been set aside.
        """
        place = self.folder(key)
        if not place.is_dir():
            return None
        try:
            return _read(place)
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOG.warning("run %s is damaged: %s", key, error)
            self._set_aside(place)
            raise CorruptRunError(
                "A stored run was damaged; it has been set aside and can be trained again."
            ) from error

    def runs(self, limit: int = 50) -> list[dict[str, Any]]:
        """Summaries of the latest runs, newest first: key, dataset, model, status, best scores, recipe."""
        return [row for row in self.ledger.runs(limit) if (self.root / row["key"]).is_dir()]

    def rebuild_index(self, known: Collection[str] = ()) -> int:
        """Index every readable run anew from the folders, but for the known ones; returns how many there are."""
        count = 0
        for place in sorted(self.root.glob("[0-9a-f]*")):
            if place.name in known:
                continue
            try:
                run = self.get(place.name)
            except (CorruptRunError, ValueError):
                continue
            if run is not None:
                self.ledger.index(run)
                count += 1
        return count

    def delete(self, key: str) -> None:
        """Forget a run: folder and index entry."""
        shutil.rmtree(self.folder(key), ignore_errors=True)
        self.ledger.forget(key)

    def let_go(self, key: str, learner: str) -> bool:
        """Delete a run as far as this learner is concerned; True if nobody else had asked for it and it is gone."""
        gone = self.ledger.let_go(key, learner)
        if gone:
            self.delete(key)
        return gone

    def _set_aside(self, place: Path) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        try:
            place.rename(self.root / f".damaged-{place.name}-{stamp}-{uuid.uuid4().hex[:6]}")
        except OSError:  # a read-only disk: the next reader will find it damaged again
            LOG.warning("could not set %s aside", place)


def shared() -> Store:
    """The store of the default folder, one per process: its database connections are pooled."""
    return _shared(default_folder())


@functools.lru_cache(maxsize=4)
def _shared(root: Path) -> Store:
    store = Store(root)
    try:
        if seeds := os.environ.get("DLCORE_SEED_RUNS"):  # baked into an image by experiments/first_runs.py
            store.adopt(Path(seeds))
        if root.is_dir():  # what was stored while the database could not be reached
            store.rebuild_index(store.ledger.keys())
    except (OSError, ValueError, KeyError, TypeError, SQLAlchemyError) as error:
        LOG.warning("not all runs could be taken over or indexed: %s", error)
    return store


def _write(run: Run, draft: Path) -> None:
    """All files of a run into a new folder, flushed to the disk."""
    draft.mkdir()
    arrays = {
        "weights": dict(run.weights),
        "validation": {"index": run.val_index, "probabilities": run.val_probabilities},
        "history": {"epochs": run.history_epochs, "probabilities": run.history},
    }
    hashes = {}
    for name in ARRAYS:
        content = safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in arrays[name].items()})
        hashes[name] = hashlib.sha256(content).hexdigest()
        _flush(draft / f"{name}.safetensors", content)
    stored = {"weights", "val_index", "val_probabilities", "history", "history_epochs"}
    facts = {f.name: getattr(run, f.name) for f in dataclasses.fields(run) if f.name not in stored}
    facts |= {"recipe": dataclasses.asdict(run.recipe), "epochs": [dataclasses.asdict(e) for e in run.epochs]}
    document = {"key": run.key, "sha256": hashes, "run": facts}
    _flush(draft / "run.json", json.dumps(document, allow_nan=False, indent=1).encode())
    _flush_folder(draft)


def _read(place: Path) -> Run:
    """The run in a folder, every byte checked against its hash.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is not what was written.
    """
    document = json.loads((place / "run.json").read_bytes())
    arrays = {}
    for name in document["sha256"].keys() & set(ARRAYS):  # runs stored before there was a history have none
        content = (place / f"{name}.safetensors").read_bytes()
        if hashlib.sha256(content).hexdigest() != document["sha256"][name]:
            raise ValueError(f"{name}.safetensors has changed since it was written")
        arrays[name] = safetensors.numpy.load(content)
        if not all(np.isfinite(a).all() for a in arrays[name].values()):
            raise ValueError(f"{name}.safetensors holds numbers that are not finite")
    facts = document["run"]
    facts["recipe"] = Recipe.from_dict(facts["recipe"])
    facts["epochs"] = tuple(Epoch(**epoch) for epoch in facts["epochs"])
    for name in ("class_names", "image_shape", "notes"):
        facts[name] = tuple(facts[name])
    if "history" in arrays:
        facts["history"] = arrays["history"]["probabilities"]
        facts["history_epochs"] = arrays["history"]["epochs"]
    run = Run(
        **facts,
        weights=arrays["weights"],
        val_index=arrays["validation"]["index"],
        val_probabilities=arrays["validation"]["probabilities"],
    )
    if document["key"] != place.name:
        raise ValueError("the folder's name is not the run's key")
    return run


def _rename(draft: Path, place: Path) -> None:
    try:
        draft.rename(place)
    except OSError:
        if not place.is_dir():  # otherwise somebody published the same run first: theirs stays
            raise
    _flush_folder(place.parent)


def _flush(file: Path, content: bytes) -> None:
    with file.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder for this, and needs no such flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
