"""Whose what is, in the ledger: who has asked for a run or brought an image set, and what they call it."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sql

from dlcore.store.schema import claims, insert_into, now, run_index, teachers

PATIENT, QUICK = 10_000, 2_000  # milliseconds to wait for a database that is locked; and where a page waits


class Claims:
    """The part of the ledger that knows learners by name and what is theirs."""

    @property
    def engine(self) -> sql.Engine:
        """Of the database, opened when it is first needed."""
        raise NotImplementedError

    def claim(self, keys: Iterable[str], learner: str, quickly: bool = False, together: bool = False) -> None:
        """Note that this learner has asked for these runs: they are theirs, and may be others' as well.

        Args:
            keys: of runs; or the sha256 in the name of an upload, for an image set.
            quickly: give up after QUICK rather than wait: a page's script waits for the answer.
            together: as an experiment; what the learner has asked for singly as well remains a single run.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: it could not be noted; then none of them is.
        """
        with self._writing(quickly) as db:
            for key in sorted(keys):  # in one order, or two sessions of one account could block each other
                row = {"learner": learner, "key": key, "asked": now(), "together": together}
                insert, fresh = insert_into(db, claims, row), {"asked": row["asked"]}
                fresh["together"] = claims.c.together & together
                db.execute(insert.on_conflict_do_update(index_elements=["learner", "key"], set_=fresh))

    @contextmanager
    def _writing(self, quickly: bool) -> Iterator[sql.Connection]:
        """One transaction; on request one that gives up soon."""
        with self.engine.connect() as db:
            is_sqlite = db.dialect.name == "sqlite"
            if quickly and is_sqlite:
                db.exec_driver_sql(f"PRAGMA busy_timeout = {QUICK}")
            elif quickly:
                db.exec_driver_sql(f"SET LOCAL statement_timeout = {QUICK}")  # until the transaction ends
            try:
                yield db
                db.commit()
            finally:
                db.rollback()
                if quickly and is_sqlite:  # the connection goes back into the pool
                    db.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENT}")

    def owners(self, keys: Iterable[str] | None = None) -> dict[str, set[str]]:
        """Who has asked for each of these runs; a run from before this was noted has nobody.

        Args:
            keys: of the runs; None: of all that somebody has asked for.
        """
        query = claims.select().where(claims.c.asked.is_not(None))
        found: dict[str, set[str]] = {}
        if keys is not None:
            found = {key: set() for key in keys}
            query = query.where(claims.c.key.in_(list(found)))
        with self.engine.connect() as db:
            for row in db.execute(query):
                found.setdefault(row.key, set()).add(row.learner)
        return found

    def of_experiments(self, learner: str) -> set[str]:
        """Keys of the runs that this learner, or where it is not theirs everybody, asked for in experiments alone."""
        some = sql.select(claims.c.key).where(claims.c.together)
        query = claims.select().where(claims.c.asked.is_not(None) & claims.c.key.in_(some))
        found: dict[str, dict[str, bool]] = {}
        with self.engine.connect() as db:
            for row in db.execute(query):
                found.setdefault(row.key, {})[row.learner] = bool(row.together)
        return {key for key, asked in found.items() if asked.get(learner, all(asked.values()))}

    def owners_of_uploads(self, names: Collection[str]) -> dict[str, set[str]]:
        """Who has brought each of these image sets ("upload:<sha256>"), or has a run on it."""
        found: dict[str, set[str]] = {name: set() for name in names}
        brought = {name.removeprefix("upload:"): name for name in names}
        for key, owners in self.owners(brought).items():
            found[brought[key]] |= owners
        on_it = sql.select(run_index.c.dataset, claims.c.learner).where(
            run_index.c.key == claims.c.key, claims.c.asked.is_not(None), run_index.c.dataset.in_(list(names))
        )
        with self.engine.connect() as db:
            for row in db.execute(on_it):
                found[row.dataset].add(row.learner)
        return found

    def let_go(self, key: str, learner: str, quickly: bool = False) -> bool:
        """Forget that this learner has asked for a run, and what they call it; says whether nobody is left."""
        with self._writing(quickly) as db:
            db.execute(claims.delete().where((claims.c.key == key) & (claims.c.learner == learner)))
            others = sql.select(claims.c.key).where((claims.c.key == key) & claims.c.asked.is_not(None))
            return db.execute(others).first() is None

    def let_all_go(self, key: str) -> None:
        """Forget everybody who has asked for a run: the teacher has stopped it, or it is gone."""
        with self.engine.begin() as db:
            db.execute(claims.delete().where(claims.c.key == key))

    def rename(self, key: str, learner: str, name: str) -> None:
        """What this learner calls a run, for their eyes only; "" goes back to the recipe's name."""
        row = {"learner": learner, "key": key, "name": _printable(name)[:60] or None}
        with self.engine.begin() as db:
            insert = insert_into(db, claims, row)
            db.execute(
                insert.on_conflict_do_update(index_elements=["learner", "key"], set_={"name": row["name"]})
            )

    def names(self, learner: str) -> dict[str, str]:
        """Run's key -> the name that this learner gave it."""
        query = claims.select().where((claims.c.learner == learner) & claims.c.name.is_not(None))
        with self.engine.connect() as db:
            return {row.key: row.name for row in db.execute(query)}

    def note_teacher(self, learner: str, proof: str) -> None:
        """Keep that this learner has proved to be a teacher; of several proofs the last counts."""
        row = {"learner": learner, "proof": proof}
        with self.engine.begin() as db:
            insert = insert_into(db, teachers, row)
            db.execute(insert.on_conflict_do_update(index_elements=["learner"], set_={"proof": proof}))

    def teachers_proof(self, learner: str) -> str:
        """What `note_teacher` has kept for this learner; "" if nothing."""
        query = sql.select(teachers.c.proof).where(teachers.c.learner == learner)
        with self.engine.connect() as db:
            return str(db.execute(query).scalar() or "")


def _printable(text: str) -> str:
    """One line without control characters (PostgreSQL has no NUL in a text)."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
