"""The counter-based generator: published answers, its distributions, and its second copy in the browser."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import in_browser
from scipy import stats

from dlcore import philox

# Counter, key, answer: the lines "philox4x32 10" of Random123's kat_vectors.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
MODULES = ("shared/philox.js", "shared/normal.js")
MANY = 100_000


def numbers(words: str) -> list[int]:
    return [int(word, 16) for word in words.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_published_answers_are_met(counter: str, key: str, answer: str) -> None:
    k0, k1 = numbers(key)
    assert philox.philox(np.array(numbers(counter), np.uint32), (k0, k1)).tolist() == numbers(answer)
    assert philox.philox(np.array(numbers(counter), np.uint32), (k0, k1), rounds=9).tolist() != numbers(
        answer
    )


@pytest.mark.parametrize("draw", [philox.uniforms, philox.normals])
def test_a_number_depends_on_seed_stream_and_place_only(draw: Callable[..., np.ndarray]) -> None:
    whole = draw(5, 101, stream=3)
    for start in (0, 1, 2, 7, 100):
        np.testing.assert_array_equal(draw(5, 101 - start, stream=3, start=start), whole[start:])
    for other in (draw(6, 101, stream=3), draw(5, 101, stream=4), draw(5, 101, stream=3 + 2**32)):
        assert (other != whole).all()
    assert draw(5, 0).shape == (0,)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 2**53}, {"stream": -1}, {"start": 2**53}])
def test_what_a_browser_could_not_hold_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be in"):
        philox.uniforms(**{"seed": 0, "n": 1, **wrong})


def test_uniforms_are_uniform_and_normals_normal() -> None:
    u, z = philox.uniforms(1, 10 * MANY), philox.normals(1, 10 * MANY, stream=1)
    assert u.min() >= 0.0 and u.max() < 1.0
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert stats.kstest(z, "norm").pvalue > 1e-3
    # Five standard errors of mean, variance, skewness and excess of 10⁶ numbers.
    moments = (z.mean(), z.var() - 1, stats.skew(z), stats.kurtosis(z))
    assert all(abs(m) < 5e-3 * np.sqrt(v) for m, v in zip(moments, (1, 2, 6, 24), strict=True))
    assert stats.kstest(z * 1.01, "norm").pvalue < 1e-3  # the test can fail
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 5e-3


def test_the_quantile_function_is_scipys_far_into_both_tails() -> None:
    p = np.concatenate([np.linspace(1e-6, 1 - 1e-6, MANY), np.exp(np.linspace(-36.7, -0.7, MANY))])
    p = np.concatenate([p, 1.0 - p[p > 2.0**-53]])
    p = p[(p > 0) & (p < 1)]
    z, reference = philox.quantile(p), stats.norm.ppf(p)
    assert (np.abs(z - reference) / np.maximum(1.0, np.abs(reference))).max() < 2e-15
    assert philox.quantile(np.array([0.5])) == 0.0
    x = np.exp(np.linspace(-40, 40, MANY))
    assert (np.abs(philox.log(x) - np.log(x)) / np.maximum(1.0, np.abs(np.log(x)))).max() < 1e-15


def test_a_permutation_holds_every_number_once_and_all_orders_come() -> None:
    assert sorted(philox.permutation(2, 1000).tolist()) == list(range(1000))
    orders = [tuple(philox.permutation(2, 3, stream=k)) for k in range(3000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


def bits(page: object, expression: str, argument: object = None) -> np.ndarray:
    """The float64 numbers of an expression in the browser, bit by bit as uint64."""
    run = f"""(m, argument) => {{
        const bits = new BigUint64Array(Float64Array.from({expression}).buffer);
        return Array.from(bits, (b) => b.toString(16)).join(" ");
    }}"""
    text = in_browser(page, MODULES, run, argument)
    return np.array([int(word, 16) for word in str(text).split()], np.uint64)


@pytest.mark.browser
@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_browser_meets_the_published_answers(counter: str, key: str, answer: str, blank: object) -> None:
    found = in_browser(blank, MODULES, "(m, [c, k]) => m.philox(c, k)", [numbers(counter), numbers(key)])
    assert found == numbers(answer)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["uniforms", "normals"])
@pytest.mark.parametrize(
    ("seed", "stream", "start"), [(0, 0, 0), (2**53 - 1, 2**40 + 17, 3), (7, 1, 2**33 - 5)]
)
def test_the_browser_draws_the_same_numbers_to_the_last_bit(
    name: str, seed: int, stream: int, start: int, blank: object
) -> None:
    ours = getattr(philox, name)(seed, MANY, stream, start)
    theirs = bits(blank, f"m.{name}(...argument)", [seed, MANY, stream, start])
    np.testing.assert_array_equal(theirs, ours.view(np.uint64))


@pytest.mark.browser
def test_logarithm_and_quantile_are_the_same_bits_in_the_far_tails(blank: object) -> None:
    p = np.concatenate(
        [2.0 ** -np.arange(1, 54), 1.0 - 2.0 ** -np.arange(2, 54), philox.uniforms(3, 1000) / 1e12]
    )
    for name in ("log", "quantile"):
        ours = getattr(philox, name)(p)
        np.testing.assert_array_equal(
            bits(blank, f"argument.map(m.{name})", p.tolist()), ours.view(np.uint64)
        )


@pytest.mark.browser
def test_the_browser_shuffles_alike(blank: object) -> None:
    for n in (1, 2, 999, 20_000):
        theirs = in_browser(blank, MODULES, "(m, n) => m.permutation(11, n, 2)", n)
        assert theirs == philox.permutation(11, n, 2).tolist()
