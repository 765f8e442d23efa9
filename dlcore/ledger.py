"""The database beside the run folders: an index of the runs, the requests, and who opened a sealed test set.

SQLite in WAL mode inside the runs' folder by default; PostgreSQL by DLCORE_DB_URL where several hosts write.
"""

import dataclasses
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from dlcore.runs import Recipe, Run

SCHEMA_VERSION = 1

metadata = sql.MetaData()
schema = sql.Table("schema", metadata, sql.Column("version", sql.Integer, primary_key=True))
run_index = sql.Table(
    "runs",
    metadata,
    sql.Column("key", sql.String(64), primary_key=True),
    sql.Column("dataset", sql.String(200), index=True),
    sql.Column("model", sql.String(20)),
    sql.Column("status", sql.String(20)),
    sql.Column("best", sql.Integer),
    sql.Column("val_accuracy", sql.Float),
    sql.Column("val_auc", sql.Float),
    sql.Column("parameters", sql.Integer),
    sql.Column("seconds", sql.Float),
    sql.Column("recipe", sql.Text),
    sql.Column("finished", sql.String(40), index=True),
)
requests = sql.Table(
    "requests",
    metadata,
    sql.Column("key", sql.String(64), primary_key=True),
    sql.Column("recipe", sql.Text),
    sql.Column("requested", sql.String(40)),
)
openings = sql.Table(
    "test_openings",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("dataset", sql.String(200), index=True),
    sql.Column("learner", sql.String(200), index=True),
    sql.Column("key", sql.String(64)),
    sql.Column("opened", sql.String(40)),
    sql.Column("scores", sql.Text),
)
lesson_steps = sql.Table(
    "lesson_steps",
    metadata,
    sql.Column("learner", sql.String(200), primary_key=True),
    sql.Column("step", sql.String(200), primary_key=True),
    sql.Column("given", sql.String(200)),
    sql.Column("revealed", sql.Boolean),
    sql.Column("answered", sql.String(40)),
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
        }
        with self.engine.begin() as db:
            changed = db.execute(
                run_index.update()
                .where(run_index.c.key == run.key)
                .values({k: v for k, v in row.items() if k != "finished"})
            )
            if not changed.rowcount:
                db.execute(_insert_once(db, run_index, row))
            db.execute(requests.delete().where(requests.c.key == run.key))

    def runs(self, limit: int) -> list[dict[str, Any]]:
        """Index entries, newest first; `recipe` as a Recipe."""
        query = run_index.select().order_by(run_index.c.finished.desc()).limit(limit)
        with self.engine.connect() as db:
            rows = [dict(row._mapping) for row in db.execute(query)]
        return [{**row, "recipe": Recipe.from_dict(json.loads(row["recipe"]))} for row in rows]

    def forget(self, key: str) -> None:
        with self.engine.begin() as db:
            db.execute(run_index.delete().where(run_index.c.key == key))

    def request(self, recipe: Recipe) -> None:
        """Note that this recipe is wanted, so that a restart can ask for it again."""
        row = {"key": recipe.key, "recipe": json.dumps(dataclasses.asdict(recipe)), "requested": now()}
        with self.engine.begin() as db:
            db.execute(_insert_once(db, requests, row))

    def close_request(self, key: str) -> None:
        """The recipe is no longer wanted: it was cancelled, or it failed for good."""
        with self.engine.begin() as db:
            db.execute(requests.delete().where(requests.c.key == key))

    def open_requests(self) -> list[Recipe]:
        """Recipes that were asked for and have neither finished nor been cancelled, oldest first."""
        with self.engine.connect() as db:
            rows = db.execute(requests.select().order_by(requests.c.requested)).all()
        return [Recipe.from_dict(json.loads(row.recipe)) for row in rows]

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

    def reset_openings(self, dataset: str, learner: str) -> int:
        """Seal this test set again for this learner, as a teacher may; returns how many looks are forgotten."""
        mine = (openings.c.dataset == dataset) & (openings.c.learner == learner)
        with self.engine.begin() as db:
            return db.execute(openings.delete().where(mine)).rowcount

    def note_step(self, learner: str, step: str, given: str, revealed: bool) -> None:
        """Keep what this learner predicted at a step of the lessons, and whether the answer has been shown."""
        row = {
            "learner": learner,
            "step": step,
            "given": given[:200],
            "revealed": revealed,
            "answered": now(),
        }
        mine = (lesson_steps.c.learner == learner) & (lesson_steps.c.step == step)
        with self.engine.begin() as db:
            if not db.execute(lesson_steps.update().where(mine).values(row)).rowcount:
                db.execute(_insert_once(db, lesson_steps, row))

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


def _insert_once(db: sql.Connection, table: sql.Table, row: dict[str, Any]) -> Any:
    """An insert that leaves an existing row with the same key alone, in the dialect at hand."""
    if db.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        return insert_postgresql(table).values(row).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table).values(row).on_conflict_do_nothing()


def _open(folder: Path) -> sql.Engine:
    """A connected database with the tables in place.

    Raises:
        RuntimeError: it was made by another version of this schema.
    """
    url = os.environ.get("DLCORE_DB_URL")
    if url is None:
        folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder / 'index.sqlite'}"
    engine = sql.create_engine(url)
    if engine.dialect.name == "sqlite":
        sql.event.listen(engine, "connect", _prepare_sqlite)
    metadata.create_all(engine)
    with engine.begin() as db:
        db.execute(_insert_once(db, schema, {"version": SCHEMA_VERSION}))
        versions = db.execute(sql.select(schema.c.version)).scalars().all()
    if versions != [SCHEMA_VERSION]:
        raise RuntimeError(
            f"The database has schema {versions}; this version of the lab needs {SCHEMA_VERSION}."
        )
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on while one writes; the time-out lets writers wait their turn."""
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
