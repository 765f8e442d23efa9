"""How a server is, at one glance, for its teacher: engine, queue, disk, database, and what has been counted."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dlcore.jobs import jobs
from dlcore.jobs.watching import ENDED, REFUSED, SESSIONS
from dlcore.store.store import shared


@dataclass(frozen=True)
class Health:
    """How the server is, now.

    Attributes:
        workers, waiting, running: of the training engine; workers 0 while there is none.
        seconds: how long a training takes here.
        sessions: browser sessions of this web process.
        ended: how trainings of this web process have ended -> how many.
        refused: trainings not admitted.
        free_bytes: of the disk that keeps the runs; None if it cannot be asked.
        writable: whether runs can be stored there.
        database: "" or what is wrong with it.
        engine: "" or what is wrong with it.
        skipped: key -> why, of runs that another version of the lab has left here.
        notices: what the server did without being asked, the latest first: said, text.
    """

    workers: int
    waiting: int
    running: int
    seconds: float
    sessions: int
    ended: dict[str, int]
    refused: int
    free_bytes: int | None
    writable: bool
    database: str
    engine: str = ""
    skipped: dict[str, str] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)


def health() -> Health:
    """The server's health, asked for now: engine, disk, database, and the counters of this web process."""
    queue = jobs.queue()
    root = shared().root
    trouble, skipped, notices = _memory()
    return Health(
        workers=queue.workers,
        waiting=queue.waiting,
        running=len(queue.tasks) - queue.waiting,
        seconds=queue.seconds,
        sessions=int(_value(SESSIONS)),
        ended={s.labels["how"]: int(s.value) for s in _samples(ENDED) if s.name.endswith("_total")},
        refused=int(sum(s.value for s in _samples(REFUSED) if s.name.endswith("_total"))),
        free_bytes=_free(root),
        writable=os.access(_existing(root), os.W_OK),
        database=trouble,
        engine=jobs.engine_trouble(),
        skipped=skipped,
        notices=notices,
    )


def _samples(metric: Any) -> list[Any]:
    return [sample for family in metric.collect() for sample in family.samples]


def _value(metric: Any) -> float:
    return float(_samples(metric)[0].value)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists: it is made when the first run is stored."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(_existing(folder)).free
    except OSError:
        return None


def _memory() -> tuple[str, dict[str, str], list[dict[str, Any]]]:
    """What is wrong with the database, or nothing; and what it and the folders have to tell."""
    try:
        return "", shared().skipped(), shared().ledger.notices()
    except (OSError, RuntimeError, SQLAlchemyError) as error:
        return f"It does not answer ({type(error).__name__}).", {}, []
