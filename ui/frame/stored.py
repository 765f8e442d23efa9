"""What several pages read from disk, cached once per server: image sets and stored runs, through one door."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import streamlit as st

from dlcore.data import BadInput, ImageSet, is_here, load
from dlcore.experiments.groups import is_of_an_experiment
from dlcore.jobs import jobs
from dlcore.jobs.jobs import Job
from dlcore.runs import Run
from dlcore.store.ownership import EVERYBODY, THIS_COMPUTER, judged_by
from dlcore.store.store import CorruptRunError, shared
from dlcore.takeaway.brought import check_scores
from ui.learner.access import AWAY, may
from ui.learner.learner import is_shared, is_teacher, learner

LOG = logging.getLogger(__name__)
MOST_BROUGHT = 20  # runs that a learner may bring to a shared server, of 50 MB at most


@contextmanager
def needs_database(what: str) -> Iterator[None]:
    """A part of a page that asks the database: where that does not answer, a sentence; the rest of the page stays.

    Args:
        what: does not work meanwhile, as the sentence begins: "The runs cannot be shown".
    """
    try:
        yield
        if not is_shared() and (news := shared().ledger.news()):  # there the teacher's page has it
            st.info(news, icon=":material/build:")
    except AWAY as error:
        LOG.warning("the database does not answer: %s", error)
        st.info(
            f"{what} just now: the database does not answer. Nothing is lost; try again in a moment.",
            icon=":material/hourglass_top:",
        )


def image_set(name: str) -> ImageSet:
    """The image set of this name; read-only, so all sessions share it.

    Raises:
        dlcore.data.BadInput: it cannot be had, or is somebody else's; the message is for the learner.
    """
    refuse_images_of_others({name})
    return _image_set(name)


def refuse_images_of_others(names: set[str]) -> None:
    """To be asked before anything is made of image sets, a training included.

    Raises:
        dlcore.data.BadInput: one of them is not this learner's; it does not say whether there is such a set.
    """
    if may("open", dict(zip(names, names, strict=True))) != names:
        raise BadInput(
            "This data set is not here, or was uploaded by somebody else. Upload the file yourself."
        )


@st.cache_resource(max_entries=6, show_spinner=False)  # the warm-up reads too, and has no page to spin on
def _image_set(name: str) -> ImageSet:
    return load(name)


def keep_upload(name: str) -> None:
    """Note that this learner has brought the data set of this name; nobody else may open it.

    Raises:
        AWAY: that cannot be noted now.
    """
    shared().claim_upload(name, learner())


def drop(sets: list[str], runs: list[str]) -> None:
    """Keep nothing in memory of what has been removed from the disk."""
    for name in sets:
        _image_set.clear(name)
    for key in runs:
        _run.clear(key)


def made_for_all(name: str) -> None:
    """Note that the server has made the data set of this name, from public images, for everybody.

    Raises:
        AWAY: that cannot be noted now.
    """
    shared().claim_upload(name, EVERYBODY)


@st.cache_resource(max_entries=64, show_spinner=False)
def _run(key: str) -> Run:
    run = shared().get(key)
    if run is None:
        raise LookupError(key)  # an exception is not cached: the run may be there the next time
    return run


def stored_run(key: str) -> Run | None:
    """The stored run with this key; None if there is none, it is damaged, or it is not this learner's to see.

    Nor is one that somebody has brought, whose images came here later and are others than it says.
    """
    run = _opened(key)
    return run if run is not None and not unfit_run(key) else None


def unfit_run(key: str) -> str:
    """Why a brought run cannot be shown beside the images that are here, in a sentence; "" of all others."""
    run = _opened(key)
    if run is None or not run.brought or not is_here(run.recipe.dataset):
        return ""
    try:
        images = image_set(run.recipe.dataset)
    except BadInput:
        return ""  # not here, or somebody else's
    return _checked(run.key, run, images)


@st.cache_data(max_entries=64, show_spinner=False)
def _checked(key: str, _run: Run, _images: ImageSet) -> str:
    try:
        check_scores(_run, _images)
    except BadInput as error:
        return str(error)
    return ""


def _opened(key: str) -> Run | None:
    try:
        run = _run(key)
    except (LookupError, CorruptRunError, ValueError):
        return None
    return run if may("open", {key: judged_by(run)}) else None


def keep_brought(run: Run) -> str:
    """Store a run that this learner has brought in a file, as theirs; its key. Nobody else sees it.

    Raises:
        dlcore.data.BadInput: they keep as many on this server as one may.
        AWAY: it cannot be stored, or whose it is cannot be noted now.
    """
    if is_shared():
        mine = shared().runs(
            MOST_BROUGHT + 1, {learner()}, lambda row: is_brought(row) and row["key"] != run.key
        )
        if len(mine) >= MOST_BROUGHT:
            raise BadInput(
                f"You keep {MOST_BROUGHT} runs that you have brought, as many as one may here. Delete one first."
            )
    shared().claim([run.key], learner(), quickly=True)
    shared().publish(run)
    return run.key


def is_brought(row: dict[str, Any]) -> bool:
    """Whether an index entry is of a run that somebody has brought in a file: its key is not of its recipe."""
    return bool(row["key"] != row["recipe"].key_under(row["code"]))


def watched(key: str) -> Job | None:
    """The training with this key that is under way, to be watched; None if there is none, or it is not to be seen."""
    job = jobs.watched(key, learner())
    return job if job is not None and may("open", {key: job.recipe.dataset}) else None


def may_cancel(job: Job) -> bool:
    """Whether this learner has a wish for this training, which can be withdrawn."""
    return bool(may("change", {job.key: job.recipe.dataset}, {job.key: job.wanted_by}))


def is_stored(key: str) -> bool:
    """Whether a run with this key can be shown to this learner."""
    return stored_run(key) is not None


def recent_keys() -> list[str]:
    """Keys of the latest runs that this learner may see; none while the database does not answer."""
    with suppress(*AWAY):
        return [row["key"] for row in recent_runs(100)]
    return []


def own(rows: list[dict[str, Any]]) -> set[str]:
    """Keys of those of these index entries that are this learner's, to rename and to delete."""
    return may("change", {row["key"]: row["dataset"] for row in rows})


def forget(key: str) -> None:
    """Delete a run of this learner's: for good if nobody else has asked for it."""
    run = _opened(key)
    if run is None or not may("change", {key: judged_by(run)}):
        return
    if learner() == THIS_COMPUTER and not shared().ledger.owners([key])[key] - {THIS_COMPUTER, EVERYBODY}:
        shared().delete(key)  # also what came with the lab
    else:
        shared().let_go(key, learner())
    _run.clear(key)


Wanted = Callable[[dict[str, Any]], bool]


def recent_runs(limit: int = 30, wanted: Wanted | None = None) -> list[dict[str, Any]]:
    """Index entries of the latest runs that this learner may see listed, newest first; see dlcore.store.Store.runs.

    Args:
        wanted: only the entries it says yes to; the limit is of these.

    Raises:
        AWAY: the database does not answer; see needs_database.
    """
    # On a shared server the limit is of one's own runs, not of the whole class's.
    rows = shared().runs(limit, None if not is_shared() or is_teacher() else {learner(), EVERYBODY}, wanted)
    visible = may("list", {row["key"]: row["dataset"] for row in rows})
    return [row for row in rows if row["key"] in visible]


def single_runs() -> Wanted:
    """Says of an index entry whether it is of a single training: those of experiments stand apart in every list.

    Raises:
        AWAY: the database does not answer; see needs_database.
    """
    together = shared().ledger.of_experiments(learner())
    return lambda row: row["key"] not in together and not is_of_an_experiment(row["recipe"])
