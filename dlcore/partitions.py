"""What k-fold cross-validation owes to the deal: the same images dealt anew many times, with a quick model.

The model is ridge regression on the pixels, in numpy: a fit takes milliseconds, so a hundred deals can be tried.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.data.splits import folds

MOST = 600  # images; more would only make it slower


@dataclass(frozen=True, eq=False)
class Partitions:
    """accuracies (deals, k): of every fold of every deal, on the same `images` images."""

    accuracies: NDArray[np.float64]
    images: int

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
        """Standard deviation of the k-fold mean over the deals. Small, for the images are always the same."""
        return float(self.means.std(ddof=1))

    @property
    def binomial_of_a_fold(self) -> float:
        """√(p (1 − p) / (n / k))."""
        p, k = self.accuracies.mean(), self.accuracies.shape[1]
        return float(np.sqrt(p * (1 - p) * k / self.images))

    @property
    def binomial_of_all(self) -> float:
        """√(p (1 − p) / n): what another n images from the same source would change; no deal shows it."""
        p = self.accuracies.mean()
        return float(np.sqrt(p * (1 - p) / self.images))


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
    centred_new = K_new - K_new.mean(axis=1, keepdims=True) - mean + mean.mean()
    dual = np.linalg.solve(centred + strength * np.eye(len(learn)), target - offset)  # (learn, classes)
    return (centred_new @ dual + offset).argmax(axis=1)


def deal_again(
    images: NDArray[np.uint8], labels: NDArray[np.int64], k: int, deals: int = 20, seed: int = 0
) -> Partitions:
    """k folds of the same images, dealt `deals` times; each fold predicted from the others.

    Args:
        images: uint8 (n, ...); if there are more than MOST, that many are drawn once and for all.
    """
    rng = np.random.default_rng(seed)
    if len(labels) > MOST:
        some = rng.permutation(len(labels))[:MOST]
        images, labels = images[some], labels[some]
    x = images.reshape(len(images), -1) / 255.0
    gram, strength = x @ x.T, 0.01 * x.shape[1]
    accuracies = np.empty((deals, k))
    for deal in range(deals):
        for i, held_out in enumerate(folds(labels, k, seed=seed + deal)):
            learn = np.delete(np.arange(len(labels)), held_out)
            called = ridge_predictions(gram, labels, learn, held_out, strength)
            accuracies[deal, i] = (called == labels[held_out]).mean()
    return Partitions(accuracies, len(labels))
