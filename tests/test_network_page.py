"""The small network's page without a browser: its examples, and addresses that hold nonsense."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import BadInput
from dlcore.network.pointsets import decoded, read_csv
from dlcore.network.trajectory import Plan, train
from ui.network import controls
from ui.network.playground import LEAD, read_edits


def open_network(app: Callable, **query: str) -> object:
    """The page with more in its address, in a session that has not seen the page before."""
    test = app("home").switch_page("pages/network.py")
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def test_the_page_runs_and_its_checks_hold(app: Callable) -> None:
    test = open_network(app)
    assert not test.exception and not test.error
    checks = [c.value for c in test.caption if "**Check**" in c.value]
    assert checks and not any("≠" in c for c in checks)


@pytest.mark.parametrize(
    "query",
    [
        {"network_seed": "1e999"},
        {"network_seed": "-1", "network_noise": "nan", "network_lr": "inf"},
        {"network_layers": "99-99-99-99-99-99-99-99"},
        {"network_edit": "0:nan"},
        {"network_edit": "9999:1"},
        {"network_edit": "1:0:1:2"},
        {"network_epoch": "²"},
        {"network_data": "your own points", "network_own": "%00<b>"},
        {"network_nonsense": "x" * 50_000},
    ],
)
def test_a_garbled_address_gets_a_sentence_and_no_exception(query: dict, app: Callable) -> None:
    test = open_network(app, **query)
    assert not test.exception
    assert sum(note.value.startswith("This link asks for") for note in test.info) == 1


def test_a_sound_address_gets_no_sentence(app: Callable) -> None:
    test = open_network(app, network_lr="0.1", network_edit="3:1.5", network_epoch="7", network_layers="3")
    assert not test.exception and not test.info
    assert test.selectbox(key="network_lr").value == 0.1


def test_edits_are_clamped_and_old_ones_belong_to_the_epoch_on_screen() -> None:
    assert read_edits("7:0:1.5_300:3:-99", 25) == (((7, 0, 1.5), (300, 3, -20.0)), "")
    assert read_edits("0:1.5", 25) == (((LEAD, 0, 1.5),), "")
    assert read_edits("0:1.5", 25, epoch=12)[0] == ((12, 0, 1.5),)
    assert read_edits("1:25:3", 25)[0] == () and read_edits("1:25:3", 25)[1]


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
    found, sentence = controls.read_layers(text)
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


ROWS = [
    (-2.0, 0.0, "B"),
    (1.5, 2.0, "A"),
    (0.25, -1.0, "B"),
    (3.0, 1.0, "A"),
    (-1.0, 0.5, "B"),
    (2.0, 2.5, "A"),
]


@pytest.mark.parametrize("separator", [",", ";", "\t", " ; "])
@pytest.mark.parametrize("mark", ".,")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_spelling_of_a_table_is_read_right_or_refused(separator: str, mark: str, encoding: str) -> None:
    text = "\n".join(separator.join((f"{x}", f"{y}")).replace(".", mark) + separator + c for x, y, c in ROWS)
    if (separator, mark) == (",", ","):
        with pytest.raises(BadInput, match="decimal comma need semicolons"):
            read_csv(decoded(text.encode(encoding)))
        return
    points = read_csv(decoded(text.encode(encoding)))
    seen = np.array([row[:2] for row in ROWS])
    middle, half = (seen.max(axis=0) + seen.min(axis=0)) / 2, np.ptp(seen, axis=0) / 2
    np.testing.assert_allclose(points.x, 5.5 * (seen - middle) / half, atol=1e-12)
    assert points.y.tolist() == [-1.0, 1.0] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-2,0;B\n1,5;A\n" * 4, "has 2 columns"),
        ("1.234,5;2;A\n1;2;B\n" * 4, "Line 1 is not"),
        ("1.5;2;A\n1,5;3;B\n" * 4, "decimal comma and some a decimal point"),
        ("1;x;A\n" + "1;2;A\n2;1;B\n" * 4, "Line 1 is not"),  # no heading: one of its cells is a number
        ("1;2;A\n2;1;B\n" * 4 + " " * 20_001, "20000 characters"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_csv(text)


def test_the_script_of_a_network_prints_the_numbers_on_screen(capsys: pytest.CaptureFixture[str]) -> None:
    plan = replace(Plan(), epochs=5)
    exec(controls.network_script(plan), {})  # noqa: S102
    assert f"{train(plan).loss['train'][-1]}" in capsys.readouterr().out


def test_the_neuron_that_comes_back_has_an_address_and_its_commentary(app: Callable) -> None:
    example = next(one for one in controls.EXAMPLES if one.name == "Dead, and back again")
    query = {"data": "spiral", "layers": "6-4", "act": "ReLU", "lr": "0.3", "seed": "36"}
    test = open_network(app, **{f"network_{name}": value for name, value in query.items()})
    assert not test.exception and not test.info
    assert any(str(example.see) in caption.value for caption in test.caption)
