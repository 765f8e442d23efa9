"""A challenge whose seal is broken: validation against test for every run, the winner's curse, the honest winner."""

import streamlit as st

from dlcore.claims import Claim
from dlcore.evaluation.challenge import Entry, Outcome, ordered
from dlcore.evaluation.intervals import Share
from dlcore.figures import experiments as figures
from dlcore.number_text import count, digits, percent, points
from dlcore.store.challenges import Challenge, Submission
from ui.frame import frame
from ui.frame.literal import literal
from ui.training.image_sets import title_of


def who(one: Submission) -> str:
    """A learner on the board: by nickname, else by number."""
    return one.nickname or f"learner {one.number}"


def outcome_of(challenge: Challenge, submitted: list[Submission]) -> Outcome | None:
    """What came out; None where no run was scored."""
    entries = []
    for one in submitted:
        accuracy, n = one.scores.get("accuracy"), int(one.scores.get("images") or 0)
        if accuracy is not None and n:
            found = Share(one.right, one.validated), Share(round(accuracy * n), n)
            entries.append(Entry(one.key, f"{who(one)}: {one.label}", *found, one.knew))
    return Outcome(ordered(entries), challenge.agreement, challenge.luck) if entries else None


def draw(challenge: Challenge, submitted: list[Submission]) -> None:
    """The outcome in two figures, a few sentences and a table."""
    st.subheader(f"The seal is broken: {title_of(challenge.dataset)}", anchor=False)
    found = outcome_of(challenge, submitted)
    if found is None:
        st.info("No run was submitted that could be scored, so the test set was not opened.")
        return
    st.markdown(_winner(found))
    alt = (
        f"Test against validation accuracy of {count(len(found.runs), 'run')}; below the diagonal a run is worse "
        f"on the test images. The highest on validation: {found.highest.on_validation}; on test: "
        f"{found.highest.on_test}."
    )
    frame.chart(figures.validation_against_test(found), alt, "session_against")
    text = _curse(found)
    frame.chart(figures.winners_curse(found), text, "session_curse")
    st.markdown(text)
    _of_many_classes()
    st.dataframe(_table(found), hide_index=True, key="session_outcome")
    if missing := sum(not one.scores for one in submitted):
        st.caption(f"{count(missing, 'submission')} could not be scored: the run was deleted before.")


def _of_many_classes() -> None:
    """What one class cannot show."""
    frame.say(
        Claim(
            "**The highest of many validation scores is too high on average, because it was chosen for being the "
            "highest.** In [[worlds]] simulated challenges of [[runs]] runs on [[images]] validation and [[images]] "
            "test images, the winner falls by [[points]] percentage points on average when the seal is broken, and "
            "in [[reversed]]% of them another run is better on the test images. One class may see neither.",
            "tests/test_challenge.py::test_over_200_simulated_challenges_the_winner_falls_and_reversals_are_counted",
            {"worlds": 200, "runs": 20, "images": 200, "points": 2.9, "reversed": 76},
        )
    )


def _winner(found: Outcome) -> str:
    """Who has won, by which number, and who is ahead on the test images."""
    winner, best = found.honest_winner, found.best_on_test
    if winner is None:
        return "Everybody who submitted had opened this test set before: there is no honest winner."
    said = (
        f"**The honest winner: {literal(winner.name)}.** Validation chose this run, with {winner.on_validation}. The "
        f"test images chose nothing, so the number to report is its test accuracy: **{winner.on_test}**."
    )
    low, high = winner.on_test.interval
    others = [entry for entry in found.runs if entry.key != winner.key]
    if near := sum(low <= entry.on_test.value <= high for entry in others):
        said += f" The test accuracies of {near} of the {count(len(others), 'other run')} lie within that interval."
    if winner.key != found.highest.key:
        said += (
            f" {literal(found.highest.name)} was higher on validation, but whoever submitted it had opened this "
            "test set before."
        )
    elif best.on_test.value > winner.on_test.value:
        said += (
            f" {literal(best.name)} has a higher one, {percent(best.on_test.value)}; to choose it for that would be "
            "to choose on the test set."
        )
    return said


def _curse(found: Outcome) -> str:
    """The observed fall of the highest run beside the expected one."""
    m = len(found.runs)
    said = (
        f"Observed, for the run that is highest on validation: {found.highest.gap}, validation minus test. "
    )
    if m == 1:
        return (
            said
            + "One run alone was not chosen from any others: luck of choosing is expected to add nothing."
        )
    mean = found.mean_gap
    return said + (
        f"Expected from the luck of choosing the best of {m}: {points(found.luck)} if the runs are as good as their "
        f"validation scores say, up to {points(found.expected)} if all are equally good (mean correlation of their "
        f"correct calls: {digits(found.agreement, 2)}), up to {points(found.most)} if they were independent as well. "
        f"Mean of all {m}: {mean.points}. That part is not owed to the choice among them: every run's epoch was "
        "chosen on the validation images, and the test images may be of another kind."
    )


def _table(found: Outcome) -> list[dict[str, str | int]]:
    return [
        {
            "place": place,
            "run": entry.name,
            "validation accuracy, 95% interval": entry.on_validation.short,
            "test accuracy, 95% interval": entry.on_test.short,
            "difference (percentage points)": str(entry.gap)
            .replace(" percentage points", "")
            .replace("95% interval ", ""),
            "note": "had opened the test set before" if entry.knew else "",
        }
        for place, entry in enumerate(found.entries, start=1)
    ]
