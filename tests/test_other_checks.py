"""The lists "How this page is checked": every comparison holds, and a planted error turns its card red."""

from typing import Any

import numpy as np
import pytest

from dlcore.network.trajectory import Plan, train
from dlcore.oracles import network as oracle
from ui.backprop import other_checks
from ui.backprop.stepper import PRESETS, Setting

pytestmark = pytest.mark.delicate


def red(setting: Setting) -> tuple[int, list[str]]:
    """How many cards the list of the backprop page has, and the claims of those that do not hold."""
    cards: list[tuple[str, bool]] = []

    def card(claim: str, ours: Any, theirs: Any, off: float, allowed: float, name: str) -> None:
        cards.append((claim, off <= allowed))

    other_checks.other_checks(setting, card)
    return len(cards), [claim for claim, holds in cards if not holds]


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
