"""How long what learners bring stays on a server: own image sets, and runs brought in a file, go after some days."""

import contextlib
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sql

from dlcore.data.downloads import data_folder
from dlcore.data.uploads import forget_upload, upload_files
from dlcore.jobs.quotas import let_go
from dlcore.number_text import count
from dlcore.settings import setting
from dlcore.store.ownership import EVERYBODY
from dlcore.store.schema import claims, uploads
from dlcore.store.store import Store, shared

LOG = logging.getLogger(__name__)
DAYS = 30  # on a shared server, unless DLCORE_KEEP_DAYS says otherwise
UNFINISHED = timedelta(days=1)  # what a process that died has left behind


def keep_days() -> int | None:
    """For how many days own sets and brought runs stay: DLCORE_KEEP_DAYS, else 30 if shared; None: for ever."""
    days = setting("DLCORE_KEEP_DAYS")
    return days if days is not None else DAYS if setting("DLCORE_SHARED") else None


def remove_old(
    store: Store | None = None, root: Path | None = None, at: datetime | None = None
) -> tuple[list[str], list[str]]:
    """Remove what has been here for longer than `keep_days`; names of the sets and keys of the runs that are gone.

    The days of a set begin anew when its file is brought again. What a training that is open needs stays until the
    next time; what the server has made for everybody stays.

    Args:
        at: the time that counts as now.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the disk or the database cannot be used now.
    """
    days = keep_days()
    if days is None:
        return [], []
    store, folder, today = store or shared(), data_folder(root), at or datetime.now(UTC)
    before = (today - timedelta(days=days)).isoformat(timespec="microseconds")
    sets, runs = _old_sets(store, folder, before), _old_runs(store, before)
    for draft in (folder / "uploads").glob("*.part"):
        with contextlib.suppress(FileNotFoundError):
            if datetime.fromtimestamp(draft.stat().st_mtime, UTC) < today - UNFINISHED:
                draft.unlink()
    if sets or runs:
        words = f"{count(len(sets), 'own image set')} and {count(len(runs), 'brought run')}"
        LOG.info("removed after %s days: %s", days, words)
        store.ledger.notice(f"Removed after {count(days, 'day')}: {words}.")
    return sets, runs


def _old_sets(store: Store, folder: Path, before: str) -> list[str]:
    """Let go of the sets that somebody has brought before this time; those that nobody keeps any more are removed."""
    needed = {recipe.dataset for recipe in store.ledger.open_requests()}
    with store.ledger.engine.connect() as db:
        kept = db.execute(uploads.select()).all()
    for row in kept:
        if row.used < before and row.name not in needed:
            let_go(store, row.name, row.learner)
    still = {row.name for row in kept if row.used >= before} | needed
    old = [name for name, _, used in upload_files(folder) if used < before and name not in still]
    owners = store.ledger.owners_of_uploads(old)
    gone = [name for name in old if EVERYBODY not in owners[name]]
    for name in gone:
        forget_upload(name, folder)
    return gone


def _old_runs(store: Store, before: str) -> list[str]:
    """Let go of the runs that somebody has brought in a file before this time."""
    brought = [row["key"] for row in store.ledger.runs(10**9, wanted=_is_brought)]
    with store.ledger.engine.connect() as db:
        old = sql.select(claims.c.key, claims.c.learner).where(
            claims.c.key.in_(brought), claims.c.asked.is_not(None), claims.c.asked < before
        )
        rows = db.execute(old).all()
    return [row.key for row in rows if row.learner != EVERYBODY and store.let_go(row.key, row.learner)]


def _is_brought(row: dict) -> bool:
    return bool(row["key"] != row["recipe"].key_under(row["code"]))
