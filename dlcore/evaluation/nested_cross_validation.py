"""What choosing costs: the best cross-validated score of many candidates, nested cross-validation, and the truth.

The winner's own score is too good, for it was chosen by that score; nested cross-validation repeats the choice
inside every fold and scores it outside (Stone 1974; Cawley and Talbot 2010, JMLR 11:2079). A large table lets both
be held against the truth: a few rows are drawn to learn from, all the others are the future. numpy only.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data import Table
from dlcore.data.splits import folds
from dlcore.evaluation.intervals import Mean, normal_mean
from dlcore.evaluation.logistic import minimum, probability

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
OUTER, INNER = 3, 2
DECAY = 1e-2  # usual weight decay of a candidate


@dataclass(frozen=True, eq=False)
class Candidates:
    """What is chosen among: m logistic regressions.

    Attributes:
        columns: (m, d), the columns each one looks at.
        l2: (m,), its weight decay.
    """

    columns: Rows
    l2: Array


def all_columns(columns: int) -> Candidates:
    """A single one, with all columns."""
    return Candidates(np.arange(columns)[None], np.array([DECAY]))


def strengths(columns: int) -> Candidates:
    """All columns, three weight decays."""
    return Candidates(np.tile(np.arange(columns), (3, 1)), DECAY * np.logspace(-1, 1, 3))


def singles(columns: int) -> Candidates:
    """One column each."""
    return Candidates(np.arange(columns)[:, None], np.full(columns, DECAY))


def pairs(columns: int) -> Candidates:
    """Every pair of columns."""
    both = np.array(list(itertools.combinations(range(columns), 2)))
    return Candidates(both, np.full(len(both), DECAY))


def right(x: Array, y: Rows, candidates: Candidates, learn: Rows, new: Rows) -> NDArray[np.bool_]:
    """(m, new) whether each candidate, fitted to the `learn` rows, calls each of the `new` rows rightly.

    Columns are standardised by the rows that are learned from.
    """
    mean, scale = x[learn].mean(axis=0), x[learn].std(axis=0)
    z = (x - mean) / np.where(scale > 0, scale, 1.0)
    each = np.moveaxis(z[:, candidates.columns], 1, 0)  # (m, n, d)
    theta = minimum(each[:, learn], y[learn].astype(np.float64), candidates.l2)
    return (probability(theta, each[:, new]) > 0.5) == (y[new] == 1)


def accuracies(x: Array, y: Rows, candidates: Candidates, k: int, seed: int) -> Array:
    """(m,) cross-validated accuracy of every candidate, on the same k folds."""
    hits = np.zeros(len(candidates.l2))
    for held_out in folds(y, k, seed):
        hits += right(x, y, candidates, np.delete(np.arange(len(y)), held_out), held_out).sum(axis=1)
    return hits / len(y)


def one(candidates: Candidates, best: int) -> Candidates:
    """A single candidate."""
    return Candidates(candidates.columns[best : best + 1], candidates.l2[best : best + 1])


def nested_score(x: Array, y: Rows, candidates: Candidates, seed: int) -> float:
    """Accuracy on the outer folds of whoever wins the inner folds: the choice is part of what is judged.

    Args:
        x: (n, columns); y: (n,) classes, 0 or 1.
    """
    hits = 0
    for held_out in folds(y, OUTER, seed):
        learn = np.delete(np.arange(len(y)), held_out)
        best = int(np.argmax(accuracies(x[learn], y[learn], candidates, INNER, seed)))
        hits += int(right(x, y, one(candidates, best), learn, held_out).sum())
    return hits / len(y)


@dataclass(frozen=True, eq=False)
class Optimism:
    """Three accuracies per draw of rows, (draws,) each, for the same choice.

    Attributes:
        winner: the best cross-validated score, as the winner was chosen by it.
        nested: nested cross-validation on the same rows.
        truth: the winner, fitted to all drawn rows, on all rows that were not drawn.
        rows: drawn to learn from; `future`: the rest; `candidates`: how many.
    """

    winner: Array
    nested: Array
    truth: Array
    rows: int
    future: int
    candidates: int

    def excess(self, name: str) -> Mean:
        """Mean of "winner" or "nested" minus truth over the draws, with its 95 % interval."""
        return normal_mean(getattr(self, name) - self.truth)


def optimism(
    table: Table, candidates: Callable[[int], Candidates], rows: int, draws: int = 20, seed: int = 0
) -> Optimism:
    """The three accuracies for many draws of a few rows of a table with two classes.

    Args:
        candidates: number of columns -> what is chosen among.
    """
    among = candidates(table.x.shape[1])
    found = []
    for draw in range(draws):
        order = np.random.default_rng([seed, draw]).permutation(len(table.y))
        some, rest = np.sort(order[:rows]), np.sort(order[rows:])
        x, y = table.x[some], table.y[some]
        score = accuracies(x, y, among, OUTER, draw)
        best = int(np.argmax(score))
        truth = right(table.x, table.y, one(among, best), some, rest).mean()
        found.append((score[best], nested_score(x, y, among, draw), truth))
    winner, nested, truths = np.array(found).T
    return Optimism(winner, nested, truths, rows, len(table.y) - rows, len(among.l2))
