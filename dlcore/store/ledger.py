"""The database beside the run folders: an index of the runs, the requests, whose a run is, and
who opened a sealed test set.

SQLite in WAL mode inside the runs' folder by default; PostgreSQL by DLCORE_DB_URL where several processes on
several hosts write. The tables and their version stand in schema.py.
"""

import dataclasses
import json
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from dlcore.runs import Recipe, Run
from dlcore.settings import setting
from dlcore.store.schema import (
    UnfitDatabaseError,
    claims,
    lesson_steps,
    openings,
    prepare,
    refuse_network_folder,
    requests,
    run_index,
)


def now() -> str:
    """The time as ISO 8601 in UTC; as text it sorts by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Ledger:
    """Opens the database when it is first needed; safe to share between threads.

    Args:
        folder: where index.sqlite lies when there is no DLCORE_DB_URL.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._engine: sql.Engine | None = None
        self._opening = threading.Lock()

    @property
    def engine(self) -> sql.Engine:
        with self._opening:
            if self._engine is None:
                self._engine = _open(self.folder)
            return self._engine

    def index(self, run: Run) -> None:
        """Put a run into the index, or refresh its entry."""
        best = run.best_epoch
        row = {
            "key": run.key,
            "dataset": run.recipe.dataset,
            "model": run.recipe.model,
            "status": run.status,
            "best": run.best,
            "val_accuracy": best.val_accuracy if best else None,
            "val_auc": best.val_auc if best else None,
            "parameters": run.parameters,
            "seconds": run.seconds,
            "recipe": json.dumps(dataclasses.asdict(run.recipe)),
            "finished": now(),
            "code": run.code,
        }
        with self.engine.begin() as db:
            fresh = {name: value for name, value in row.items() if name not in ("key", "finished")}
            db.execute(_insert(db, run_index, row).on_conflict_do_update(index_elements=["key"], set_=fresh))
            db.execute(requests.delete().where(requests.c.key == run.key))

    def runs(self, limit: int) -> list[dict[str, Any]]:
        """Index entries, newest first; `recipe` as a Recipe.

        Those that another version of the lab wrote, and this one cannot read, are left out; see `skipped`.
        """
        found: list[dict[str, Any]] = []
        with self.engine.connect() as db:
            for row in db.execute(run_index.select().order_by(run_index.c.finished.desc())):
                recipe = _recipe_of(row.recipe)
                if isinstance(recipe, Recipe):
                    found.append({**row._mapping, "recipe": recipe})
                if len(found) >= limit:
                    break
        return found

    def skipped(self) -> dict[str, str]:
        """Key -> why, of the index entries that `runs` leaves out."""
        with self.engine.connect() as db:
            rows = db.execute(sql.select(run_index.c.key, run_index.c.recipe)).all()
        return {key: why for key, text in rows if isinstance(why := _recipe_of(text), str)}

    def keys(self) -> set[str]:
        """Keys of all runs in the index."""
        with self.engine.connect() as db:
            return set(db.execute(sql.select(run_index.c.key)).scalars())

    def forget(self, key: str) -> None:
        with self.engine.begin() as db:
            db.execute(run_index.delete().where(run_index.c.key == key))

    def request(self, recipe: Recipe) -> None:
        """Note that this recipe is wanted, so that a restart can ask for it again."""
        row = {"key": recipe.key, "recipe": json.dumps(dataclasses.asdict(recipe)), "requested": now()}
        with self.engine.begin() as db:
            db.execute(_insert(db, requests, row).on_conflict_do_nothing())

    def close_request(self, key: str) -> None:
        """The recipe is no longer wanted: it was cancelled, or it failed for good."""
        with self.engine.begin() as db:
            db.execute(requests.delete().where(requests.c.key == key))

    def open_requests(self) -> list[Recipe]:
        """Recipes that were asked for and have neither finished nor been cancelled, oldest first.

        Without those of another version of the code, which nobody can fulfil; see close_outdated_requests.
        """
        return [recipe for _, recipe in self._requests() if isinstance(recipe, Recipe)]

    def open_request(self, key: str) -> Recipe | None:
        """The recipe with this key if it was asked for and has neither finished nor been cancelled."""
        found = dict(self._requests(requests.c.key == key)).get(key)
        return found if isinstance(found, Recipe) else None

    def close_outdated_requests(self) -> dict[str, str]:
        """Close what was asked of another version of the code; returns key -> what it was, in a few words.

        The same recipe computes something else today and has another key: nothing that is stored from now on
        would ever close such a request.
        """
        outdated = {key: text for key, text in self._requests() if isinstance(text, str)}
        for key in outdated:
            self.close_request(key)
        return outdated

    def _requests(self, *where: sql.ColumnElement[bool]) -> list[tuple[str, Recipe | str]]:
        """Key and recipe of each open request, oldest first; a few words where it is of another version."""
        with self.engine.connect() as db:
            rows = db.execute(requests.select().where(*where).order_by(requests.c.requested)).all()
        found: list[tuple[str, Recipe | str]] = []
        for row in rows:
            recipe = _recipe_of(row.recipe)
            if isinstance(recipe, Recipe) and recipe.key != row.key:
                recipe = f"{recipe.dataset}, {recipe.model}, seed {recipe.seed}"
            found.append((row.key, recipe))
        return found

    def record_opening(self, dataset: str, learner: str, key: str, scores: dict[str, float | None]) -> int:
        """Stamp one look at a sealed test set; returns how often this learner has now looked at it."""
        row = {
            "dataset": dataset,
            "learner": learner,
            "key": key,
            "opened": now(),
            "scores": json.dumps(scores),
        }
        mine = (openings.c.dataset == dataset) & (openings.c.learner == learner)
        with self.engine.begin() as db:
            if db.dialect.name == "postgresql":  # SQLite has one writer at a time anyhow
                turn = sql.func.hashtextextended(json.dumps([dataset, learner]), 0)
                db.execute(sql.select(sql.func.pg_advisory_xact_lock(turn)))
            db.execute(openings.insert().values(row))
            return int(
                db.execute(sql.select(sql.func.count()).select_from(openings).where(mine)).scalar_one()
            )

    def test_openings(self, dataset: str, learner: str) -> list[dict[str, Any]]:
        """This learner's looks at this test set, oldest first."""
        mine = (openings.c.dataset == dataset) & (openings.c.learner == learner)
        with self.engine.connect() as db:
            rows = db.execute(openings.select().where(mine).order_by(openings.c.id)).all()
        return [{**row._mapping, "scores": json.loads(row.scores)} for row in rows]

    def looks_of_the_class(self) -> list[dict[str, Any]]:
        """Who has looked at which test set how often, the latest first: learner, dataset, looks, last."""
        who = (openings.c.learner, openings.c.dataset)
        last = sql.func.max(openings.c.opened).label("last")
        query = sql.select(*who, sql.func.count().label("looks"), last).group_by(*who).order_by(last.desc())
        with self.engine.connect() as db:
            return [dict(row._mapping) for row in db.execute(query)]

    def reset_openings(self, dataset: str, learner: str) -> int:
        """Seal this test set again for this learner, as a teacher may; returns how many looks are forgotten."""
        mine = (openings.c.dataset == dataset) & (openings.c.learner == learner)
        with self.engine.begin() as db:
            return db.execute(openings.delete().where(mine)).rowcount

    def claim(self, keys: Iterable[str], learner: str) -> None:
        """Note that this learner has asked for these runs: they are theirs, and may be others' as well."""
        with self.engine.begin() as db:
            for key in sorted(keys):  # in one order, or two sessions of one account could lock each other out
                row = {"learner": learner, "key": key, "asked": now()}
                insert = _insert(db, claims, row)
                db.execute(
                    insert.on_conflict_do_update(
                        index_elements=["learner", "key"], set_={"asked": row["asked"]}
                    )
                )

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

    def let_go(self, key: str, learner: str) -> bool:
        """Forget that this learner has asked for a run, and what they call it; says whether nobody is left."""
        with self.engine.begin() as db:
            db.execute(claims.delete().where((claims.c.key == key) & (claims.c.learner == learner)))
            others = sql.select(claims.c.key).where((claims.c.key == key) & claims.c.asked.is_not(None))
            return db.execute(others).first() is None

    def rename(self, key: str, learner: str, name: str) -> None:
        """What this learner calls a run, for their eyes only; "" goes back to the recipe's name."""
        row = {"learner": learner, "key": key, "name": _printable(name)[:60] or None}
        with self.engine.begin() as db:
            insert = _insert(db, claims, row)
            db.execute(
                insert.on_conflict_do_update(index_elements=["learner", "key"], set_={"name": row["name"]})
            )

    def names(self, learner: str) -> dict[str, str]:
        """Run's key -> the name that this learner gave it."""
        query = claims.select().where((claims.c.learner == learner) & claims.c.name.is_not(None))
        with self.engine.connect() as db:
            return {row.key: row.name for row in db.execute(query)}

    def note_step(self, learner: str, step: str, given: str, revealed: bool) -> None:
        """Keep what this learner predicted at a step of the lessons, and whether the answer has been shown."""
        row = {
            "learner": learner,
            "step": step,
            "given": given.replace("\0", "")[:200],  # PostgreSQL has no NUL in a text
            "revealed": revealed,
            "answered": now(),
        }
        with self.engine.begin() as db:
            insert = _insert(db, lesson_steps, row)
            db.execute(insert.on_conflict_do_update(index_elements=["learner", "step"], set_=row))

    def steps_of(self, learner: str) -> list[dict[str, Any]]:
        """This learner's predictions, the latest first, with step, given and revealed."""
        query = lesson_steps.select().where(lesson_steps.c.learner == learner)
        with self.engine.connect() as db:
            rows = db.execute(query.order_by(lesson_steps.c.answered.desc())).all()
        return [dict(row._mapping) for row in rows]

    def forget_steps(self, learner: str) -> None:
        """Begin the lessons anew."""
        with self.engine.begin() as db:
            db.execute(lesson_steps.delete().where(lesson_steps.c.learner == learner))


def _recipe_of(text: str) -> Recipe | str:
    """The recipe in a row, without what this version does not know; or why it cannot be read."""
    try:
        return Recipe.as_stored(json.loads(text))[0]
    except (ValueError, TypeError, AttributeError) as error:
        return f"of another version of the lab: {error}"


def _printable(text: str) -> str:
    """One line without control characters (PostgreSQL has no NUL in a text)."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _insert(db: sql.Connection, table: sql.Table, row: dict[str, Any]) -> Any:
    """An insert that can say what happens on a conflict, in the dialect at hand."""
    if db.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        return insert_postgresql(table).values(row)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table).values(row)


def _open(folder: Path) -> sql.Engine:
    """A connected database with the tables in place.

    Raises:
        UnfitDatabaseError: a newer schema, a network folder, or no driver for PostgreSQL.
    """
    address = setting("DLCORE_DB_URL")
    engine = _postgresql(sql.make_url(address)) if address else _sqlite(folder)
    try:
        prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(folder: Path) -> sql.Engine:
    folder.mkdir(parents=True, exist_ok=True)
    refuse_network_folder(folder)
    engine = sql.create_engine(f"sqlite:///{folder / 'index.sqlite'}")
    sql.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on while one writes; the time-out lets writers wait their turn."""
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _postgresql(url: sql.URL) -> sql.Engine:
    """Connections are tested before use: the database may have been restarted since."""
    secret = setting("DLCORE_DB_PASSWORD_FILE")  # so that no password stands in the environment
    if secret:
        url = url.set(password=secret.read_text().strip())
    # Without an encoding the texts of a database made for ASCII would come back as bytes.
    options = {"connect_timeout": 5, "client_encoding": "utf8"}
    try:
        return sql.create_engine(
            url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=options
        )
    except ModuleNotFoundError as error:
        raise UnfitDatabaseError(
            "DLCORE_DB_URL asks for PostgreSQL, whose driver is missing: "
            "pip install -r requirements-server.txt"
        ) from error
