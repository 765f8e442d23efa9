"""How much learners may keep on a server: whose each uploaded data set is, and which goes when the room is full.

What was used longest ago goes first, and never what a training under way still needs. On a laptop nothing goes.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sql

from dlcore.data.downloads import data_folder
from dlcore.data.uploads import forget_upload, upload_files
from dlcore.settings import setting
from dlcore.store.ledger import now
from dlcore.store.schema import uploads
from dlcore.store.store import Store, shared

LOG = logging.getLogger(__name__)
MB = 1_000_000


@dataclass(frozen=True)
class Kept:
    """An uploaded data set: its name, its bytes on the disk, and when it was last uploaded (ISO 8601)."""

    name: str
    size: int
    used: str

    @property
    def in_words(self) -> str:
        return f"the set of {self.used[:10]} ({self.size / MB:,.1f} MB)"


@dataclass(frozen=True)
class Quota:
    """Bytes that one learner's sets, and all sets together, may take."""

    learner: int
    everybody: int

    @classmethod
    def of_this_server(cls) -> "Quota | None":
        """DLCORE_MAX_UPLOADS_MB, else 500; DLCORE_MAX_ALL_UPLOADS_MB, else 20,000; None where nothing is shared."""
        if not setting("DLCORE_SHARED"):
            return None
        mine, everybody = setting("DLCORE_MAX_UPLOADS_MB", 500), setting("DLCORE_MAX_ALL_UPLOADS_MB", 20_000)
        return cls(mine * MB, everybody * MB)


def too_many(kept: Iterable[Kept], most: int, needed: set[str]) -> list[Kept]:
    """Which of these sets go so that the others take at most so many bytes: the oldest, none that is needed."""
    oldest_first = sorted(kept, key=lambda one: one.used)
    surplus, going = sum(one.size for one in oldest_first) - most, []
    for one in oldest_first:
        if surplus > 0 and one.name not in needed:
            going.append(one)
            surplus -= one.size
    return going


def kept_by(learner: str, store: Store | None = None) -> list[Kept]:
    """The sets that this learner keeps here, the oldest first."""
    query = uploads.select().where(uploads.c.learner == learner).order_by(uploads.c.used)
    with (store or shared()).ledger.engine.connect() as db:
        return [Kept(row.name, row.size, row.used) for row in db.execute(query)]


def make_room(name: str, learner: str, store: Store | None = None, root: Path | None = None) -> list[str]:
    """Note that this learner has uploaded a set, and remove what is too much then; a few words for each removed.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the disk or the database cannot be used now.
    """
    store = store or shared()
    folder = data_folder(root)
    sizes = {n: (size, used) for n, size, used in upload_files(folder)}
    _note(store, name, learner, sizes[name][0] if name in sizes else 0)
    quota = Quota.of_this_server()
    if quota is None:
        return []
    needed = {name} | {recipe.dataset for recipe in store.ledger.open_requests()}
    mine = too_many(kept_by(learner, store), quota.learner, needed)
    gone = []
    for one in mine:
        if let_go(store, one.name, learner):
            forget_upload(one.name, folder)
            sizes.pop(one.name, None)
        gone.append(f"Yours: {one.in_words}")
    for one in too_many((Kept(n, *facts) for n, facts in sizes.items()), quota.everybody, needed):
        let_go(store, one.name)
        forget_upload(one.name, folder)
        gone.append(f"Of all: {one.in_words}")
    for words in gone:
        LOG.info("removed, as there was no room: %s", words)
        store.ledger.notice(f"Removed, as uploads had no room left: {words.partition(': ')[2]}.")
    return gone


def forget_all(learner: str, store: Store | None = None, root: Path | None = None) -> list[str]:
    """Remove every set of this learner; the names of those that are gone.

    One that somebody else has brought too stays for them.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the disk or the database cannot be used now.
    """
    store = store or shared()
    gone = [one.name for one in kept_by(learner, store) if let_go(store, one.name, learner)]
    for name in gone:
        forget_upload(name, data_folder(root))
    return gone


def _note(store: Store, name: str, learner: str, size: int) -> None:
    mine = (uploads.c.learner == learner) & (uploads.c.name == name)
    with store.ledger.engine.begin() as db:
        db.execute(uploads.delete().where(mine))
        db.execute(uploads.insert().values(learner=learner, name=name, size=size, used=now()))


def let_go(store: Store, name: str, learner: str = "") -> bool:
    """Forget that this learner, or everybody, keeps a set; says whether nobody is left."""
    which: sql.ColumnElement[bool] = uploads.c.name == name
    with store.ledger.engine.begin() as db:
        db.execute(uploads.delete().where(which & (uploads.c.learner == learner) if learner else which))
        return db.execute(sql.select(uploads.c.name).where(which)).first() is None
