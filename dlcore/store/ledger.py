"""The database beside the run folders: an index of the runs, the requests, whose a run is (claims.py), who
opened a sealed test set, and the classes that meet now (class_sessions.py) with their challenges (challenges.py).

SQLite in WAL mode inside the runs' folder by default; PostgreSQL by DLCORE_DB_URL where several processes on
several hosts write. The tables and their version stand in schema.py.
"""

import dataclasses
import json
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from dlcore.runs import Recipe, Run, unsized
from dlcore.store import database
from dlcore.store.challenges import Challenges
from dlcore.store.claims import Claims
from dlcore.store.class_sessions import ClassSessions
from dlcore.store.ownership import judged_by
from dlcore.store.schema import (
    claims,
    insert_into,
    lesson_steps,
    notices,
    now,
    openings,
    requests,
    run_index,
)


class Ledger(Claims, ClassSessions, Challenges):
    """Opens the database when it is first needed; safe to share between threads.

    Args:
        folder: where index.sqlite lies when there is no DLCORE_DB_URL.
        when_lost: fills a new index that has taken the place of one that was damaged or is gone.
    """

    def __init__(self, folder: Path, when_lost: Callable[[], object] = lambda: None) -> None:
        self.folder = folder
        self.when_lost = when_lost
        self._engine: sql.Engine | None = None
        self._file: int | None = None  # which file that is, on SQLite
        self._is_damaged = False
        self._opening = threading.RLock()
        self._news = ""

    @property
    def engine(self) -> sql.Engine:
        """The database; opened again when it was found damaged, or when another file has taken its place."""
        with self._opening:
            if self._engine is not None and (self._is_damaged or self._is_replaced(self._engine)):
                self._engine.dispose()
                self._engine = None
            if self._engine is None:
                self._open()
            assert self._engine is not None
            return self._engine

    def _is_replaced(self, engine: sql.Engine) -> bool:
        return engine.dialect.name == "sqlite" and database.identity(self.folder) != self._file

    def _open(self) -> None:
        """Connects; nobody else asks a new index before it has been filled."""
        was_there = self._file is not None
        self._engine, news = database.opened(self.folder)
        self._file, self._is_damaged = database.identity(self.folder), False
        database.when_damaged(self._engine, self._damaged)
        if news or was_there:
            self.when_lost()
        if news:
            self._news = news
            self.notice(news)

    def _damaged(self) -> None:
        self._is_damaged = True

    def news(self) -> str:
        """A sentence about a damaged index that was replaced, once; otherwise nothing."""
        told, self._news = self._news, ""
        return told

    def notice(self, text: str) -> None:
        """Keep for the server's teacher what was mended, closed, removed or refused without being asked."""
        with self.engine.begin() as db:
            db.execute(notices.insert().values(said=now(), text=text))

    def notices(self, limit: int = 20) -> list[dict[str, Any]]:
        """The latest notices, newest first: said, text."""
        with self.engine.connect() as db:
            rows = db.execute(notices.select().order_by(notices.c.id.desc()).limit(limit)).all()
        return [{"said": row.said, "text": row.text} for row in rows]

    def index(self, run: Run) -> None:
        """Put a run into the index, or refresh its entry."""
        best = run.best_epoch
        row = {
            "key": run.key,
            "dataset": judged_by(
                run
            ),  # who has a run on an upload may open it: a brought run says so of none
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
            "validated": len(run.val_index),
        }
        with self.engine.begin() as db:
            fresh = {name: value for name, value in row.items() if name not in ("key", "finished")}
            db.execute(
                insert_into(db, run_index, row).on_conflict_do_update(index_elements=["key"], set_=fresh)
            )
            db.execute(requests.delete().where(requests.c.key == run.key))

    def runs(
        self,
        limit: int,
        of: Collection[str] | None = None,
        wanted: Callable[[dict[str, Any]], bool] | None = None,
    ) -> list[dict[str, Any]]:
        """Index entries, newest first; `recipe` as a Recipe.

        Those that another version of the lab wrote, and this one cannot read, are left out; see `skipped`.

        Args:
            of: only those that one of these has asked for: the limit is of theirs, not of the whole server's.
            wanted: only those whose entry it says yes to; the limit is of these.
        """
        query, found = run_index.select(), list[dict[str, Any]]()
        if of is not None:
            theirs = (
                (claims.c.key == run_index.c.key) & claims.c.asked.is_not(None) & claims.c.learner.in_(of)
            )
            query = query.where(sql.exists().where(theirs))
        with self.engine.connect() as db:
            for row in db.execute(query.order_by(run_index.c.finished.desc())):
                recipe = _recipe_of(row.recipe)
                if not isinstance(recipe, Recipe):
                    continue
                entry = {**row._mapping, "recipe": recipe, "dataset": recipe.dataset}
                if wanted is None or wanted(entry):
                    found.append(entry)
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
            db.execute(insert_into(db, requests, row).on_conflict_do_nothing())

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
        """Stamp one look at a sealed test set; returns how often this learner has now looked at it.

        The same images at another size are the same test set: they are opened together.
        """
        dataset = unsized(dataset)
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
        """This learner's looks at this test set, at whichever size, oldest first."""
        dataset = unsized(dataset)
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
        dataset = unsized(dataset)
        mine = (openings.c.dataset == dataset) & (openings.c.learner == learner)
        with self.engine.begin() as db:
            return db.execute(openings.delete().where(mine)).rowcount

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
            insert = insert_into(db, lesson_steps, row)
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
