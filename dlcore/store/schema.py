"""The tables of the ledger, their version, and the steps that lift an older database to it.

This is the one place where the schema changes. To change it: edit a table, raise VERSION, and add what an
existing database needs to STEPS. New tables need no statement; they are created where they are missing.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql

VERSION = 4

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
    sql.Column("code", sql.String(20)),  # version of the code that computed it; version 1 did not say so
    sql.Column("validated", sql.Integer),  # validation images; unknown of runs that schema 3 has indexed
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
    sql.Column("learner", sql.Text, index=True),  # an account's name may be longer than any bound we set
    sql.Column("key", sql.String(64)),
    sql.Column("opened", sql.String(40)),
    sql.Column("scores", sql.Text),
)
lesson_steps = sql.Table(
    "lesson_steps",
    metadata,
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("step", sql.Text, primary_key=True),
    sql.Column("given", sql.String(200)),
    sql.Column("revealed", sql.Boolean),
    sql.Column("answered", sql.String(40)),
)
# Who has uploaded which data set, for the quotas; its file is named by the content, and may be several learners'.
uploads = sql.Table(
    "uploads",
    metadata,
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("name", sql.String(80), primary_key=True),
    sql.Column("size", sql.BigInteger),
    sql.Column("used", sql.String(40)),
)
# What the server did without being asked, for its teacher.
notices = sql.Table(
    "notices",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("said", sql.String(40)),
    sql.Column("text", sql.Text),
)
# Whose a run or an upload is, and what they call it: one row per learner and key (an upload's is its sha256);
# `asked` is empty where only a name was given; `together` says that it was asked for in experiments alone.
claims = sql.Table(
    "claims",
    metadata,
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("key", sql.String(64), primary_key=True),
    sql.Column("name", sql.Text),
    sql.Column("asked", sql.String(40)),
    sql.Column("together", sql.Boolean),
)
# Who has entered the teacher's code: a signature over learner and code, worth nothing once either changes.
teachers = sql.Table(
    "teachers",
    metadata,
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("proof", sql.String(64)),
)
# A class that meets now: its code, which question is open, and how often that has changed. All of it is deleted when
# the session ends (class_sessions.py), with its members, what they answered and which of their trainings failed.
class_sessions = sql.Table(
    "class_sessions",
    metadata,
    sql.Column("code", sql.String(10), primary_key=True),
    sql.Column("teacher", sql.Text),
    sql.Column("began", sql.String(40)),
    sql.Column("seen", sql.String(40)),  # the teacher's page was open
    sql.Column("question", sql.Text),
    sql.Column("is_revealed", sql.Boolean),
    sql.Column("turn", sql.Integer),
)
class_members = sql.Table(
    "class_members",
    metadata,
    sql.Column("code", sql.String(10), primary_key=True),
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("nickname", sql.Text),
    sql.Column("joined", sql.String(40)),
    sql.Column("place", sql.Text),
    sql.Column("since", sql.String(40)),  # there, or since the last answer
    sql.Column("seen", sql.String(40)),  # the browser was connected
)
class_answers = sql.Table(
    "class_answers",
    metadata,
    sql.Column("code", sql.String(10), primary_key=True),
    sql.Column("question", sql.Text, primary_key=True),
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("given", sql.String(200)),
)
class_failures = sql.Table(
    "class_failures",
    metadata,
    sql.Column("code", sql.String(10), primary_key=True),
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("key", sql.String(64), primary_key=True),
)
# The sealed challenge of a class: one a session. `broken` is when the seal was broken, "" before; `agreement` and
# `luck` are of its runs on the validation images (dlcore/evaluation/challenge.py). Test scores stand in no row before
# the seal is broken.
class_challenges = sql.Table(
    "class_challenges",
    metadata,
    sql.Column("code", sql.String(10), primary_key=True),
    sql.Column("dataset", sql.String(200)),
    sql.Column("began", sql.String(40)),
    sql.Column("ends", sql.String(40)),
    sql.Column("budget", sql.Integer),
    sql.Column("broken", sql.String(40)),
    sql.Column("agreement", sql.Float),
    sql.Column("luck", sql.Float),
)
class_submissions = sql.Table(
    "class_submissions",
    metadata,
    sql.Column("code", sql.String(10), primary_key=True),
    sql.Column("learner", sql.Text, primary_key=True),
    sql.Column("key", sql.String(64), primary_key=True),
    sql.Column("label", sql.Text),
    sql.Column("submitted", sql.String(40)),
    sql.Column("called_right", sql.Integer),  # of so many validation images
    sql.Column("validated", sql.Integer),
    sql.Column("scores", sql.Text),
    sql.Column("knew", sql.Boolean),  # the learner had opened this test set before
)
sql.Index("class_members_by_learner", class_members.c.learner)


def now() -> str:
    """The time as ISO 8601 in UTC; as text it sorts by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def insert_into(db: sql.Connection, table: sql.Table, row: Mapping[str, Any]) -> Any:
    """An insert that can say what happens on a conflict, in the dialect at hand."""
    if db.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        return insert_postgresql(table).values(row)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table).values(row)


def _names_of_any_length(db: sql.Connection) -> None:
    """Version 2: names of learners and steps are texts. SQLite never enforced their length."""
    if db.dialect.name == "postgresql":
        for table, column in (
            ("test_openings", "learner"),
            ("lesson_steps", "learner"),
            ("lesson_steps", "step"),
        ):
            db.execute(sql.text(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE TEXT"))


def _code_of_runs(db: sql.Connection) -> None:
    """Version 3: the index says which version of the code computed a run. All before were version 1's."""
    if "code" not in {column["name"] for column in sql.inspect(db).get_columns("runs")}:
        db.execute(sql.text("ALTER TABLE runs ADD COLUMN code VARCHAR(20)"))
    db.execute(run_index.update().where(run_index.c.code.is_(None)).values(code="1"))


def _experiments_and_images(db: sql.Connection) -> None:
    """Version 4: whether a run was asked for in experiments alone, and on how many images it was validated."""
    for table, column, kind in (("claims", "together", "BOOLEAN"), ("runs", "validated", "INTEGER")):
        if column not in {known["name"] for known in sql.inspect(db).get_columns(table)}:
            db.execute(sql.text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))


# STEPS[v] lifts a database from version v to v + 1; all run in one transaction.
STEPS: dict[int, Callable[[sql.Connection], None]] = {
    1: _names_of_any_length,
    2: _code_of_runs,
    3: _experiments_and_images,
}


class UnfitDatabaseError(sql.exc.SQLAlchemyError):
    """This database cannot be used; the message is a sentence for whoever runs the server."""


def prepare(engine: sql.Engine) -> None:
    """Creates what is missing and lifts an older schema; safe when many processes start at once.

    Raises:
        UnfitDatabaseError: the database was made by a newer version of the lab.
    """
    with engine.begin() as db:
        if db.dialect.name == "postgresql":
            db.execute(sql.text("SELECT pg_advisory_xact_lock(727401)"))  # any number, as long as it is ours
        else:
            db.exec_driver_sql("BEGIN IMMEDIATE")
        metadata.create_all(db)
        found = db.execute(sql.select(sql.func.max(schema.c.version))).scalar()
        if found is None:
            found = VERSION
            db.execute(schema.insert().values(version=VERSION))
        if found > VERSION:
            raise UnfitDatabaseError(
                f"The database has schema {found}; this version of the lab knows up to {VERSION}. "
                "Start the newer version of the lab, or restore a backup made before the upgrade."
            )
        for version in range(found, VERSION):
            STEPS[version](db)
            db.execute(schema.update().values(version=version + 1))


NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs")


def refuse_network_folder(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> None:
    """SQLite's write-ahead log needs memory shared by all writers, which a network folder does not have.

    Raises:
        UnfitDatabaseError: the folder lies on one (seen on Linux only).
    """
    if not mounts.exists():
        return
    kinds = {}
    for line in mounts.read_text(errors="replace").splitlines():
        _device, place, kind, *_ = line.split(" ")
        kinds[Path(place.replace("\\040", " "))] = kind
    here = folder.resolve()
    kind = next((kinds[place] for place in (here, *here.parents) if place in kinds), "")
    if kind in NETWORK_FILE_SYSTEMS:
        raise UnfitDatabaseError(
            f"{folder} lies on a network file system ({kind}), where SQLite loses data. "
            "Set DLCORE_RUNS to a local folder, or DLCORE_DB_URL to a PostgreSQL database."
        )
