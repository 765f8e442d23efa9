"""A sealed challenge: validation scores alone until the seal is broken, once, for all; then the winner's curse."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sql
from conftest import PATIENCE
from scipy.integrate import quad
from scipy.stats import norm
from streamlit.testing.v1 import AppTest
from test_class_session import ADA, BOB, EVE, be, button, everything, folder, ledger, page, said, server
from test_store import made_run

from dlcore.evaluation.challenge import (
    Entry,
    Outcome,
    agreement,
    has_usual_split,
    luck_of_choice,
    ordered,
    simulated,
)
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.optimism import contaminated
from dlcore.runs import Recipe, Run
from dlcore.store import schema
from dlcore.store.ledger import Ledger
from dlcore.store.store import shared
from dlcore.training import fit
from ui.training import submitting

__all__ = ["be", "folder", "ledger", "server"]  # fixtures
SCORES = {"loss": 0.4, "accuracy": 0.817, "auc": 0.9, "images": 360}
KEYS = ["a" * 64, "b" * 64, "c" * 64]


# --- the mathematics -----------------------------------------------------------------------------------------


def test_how_alike_runs_are_is_the_mean_correlation_of_numpy() -> None:
    right = np.random.default_rng(0).random((6, 80)) < np.linspace(0.3, 0.9, 80)
    of_pairs = np.corrcoef(right)[np.triu_indices(6, 1)]
    assert agreement(right) == pytest.approx(of_pairs.mean(), abs=1e-12)
    with_a_perfect_one = np.vstack([right, np.ones(80, bool)])
    assert agreement(with_a_perfect_one) == pytest.approx(of_pairs.mean(), abs=1e-12)
    assert agreement(right[:1]) == agreement(np.ones((3, 5), bool)) == 0.0


def test_the_expected_optimism_is_that_of_an_integral_and_of_simulated_normal_scores() -> None:
    entries = [Entry(str(i), "", Share(80 + i, 100), Share(80, 100)) for i in range(9)]
    found = Outcome(ordered(entries), 0.6, 0.0)
    largest = quad(lambda z: 9 * z * norm.pdf(z) * norm.cdf(z) ** 8, -9, 9)[0]
    se = (0.84 * 0.16 / 100) ** 0.5
    assert found.most == pytest.approx(largest * se, abs=1e-6)
    rng = np.random.default_rng(1)
    common, own = rng.standard_normal((100_000, 1)), rng.standard_normal((100_000, 9))
    scores = se * (0.6**0.5 * common + 0.4**0.5 * own)
    assert found.expected == pytest.approx(scores.max(axis=1).mean(), abs=2e-4)
    assert Outcome(ordered(entries[:1]), 0.0, 0.0).expected == pytest.approx(0.0, abs=1e-12)


def test_the_luck_of_choosing_is_the_mean_over_all_draws_of_images() -> None:
    right = np.array([[True, True, False, False], [False, True, True, True], [True, False, False, True]])
    scores = right.mean(axis=1)
    excess = []
    for drawn in product(range(4), repeat=4):
        here = right[:, drawn].mean(axis=1)
        excess.append(here.max() - scores[int(np.argmax(here))])
    assert luck_of_choice(right, 200_000) == pytest.approx(np.mean(excess), abs=0.002)
    assert luck_of_choice(right[:1]) == 0.0


def test_equally_good_runs_fall_by_what_is_expected_and_better_ones_by_less() -> None:
    rng = np.random.default_rng(2)
    for spread, low, high in ((0.0, -0.006, 0.006), (0.05, -1.0, -0.01)):
        found = [simulated(rng, runs=10, spread=spread) for _ in range(150)]
        more = np.mean([one.highest.gap.value - one.expected for one in found])
        assert low < more < high
        assert all(one.expected <= one.most for one in found)
        less = np.mean([one.highest.gap.value - one.luck for one in found])
        assert -0.006 < less < 0.02  # as good as they look: rather too little, and near


def test_two_runs_that_agree_are_enough_for_an_agreement_and_one_is_not() -> None:
    right = np.array([[True, True, False, False], [True, False, True, False]])
    assert agreement(right[[0, 0]]) == pytest.approx(1) and agreement(right) == pytest.approx(0)
    assert luck_of_choice(right) > 0.05 and luck_of_choice(right[:1]) == 0  # two that differ: one is luckier
    assert agreement(right[:1]) == 0 == agreement(~np.zeros((3, 4), bool))


def test_over_200_simulated_challenges_the_winner_falls_and_reversals_are_counted(
    claimed: dict[str, Any],
) -> None:
    rng = np.random.default_rng(7)
    runs, images = claimed["runs"], claimed["images"]
    assert claimed["worlds"] == 200  # one more or less gives the same percentages
    found = [simulated(rng, runs, images, images) for _ in range(claimed["worlds"])]
    gaps = np.array([one.highest.gap.value for one in found])
    assert gaps.mean() > 5 * gaps.std() / np.sqrt(len(gaps))
    assert round(100 * float(gaps.mean()), 1) == claimed["points"]
    assert round(100 * float(np.mean([one.is_reversed for one in found]))) == claimed["reversed"]
    assert any(not one.is_reversed for one in found) and (gaps <= 0).any()  # one class may see neither


def test_a_simulated_run_is_as_good_as_it_is_meant_to_be() -> None:
    one = simulated(np.random.default_rng(3), 40, 2000, 2000, mean=0.7, spread=0.0, alike=0.5)
    assert np.mean([run.on_test.value for run in one.runs]) == pytest.approx(0.7, abs=0.02)
    t, rng = NormalDist().inv_cdf(0.7), np.random.default_rng(4)
    x, y = t > rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 200_000).T
    assert one.agreement == pytest.approx(np.corrcoef(x, y)[0, 1], abs=0.02)


def test_the_honest_winner_is_validations_and_nobodys_who_had_looked() -> None:
    def entry(key: str, validation: int, test: int, knew: bool = False) -> Entry:
        return Entry(key, key, Share(validation, 100), Share(test, 200), knew)

    found = Outcome(ordered([entry("a", 80, 170), entry("b", 90, 160), entry("a", 80, 170)]), 0.0, 0.0)
    assert found.highest.key == "b" and len(found.runs) == 2 and len(found.entries) == 3
    assert found.honest_winner == found.highest and found.best_on_test.key == "a" and found.is_reversed
    assert found.highest.gap.value == pytest.approx(0.1)
    assert found.mean_gap.value == pytest.approx((0.1 - 0.05) / 2)
    looked = Outcome(ordered([entry("a", 80, 170), entry("b", 90, 160, True)]), 0.0, 0.0)
    assert looked.honest_winner is not None and looked.honest_winner.key == "a"
    assert Outcome((entry("a", 80, 170, True),), 0.0, 0.0).honest_winner is None


def test_a_split_of_ones_own_is_told_from_the_usual_one() -> None:
    for change in ({"folds": 5}, {"split_seed": 1}, {"fractions": (0.5, 0.3, 0.2)}, {"grouped": True}):
        recipe = replace(Recipe("cells"), **change)  # type: ignore[arg-type]
        assert not has_usual_split(recipe, is_official=False)
        assert has_usual_split(recipe, is_official=True) == ("folds" not in change)
    assert not has_usual_split(Recipe("cells", official_split=False), is_official=True)
    assert has_usual_split(Recipe("cells", "mlp", lr=0.1, subset=40, label_noise=0.1), is_official=False)


# --- in the ledger, on both databases --------------------------------------------------------------------------


def challenge_in(ledger: Ledger, budget: int = 2, minutes: float = 10.0) -> str:
    """The code of a class with Ada and Bob and a challenge on digits."""
    code = ledger.begin_class("teacher")
    ledger.join_class(code, ADA, "Nickname of Ada")
    ledger.join_class(code, BOB, "")
    ledger.begin_challenge(code, "digits", minutes, budget)
    return code


def test_a_budget_counts_trainings_of_each_learner_and_time_ends(ledger: Ledger) -> None:
    runs = [made_run(seed) for seed in range(3)]
    for run in runs:
        ledger.index(run)
    ledger.claim([runs[0].key], ADA)  # before the challenge
    code = challenge_in(ledger)
    ledger.claim([runs[1].key], ADA)
    ledger.claim([runs[2].key], ADA)  # two trainings on these images: the budget
    challenge = ledger.challenge_of(code)
    assert challenge is not None
    assert ledger.trainings_in_challenge(challenge, ADA) == [runs[1].key, runs[2].key]
    assert ledger.submit(code, ADA, runs[0].key, "old", 3, 4) == "budget"
    assert ledger.submit(code, ADA, runs[2].key, "third", 3, 4) == ""
    assert ledger.submit(code, ADA, runs[2].key, "third", 3, 4) == "again"
    assert ledger.submit(code, BOB, runs[0].key, "Bob's", 4, 4) == ""  # his budget is his own
    assert ledger.submit(code, BOB, runs[1].key, "Bob's", 4, 4) == ""
    assert ledger.submit(code, BOB, runs[2].key, "Bob's", 4, 4) == "budget"
    assert ledger.submit(code, EVE, runs[2].key, "", 4, 4) == "gone"  # is not in the class
    with ledger.engine.begin() as db:
        past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="microseconds")
        db.execute(sql.update(schema.class_challenges).values(ends=past))
    assert ledger.submit(code, ADA, runs[1].key, "", 3, 4) == "over"
    assert [one.label for one in ledger.submissions(code)] == ["Bob's", "Bob's", "third"]
    assert [one.number for one in ledger.submissions(code)] == [2, 2, 1]


def test_no_test_score_is_anywhere_before_the_seal_and_it_breaks_once_for_all(ledger: Ledger) -> None:
    code = challenge_in(ledger, budget=3)
    for learner, key in ((ADA, KEYS[0]), (ADA, KEYS[1]), (BOB, KEYS[1]), (BOB, KEYS[2])):
        assert ledger.submit(code, learner, key, key[:6], 3, 4) == ""
    ledger.record_opening("digits", BOB, "d" * 64, {"accuracy": 0.1, "auc": None})
    turn = ledger.class_session(code).turn  # type: ignore[union-attr]
    assert ledger.close_challenge(code) == tuple(KEYS)
    assert ledger.submit(code, ADA, KEYS[2], "late", 4, 4) == "over"
    assert all(not one.scores for one in ledger.submissions(code)) and "0.817" not in everything(ledger)

    scores = dict.fromkeys(KEYS[:2], SCORES)  # the third run is gone
    done: list[bool] = []
    threads = [
        threading.Thread(target=lambda: done.append(ledger.break_seal(code, scores, 0.3, 0.02)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 4 + [True]
    assert [look["key"] for look in ledger.test_openings("digits", ADA)] == KEYS[:2]
    assert [look["key"] for look in ledger.test_openings("digits", BOB)] == ["d" * 64, KEYS[1]]
    found = {(one.number, one.key): one for one in ledger.submissions(code)}
    assert found[1, KEYS[0]].scores == SCORES and not found[2, KEYS[2]].scores
    assert [found[who].knew for who in ((1, KEYS[0]), (2, KEYS[1]))] == [False, True]
    assert ledger.challenge_of(code).agreement == 0.3  # type: ignore[union-attr]
    assert ledger.class_session(code).turn == turn + 1  # type: ignore[union-attr]
    assert contaminated([], ledger.test_openings("digits", ADA)) == set()  # opened at one moment: one look
    assert contaminated([], ledger.test_openings("digits", BOB)) == {KEYS[1]}


def test_who_leaves_takes_their_submissions_along_and_nothing_stays_of_a_challenge(ledger: Ledger) -> None:
    code = challenge_in(ledger)
    other = ledger.begin_class("another")
    ledger.submit(code, ADA, KEYS[0], "of Ada", 3, 4)
    ledger.submit(code, BOB, KEYS[1], "of Bob", 3, 4)
    ledger.join_class(other, BOB, "")
    assert [one.label for one in ledger.submissions(code)] == ["of Ada"]
    ledger.begin_challenge(code, "cells", 10, 1)
    assert ledger.submissions(code) == []  # another challenge has another board
    ledger.submit(code, ADA, KEYS[0], "of Ada", 3, 4)
    ledger.end_class(code)
    assert ledger.challenge_of(code) is None and "of Ada" not in everything(ledger)
    assert (
        not ledger.break_seal(code, {KEYS[0]: SCORES}, 0.0, 0.0) and ledger.test_openings("cells", ADA) == []
    )
    ledger.begin_challenge(code, "cells", 10, 1)  # of a class that is over
    assert ledger.challenge_of(code) is None


# --- the pages ---------------------------------------------------------------------------------------------------


def trained(seed: int, **change: object) -> Run:
    """A small run on digits in the store."""
    recipe = Recipe("digits", "mlp", width=8, epochs=2, seed=seed, **change)  # type: ignore[arg-type]
    run = fit(recipe)
    shared().publish(run)
    return run


def saved_runs(run: Run) -> AppTest:
    """The training page with this run on show and the list of runs open."""
    query = {"training_data": "Handwritten digits", "training_tab": "Saved runs", "training_run": run.key}
    return page("training", **query)


def test_a_run_on_other_images_of_another_split_or_from_a_file_is_refused_with_a_sentence(
    be: Callable[[str], None],
) -> None:
    be(ADA)
    run = trained(0)
    assert submitting.unfit(run, "digits") == ""
    assert "learned from Handwritten digits; the challenge is on Blood" in submitting.unfit(run, "cells")
    assert "another split" in submitting.unfit(replace(run, recipe=replace(run.recipe, folds=5)), "digits")
    assert "brought in a file" in submitting.unfit(replace(run, brought="1" * 64), "digits")
    assert "kept no weights" in submitting.unfit(replace(run, best=0), "digits")


def test_a_teacher_and_two_learners_submit_see_validation_only_and_the_seal_is_broken_once(
    be: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    be(EVE)
    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: True)
    teacher = page("session")
    button(teacher, "Start a class").click().run()
    code = teacher.header[0].value
    teacher.segmented_control(key="session_kind").set_value("Challenge").run()
    teacher.selectbox(key="session_images").set_value("digits").run()
    teacher.number_input(key="session_budget").set_value(1).run()
    button(teacher, "Start the challenge").click().run()
    assert "**0 runs** submitted" in said(teacher) and not teacher.exception

    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: False)
    runs = {ADA: trained(0), BOB: trained(1)}
    more = trained(2)
    for name, nickname in ((ADA, "Ada"), (BOB, "")):
        be(name)
        shared().ledger.join_class(code, name, nickname)
        shared().claim([runs[name].key], name)
        shared().claim([more.key], name)
        test = saved_runs(runs[name])
        assert "1 of 1 training used" in said(test)
        button(test, "Submit to the challenge").click().run()
        assert "Submitted, with a validation accuracy of" in said(test)
    test.selectbox(key="training_one").set_value(more.key).run()
    button(test, "Submit to the challenge").click().run()
    assert "Your budget is used up" in said(test) and not test.exception

    sealed = page("training", training_data="Handwritten digits", training_tab="Sealed test set",
                  training_run=more.key)  # fmt: skip
    assert "Your class has a sealed challenge on these images" in said(sealed)
    assert not [one for one in sealed.button if "Open" in one.label]
    board = page("session")
    assert list(board.dataframe[0].value["learner"].sort_values()) == ["Ada", "learner 2"]
    assert not any("test" in name for name in board.dataframe[0].value.columns)
    assert "scores" not in everything(shared().ledger) and '"accuracy"' not in everything(shared().ledger)

    be(EVE)
    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: True)
    teacher.run()
    assert "**2 runs** submitted" in said(teacher)
    button(teacher, "Break it now").click().run()
    end = time.monotonic() + PATIENCE
    while "honest winner" not in said(teacher):
        assert time.monotonic() < end and not teacher.exception
        time.sleep(0.1)
        teacher.run()
    assert "Expected from the luck of choosing the best of 2" in said(teacher)
    for name in (ADA, BOB):
        assert [look["key"] for look in shared().ledger.test_openings("digits", name)] == [runs[name].key]

    monkeypatch.setattr("ui.learner.learner.is_teacher", lambda: False)
    be(ADA)
    board.run()
    best = max(runs.values(), key=lambda run: run.best_epoch.val_accuracy)  # type: ignore[union-attr]
    assert best.key[:6] in said(board) and "test accuracy, 95% interval" in board.dataframe[0].value
    shared().ledger.end_class(code)
    assert "'Ada'" not in everything(shared().ledger)
    assert len(shared().ledger.test_openings("digits", ADA)) == 1  # openings stay counted
