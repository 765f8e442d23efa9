"""The neuron page without a browser: every tab, and addresses that hold nonsense."""

from collections.abc import Callable

import numpy as np
import pytest

from dlcore.neuron import neuron as output
from ui.neuron import address, neuron, softmax


def open_tab(app: Callable, tab: str, **query: str) -> object:
    """The page with a tab open and more in its address, in a session that has not seen the page before."""
    test = app("home").switch_page("pages/neuron.py")
    test.query_params["neuron_tab"] = tab
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


@pytest.mark.parametrize("tab", address.TABS)
def test_every_tab_runs_and_its_checks_hold(tab: str, app: Callable) -> None:
    test = open_tab(app, tab)
    assert not test.exception and not test.error
    checks = [c.value for c in test.caption if "**Check**" in c.value]
    assert checks and not any("≠" in c for c in checks)


@pytest.mark.parametrize(
    ("tab", "query"),
    [
        ("One neuron", {"neuron_at": "nan,1;2;3,4"}),
        ("One neuron", {"neuron_at": "<script>alert(1)</script>"}),
        ("One neuron", {"neuron_at": "1e999,1;2;3,4"}),
        ("One neuron", {"neuron_f": "zzz", "neuron_n": "77"}),
        ("Softmax", {"neuron_softmax": "1,nan;0"}),
        ("Softmax", {"neuron_softmax": "1;2;3"}),
        ("Stacked layers", {"neuron_depth": "1e999", "neuron_between": "\x00"}),
    ],
)
def test_a_garbled_address_gets_a_sentence_and_no_exception(tab: str, query: dict, app: Callable) -> None:
    test = open_tab(app, tab, **query)
    assert not test.exception
    assert sum(note.value.startswith("This link asks for") for note in test.info) == 1


def test_the_hand_survives_the_way_through_the_address() -> None:
    hand = neuron.Hand((1.25, -0.5), 0.125, (2.0, -3.0))
    assert neuron.read_hand(neuron.write_hand(hand), 2) == (hand, "")
    wider, _ = neuron.read_hand(neuron.write_hand(hand), 5)
    assert wider.w[:2] == hand.w and len(wider.w) == len(wider.x) == 5
    clamped, sentence = neuron.read_hand("99,1;2;3,4", 2)
    assert clamped.w[0] == 4.0 and "out of range" in sentence


def test_scores_are_clamped() -> None:
    assert softmax.read("9,1;0.01")[:2] == ((5.0, 1.0), 0.1)


def test_a_sound_address_gets_no_sentence(app: Callable) -> None:
    test = open_tab(app, "One neuron", neuron_at="1,1;0.5;1,1", neuron_f="tanh")
    assert not test.exception and not test.info


def test_one_gelu_solves_xor_at_the_address_of_its_preset(app: Callable, claimed: dict[str, float]) -> None:
    hand, sentence = neuron.read_hand(address.SOLVED["neuron_at"], 2)
    assert not sentence and (*hand.w, hand.b) == (claimed["w"], claimed["w"], claimed["b"])
    corners = np.array(neuron.CORNERS[address.SOLVED["neuron_points"]])
    f = next(key for key, name in neuron.F_NAMES.items() if name == address.SOLVED["neuron_f"])
    a = output(hand.w, corners[:, :2], hand.b, f)
    np.testing.assert_array_equal(a < claimed["cut"], corners[:, 2] > 0)
    test = open_tab(app, "One neuron", **address.SOLVED)
    assert not test.exception and not test.info
    assert test.selectbox(key="neuron_f").value == "gelu"
