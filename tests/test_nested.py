"""Choosing among candidates: fits and scores against scikit-learn, nested folds against a plain loop."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from dlcore.data import Table, folds, table
from dlcore.evaluation import logistic, nested_cross_validation
from dlcore.neuron import glm
from dlcore.oracles import nested as oracle


@pytest.fixture(scope="module")
def breast() -> Table:
    return table("breast_cancer")


def some_rows(breast: Table, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng(1).permutation(len(breast.y))[:n]
    return breast.x[rows], breast.y[rows]


def test_newton_finds_what_scikit_learn_finds() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (3, 80, 4)), rng.integers(0, 2, 80)
    x[1, :, 0] += 6 * y  # separable
    l2 = np.array([1e-3, 1e-2, 1.0])
    for found, table_, decay in zip(logistic.minimum(x, y, l2), x, l2, strict=True):
        theirs = LogisticRegression(C=1 / (decay * 80), tol=1e-12, max_iter=10_000).fit(table_, y)
        assert np.allclose(found, np.append(theirs.coef_[0], theirs.intercept_[0]), atol=1e-5)
    other = LogisticRegression(C=1 / (0.5 * 80), tol=1e-12).fit(x[0], y)
    assert not np.allclose(logistic.minimum(x[:1], y, l2[:1])[0, :-1], other.coef_[0], atol=1e-3)


def test_newton_ends_where_gradient_descent_stands_still() -> None:
    columns = glm.classification(0, 1)
    found = logistic.minimum(columns.x[None], columns.y, np.array([0.01]))[0]
    slope = glm.gradient(
        found, np.column_stack([columns.x, np.ones(len(columns.y))]), columns.y, "sigmoid", 0.01
    )
    assert np.abs(slope).max() < 1e-9


@pytest.mark.parametrize("kind", [nested_cross_validation.strengths, nested_cross_validation.singles])
def test_cross_validated_scores_equal_scikit_learns(kind, breast: Table) -> None:  # type: ignore[no-untyped-def]
    x, y = some_rows(breast)
    among = kind(x.shape[1])
    assert len(among.columns) == len(among.l2) and among.columns.max() == x.shape[1] - 1
    assert all(len(np.unique(row)) == len(row) for row in among.columns)  # no column twice
    usual = nested_cross_validation.all_columns(2).l2
    assert np.unique(among.l2) == pytest.approx(usual * ([0.1, 1, 10] if "strengths" in str(kind) else 1))
    some = nested_cross_validation.Candidates(among.columns[:6], among.l2[:6])
    assert np.array_equal(
        nested_cross_validation.accuracies(x, y, some, 3, 0), oracle.accuracies(x, y, some, 3, 0)
    )
    assert not np.array_equal(
        nested_cross_validation.accuracies(x, y, some, 3, 0), oracle.accuracies(x, y, some, 3, 1)
    )


def test_columns_are_standardized_by_the_rows_that_are_learned_from(breast: Table) -> None:
    """One held-out row of enormous values changes nothing for the others; a scale with it in would flatten them."""
    x, y = some_rows(breast)
    learn, new = np.arange(30), np.arange(30, 60)
    among = nested_cross_validation.singles(x.shape[1])
    calm = nested_cross_validation.right(x, y, among, learn, new)
    wild = x.copy()
    wild[new[0]] = 1e9
    assert np.array_equal(nested_cross_validation.right(wild, y, among, learn, new)[:, 1:], calm[:, 1:])


def test_the_nested_score_never_lets_a_held_out_row_choose(breast: Table) -> None:
    x, y = some_rows(breast)
    among = nested_cross_validation.singles(5)
    x = x[:, :5]
    hits = 0
    for held_out in folds(y, nested_cross_validation.OUTER, 4):
        learn = np.delete(np.arange(len(y)), held_out)
        inner = oracle.accuracies(x[learn], y[learn], among, nested_cross_validation.INNER, 4)
        best = nested_cross_validation.one(among, int(np.argmax(inner)))
        hits += int(nested_cross_validation.right(x, y, best, learn, held_out).sum())
    assert nested_cross_validation.nested_score(x, y, among, 4) == hits / len(y)


def test_the_winner_of_noise_looks_better_than_chance_and_nesting_is_not_fooled() -> None:
    rng = np.random.default_rng(3)
    noise = Table("noise", rng.normal(size=(600, 25)), rng.integers(0, 2, 600), ("x",) * 25, ("a", "b"))
    found = nested_cross_validation.optimism(noise, nested_cross_validation.singles, 40, draws=25)
    assert (found.rows, found.future, found.candidates) == (40, 560, 25)
    excess = found.excess("winner")
    assert excess.value > 0.08 and excess.value > 5 * (found.winner - found.truth).std(ddof=1) / 5
    spread = (found.nested - found.truth).std(ddof=1) / 5
    nested = found.excess("nested")
    assert (nested.low, nested.high) == pytest.approx(norm.interval(0.95, nested.value, spread))
    assert abs(nested.value) < 3 * spread and abs(found.truth.mean() - 0.5) < 0.03


def test_choosing_among_one_candidate_costs_nothing(breast: Table) -> None:
    found = nested_cross_validation.optimism(breast, nested_cross_validation.all_columns, 80, draws=6)
    assert np.array_equal(found.winner, found.nested)


def test_pairs_are_all_pairs() -> None:
    assert nested_cross_validation.pairs(30).columns.shape == (435, 2)
    assert len({tuple(pair) for pair in nested_cross_validation.pairs(30).columns.tolist()}) == 435
