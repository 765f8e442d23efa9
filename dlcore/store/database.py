"""Opening the database: SQLite beside the runs, or PostgreSQL by address; a damaged SQLite file is replaced.

The folders of the runs are the truth, so that a damaged index is no reason to stop: it is set aside, a new one
takes its place, and whatever can still be read of the old one is copied there.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from dlcore.number_text import count
from dlcore.settings import setting
from dlcore.store.claims import PATIENT
from dlcore.store.schema import UnfitDatabaseError, metadata, prepare, refuse_network_folder, schema

LOG = logging.getLogger(__name__)
FILE = "index.sqlite"
DAMAGED = (11, 26)  # SQLite's result codes CORRUPT and NOTADB


def opened(folder: Path) -> tuple[sql.Engine, str]:
    """A connected database with the tables in place, and a sentence if a damaged one had to be replaced.

    Raises:
        UnfitDatabaseError: a newer schema, a network folder, or no driver for PostgreSQL.
        OSError, sqlalchemy.exc.SQLAlchemyError: it cannot be reached, or the damaged one cannot be set aside.
    """
    if address := setting("DLCORE_DB_URL"):
        return _prepared(_postgresql(sql.make_url(address))), ""
    folder.mkdir(parents=True, exist_ok=True)
    refuse_network_folder(folder)
    file, before = folder / FILE, identity(folder)
    if before is None or _is_whole(file):
        return _prepared(_sqlite(file)), ""
    if identity(folder) != before:  # another process was faster: what is there now is its new one
        return opened(folder)
    aside = _set_aside(file)
    engine = _prepared(_sqlite(file))
    sentence = (
        f"The index of the runs was damaged. It was set aside as {aside.name}, and a new one was made from the "
        f"folders of the runs: no run is lost. Of looks at test sets, names and lessons, "
        f"{count(_copied(aside, engine), 'entry', 'entries')} could still be read and were taken over."
    )
    LOG.error("%s", sentence)
    return engine, sentence


def identity(folder: Path) -> int | None:
    """What tells one index file from another that has taken its place; None where there is none."""
    try:
        return (folder / FILE).stat().st_ino
    except FileNotFoundError:
        return None


def when_damaged(engine: sql.Engine, tell: Callable[[], None]) -> None:
    """Call `tell` when a statement finds out that the SQLite file is damaged."""

    def look(context: sql.engine.ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            tell()

    sql.event.listen(engine, "handle_error", look)


def _is_whole(file: Path) -> bool:
    """Whether SQLite can follow its own file from page to page."""
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=10)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError as error:
        if (error.sqlite_errorcode & 0xFF) in DAMAGED:
            return False
        raise UnfitDatabaseError(f"{file} cannot be read now ({error}).") from error


def _set_aside(file: Path) -> Path:
    """The damaged file, and the log that belongs to it, under a name of their own."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    aside = file.with_name(f".damaged-{stamp}-{file.name}")
    file.rename(aside)
    for ending, move in (("-wal", True), ("-shm", False)):
        with contextlib.suppress(FileNotFoundError):
            beside = file.with_name(file.name + ending)
            beside.rename(aside.with_name(aside.name + ending)) if move else beside.unlink()
    return aside


def _copied(aside: Path, engine: sql.Engine) -> int:
    """Copy the rows that can still be read into the new database; returns how many there were."""
    copied = 0
    with contextlib.closing(sqlite3.connect(aside)) as old:
        for table in metadata.sorted_tables:
            if table is schema:
                continue
            rows: list[dict[str, Any]] = []
            with contextlib.suppress(sqlite3.DatabaseError):  # the rows before the damaged page count
                cursor = old.execute(f'SELECT * FROM "{table.name}"')
                names = [column[0] for column in cursor.description]
                for row in cursor:
                    rows.append({n: v for n, v in zip(names, row, strict=True) if n in table.c})
            for row in rows:
                with contextlib.suppress(sql.exc.SQLAlchemyError), engine.begin() as db:
                    copied += db.execute(table.insert().prefix_with("OR IGNORE"), row).rowcount
    return copied


def _prepared(engine: sql.Engine) -> sql.Engine:
    try:
        prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(file: Path) -> sql.Engine:
    engine = sql.create_engine(f"sqlite:///{file}", hide_parameters=True)
    sql.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on while one writes; the time-out lets writers wait their turn."""
    connection.execute(f"PRAGMA busy_timeout = {PATIENT}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is not left in the file's free pages


def _postgresql(url: sql.URL) -> sql.Engine:
    """Connections are tested before use: the database may have been restarted since."""
    secret = setting("DLCORE_DB_PASSWORD_FILE")  # so that no password stands in the environment
    if secret:
        url = url.set(password=secret.read_text().strip())
    # Without an encoding the texts of a database made for ASCII would come back as bytes.
    options = {"connect_timeout": 5, "client_encoding": "utf8"}
    try:
        return sql.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=options,
        )
    except ModuleNotFoundError as error:
        raise UnfitDatabaseError(
            "DLCORE_DB_URL asks for PostgreSQL, whose driver is missing: "
            "pip install -r requirements-server.txt"
        ) from error
