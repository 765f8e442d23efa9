"""Choosing a model on screen: the winner's own score, nested cross-validation, and what the future says."""

from concurrent.futures import Future

import numpy as np
import streamlit as st

from dlcore.claims import Claim
from dlcore.data import ImageSet, table
from dlcore.evaluation import nested_cross_validation as nested
from dlcore.evaluation.intervals import Mean
from dlcore.evaluation.nested_cross_validation import Optimism
from dlcore.figures import experiments as figures
from dlcore.runs import Recipe
from ui.frame import frame, slow_answers

CANCER = "breast_cancer"
ROWS = (40, 80, 160)
CHOICES = {
    "one of 3 weight decays": nested.strengths,
    "one of 30 measurements": nested.singles,
    "two of 30 measurements (435 pairs)": nested.pairs,
}


def model_choice_section(_recipe: Recipe, _images: ImageSet) -> None:
    """A few patients to choose on, all the others to find out."""
    frame.say(
        Claim(
            "**The best of many cross-validated scores is too good, because it was chosen for being the best.** "
            "Nested cross-validation repeats the choice inside every fold, and judges it outside.",
            "tests/test_nested.py::test_the_winner_of_noise_looks_better_than_chance_and_nesting_is_not_fooled "
            "tests/test_nested.py::test_the_nested_score_never_lets_a_held_out_row_choose",
        )
    )
    left, right = st.columns([3, 1])
    what = left.segmented_control(
        "What is chosen", tuple(CHOICES), default="one of 30 measurements", required=True, key="training_choice",
        bind="query-params",
    )  # fmt: skip
    rows = right.segmented_control(
        "Patients to learn from", ROWS, default=40, required=True, key="training_choice_rows",
        bind="query-params",
    )  # fmt: skip
    what, rows = what or "one of 30 measurements", int(rows or 40)
    everything = table(CANCER)
    st.caption(
        f"{rows} of the {len(everything.y)} patients of the {CANCER} table are drawn, {nested.OUTER} folds choose a "
        f"logistic regression, {nested.OUTER} × {nested.INNER} nested folds evaluate that choice. The other "
        f"{len(everything.y) - rows} patients stand in for future ones. This is repeated with new random draws."
    )
    answer = _optimism(what, rows)
    if slow_answers.is_there(answer, "Choosing and judging, 20 draws of patients …"):
        _told(answer.result(), what)
        _check(what, rows)


@st.cache_resource(max_entries=16, show_spinner=False)
def _optimism(what: str, rows: int) -> Future[Optimism]:
    return slow_answers.pool().submit(nested.optimism, table(CANCER), CHOICES[what], rows)


def _told(found: Optimism, what: str) -> None:
    winner, inside = found.excess("winner"), found.excess("nested")
    text = (
        f"Choosing {what} on {found.rows} patients: the winner's own score is {found.winner.mean():.1%} on average, "
        f"the truth on {found.future} others {found.truth.mean():.1%}: **{winner.points}**. "
        f"Nested: {found.nested.mean():.1%}, {inside.points}."
    )
    frame.chart(figures.excess(found), text.replace("**", ""), "training_choice_chart")
    st.markdown(text)
    st.caption(
        f"{too_good(winner)} {len(found.truth)} draws of patients, means with 95% intervals; {found.candidates} "
        "candidates. The nested score may fall a little short: inside a fold there are fewer patients to learn from. "
        "The draws share patients, so the intervals are a little too narrow."
    )


def too_good(excess: Mean) -> str:
    """What the winner's own score minus the truth lets one conclude."""
    if excess.low > 0:
        return "The interval of the winner's excess leaves zero out: its own score is too good."
    return (
        "The interval of the winner's excess reaches zero: that its own score is too good is not shown here."
    )


def _check(what: str, rows: int) -> None:
    """The scores of the first candidates on the first draw, taken again by scikit-learn."""
    from dlcore.oracles import nested as oracle

    everything = table(CANCER)
    some = np.sort(np.random.default_rng([0, 0]).permutation(len(everything.y))[:rows])
    among = CHOICES[what](everything.x.shape[1])
    few = nested.Candidates(among.columns[:3], among.l2[:3])
    x, y = everything.x[some], everything.y[some]
    ours, theirs = (room.accuracies(x, y, few, nested.OUTER, 0) for room in (nested, oracle))
    frame.check(
        "cross-validated accuracy of the first candidates on the first draw",
        ", ".join(f"{value:.3f}" for value in ours),
        ", ".join(f"{value:.3f}" for value in theirs),
        float(np.abs(ours - theirs).max()),
        1e-12,
        "scikit-learn",
    )
