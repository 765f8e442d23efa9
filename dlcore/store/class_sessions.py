"""A class that meets now, in the ledger: its question, who is there, what they answered; deleted when it ends.

A question has a name ("lesson:<step>", "quiz:<questions>"), and answers are texts: what they mean is known elsewhere.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from dlcore.store.claims import PATIENT, QUICK
from dlcore.store.schema import (
    claims,
    class_answers,
    class_challenges,
    class_failures,
    class_members,
    class_sessions,
    class_submissions,
    insert_into,
    lesson_steps,
    now,
    run_index,
)

LETTERS = "ABCDEFGHJKMNPQRTUVWXY346789"  # none that is read as another from the last row
LENGTH = 6  # 27^6: 387 million codes
ALONE = timedelta(hours=4)  # without the teacher
LONGEST = timedelta(hours=12)
LONGEST_NICKNAME = 24
MOST_MEMBERS = 1000
LESSON = "lesson:"  # begins the name of a question that is a step of the lessons
_OF_LEARNERS = (class_answers, class_failures, class_submissions, class_members)
_ALL = (*_OF_LEARNERS, class_challenges, class_sessions)


@dataclass(frozen=True)
class ClassSession:
    """A class session as it is now.

    Attributes:
        code: by which learners find it.
        teacher: who began it, by name in the ledger.
        began: when, as `now` writes it.
        question: the name of the one that is open; "" for none.
        is_revealed: its answer has been shown to all.
        turn: how often question or answer have changed.
    """

    code: str
    teacher: str
    began: str
    question: str
    is_revealed: bool
    turn: int


@dataclass(frozen=True)
class Member:
    """A learner as the teacher sees them: without name in the ledger, and without what they predicted.

    Attributes:
        nickname: as chosen; "" for none.
        place: the page, or the step of the lessons.
        since: when they came there or last answered.
        seen: when their browser was last connected.
        answers: questions that they have answered in this session.
        has_answered: the one that is open.
        runs: trainings that they have asked for since the session began.
        failed: those that failed or diverged.
    """

    nickname: str
    place: str
    since: str
    seen: str
    answers: int
    has_answered: bool
    runs: int
    failed: int


class ClassSessions:
    """The part of the ledger that knows classes; whoever asks it for a code has made sure that they may."""

    @property
    def engine(self) -> sql.Engine:
        """Of the database, opened when it is first needed."""
        raise NotImplementedError

    # --- the teacher's -------------------------------------------------------------------------------------

    def begin_class(self, teacher: str) -> str:
        """Begin a session; returns its code."""
        self.end_old_classes()
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        row = {"code": code, "teacher": teacher, "began": now(), "seen": now(), "question": ""}
        with self.engine.begin() as db:
            db.execute(class_sessions.insert().values(**row, is_revealed=False, turn=1))
        return code

    def class_session(self, code: str) -> ClassSession | None:
        """The session of this code; None if there is none, or not any more."""
        with self.engine.connect() as db:
            row = db.execute(class_sessions.select().where(class_sessions.c.code == code)).first()
        if row is None or _is_over(row.began, row.seen):
            return None
        return ClassSession(row.code, row.teacher, row.began, row.question, bool(row.is_revealed), row.turn)

    def class_of_teacher(self, teacher: str) -> str:
        """The code of the session that this teacher began last and has not ended; "" if there is none."""
        query = sql.select(class_sessions).where(class_sessions.c.teacher == teacher)
        with self.engine.connect() as db:
            rows = db.execute(query.order_by(class_sessions.c.began.desc())).all()
        return next((row.code for row in rows if not _is_over(row.began, row.seen)), "")

    def ask_class(self, code: str, question: str) -> None:
        """Open a question; asked again, it begins without answers."""
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            this = class_sessions.c.code == code
            if db.execute(sql.select(class_sessions.c.question).where(this)).scalar() == question:
                answers = (class_answers.c.code == code) & (class_answers.c.question == question)
                db.execute(class_answers.delete().where(answers))
            change = {"question": question, "is_revealed": False, "turn": class_sessions.c.turn + 1}
            db.execute(class_sessions.update().where(this).values(change))

    def reveal_to_class(self, code: str) -> None:
        """Show the answer of the open question to all: from now on no answer to it counts."""
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            change = {"is_revealed": True, "turn": class_sessions.c.turn + 1}
            db.execute(class_sessions.update().where(class_sessions.c.code == code).values(change))

    def teacher_is_there(self, code: str) -> None:
        """The session goes on: its teacher's page is open."""
        with self.engine.begin() as db:
            db.execute(class_sessions.update().where(class_sessions.c.code == code).values(seen=now()))

    def answers_of_class(self, code: str, question: str) -> dict[str, int]:
        """What was answered -> how often; "" counts who would rather look first."""
        return self.count_class(code, question)[1]

    def count_class(self, code: str, question: str) -> tuple[int, dict[str, int]]:
        """How many have joined, and `answers_of_class`."""
        this = (class_answers.c.code == code) & (class_answers.c.question == question)
        query = (
            sql.select(class_answers.c.given, sql.func.count().label("times"))
            .where(this)
            .group_by(class_answers.c.given)
        )
        size = sql.select(sql.func.count()).select_from(class_members).where(class_members.c.code == code)
        with self.engine.connect() as db:
            return int(db.execute(size).scalar_one()), {row.given: row.times for row in db.execute(query)}

    def members_of_class(self, code: str) -> list[Member]:
        """Everybody in a session, in the order in which they came."""
        session = self.class_session(code)
        if session is None:
            return []
        theirs = class_members.c.learner
        with self.engine.connect() as db:
            rows = db.execute(
                class_members.select().where(class_members.c.code == code).order_by(class_members.c.joined)
            )
            members = {row.learner: row for row in rows}
            answers: dict[str, set[str]] = {}
            for row in db.execute(class_answers.select().where(class_answers.c.code == code)):
                answers.setdefault(row.learner, set()).add(row.question)
            asked = sql.select(claims.c.learner, claims.c.key, run_index.c.status).where(
                claims.c.learner.in_(sql.select(theirs).where(class_members.c.code == code)),
                claims.c.asked >= session.began,
            )
            runs: dict[str, dict[str, bool]] = {}
            for row in db.execute(asked.outerjoin(run_index, run_index.c.key == claims.c.key)):
                runs.setdefault(row.learner, {})[row.key] = row.status == "diverged"
            for row in db.execute(class_failures.select().where(class_failures.c.code == code)):
                runs.setdefault(row.learner, {})[row.key] = True
        return [
            Member(
                row.nickname,
                row.place,
                row.since,
                row.seen,
                len(answers.get(learner, ())),
                session.question in answers.get(learner, ()),
                len(runs.get(learner, ())),
                sum(runs.get(learner, {}).values()),
            )
            for learner, row in members.items()
        ]

    # --- the learners' -------------------------------------------------------------------------------------

    def join_class(self, code: str, learner: str, nickname: str) -> bool:
        """Put a learner into a session, and out of any other; False if there is no such session, or it is full."""
        if self.class_session(code) is None or self.count_class(code, "")[0] >= MOST_MEMBERS:
            return False
        self.leave_classes(learner, besides=code)
        row = {"code": code, "learner": learner, "nickname": nickname_of(nickname), "place": ""}
        times = dict.fromkeys(("joined", "since", "seen"), now())
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            insert = insert_into(db, class_members, {**row, **times})
            again = {"nickname": row["nickname"], "seen": times["seen"]}
            db.execute(insert.on_conflict_do_update(index_elements=["code", "learner"], set_=again))
        return True

    def class_of_learner(self, learner: str) -> tuple[str, str] | None:
        """Code of the session that a learner is in, and their nickname there; None if there is none."""
        query = class_members.select().where(class_members.c.learner == learner)
        with self.engine.connect() as db:
            row = db.execute(query.order_by(class_members.c.joined.desc())).first()
        return None if row is None or self.class_session(row.code) is None else (row.code, row.nickname)

    def leave_classes(self, learner: str, besides: str = "") -> None:
        """Delete a learner from every session but one: nickname, place, answers, submissions."""
        others = (class_members.c.learner == learner) & (class_members.c.code != besides)
        with self.engine.connect() as db:
            if db.execute(class_members.select().where(others)).first() is None:
                return
        with self._erasing() as db:
            for table in _OF_LEARNERS:
                db.execute(table.delete().where((table.c.learner == learner) & (table.c.code != besides)))

    def answer_in_class(self, code: str, learner: str, question: str, given: str) -> bool:
        """Keep what a learner answers; False once the answer is shown, or for who is not in the session."""
        row = {"code": code, "question": question, "learner": learner}
        row["given"] = given.replace("\0", "")[:200]
        me = (class_members.c.code == code) & (class_members.c.learner == learner)
        with self.engine.begin() as db:
            wait_for_turn(db, code, alone=False)
            session = db.execute(class_sessions.select().where(class_sessions.c.code == code)).first()
            is_late = session is None or (session.question == question and session.is_revealed)
            if is_late or not db.execute(class_members.update().where(me).values(since=now())).rowcount:
                return False
            insert = insert_into(db, class_answers, row)
            again = {"given": row["given"]}
            db.execute(
                insert.on_conflict_do_update(index_elements=["code", "question", "learner"], set_=again)
            )
        return True

    def answer_of(self, code: str, learner: str, question: str) -> str | None:
        """What this learner has answered; None if nothing."""
        mine = (class_answers.c.code == code) & (class_answers.c.question == question)
        query = sql.select(class_answers.c.given).where(mine & (class_answers.c.learner == learner))
        with self.engine.connect() as db:
            return db.execute(query).scalar()

    def note_place(self, code: str, learner: str, place: str) -> None:
        """This learner has come to another page or step."""
        change = {"place": place.replace("\0", "")[:200], "since": now(), "seen": now()}
        self._change_member(code, learner, change)

    def note_seen(self, code: str, learner: str) -> None:
        """This learner's browser is connected."""
        self._change_member(code, learner, {"seen": now()})

    def note_failure(self, key: str) -> None:
        """A training has failed: for those members of a session who have asked for it."""
        query = sql.select(class_members.c.code, class_members.c.learner).where(
            class_members.c.learner == claims.c.learner, claims.c.key == key, claims.c.asked.is_not(None)
        )
        with self.engine.begin() as db:
            for code, learner in db.execute(query).all():
                row = {"code": code, "learner": learner, "key": key}
                db.execute(insert_into(db, class_failures, row).on_conflict_do_nothing())

    def _change_member(self, code: str, learner: str, change: dict[str, str]) -> None:
        me = (class_members.c.code == code) & (class_members.c.learner == learner)
        with self.engine.begin() as db:
            db.execute(class_members.update().where(me).values(change))

    # --- the end -------------------------------------------------------------------------------------------

    def end_class(self, code: str) -> None:
        """Delete everything of a session, the predictions that its learners made in the lessons as well.

        Which steps they have done, and their runs, stay theirs.
        """
        made = sql.exists().where(
            class_answers.c.code == code,
            class_answers.c.learner == lesson_steps.c.learner,
            class_answers.c.question == sql.literal(LESSON) + lesson_steps.c.step,
        )
        with self._erasing() as db:
            wait_for_turn(db, code)
            db.execute(lesson_steps.update().where(made).values(given=""))
            for table in _ALL:
                db.execute(table.delete().where(table.c.code == code))

    def end_old_classes(self) -> int:
        """End the sessions that their teachers have left or that have lasted too long; returns how many."""
        with self.engine.connect() as db:
            rows = db.execute(class_sessions.select()).all()
        old = [row.code for row in rows if _is_over(row.began, row.seen)]
        for code in old:
            self.end_class(code)
        return len(old)

    @contextmanager
    def _erasing(self) -> Iterator[sql.Connection]:
        """A transaction whose deleted texts leave SQLite's log as well. PostgreSQL clears its own by VACUUM."""
        with self.engine.connect() as db:
            yield db
            db.commit()
            if db.dialect.name == "sqlite":  # if nobody reads just then; otherwise with the next one
                db.exec_driver_sql(f"PRAGMA busy_timeout = {QUICK}")
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                db.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENT}")


def nickname_of(typed: str) -> str:
    """A name as it may be shown: one short line of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in typed).split())[:LONGEST_NICKNAME].strip()


def code_of(typed: str) -> str:
    """A code as it is kept: capitals, without the spaces and dashes that people write."""
    return "".join(c for c in typed[:40].upper() if c.isalnum())[: LENGTH + 1]


def _is_over(began: str, seen: str) -> bool:
    here = datetime.now(UTC)
    return here - datetime.fromisoformat(seen) > ALONE or here - datetime.fromisoformat(began) > LONGEST


def wait_for_turn(db: sql.Connection, code: str, alone: bool = True) -> None:
    """Nothing is added to a session while it is changed or ended (SQLite has one writer at a time anyhow).

    Args:
        alone: also no other answer.
    """
    if db.dialect.name == "postgresql":
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        db.execute(sql.text(f"SELECT {lock}(hashtextextended(:code, 727402))"), {"code": code})
    else:
        db.exec_driver_sql("BEGIN IMMEDIATE")
