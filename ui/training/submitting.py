"""A run submitted to the sealed challenge of a learner's class, by one click; or why it does not count."""

from contextlib import suppress

import streamlit as st

from dlcore.data import BadInput
from dlcore.evaluation.challenge import has_usual_split
from dlcore.experiments.groups import right
from dlcore.number_text import count
from dlcore.runs import Run
from dlcore.store.challenges import Challenge
from dlcore.store.store import shared
from ui.frame.stored import image_set, needs_database, stored_run
from ui.learner import challenges
from ui.learner.learner import learner
from ui.training.image_sets import title_of
from ui.training.one_run import changes_of

REFUSED = {
    "gone": "Your class has no challenge any more. Nothing was submitted.",
    "over": "Time is over: the challenge takes no more runs.",
    "again": "You have submitted this run already.",
}
_SAID = "training_submitted"  # of the session: what came of the last click


def offer(key: str) -> None:
    """The challenge, what is left of the budget, the button that submits this run; nothing without a challenge."""
    challenge = challenges.mine()
    if challenge is None:
        return
    if challenge.broken:
        st.page_link(
            "pages/session.py",
            label="The challenge of your class: the seal is broken",
            icon=":material/lock_open:",
        )
        return
    used = len(shared().ledger.trainings_in_challenge(challenge, learner()))
    with st.container(horizontal=True, vertical_alignment="center", key="training_challenge"):
        st.button(
            "Submit to the challenge",
            icon=":material/lock:",
            type="primary",
            on_click=_submit,
            args=[key],
            key="training_submit",
        )
        st.caption(
            f"Sealed challenge of your class on {title_of(challenge.dataset)}, {challenges.time_left(challenge)}: "
            f"{min(used, challenge.budget)} of {count(challenge.budget, 'training')} used. Your nickname and this "
            "run's validation accuracy go on the class's board."
        )
    if said := st.session_state.pop(_SAID, None):
        is_taken, text = said
        (st.success if is_taken else st.warning)(text)


@needs_database("The run could not be submitted")
def _submit(key: str) -> None:
    challenge, run = challenges.mine(), stored_run(key)
    refusal = REFUSED["gone"] if challenge is None or run is None else _into(challenge, run)
    st.session_state[_SAID] = (not refusal, refusal or _taken(run))


def _taken(run: Run | None) -> str:
    assert run is not None
    return f"Submitted, with a validation accuracy of {right(run)}."


def _into(challenge: Challenge, run: Run) -> str:
    """Enters the run; "" or why it does not count."""
    if sentence := unfit(run, challenge.dataset):
        return sentence
    label = " · ".join([run.recipe.model.upper(), *changes_of(run.recipe), run.key[:6]])
    found = right(run)
    refusal = shared().ledger.submit(challenge.code, learner(), run.key, label, int(found.k), found.n)
    if refusal == "budget":
        return (
            f"Your budget is used up: a run counts if it is among your first {challenge.budget} trainings on these "
            "images since the challenge began."
        )
    return REFUSED[refusal] if refusal else ""


def unfit(run: Run, dataset: str) -> str:
    """Why a run cannot take part in a challenge on this data set, in a sentence; "" if it can."""
    if run.recipe.dataset != dataset:
        return (
            f"This run learned from {title_of(run.recipe.dataset)}; the challenge is on {title_of(dataset)}."
        )
    if run.brought:
        return (
            "This run was brought in a file: the lab has not seen it being trained, so it cannot take part."
        )
    if run.best_epoch is None or not run.weights:
        return "This run kept no weights, so there is nothing to submit."
    is_official = False
    with suppress(BadInput):
        is_official = image_set(dataset).official_split is not None
    if not has_usual_split(run.recipe, is_official):
        return (
            "This run was validated on another split of the images. The challenge compares runs on the split that "
            "the lab uses when nothing is changed under *Data splits*."
        )
    return ""
