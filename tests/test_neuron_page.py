"""The neuron page without a browser: every tab, its examples, and addresses that hold nonsense."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import BadInput
from dlcore.pointsets import read_csv
from dlcore.trajectory import Plan, train
from ui import network, network_controls, neuron, neuron_address, softmax


def open_tab(app: Callable, tab: str, **query: str) -> object:
    """The page with a tab open and more in its address, in a session that has not seen the page before."""
    test = app("home").switch_page("pages/neuron.py")
    test.query_params["neuron_tab"] = tab
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


@pytest.mark.parametrize("tab", neuron_address.TABS)
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
        ("A small network", {"neuron_seed": "1e999"}),
        ("A small network", {"neuron_seed": "-1", "neuron_noise": "nan", "neuron_lr": "inf"}),
        ("A small network", {"neuron_layers": "99-99-99-99-99-99-99-99"}),
        ("A small network", {"neuron_edit": "0:nan"}),
        ("A small network", {"neuron_edit": "9999:1"}),
        ("A small network", {"neuron_epoch": "²"}),
        ("A small network", {"neuron_data": "your own points", "neuron_own": "%00<b>"}),
        ("A small network", {"neuron_nonsense": "x" * 50_000}),
        ("Softmax", {"neuron_softmax": "1,nan;0"}),
        ("Softmax", {"neuron_softmax": "1;2;3"}),
        ("Collapse", {"neuron_depth": "1e999", "neuron_between": "\x00"}),
    ],
)
def test_a_garbled_address_gets_a_sentence_and_no_exception(tab: str, query: dict, app: Callable) -> None:
    test = open_tab(app, tab, **query)
    assert not test.exception
    assert any("address" in note.value or "Hidden layers" in note.value for note in test.info)


def test_a_sound_address_gets_no_sentence(app: Callable) -> None:
    test = open_tab(
        app, "A small network", neuron_lr="0.1", neuron_edit="3:1.5", neuron_epoch="7", neuron_layers="3"
    )
    assert not test.exception and not test.info
    assert test.selectbox(key="neuron_lr").value == 0.1


def test_the_hand_survives_the_way_through_the_address() -> None:
    hand = neuron.Hand((1.25, -0.5), 0.125, (2.0, -3.0))
    assert neuron.read_hand(neuron.write_hand(hand), 2) == (hand, "")
    wider, _ = neuron.read_hand(neuron.write_hand(hand), 5)
    assert wider.w[:2] == hand.w and len(wider.w) == len(wider.x) == 5
    clamped, sentence = neuron.read_hand("99,1;2;3,4", 2)
    assert clamped.w[0] == 4.0 and "out of range" in sentence


def test_scores_and_edits_are_clamped() -> None:
    assert softmax.read("9,1;0.01")[:2] == ((5.0, 1.0), 0.1)
    assert network.read_edits("0:1.5_3:-99", 25) == ({0: 1.5, 3: -20.0}, "")
    assert network.read_edits("1:2:3", 25)[0] == {}


@pytest.mark.parametrize(
    ("text", "hidden", "complains"),
    [
        ("4-2", (4, 2), False),
        ("none", (), False),
        ("8, 8", (8, 8), False),
        ("9", (8,), True),
        ("abc", (), True),
    ],
)
def test_layers_are_read_from_text(text: str, hidden: tuple, complains: bool) -> None:
    found, sentence = network_controls.read_layers(text)
    assert found == hidden and bool(sentence) == complains


def test_a_pasted_table_becomes_points_in_the_window() -> None:
    lines = [f"{i}, {i * i}, {'A' if i % 2 else 'B'}" for i in range(10)]
    points = read_csv("first,second,kind\n" + "\n".join(lines))
    assert points.x.shape == (10, 2) and np.abs(points.x).max() == pytest.approx(5.5)
    assert (points.y == np.where(np.arange(10) % 2 == 0, -1.0, 1.0)).all()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "1,2,A\n" * 9,
        "nan,2,A\n1,2,B\n" * 4,
        "1,2,A\n1,2,B\n1,2,C\n" * 3,
        "1,2,A\n1,2,B\n" * 200,
        "\x00" * 99,
    ],
)
def test_a_table_that_is_none_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput):
        read_csv(text)


def test_the_script_of_a_network_prints_the_numbers_on_screen(capsys: pytest.CaptureFixture[str]) -> None:
    plan = replace(Plan(), epochs=5)
    exec(network_controls.script(plan), {})  # noqa: S102
    assert f"{train(plan).loss['train'][-1]}" in capsys.readouterr().out
