"""Verdicts on a small network's training: from the whole curve, and the same wherever sums are rounded otherwise."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dlcore.network import Network
from dlcore.network.symptoms import dead_neurons, jumps, overfitted, symptoms, unlearned
from dlcore.network.trajectory import Plan, sets, train
from proofs.subjects.verdicts import JUMPING, PLANS, SAID, heard, nearby
from ui.network import controls

pytestmark = pytest.mark.delicate

EPOCHS = np.arange(101)
FALLING = 0.7 * 0.97 ** np.arange(101)
NOISE = np.random.default_rng(0).normal(size=101)


def test_every_example_has_its_verdict() -> None:
    assert SAID.keys() == {example.name for example in controls.EXAMPLES}


@pytest.mark.parametrize("rounding", [0, 1, 2])
@pytest.mark.parametrize("name", SAID)
def test_examples_get_the_same_sentences_some_roundings_away(name: str, rounding: int) -> None:
    assert heard(nearby(PLANS[name], rounding)) == SAID[name]


@pytest.mark.parametrize("seed", range(8))
def test_too_large_a_learning_rate_jumps_from_any_initial_weights(seed: int) -> None:
    assert heard(train(replace(PLANS[JUMPING], seed=seed))) == ("The loss jumps",)


def test_examples_show_what_their_commentary_says(claimed: dict[str, int]) -> None:
    runs = {name: train(plan) for name, plan in PLANS.items() if name != JUMPING}
    end = {name: (run.loss["train"][-1], run.accuracy["validation"][-1]) for name, run in runs.items()}
    assert end["A circle, learned"][0] < 0.01
    assert end["xor without a hidden layer"][1] < 0.65
    assert end["xor with the feature x₁x₂"][1] > 0.97
    assert dead_neurons(runs["Dead ReLUs"]) and not dead_neurons(runs["A circle, learned"])
    assert end["The unlucky seed"][0] > 10 * end["A circle, learned"][0]
    unlucky, learned = (PLANS[name] for name in ("The unlucky seed", "A circle, learned"))
    assert replace(unlucky, seed=claimed["seed"]) == learned  # nothing else differs
    assert end["The spiral"][1] > 0.85


@pytest.mark.parametrize("rounding", [0, 1])
def test_a_dead_neuron_of_layer_2_comes_back_and_one_of_layer_1_does_not(
    rounding: int, claimed: dict[str, Any]
) -> None:
    run = nearby(PLANS["Dead, and back again"], rounding)
    dead = [set(dead_neurons(run, t)) for t in range(len(run.epochs))]
    assert (run.epochs == np.arange(301)).all()
    later, asleep, last = (2, claimed["back"]), claimed["asleep"], claimed["last"]
    assert all(later in dead[t] for t in range(asleep, last + 1))
    assert not any(later in dead[t] for t in (asleep - 1, *range(last + 1, 301)))
    gone = {(1, claimed["gone"])}
    assert {neuron for neuron in dead[-1] if neuron[0] == 1} == gone
    for _, j in gone:  # from its death on, bit for bit where it was
        since = next(t for t in range(301) if (1, j) in dead[t])
        weights = [run.plan.net.layers(theta)[0][j - 1] for theta in run.theta[since:]]
        assert all((1, j) in dead[t] for t in range(since, 301))
        assert all((each == weights[0]).all() for each in weights)


def test_twenty_points_are_learned_by_heart(claimed: dict[str, int]) -> None:
    plan = PLANS["Overfitting on 20 points"]
    run = train(plan)
    assert len(sets(plan).train) == claimed["points"] and plan.net.size == claimed["parameters"]
    assert run.loss["train"][-1] < 0.2 * run.loss["train"][0]
    assert run.loss["validation"][-1] > 1.3 * run.loss["validation"].min()


def test_the_last_value_alone_decides_nothing() -> None:
    """A jumping curve is said to jump wherever it happens to end: low, in the middle, or high above its start."""
    curve = np.clip(0.7 + 0.2 * NOISE, 0.2, None)
    for last in (0.2, 0.64, 0.765, 1.5):
        assert "jumps" in unlearned(np.append(curve, last))
    for last in (0.01, 0.7, 1.5):
        assert unlearned(np.append(FALLING, last)) == ""


def test_each_verdict_on_a_curve_that_is_its_definition() -> None:
    flat = np.full(101, 0.7) + 0.002 * NOISE
    assert "stood still at about 0.7" in unlearned(flat)
    assert "rose from 0.7 to about 1.4" in unlearned(np.append(0.7, 2 * flat))
    assert "fell to 0.3 and went back" in unlearned(np.concatenate([[0.7], np.linspace(0.7, 0.3, 20), flat]))
    assert unlearned(FALLING) == ""


def test_a_steep_but_smooth_fall_and_small_noise_are_no_jumps() -> None:
    assert not jumps(0.7 * 0.93 ** np.arange(101))  # 7 % a step, none of them upwards
    assert not jumps(0.5 + 0.01 * NOISE)
    assert not jumps(0.05 * np.exp(0.3 * NOISE) + np.linspace(0.7, 0, 101) * (np.arange(101) < 50))  # learned


def test_overfitting_is_a_rise_for_good_not_one_bad_epoch() -> None:
    rising = np.concatenate([np.linspace(0.7, 0.5, 30), np.linspace(0.5, 1.2, 71)])
    spike = np.append(np.maximum(FALLING, 0.3)[:-1], 2.0)
    assert "rose to about 1.16" in overfitted(EPOCHS, FALLING, rising)[0]
    assert overfitted(EPOCHS, FALLING, spike) == []
    assert overfitted(EPOCHS, np.maximum(FALLING, 0.5), rising) == []  # training does not fall any more


def test_a_diverged_run_and_a_step_network_say_what_happened() -> None:
    exploded = train(Plan(Network(f="relu", head="regression"), "hills", lr=3.0))
    assert "diverged" in symptoms(exploded)[0]
    assert "slope 0" in symptoms(train(Plan(Network(f="step"), epochs=12)))[0]
