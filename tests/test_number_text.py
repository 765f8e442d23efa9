"""Numbers on screen: enough digits, true minus signs, powers of ten written out, one thing or many."""

import math
import re

import numpy as np
import pytest
from conftest import ROOT

from dlcore.neuron import d_sigmoid, sigmoid
from dlcore.number_text import apart, count, digits, latex, latex_factor, percent, points
from ui.training.recipe_controls import updates_in_words


def test_an_output_near_one_is_told_from_one_beside_its_slope() -> None:
    z = math.log(0.99953 / 0.00047)
    a, slope = float(sigmoid(z)), float(d_sigmoid(z))
    assert (apart(a), digits(slope)) == ("0.99953", "4.7·10⁻⁴")
    assert apart(-a) == "−0.99953" and apart(1.0) == "1" and apart(0.5) == "0.5" and apart(1.0004) == "1.0004"
    for z in (5.0, 9.0, 20.0, 30.0):
        assert float(apart(float(np.tanh(z / 2)))) < 1
    assert digits(a) == "1"  # what three digits alone would say


def test_numbers_have_a_true_minus_and_powers_of_ten_no_e() -> None:
    assert [digits(x) for x in (-1.1, -1.24, 0.0, -0.0, 0.0123, 12345.0)] == [
        "−1.1", "−1.24", "0", "0", "0.0123", "12300",
    ]  # fmt: skip
    assert [digits(x) for x in (1e-4, -1e-4, 4.67e-4, 1.5e6, 9.996e-4)] == [
        "10⁻⁴", "−10⁻⁴", "4.67·10⁻⁴", "1.5·10⁶", "0.001",
    ]  # fmt: skip
    assert [digits(x) for x in (math.inf, -math.inf, math.nan)] == ["∞", "−∞", "not a number"]
    assert latex(4.67e-4) == r"4.67 \cdot 10^{-4}" and latex(-1e-7) == "-10^{-7}" and latex(-1.1) == "-1.1"
    assert latex_factor(-2.0) == "(-2)" and latex(math.inf) == r"\infty"


def test_a_written_number_is_the_number_to_its_digits() -> None:
    rng = np.random.default_rng(0)
    for x in rng.normal(size=300) * 10.0 ** rng.integers(-12, 12, 300):
        for keep in (2, 3, 6):
            told = re.sub("(·?)10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"{'' if m[1] else 1}e{m[2]}", digits(x, keep))
            told = told.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
            assert float(told) == pytest.approx(x, rel=0.51 * 10.0 ** (1 - keep))


def test_a_share_reads_as_all_or_nothing_only_where_it_is() -> None:
    assert [percent(x) for x in (0.85, 1.0, 0.0, 0.9998, 0.0002, -0.031)] == [
        "85.0%", "100.0%", "0.0%", "99.98%", "0.02%", "−3.1%",
    ]  # fmt: skip
    assert points(-0.013) == "−1.3" and points(0.2) == "+20.0" and percent(math.nan) == "none"


def test_one_is_singular() -> None:
    assert [count(n, "step") for n in (0, 1, 2, 2000)] == ["0 steps", "1 step", "2 steps", "2,000 steps"]
    assert count(1, "class", "classes") == "1 class" and count(3, "class", "classes") == "3 classes"


def test_updates_per_epoch_are_the_ceiling_or_say_why_not() -> None:
    assert updates_in_words(1000, 128) == "⌈1,000 / 128⌉ = 8 updates per epoch"
    assert updates_in_words(128, 128) == "⌈128 / 128⌉ = 1 update per epoch"
    assert "⌈129 / 128⌉ − 1 = 1," in updates_in_words(129, 128) and "1 update per epoch" in updates_in_words(
        129, 128
    )


# Formats that write e-04, a hyphen for a minus, or a plural by hand; addresses, scripts and CSV are for machines.
BY_HAND = re.compile(
    r"(?<!\{)\{[^{}\"]+:\.\d[ge]\}(?!\})"
    r"|'s' \*|'s' if|\"s\" if|'' if \w+ == 1|replace\(\"-\", \"−\"\)"
)
MACHINES = re.compile(r"query_params|backprop_|float\(f|parse|quoted|\{v:|isinstance\(value, float\)")


def test_no_page_writes_its_numbers_by_hand() -> None:
    found = [
        f"{file.name}: {line.strip()}"
        for file in (ROOT / "ui").rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if BY_HAND.search(line) and not MACHINES.search(line)
    ]
    assert not found, "\n".join(found)
