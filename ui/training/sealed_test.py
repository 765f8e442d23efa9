"""The sealed test set on screen: closed, opened once with a named run, and counted when opened again."""

from concurrent.futures import Future
from typing import Any

import streamlit as st

from dlcore.claims import Claim
from dlcore.data import ImageSet
from dlcore.data.recipe_images import parts
from dlcore.evaluation import optimism
from dlcore.evaluation.intervals import Share, standard_error
from dlcore.figures import evaluation as figures
from dlcore.runs import Run, TestScores
from dlcore.store.store import shared
from ui.frame import frame, slow_answers
from ui.frame.address import State
from ui.frame.fields import OneOf, Whole
from ui.frame.stored import needs_database, recent_runs
from ui.learner import challenges
from ui.learner.learner import asks_for_code, enter_code, is_teacher, learner, looks_at, marked
from ui.training import shown_network
from ui.training.image_sets import title_of
from ui.training.one_run import called

MODELS = (1, 2, 5, 10, 20, 50, 100)
TEST_IMAGES = (20, 50, 100, 156, 400, 1000)
_SEALED = {"tab": "Sealed test set"}
STATE = State(
    "training",
    {
        "noise_n": OneOf(TEST_IMAGES, default=156, on=_SEALED),
        "noise_m": OneOf(MODELS, default=20, on=_SEALED),
        "noise_seed": Whole(0, 9999, default=0, on=_SEALED),
    },
)


def _scored(run: Run, images: ImageSet, who: str) -> TestScores:
    """The run's test scores, the look stamped in the ledger; runs on a thread beside the page."""
    from dlcore.training import evaluate_test  # loads torch

    ledger = shared().ledger
    return evaluate_test(
        run, lambda scores: ledger.record_opening(run.recipe.dataset, who, run.key, scores), images
    )


def _open(run: Run, images: ImageSet) -> None:
    """The button's answer: one look, handed to a thread once, however often the button is hit meanwhile."""
    if "training_test" in st.session_state or challenges.keeps_sealed(run.recipe.dataset):
        return
    st.session_state["training_test"] = slow_answers.pool().submit(_scored, run, images, learner())


@needs_database("The openings of this test set cannot be counted")
def sealed_test_section(run: Run | None, images: ImageSet | None) -> None:
    """The seal, the looks so far, and why they count."""
    if run is None or images is None:
        st.caption(
            "Closed. Train a network first, compare on the validation images as often as you like, and "
            "submit one run here at the end."
        )
    else:
        looks = looks_at(run.recipe.dataset)
        n = len(parts(run.recipe, images).test)
        if not offer(run, images, looks, n):
            return
        if looks:
            _looks(looks, n)
            _reset(run.recipe.dataset)
    simulation()


def offer(run: Run, images: ImageSet, looks: list[dict[str, Any]], n: int) -> bool:
    """What can be done now with the seal: submit this run, again at a price, or nothing; False while it is scored.

    Args:
        n: images of the test part.
    """
    if _is_being_scored():
        return False
    if challenges.keeps_sealed(run.recipe.dataset):
        st.info(challenges.CLOSED, icon=":material/lock:")
        return True
    if seen := sum(len(looks_at(name)) for name, _ in images.made_from):
        often = "once" if seen == 1 else f"{seen} times"
        st.warning(f"The test set of the images that this version was made from was opened {often}.")
    _seal(run, images, looks, n)
    return True


def _is_being_scored() -> bool:
    """Whether a look is under way; a failed one says why."""
    future: Future[TestScores] | None = st.session_state.get("training_test")
    if future is None:
        return False
    if not future.done():
        slow_answers.is_there(future, "Scoring the submitted run on the test images …")
        return True
    del st.session_state["training_test"]
    error = future.exception()
    if error is not None:
        text = str(error) if isinstance(error, ValueError) else "The test images could not be scored."
        st.warning(f"{text} No opening was counted.", icon=":material/error:")
    return False


def _seal(run: Run, images: ImageSet, looks: list[dict[str, Any]], n: int) -> None:
    """What can be done now: submit this run, again at a price, or nothing."""
    title = title_of(run.recipe.dataset)
    if any(look["key"] == run.key for look in looks):
        st.markdown(f"The run on show has been submitted to the test set of {title}: its score stands below.")
        return
    if not run.weights:
        st.caption("The run on show kept no weights: there is nothing to submit.")
        return
    often = "once" if len(looks) == 1 else f"{len(looks)} times"
    state = f"opened {often} already" if looks else "closed"
    st.markdown(
        f"The test set of {title} ({n:,} images) is **{state}**. You would submit the run "
        f"**{shown_network.name(run)}**, with its weights of epoch {run.best}."
    )
    if looks:
        _price(len(looks) + 1, looks[-1]["scores"]["accuracy"], n)
        if run.key in marked(recent_runs(200)):
            st.warning("This run is contaminated: it was made after this test set was opened.")
    sure = st.checkbox(
        "This is my final run; the opening is counted and cannot be taken back"
        if not looks
        else "I know that this is another opening, and that it is counted",
        key=f"training_sure_{run.key[:12]}_{len(looks)}",
    )
    st.button(
        "Open the test set with this run" if not looks else f"Open again (opening {len(looks) + 1})",
        icon=":material/lock_open:",
        disabled=not sure,
        on_click=_open,
        args=[run, images],
        key="training_open_test",
    )


def _price(m: int, accuracy: float, n: int) -> None:
    """What a further look is expected to add to the best score by luck alone."""
    se = standard_error(accuracy, n)
    st.markdown(
        f"With {m} models scored here, the best of them is expected to look up to "
        f"E[max of {m}] · SE = {optimism.expected_maximum(m):.2f} · {100 * se:.1f} = "
        f"**{100 * optimism.optimism(accuracy, n, m):.1f} percentage points** better than it is. That is an "
        "upper bound, for independent and equally good models; models that learned from the same images "
        "agree on most of them, and gain less."
    )


def _looks(looks: list[dict[str, Any]], n: int) -> None:
    """Every look with its time, its run and its scores."""
    names = called({row["key"]: row["recipe"] for row in recent_runs(200)})
    lines = ["| opening | time (UTC) | run | accuracy, 95% interval | AUC |", "|---|---|---|---|---|"]
    for i, look in enumerate(looks):
        scores = look["scores"]
        share = Share(round(scores["accuracy"] * n), n)
        name = names.get(look["key"], look["key"][:6])
        is_first = look["key"] == looks[0]["key"] or look["opened"] == looks[0]["opened"]
        mark = "" if is_first else " — contaminated"
        auc = "not defined" if scores["auc"] is None else f"{scores['auc']:.3f}"
        lines.append(
            f"| {i + 1} | {look['opened'][:16].replace('T', ' ')} | {name}{mark} | {share.short} | {auc} |"
        )
    st.markdown("\n".join(lines))
    if len(looks) == 1:
        st.caption(
            "One opening, one number to report. From now on every run of these images is marked contaminated: "
            "its recipe could be chosen knowing this number."
        )


def _reset(dataset: str) -> None:
    """A teacher seals the test set again; on a server without accounts, who knows DLCORE_TEACHER_CODE is one."""
    has_to_prove = not is_teacher()
    if has_to_prove and not asks_for_code():
        return
    with st.popover("Reset the count (teacher)"):
        st.caption("Forgets how often this learner has opened this test set. What was seen stays seen.")
        typed = st.text_input("Code", type="password", key="training_teacher_code") if has_to_prove else ""
        if st.button("Forget these openings", key="training_reseal"):
            if sentence := enter_code(typed) if has_to_prove else "":
                st.warning(sentence)
            else:
                shared().ledger.reset_openings(dataset, learner())
                st.rerun()


def simulation() -> None:
    """Coin tosses scored on coin tosses: the best of m climbs above one half all the same."""
    frame.say(
        Claim(
            "**Why openings are counted.** Suppose models guess by coin toss and the labels are coin tosses too. "
            "Each is right half the time on average, yet the best of them seems to have learned something.",
            "tests/test_optimism.py"
            "::test_the_best_of_many_coin_tossers_climbs_above_one_half_and_a_single_one_does_not",
        )
    )
    left, middle, right = st.columns(3)
    images = left.select_slider("Test images", TEST_IMAGES, 156, key="training_noise_n", bind="query-params")
    m = middle.select_slider("Models tried, m", MODELS, 20, key="training_noise_m", bind="query-params")
    seed = frame.seed(right, "Seed of the coins", "training_noise_seed")
    best_of_coins(images, m, seed)


def best_of_coins(images: int, m: int, seed: int) -> None:
    """The best of m coin-tossing models on so many images, drawn."""
    found = _guesses(images, m, seed)
    best = found.best_so_far[:, -1]
    text = (
        f"The best of {m} on {images:,} images: {best.mean():.1%} on average over {len(best)} worlds, "
        f"{best.max():.1%} in the luckiest; expected {found.expected[-1]:.1%}. The truth is 50%."
    )
    frame.chart(figures.best_of_many(found), text, "training_noise")
    st.caption(text)


@st.cache_data(max_entries=32, show_spinner=False)
def _guesses(images: int, m: int, seed: int) -> optimism.Guesses:
    return optimism.guesses(images, m, seed)
