"""What k-fold cross-validation owes to the deal: the same samples dealt anew many times, with a quick model.

Ridge regression on the pixels of images, logistic regression on the columns of a table, both in numpy: a fit takes
milliseconds, so a hundred deals can be tried.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data import Table
from dlcore.data.splits import folds
from dlcore.evaluation.intervals import standard_error
from dlcore.evaluation.nested_cross_validation import all_columns, right

MOST = 600  # images; more would only make it slower
Rows = NDArray[np.int64]
Judge = Callable[
    [Rows, Rows], NDArray[np.bool_]
]  # (rows to learn from, new rows) -> which new ones it calls rightly


@dataclass(frozen=True, eq=False)
class Partitions:
    """hits and sizes (deals, k): samples called rightly, and all samples, of every fold of every deal."""

    hits: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """(deals, k)."""
        return self.hits / self.sizes

    @property
    def samples(self) -> int:
        """How many samples every deal deals out."""
        return int(self.sizes[0].sum())

    @property
    def means(self) -> NDArray[np.float64]:
        """(deals,) the k-fold estimate of each deal."""
        return self.accuracies.mean(axis=1)

    @property
    def noise_of_a_fold(self) -> float:
        """Standard deviation of a single held-out part over the deals: what one fixed split would owe to luck."""
        return float(self.accuracies.std(ddof=1))

    @property
    def partition_noise(self) -> float:
        """Standard deviation of the k-fold mean over the deals. Small, for the samples are always the same."""
        return float(self.means.std(ddof=1))

    @property
    def binomial_of_a_fold(self) -> float:
        """√(p (1 − p) / (n / k))."""
        return standard_error(self.accuracies.mean(), self.samples / self.accuracies.shape[1])

    @property
    def binomial_of_all(self) -> float:
        """√(p (1 − p) / n): what another n samples from the same source would change; no deal shows it."""
        return standard_error(self.accuracies.mean(), self.samples)


def ridge_predictions(
    gram: NDArray[np.float64],
    y: NDArray[np.int64],
    learn: NDArray[np.int64],
    new: NDArray[np.int64],
    strength: float,
) -> NDArray[np.int64]:
    """Classes of the `new` rows by ridge regression of one-hot targets on the `learn` rows, with an intercept.

    The dual form: outputs = K_new (K + λI)⁻¹ (Y − Ȳ) + Ȳ with K = XXᵀ of the rows minus their mean; the largest
    output wins. The products XXᵀ are all it needs, and they are the same for every deal.

    Args:
        gram: (n, n), XXᵀ of all rows; y: (n,) classes; learn, new: row numbers; strength: λ > 0.
    """
    target = (y[learn, None] == np.arange(y.max() + 1)).astype(float)
    offset = target.mean(axis=0)
    K, K_new = gram[np.ix_(learn, learn)], gram[np.ix_(new, learn)]
    mean = K.mean(axis=0)
    centred = K - mean - mean[:, None] + mean.mean()  # (x − x̄)(x′ − x̄)ᵀ
    dual = np.linalg.solve(centred + strength * np.eye(len(learn)), target - offset)  # (learn, classes)
    # Each column of `dual` sums to 0, as those of the targets do: what is the same in a whole row of K_new is lost.
    return ((K_new - mean) @ dual + offset).argmax(axis=1)


def deal_again(
    labels: Rows,
    judge: Judge,
    k: int,
    deals: int = 20,
    seed: int = 0,
    groups: Rows | None = None,
    stratified: bool = True,
) -> Partitions:
    """k folds of the same samples, dealt `deals` times; each fold judged by a model of the others.

    Args:
        labels: (n,) classes.
        judge: (rows to learn from, new rows) -> (new rows,) which of them it calls rightly.
        groups: (n,) samples of one group stay together; groups and stratified as of dlcore.data.splits.folds.

    Raises:
        ValueError: as of dlcore.data.splits.folds.
    """
    hits, sizes = np.empty((deals, k), dtype=np.int64), np.empty((deals, k), dtype=np.int64)
    for deal in range(deals):
        for i, held_out in enumerate(folds(labels, k, seed + deal, groups, stratified=stratified)):
            learn = np.delete(np.arange(len(labels)), held_out)
            hits[deal, i] = judge(learn, held_out).sum()
            sizes[deal, i] = len(held_out)
    return Partitions(hits, sizes)


def few(n: int, seed: int = 0) -> Rows:
    """At most MOST of n samples, drawn once and for all: their rows (min(n, MOST),), rising."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:MOST])


def ridge_on(images: NDArray[np.uint8], labels: Rows) -> Judge:
    """Judges images by ridge regression on their pixels.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3); labels: (n,).
    """
    x = images.reshape(len(images), -1) / 255.0
    gram, strength = x @ x.T, 0.01 * x.shape[1]
    return lambda learn, new: ridge_predictions(gram, labels, learn, new, strength) == labels[new]


def logistic_on(table: Table) -> Judge:
    """Judges the rows of a table (n, columns) with two classes by logistic regression on all columns."""
    candidate = all_columns(table.x.shape[1])
    return lambda learn, new: right(table.x, table.y, candidate, learn, new)[0]
