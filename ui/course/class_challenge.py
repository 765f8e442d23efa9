"""The sealed challenge on the page Class: begun, a board of validation scores, and the seal broken once."""

from concurrent.futures import Future
from contextlib import suppress

import numpy as np
import streamlit as st

from dlcore.data import NAMES, BadInput, ImageSet, is_here
from dlcore.evaluation.challenge import agreement, luck_of_choice
from dlcore.evaluation.intervals import Share
from dlcore.number_text import count
from dlcore.runs import Run
from dlcore.store.challenges import Challenge, Submission
from dlcore.store.store import CorruptRunError, shared
from ui.course import class_outcome
from ui.frame import slow_answers
from ui.frame.literal import literal
from ui.frame.stored import image_set
from ui.learner import challenges
from ui.learner.access import AWAY
from ui.learner.membership import KNOWN, change_class
from ui.training.image_sets import is_offered, title_of

MOST_MINUTES, MOST_TRAININGS = 480, 50
ABOUT = (
    "Everybody trains on the same images and submits runs; a board shows their validation accuracies, and nobody can "
    "open the test set. In the end you break the seal, once for all: which of the chosen scores was too good?"
)
_SCORING = "session_scoring"  # of the session: (code, the scores under way)


# --- the teacher's -------------------------------------------------------------------------------------------


def controls(code: str, challenge: Challenge | None) -> None:
    """What the challenge is about and the button that begins it; or the one that breaks its seal."""
    if challenge is not None and not challenge.broken:
        _seal(code, challenge)
        return
    offered = [name for name in NAMES if is_offered(name) and is_here(name)]
    dataset = st.selectbox("Images", offered, format_func=title_of, key="session_images")
    left, right = st.columns(2)
    minutes = left.number_input("Minutes", 1, MOST_MINUTES, 30, key="session_minutes")
    budget = right.number_input("Trainings each", 1, MOST_TRAININGS, 5, key="session_budget")
    if st.button(
        "Start the challenge" if challenge is None else "Start another challenge",
        type="primary" if challenge is None else "secondary",
        icon=":material/lock:",
        help=None if challenge is None else "The board and the result on show are deleted.",
        key="session_challenge",
    ):
        change_class(lambda: shared().ledger.begin_challenge(code, dataset, int(minutes), int(budget)), code)


def _seal(code: str, challenge: Challenge) -> None:
    if _is_scoring(code):
        return
    st.caption("Until you break the seal, the test set of these images is closed for the whole class.")
    with st.popover("Break the seal", icon=":material/lock_open:", type="primary"):
        st.markdown(
            "The challenge ends, every submitted run is scored on the test images, and the scores are shown to all. "
            "It counts as an opening of the test set for every submission, and cannot be taken back."
        )
        if st.button("Break it now", type="primary", key="session_break"):
            _begin_scoring(code, challenge)


def _begin_scoring(code: str, challenge: Challenge) -> None:
    try:
        images = image_set(challenge.dataset)
        keys = shared().ledger.close_challenge(code)
    except (BadInput, *AWAY) as error:
        st.warning(f"The seal is unbroken: {_because(error)}")
        return
    st.session_state[_SCORING] = (code, slow_answers.pool().submit(_score, code, keys, images))
    st.rerun()


def _score(code: str, keys: tuple[str, ...], images: ImageSet) -> None:
    """Every run's test scores, kept here until all are known, then written at once; runs beside the page."""
    from dlcore.training import evaluate_test  # loads torch

    scores: dict[str, dict[str, float | None]] = {}
    runs: list[Run] = []
    for key in keys:
        try:
            run = shared().get(key)
        except CorruptRunError:
            run = None
        if run is not None:
            scored = evaluate_test(run, lambda _: 0, images)
            scores[key] = {"loss": scored.loss, "accuracy": scored.accuracy, "auc": scored.auc}
            scores[key]["images"] = scored.images
            runs.append(run)
    calls = [run.val_probabilities.argmax(axis=1) == images.labels[run.val_index] for run in runs]
    right = np.array(calls).reshape(len(runs), -1)
    shared().ledger.break_seal(code, scores, agreement(right), luck_of_choice(right))


def _is_scoring(code: str) -> bool:
    """Whether the submitted runs are being scored; a failed attempt says why."""
    asked, future = st.session_state.get(_SCORING, ("", None))
    if not isinstance(future, Future) or asked != code:
        return False
    if not future.done():
        slow_answers.is_there(future, "Scoring every submitted run on the test images …")
        return True
    del st.session_state[_SCORING]
    KNOWN.forget(code)
    if (error := future.exception()) is None:
        st.rerun()
    st.warning(f"The seal is unbroken: {_because(error)}", icon=":material/error:")
    return False


def _because(error: BaseException) -> str:
    return (
        str(error)
        if isinstance(error, ValueError)
        else "the runs could not be scored. Try again in a moment."
    )


# --- everybody's ---------------------------------------------------------------------------------------------


def draw(code: str) -> None:
    """The board of a challenge: validation only, until its seal is broken; then the outcome."""
    try:
        challenge = shared().ledger.challenge_of(code)
        submitted = shared().ledger.submissions(code)
    except AWAY:
        st.caption("The challenge cannot be shown just now: the database does not answer.")
        return
    if challenge is None:
        return
    if challenge.broken:
        class_outcome.draw(challenge, submitted)
        return
    st.subheader(f"Sealed challenge: {title_of(challenge.dataset)}", anchor=False)
    st.markdown(
        f"**{count(len(submitted), 'run')}** submitted, {challenges.time_left(challenge)}. "
        f"Everybody chooses from {count(challenge.budget, 'training')}. Validation accuracies only: "
        "the test set is sealed."
    )
    if submitted:
        rows = [_row(place, one) for place, one in enumerate(submitted, start=1)]
        st.dataframe(rows, hide_index=True, key="session_board")


def _row(place: int, one: Submission) -> dict[str, str | int]:
    found = Share(one.right, one.validated)
    return {
        "place": place,
        "learner": class_outcome.who(one),
        "validation accuracy, 95% interval": found.short,
        "run": one.label,
    }


# --- a learner's ---------------------------------------------------------------------------------------------


def learn(code: str) -> None:
    """A learner's view: what the challenge is, the way to the training page, the board or the outcome."""
    draw(code)
    with suppress(*AWAY):
        challenge = shared().ledger.challenge_of(code)
        if challenge is not None and not challenge.broken:
            _way_to_training(challenge)


def _way_to_training(challenge: Challenge) -> None:
    st.markdown(
        "Train on these images as often as your budget allows; under *Saved runs* one click submits a run, and you "
        "may submit several. When your teacher breaks the seal, the outcome appears here."
    )
    st.page_link(
        "pages/training.py",
        label=f"Train on {literal(title_of(challenge.dataset))}",
        icon=":material/play_arrow:",
        query_params={"training_data": title_of(challenge.dataset), "training_tab": "Saved runs"},
    )
