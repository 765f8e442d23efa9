"""The lists "How this page is checked": every comparison holds, and a planted error turns its card red."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dlcore.convolution.sliding import Geometry
from dlcore.data import load
from dlcore.network.trajectory import Plan, train
from dlcore.optimizers import RULES, SURFACES, Race, race
from dlcore.oracles import network as oracle
from dlcore.oracles import surfaces as surface_oracle
from dlcore.runs import Recipe, Run
from dlcore.training import fit
from ui.backprop import other_checks
from ui.backprop.stepper import PRESETS, Setting
from ui.convolution import other_checks as convolution_checks
from ui.convolution import sliding_filter as hand
from ui.gradcam import other_checks as heatmap_checks
from ui.optimizers import other_checks as race_checks
from ui.optimizers.race import Plan as RacePlan
from ui.training import other_checks as run_checks

pytestmark = pytest.mark.delicate


def judged(check: Callable[..., None], *at: Any) -> tuple[int, list[str]]:
    """How many cards a page's list has, and the claims of those that do not hold."""
    cards: list[tuple[str, bool]] = []

    def card(claim: str, ours: Any, theirs: Any, off: float, allowed: float, name: str) -> None:
        cards.append((claim, off <= allowed))

    check(*at, card)
    return len(cards), [claim for claim, holds in cards if not holds]


def red(setting: Setting) -> tuple[int, list[str]]:
    """How many cards the list of the backprop page has, and the claims of those that do not hold."""
    return judged(other_checks.other_checks, setting)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_other_check_of_backprop_holds(preset: str) -> None:
    assert red(PRESETS[preset]) == (7, [])


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("mean_loss", "the loss surface"),
        ("projected_loss", "the tangent"),
        ("gradient", "the bug zoo"),
        ("gradient_norms", "the norms"),
    ],
)
def test_a_planted_factor_turns_its_card_red(name: str, claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(other_checks, name)

    def wrong(*values: Any) -> Any:
        found = right(*values)
        if hasattr(found, "delta"):
            return type(found)(found.label, 1.001 * found.delta)
        return 1.001 * found

    monkeypatch.setattr(other_checks, name, wrong)
    assert any(one.startswith(claim) for one in red(Setting())[1])


def test_losses_and_accuracies_of_a_network_are_torchs_and_scikit_learns() -> None:
    run = train(Plan(epochs=20))
    for t in (0, -1):
        for kind, (loss, accuracy) in oracle.scores(run.plan, run.theta[t]).items():
            assert run.loss[kind][t] == pytest.approx(loss, rel=1e-12) and run.accuracy[kind][t] == accuracy
    assert np.ptp(run.accuracy["train"]) > 0.05


# --- the race ----------------------------------------------------------------------------------------------


def a_race(surface: str) -> tuple[RacePlan, Race]:
    plan = RacePlan(
        surface, 10.0, (RULES["adam"](lr=0.05), RULES["newton"]()), SURFACES[surface].start, 60, 0.0, 0
    )
    return plan, race(plan.ground(), plan.rules, [plan.start], plan.steps)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_other_check_of_the_race_holds(surface: str) -> None:
    cards, wrong = judged(race_checks.other_checks, *a_race(surface))
    assert cards >= 9 and not wrong


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("heavy_ball_rate", "the heavy-ball"),
        ("critical_beta", "critical"),
        ("endings", "share"),
        ("endings", "a basin map"),
        ("sweep", "the loss after"),
        ("newton_step", "the Newton step"),
    ],
)
def test_a_planted_error_of_the_race_turns_its_card_red(
    name: str, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(race_checks, name)

    def wrong(*values: Any) -> Any:
        found = right(*values)
        if name == "endings":
            return replace(found, label=np.roll(found.label, 1) * 0 + 1)
        return replace(found, losses=1.001 * found.losses) if name == "sweep" else 1.001 * found

    monkeypatch.setattr(race_checks, name, wrong)
    assert any(one.startswith(claim) for one in judged(race_checks.other_checks, *a_race("two_wells"))[1])


@pytest.mark.parametrize("surface", SURFACES)
def test_a_gradient_that_is_zero_or_a_little_off_is_red_on_flat_ground_too(surface: str) -> None:
    ground = SURFACES[surface]
    for point in (ground.start, (10.0, 3.0), (2.5, -1.7)):
        theirs, allowed = surface_oracle.slope_and_rounding(surface, ground.formula, point)
        ours = ground.grad(np.array(point))
        assert np.abs(ours - theirs).max() <= allowed
        for factor in (0.0, 1.001, -1.0):
            assert np.abs(factor * ours - theirs).max() > allowed, (point, factor)


def test_the_printed_formula_is_read_and_a_changed_digit_is_seen() -> None:
    points = np.random.default_rng(0).uniform(-2, 2, (20, 2))
    for ground in SURFACES.values():
        if ground.name != "logistic":
            np.testing.assert_allclose(
                surface_oracle.printed_value(ground.formula, points), ground.f(points), rtol=1e-12, atol=1e-12
            )
    changed = SURFACES["beale"].formula.replace("2.25", "2.5")
    assert np.abs(surface_oracle.printed_value(changed, points) - SURFACES["beale"].f(points)).max() > 0.1


# --- convolution -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 5])
def test_every_other_check_of_convolution_holds(k: int) -> None:
    x = np.random.default_rng(k).random((28, 28))
    w = np.random.default_rng(1).normal(size=(k, k))
    setting = hand.Setting("", x, hand.OWN, w, Geometry(k, 2, 1, 1))
    cards, wrong = judged(convolution_checks.other_checks, setting)
    assert cards == 10 and not wrong


def test_a_wrong_output_size_pooling_or_cosine_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = hand.Setting(
        "", np.random.default_rng(0).random((28, 28)), hand.OWN, np.ones((3, 3)), Geometry()
    )
    pool, size, cosines = (
        convolution_checks.pool,
        convolution_checks._size,
        convolution_checks.kernels.edge_cosines,
    )
    monkeypatch.setattr(convolution_checks, "_size", lambda n, g: size(n, g) + (g.s > 1))
    monkeypatch.setattr(convolution_checks, "pool", lambda a, n, kind: pool(a, n, "max"))
    monkeypatch.setattr(convolution_checks.kernels, "edge_cosines", lambda w: cosines(w) ** 2)
    wrong = judged(convolution_checks.other_checks, setting)[1]
    assert len(wrong) == 5 and "average" in wrong[1]


# --- heat maps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["signed", "tied", "negative"])
def test_every_other_check_of_a_heat_map_holds(kind: str) -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(7, 7))
    raw = {"signed": raw, "tied": np.round(raw), "negative": -np.abs(raw)}[kind]
    mask = np.zeros((28, 28), np.uint8)
    mask[5:14, 8:20] = 1
    cards, wrong = judged(heatmap_checks.other_checks, raw, mask, (28, 28))
    assert cards >= 10 and not wrong
    assert judged(heatmap_checks.other_checks, raw, None, (28, 28))[1] == []


@pytest.mark.parametrize(
    ("room", "name", "claims"),
    [
        ("heatmaps", "smooth", 3),
        ("heatmaps", "upsample", 1),
        ("similarity", "ssim", 1),
        ("erasing", "areas", 1),
        ("erasing", "steps_between", 1),
    ],
)
def test_a_planted_error_of_a_heat_map_turns_its_card_red(
    room: str, name: str, claims: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(getattr(heatmap_checks, room), name)
    monkeypatch.setattr(getattr(heatmap_checks, room), name, lambda *values: 1.001 * right(*values))
    raw = np.random.default_rng(0).normal(size=(7, 7))
    assert len(judged(heatmap_checks.other_checks, raw, None, (28, 28))[1]) >= claims


# --- training ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained() -> Run:
    return fit(Recipe(dataset="digits", model="mlp", epochs=2, width=16, subset=300))


def test_every_other_check_of_a_run_holds(trained: Run) -> None:
    cards, wrong = judged(run_checks.other_checks, trained, load("digits"))
    assert cards == 11 and not wrong


@pytest.mark.parametrize(
    ("name", "wrong", "claim"),
    [
        ("confusion", lambda found: found.T, "all cells"),
        (
            "newcombe",
            lambda found: replace(found, low=found.low - 1e-6),
            "the 95% interval of the difference",
        ),
        ("bootstrap", lambda found: replace(found, high=2 * found.high - found.value), "the bootstrap's"),
        ("chi_square", lambda found: 1.001 * found, "χ²"),
        ("folds", lambda found: (np.concatenate(found[:2]), *found[2:], found[0][:0]), "images of a class"),
        ("nearest", lambda found: (found[0], found[1] ** 2), "correlation"),
    ],
)
def test_a_planted_error_of_a_run_turns_its_card_red(
    name: str, wrong: Callable, claim: str, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(run_checks, name)
    monkeypatch.setattr(run_checks, name, lambda *values: wrong(right(*values)))
    assert any(one.startswith(claim) for one in judged(run_checks.other_checks, trained, load("digits"))[1])
