"""The store: finished runs as content-addressed folders, and a database that indexes them.

The folders are the truth. `runs/<key>/` holds the files of a run (see run_files.py); it is written beside its
place, flushed, and renamed into it: a reader sees a whole run or none. The index (see ledger.py) and whose a run
is can be rebuilt from the folders; names, requests, lessons and test-set openings live there alone. Whose an image
set is that somebody has brought lies in `uploads/<sha256>/` here; its images lie in the folder of the data.
"""

import dataclasses
import functools
import logging
import shutil
import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs
from sqlalchemy.exc import SQLAlchemyError

from dlcore.assets import ASSETS
from dlcore.runs import Run
from dlcore.settings import setting
from dlcore.store.ledger import Ledger
from dlcore.store.ownership import EVERYBODY, UNREADABLE
from dlcore.store.run_files import (
    OtherVersionError,
    are_noted,
    flush_folder,
    read_owners,
    read_run,
    write_owners,
    write_run,
)

LOG = logging.getLogger(__name__)
# Two small trained networks, so that a fresh installation has something to ask; see experiments/first_runs.py.
WITH_THE_LAB = ASSETS / "networks"


class CorruptRunError(Exception):
    """A stored run is not what was written; it has been set aside and should be trained again."""


class UnreadableRunError(CorruptRunError):
    """A stored run is of another version of the lab, and this one cannot read it; it stays where it is."""


def default_folder() -> Path:
    """DLCORE_RUNS, or the user's own data folder."""
    return setting("DLCORE_RUNS") or platformdirs.user_data_path("deep-learning-lab") / "runs"


class Store:
    """Runs by key.

    Args:
        root: folder of the runs, created when first written to; None: default_folder().
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root is not None else default_folder()
        self.ledger = Ledger(self.root, self.rebuild_index)

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
        self.index(run)
        return place

    def index(self, run: Run) -> None:
        """Let the index know a run whose folder is there, and the folder who has asked for it."""
        self.ledger.index(run)
        self.note_owners([run.key])

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
                write_run(run, draft)
                _rename(draft, place)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return place

    def adopt(self, seeds: Path) -> int:
        """Copy the runs of a read-only folder that came with the lab: everybody's; returns how many were new here.

        Runs that another version of the code has computed are left alone: this one would compute others.
        """
        new, here = 0, []
        for place in sorted(seeds.glob("[0-9a-f]*")):
            if self.folder(place.name).exists():
                here.append(place.name)  # of the last start, or trained by somebody who was faster
                continue
            try:
                run = read_run(place)
            except OtherVersionError:
                continue
            if run.is_of_this_version:
                self.keep(dataclasses.replace(run, owners=frozenset({EVERYBODY})))
                new += 1
        if here:
            self.claim(here, EVERYBODY)
        return new

    def get(self, key: str) -> Run | None:
        """The run with this key, or None.

        Raises:
            CorruptRunError: files are missing, changed or unreadable; the folder has been set aside.
            UnreadableRunError: another version of the lab wrote it; it stays for that version.
        """
        place = self.folder(key)
        if not place.is_dir():
            return None
        try:
            return read_run(place)
        except OtherVersionError as error:
            raise UnreadableRunError(
                "This run was stored by another version of the lab, which alone can read it."
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOG.warning("run %s is damaged: %s", key, error)
            self._set_aside(place)
            raise CorruptRunError(
                "A stored run was damaged; it has been set aside and can be trained again."
            ) from error

    def runs(
        self,
        limit: int = 50,
        of: Collection[str] | None = None,
        wanted: Callable[[dict[str, Any]], bool] | None = None,
    ) -> list[dict[str, Any]]:
        """Summaries of the latest runs, newest first: key, dataset, model, status, best scores, recipe.

        Args:
            of: only those that one of these has asked for.
            wanted: only those whose summary it says yes to; the limit is of these.
        """
        return [row for row in self.ledger.runs(limit, of, wanted) if (self.root / row["key"]).is_dir()]

    def rebuild_index(self, known: Collection[str] = ()) -> int:
        """Index every readable run anew from the folders, but for the known ones; returns how many there are.

        Whose they and the uploads are is taken from the folders too. The oldest run comes first, so that lists show
        it last.
        """
        count = 0
        for upload in self.root.glob("uploads/[0-9a-f]*"):
            self._claim_as_noted(upload.name, read_owners(upload))
        for place in sorted(self.root.glob("[0-9a-f]*"), key=lambda place: place.lstat().st_mtime):
            if place.name in known:
                continue
            try:
                run = self.get(place.name)
            except (CorruptRunError, ValueError):
                continue
            if run is not None:
                self._claim_as_noted(run.key, run.owners)
                self.index(run)
                count += 1
        return count

    def skipped(self) -> dict[str, str]:
        """Key -> why, of the runs here that no list shows because another version of the lab wrote them."""
        found, listed = self.ledger.skipped(), self.ledger.keys()
        for place in sorted(self.root.glob("[0-9a-f]*")):
            if place.name not in listed and place.is_dir():
                try:
                    read_run(place)
                except OtherVersionError as error:
                    found[place.name] = str(error)
                except (OSError, ValueError, KeyError, TypeError):
                    continue  # damaged, which is said when somebody opens it
        return found

    def claim(self, keys: Iterable[str], learner: str, quickly: bool = False, together: bool = False) -> None:
        """Note that this learner has asked for these runs: in the ledger, and beside those that are stored.

        Args:
            quickly: give up soon where the database is locked: a page's script waits.
            together: as an experiment.

        Raises:
            OSError, sqlalchemy.exc.SQLAlchemyError: the ledger could not note it.
        """
        keys = sorted(set(keys))
        self.ledger.claim(keys, learner, quickly, together)
        try:
            self.note_owners(keys)
        except OSError as error:  # a full disk: the next start does it, from the ledger
            LOG.warning("whose these runs are could not be noted beside them yet: %s", error)

    def claim_upload(self, name: str, learner: str) -> None:
        """Note that this learner has brought an image set ("upload:<sha256>"): in the ledger, and in a file.

        Raises:
            OSError, sqlalchemy.exc.SQLAlchemyError: it could not be noted everywhere.
        """
        sha256 = name.removeprefix("upload:")
        place = self.root / "uploads" / self.folder(sha256).name
        self.ledger.claim([sha256], learner, quickly=True)
        place.mkdir(parents=True, exist_ok=True)
        write_owners(place, self.ledger.owners([sha256])[sha256])

    def note_owners(self, keys: Iterable[str] | None = None) -> None:
        """Write beside each of these runs, or beside all, who has asked for it as far as the ledger knows."""
        for key, owners in self.ledger.owners(keys).items():
            place = self.folder(key)
            if owners and place.is_dir() and not are_noted(place, owners):
                write_owners(place, owners)

    def delete(self, key: str) -> None:
        """Forget a run: folder, index entry, and whose it was."""
        shutil.rmtree(self.folder(key), ignore_errors=True)
        self.ledger.forget(key)
        self.ledger.let_all_go(key)

    def let_go(self, key: str, learner: str) -> bool:
        """Delete a run as far as this learner is concerned; True if nobody else had asked for it and it is gone."""
        gone = self.ledger.let_go(key, learner)
        if gone:
            self.delete(key)
        else:
            self.note_owners([key])
        return gone

    def _claim_as_noted(self, key: str, owners: Iterable[str]) -> None:
        """Let the ledger know what owners.json says; what cannot be read there says nothing."""
        for owner in set(owners) - {UNREADABLE}:
            self.ledger.claim([key], owner)

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
        if seeds := setting("DLCORE_SEED_RUNS", WITH_THE_LAB):  # see experiments/first_runs.py
            store.adopt(seeds)
        if root.is_dir():  # what was stored while the database could not be reached
            store.rebuild_index(store.ledger.keys())
            store.note_owners()  # beside runs that were stored before it was noted there
    except (OSError, ValueError, KeyError, TypeError, SQLAlchemyError) as error:
        LOG.warning("not all runs could be taken over or indexed: %s", error)
    return store


def _rename(draft: Path, place: Path) -> None:
    try:
        draft.rename(place)
    except OSError:
        if not place.is_dir():  # otherwise somebody published the same run first: theirs stays
            raise
    flush_folder(place.parent)
