"""The experiments and the splits on the training page, without a browser: what they say, and what they set."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from test_training_page import open_tab, texts, wait_until

from dlcore.data import load
from dlcore.evaluation.remedies import against
from dlcore.experiments import hyperparameters
from dlcore.number_text import digits
from dlcore.runs import Recipe, Run
from dlcore.store.store import shared
from dlcore.training import fit
from ui.experiments.hyperparameters import remedies_sentence
from ui.experiments.learning_rate import suggested
from ui.experiments.menu import EXPERIMENTS
from ui.training import split_controls

TRAIN = 1078  # digits


def open_experiment(app: Callable, name: str, **query: str) -> Any:
    return open_tab(app, "Experiments", training_model="MLP", training_experiment=name, **query)


@pytest.fixture(scope="module")
def run() -> Run:
    found = fit(Recipe(dataset="digits", model="mlp", epochs=2, width=16))
    shared().publish(found)
    return found


def test_every_experiment_opens_before_anything_has_been_trained(app: Callable) -> None:
    test = open_experiment(app, "MLP vs. CNN")
    for name in EXPERIMENTS:
        test.button_group(key="training_experiment").set_value(name).run()
        assert not test.exception, name
        buttons = [button.label for button in test.button if button.key.startswith("training_start_")]
        # nested cross-validation and the losses compute without training a network
        assert any(label.startswith("Train ") for label in buttons) or name in (
            "Model selection",
            "Loss functions",
        )


def test_the_splits_controls_go_into_the_recipe(app: Callable) -> None:
    test = open_tab(app, "Data splits")
    assert "1,078 training images" in texts(test)
    test.slider(key="training_cuts").set_value((40, 70)).run()
    assert "719 training images" in texts(test) and "40 / 30 / 30%" in texts(test)
    test.toggle(key="training_strata").set_value(False).run()
    assert not test.exception and "not stratified" in texts(test)
    test.slider(key="training_cuts").set_value((100, 100)).run()
    assert not test.exception and "Every part keeps 5%" in texts(test)
    test.toggle(key="training_spread").set_value(True).run()
    assert "100 splits" in texts(test)
    test.toggle(key="training_thumbnails").set_value(True).run()
    assert not test.exception and "Closed. A learner who has seen the test images" in texts(test)


def test_what_the_controls_say_and_what_fills_them_agree() -> None:
    usual = Recipe(dataset="digits")
    assert split_controls.filled(usual) == {
        "training_anew": False,
        "training_cuts": (60, 80),
        "training_strata": True,
        "training_families": False,
        "training_deal_seed": 0,
    }
    assert split_controls.fractions_of(split_controls.USUAL) == usual.fractions
    other = dataclasses.replace(usual, fractions=split_controls.fractions_of((45, 75)))
    assert split_controls.filled(other)["training_cuts"] == (45, 75)
    assert split_controls.cuts_of((0, 0)) == (5, 10) and split_controls.cuts_of((100, 100)) == (90, 95)


def test_the_finder_suggests_a_rate_and_its_button_sets_it(app: Callable) -> None:
    base = Recipe(dataset="digits", model="mlp")
    (recipe,) = hyperparameters.range_test(base, TRAIN, 1)
    tested = fit(recipe, load("digits"))
    shared().publish(tested)
    found = hyperparameters.range_of([tested])
    assert found is not None
    test = open_experiment(app, "Learning rate", training_rate_seeds="1")
    assert f"falls fastest near η = {digits(found.steepest, 2)}" in texts(test)
    test.select_slider(key="training_rate").set_value(1e-4).run()
    test.button(key="training_use_rate").click().run()
    assert not test.exception
    assert test.select_slider(key="training_rate").value == suggested(found) > 1e-4


def test_losses_are_told_on_the_runs_own_predictions(app: Callable, run: Run) -> None:
    test = open_tab(app, "Experiments", run, training_experiment="Loss functions")
    assert not test.exception and not test.error
    assert "of all cross-entropy" in texts(test) and "torch and its autograd" in texts(test)


def test_both_losses_are_compared_where_both_have_learned_from_wrong_labels(app: Callable) -> None:
    arms = hyperparameters.noise_levels(Recipe(dataset="digits", model="mlp"), TRAIN, 1)
    for arm in arms.values():
        shared().publish(fit(arm[0.4][0], load("digits")))
    test = open_experiment(app, "Loss functions", training_noise="true", training_noise_seeds="1")
    assert not test.exception and "With 40% wrong labels: cross-entropy " in texts(test)
    assert test.button(key="training_start_noise").label.startswith("Train 6 networks")


def test_a_remedy_is_judged_on_unchanged_training_images(app: Callable) -> None:
    arms = hyperparameters.regularised(Recipe(dataset="digits", model="mlp"), TRAIN, 1, 100, 0.01, 0.5)
    for recipe in (arms[hyperparameters.NOTHING][0], arms["dropout 0.5"][0]):
        shared().publish(fit(recipe, load("digits")))
    test = open_experiment(app, "Regularization", training_reg_images="100", training_reg_seeds="1")
    wait_until(test, "nothing: gap")
    assert "compared when all trainings have ended" in texts(test) and "Shown to help" not in texts(test)


def test_the_best_of_several_remedies_is_judged_for_all_of_them_and_not_by_one_seed() -> None:
    rng = np.random.default_rng(0)
    plain = rng.random((3, 400)) < 0.7
    right = {
        hyperparameters.NOTHING: plain,
        "a": plain | (rng.random((3, 400)) < 0.5),
        "b": plain,
        "c": plain,
    }
    assert "Shown to help: **a**." in remedies_sentence(right)
    assert "helps is not shown" in remedies_sentence(right | {"a": plain})
    one = remedies_sentence({name: rows[:1] for name, rows in right.items()})
    assert "The best of 3 remedies is a, +" in one and "helps is not shown" in one


def test_the_interval_of_one_remedy_is_that_of_the_formula() -> None:
    plain = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
    other = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)
    found = against(plain, {"other": other})["other"]
    half = stats.t.ppf(0.975, 2) * np.sqrt(0.03125 * (0.5 + 0.5) + np.var([0, 0.5, 1, 0.5], ddof=1) / 4)
    assert found.value == pytest.approx(0.5) and found.high - found.value == pytest.approx(half)
    with pytest.raises(ValueError, match="one seed each"):
        against(plain[:1], {"other": other[:1]})


def test_the_winner_is_held_against_the_future(app: Callable) -> None:
    test = open_experiment(
        app, "Model selection", training_choice="one of 3 weight decays", training_choice_rows="80"
    )
    wait_until(test, "the truth on 489 others")
    assert "by scikit-learn" in texts(test) and not test.error
