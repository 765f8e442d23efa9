"""The sealed challenge of a class, in the ledger: what was submitted, within which budget, and its seal, broken once.

Submissions hold validation scores only. Test scores come from whoever breaks the seal, and are written together with
the openings that they count as: all of it or nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sql

from dlcore.runs import unsized
from dlcore.store.class_sessions import wait_for_turn
from dlcore.store.schema import (
    claims,
    class_challenges,
    class_members,
    class_sessions,
    class_submissions,
    now,
    openings,
    run_index,
)

Scores = Mapping[str, float | None]
# Why a submission does not count: no such challenge or member; time is over; budget used up; submitted already.
Refusal = Literal["", "gone", "over", "budget", "again"]


@dataclass(frozen=True)
class Challenge:
    """A class's challenge as it is now.

    Attributes:
        dataset: name of the image set.
        began, ends: when, as `now` writes it; nothing is taken after the end.
        budget: trainings on these images that each learner may choose from.
        broken: when the seal was broken; "" before.
        agreement, luck: of the submitted runs on the validation images (dlcore.evaluation.challenge); 0 before.
    """

    code: str
    dataset: str
    began: str
    ends: str
    budget: int
    broken: str
    agreement: float
    luck: float

    @property
    def seconds_left(self) -> float:
        """Until its end, at least 0."""
        left = datetime.fromisoformat(self.ends) - datetime.now(UTC)
        return max(left.total_seconds(), 0.0)


@dataclass(frozen=True)
class Submission:
    """A run in a challenge, as the class sees it: without the learner's name in the ledger.

    Attributes:
        key: of the run; `label` says what it is.
        nickname: "" for none; `number`: the how many-th to join the class.
        right, validated: validation images called rightly, and all of them.
        scores: on the test images; empty before the seal is broken, and for a run that was gone by then.
        knew: this learner had opened the test set before.
    """

    key: str
    label: str
    nickname: str
    number: int
    right: int
    validated: int
    scores: Scores
    knew: bool


class Challenges:
    """The part of the ledger that knows challenges; whoever asks it for a code has made sure that they may."""

    @property
    def engine(self) -> sql.Engine:
        """Of the database, opened when it is first needed."""
        raise NotImplementedError

    # --- the teacher's -------------------------------------------------------------------------------------

    def begin_challenge(self, code: str, dataset: str, minutes: float, budget: int) -> None:
        """Begin a challenge in a session; it takes the place of an earlier one, and of the open question."""
        ends = datetime.now(UTC) + timedelta(minutes=minutes)
        row = {"code": code, "dataset": dataset, "began": now(), "budget": budget, "broken": ""}
        row |= {"ends": ends.isoformat(timespec="microseconds"), "agreement": 0.0, "luck": 0.0}
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            for table in (class_submissions, class_challenges):
                db.execute(table.delete().where(table.c.code == code))
            if _next_turn(db, code):
                db.execute(class_challenges.insert().values(row))

    def close_challenge(self, code: str) -> tuple[str, ...]:
        """From now on nothing is taken; returns the keys of the submitted runs, each once, to be scored."""
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            challenge = class_challenges.c.code == code
            earlier = challenge & (class_challenges.c.ends > now())
            db.execute(class_challenges.update().where(earlier).values(ends=now()))
            keys = sql.select(class_submissions.c.key).where(class_submissions.c.code == code)
            return tuple(sorted(db.execute(keys.distinct()).scalars()))

    def break_seal(self, code: str, scores: Mapping[str, Scores], agreement: float, luck: float) -> bool:
        """Write the test scores of all submissions, each an opening of its learner's, all at one moment; once.

        Args:
            scores: key -> scores, of the runs that could be scored.
            agreement, luck: see Challenge.

        Returns:
            False, and nothing is written, if the seal was broken before or the challenge is gone.
        """
        when = now()
        this = class_challenges.c.code == code
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            change = {"broken": when, "agreement": agreement, "luck": luck}
            sealed = this & (class_challenges.c.broken == "")
            if not db.execute(class_challenges.update().where(sealed).values(change)).rowcount:
                return False
            dataset = unsized(db.execute(sql.select(class_challenges.c.dataset).where(this)).scalar_one())
            before = sql.select(openings.c.learner).where(openings.c.dataset == dataset).distinct()
            knew = set(db.execute(before).scalars())
            of_class = class_submissions.c.code == code
            for row in db.execute(class_submissions.select().where(of_class)).all():
                if row.key in scores:
                    _open(db, row, dataset, json.dumps(dict(scores[row.key])), when, row.learner in knew)
            _next_turn(db, code)
        return True

    # --- the learners' -------------------------------------------------------------------------------------

    def submit(self, code: str, learner: str, key: str, label: str, right: int, validated: int) -> Refusal:
        """Enter a run into the challenge of a session: "", or why it does not count.

        Args:
            label: what the class reads about the run.
            right, validated: its validation images.
        """
        row = {"code": code, "learner": learner, "key": key, "label": label, "submitted": now()}
        row |= {"called_right": right, "validated": validated, "scores": "", "knew": False}  # type: ignore[dict-item]
        with self.engine.begin() as db:
            wait_for_turn(db, code)
            challenge = _challenge(db, code)
            me = (class_members.c.code == code) & (class_members.c.learner == learner)
            if challenge is None or db.execute(class_members.select().where(me)).first() is None:
                return "gone"
            if challenge.broken or not challenge.seconds_left:
                return "over"
            mine = (class_submissions.c.code == code) & (class_submissions.c.learner == learner)
            if db.execute(class_submissions.select().where(mine & (class_submissions.c.key == key))).first():
                return "again"
            used = _trainings(db, challenge, learner)
            if key in used[: challenge.budget] or (key not in used and len(used) < challenge.budget):
                db.execute(class_submissions.insert().values(row))
                return ""
            return "budget"

    def trainings_in_challenge(self, challenge: Challenge, learner: str) -> list[str]:
        """Keys of the runs that count for this learner's budget, in order.

        What was trained on these images since the challenge began, submitted or not, and what was submitted.
        """
        with self.engine.connect() as db:
            return _trainings(db, challenge, learner)

    # --- everybody's ---------------------------------------------------------------------------------------

    def challenge_of(self, code: str) -> Challenge | None:
        """The challenge of this session; None if there is none."""
        with self.engine.connect() as db:
            return _challenge(db, code)

    def submissions(self, code: str) -> list[Submission]:
        """What was submitted, the highest validation accuracy first; among equal ones what came first."""
        members = class_members.select().where(class_members.c.code == code).order_by(class_members.c.joined)
        rows = class_submissions.select().where(class_submissions.c.code == code)
        with self.engine.connect() as db:
            names = {row.learner: (row.nickname, n) for n, row in enumerate(db.execute(members), start=1)}
            found = db.execute(rows.order_by(class_submissions.c.submitted)).all()
        return [
            Submission(
                row.key,
                row.label,
                *names.get(row.learner, ("", 0)),
                row.called_right,
                row.validated,
                json.loads(row.scores) if row.scores else {},
                bool(row.knew),
            )
            for row in sorted(found, key=lambda row: -row.called_right / row.validated)
        ]


def _challenge(db: sql.Connection, code: str) -> Challenge | None:
    row = db.execute(class_challenges.select().where(class_challenges.c.code == code)).first()
    return None if row is None else Challenge(**row._mapping)


def _trainings(db: sql.Connection, challenge: Challenge, learner: str) -> list[str]:
    """See Challenges.trainings_in_challenge."""
    asked = sql.select(claims.c.key, claims.c.asked.label("at")).where(
        claims.c.key == run_index.c.key,
        claims.c.learner == learner,
        claims.c.asked >= challenge.began,
        run_index.c.dataset == challenge.dataset,
    )
    mine = (class_submissions.c.code == challenge.code) & (class_submissions.c.learner == learner)
    submitted = sql.select(class_submissions.c.key, class_submissions.c.submitted.label("at")).where(mine)
    rows = sql.union_all(asked, submitted).subquery()
    first = sql.func.min(rows.c.at)
    return list(db.execute(sql.select(rows.c.key).group_by(rows.c.key).order_by(first)).scalars())


def _open(db: sql.Connection, row: Any, dataset: str, scores: str, when: str, knew: bool) -> None:
    """One submission's scores, and the opening that they count as."""
    mine = class_submissions.c.code == row.code, class_submissions.c.learner == row.learner
    change = {"scores": scores, "knew": knew}
    db.execute(class_submissions.update().where(*mine, class_submissions.c.key == row.key).values(change))
    opening = {"dataset": dataset, "learner": row.learner, "key": row.key, "opened": when, "scores": scores}
    db.execute(openings.insert().values(opening))


def _next_turn(db: sql.Connection, code: str) -> bool:
    """Every browser of the session looks anew, and no question is open; False if there is no such session."""
    change = {"question": "", "is_revealed": False, "turn": class_sessions.c.turn + 1}
    return bool(
        db.execute(class_sessions.update().where(class_sessions.c.code == code).values(change)).rowcount
    )
