"""The real surface: the loss of logistic regression on two features. Here mini-batches exist."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore.arguments import BadInput, as_array, one_each
from dlcore.data import table
from dlcore.neuron import sigmoid
from dlcore.optimizers.chance import Chance
from dlcore.optimizers.surfaces import Array, Point, Surface, split


@dataclass(frozen=True)
class LogisticLoss:
    """L(w) = (1/N) Σ log(1 + exp(−s_i w·x_i)), s_i = ±1: the binary cross-entropy of one neuron without bias.

    The data are read when they are first needed, so that listing the surfaces costs nothing.

    Of one's own data it is LogisticLoss(X, y): X (N, 2) as it is, y (N,) one of two values, the larger of which is 1;
    view and start then follow from the minimum, and `data` becomes "own:" and their digest.

    >>> X, y = np.array([[1.0, 0.0], [-1.0, 0.0]]), [1, 0]
    >>> LogisticLoss(X, y).samples, LogisticLoss().samples
    (2, 569)

    Attributes:
        data: name of the table (dlcore.data.table), which has two classes.
        columns: names of the two features, standardised to mean 0 and standard deviation 1.
        ridge: λ of the penalty λ/2 |w|², which keeps the minimum finite whatever the features.
        own: s_i x_i of one's own data, (2, N).

    Raises:
        dlcore.data.BadInput: a table or columns that do not exist, more than two classes, data that are not so.
    """

    data: Any = "breast_cancer"
    columns: Any = ("mean radius", "mean texture")
    ridge: float = 1e-3
    name: str = field(default="logistic", kw_only=True)
    title: str = field(default="Real data", kw_only=True)
    view: tuple[Point, Point] = field(default=((-9.0, 3.0), (-5.0, 5.0)), kw_only=True)
    start: Point = field(default=(2.0, 3.5), kw_only=True)
    saddles: tuple[Point, ...] = field(default=(), kw_only=True)
    axes: tuple[str, str] = field(default=("w₁", "w₂"), kw_only=True)
    formula: str = field(
        default=r"L(w) = \frac1N \sum_i \log\bigl(1 + e^{-s_i w^\top x_i}\bigr) + \tfrac{\lambda}{2} |w|^2",
        kw_only=True,
    )
    own: Array | None = field(default=None, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.data, str):
            if self.own is None and self.data != LogisticLoss.data:
                self.signed  # noqa: B018 - what cannot be is said now and not in the middle of a race
            return
        own = own_data(self.data, self.columns)
        digest = hashlib.sha256(own.tobytes()).hexdigest()
        for name, value in {
            "own": own,
            "data": f"own:{digest}",
            "columns": ("x₁", "x₂"),
            "title": "Own data",
        }.items():
            object.__setattr__(self, name, value)
        ((x, y),) = self.minima
        wide = 1.5 * max(abs(x), abs(y), 1e-6)
        for name, value in {
            "view": ((x - wide, x + wide), (y - wide, y + wide)),
            "start": (x - wide / 2, y + wide / 2),
        }.items():
            if getattr(self, name) == getattr(LogisticLoss, name):
                object.__setattr__(self, name, value)

    @cached_property
    def signed(self) -> Array:
        """s_i x_i, shape (2, N): the loss needs nothing else of the data.

        Raises:
            BadInput: the table has other than two classes, or not these columns.
        """
        if self.own is not None:
            return self.own
        everything = table(self.data)
        if len(everything.class_names) != 2:
            raise BadInput(
                f"{self.data} has {len(everything.class_names)} classes; logistic regression tells two apart. "
                "Of two of them it is LogisticLoss(X, y) with their rows."
            )
        if missing := [column for column in self.columns if column not in everything.names]:
            raise BadInput(f"{self.data} has no column {missing[0]!r}; it has {', '.join(everything.names)}.")
        chosen = [list(everything.names).index(column) for column in self.columns]
        x = everything.x[:, chosen]
        x = (x - x.mean(0)) / x.std(0)
        return np.ascontiguousarray((x * (2.0 * everything.y - 1.0)[:, None]).T)

    @property
    def samples(self) -> int:
        """N."""
        return int(self.signed.shape[1])

    @cached_property
    def minima(self) -> tuple[Point, ...]:
        """The one minimum (the loss is convex), by Newton's method."""
        w = np.zeros(2)
        for _ in range(30):
            step = np.linalg.solve(self.hessian(w), self.grad(w))
            while self.f(w - step) > self.f(w) and np.abs(step).max() > 1e-12 * np.abs(w).max():
                step = (
                    step / 2
                )  # far from the minimum, on data that are not standardised, a whole step overshoots
            w = w - step
        return ((float(w[0]), float(w[1])),)

    def global_minima(self) -> tuple[Point, ...]:
        """The one minimum as every surface gives it, in a tuple.

        >>> ((w1, w2),) = LogisticLoss().global_minima()
        >>> bool(abs(LogisticLoss().grad([w1, w2])).max() < 1e-9)
        True
        """
        return self.minima

    def f(self, points: ArrayLike) -> Array:
        """Values at points of shape (..., 2): shape (...).

        >>> round(float(LogisticLoss().f([0.0, 0.0])), 6)
        0.693147
        """
        w = np.stack(split(points), -1)
        return np.logaddexp(0.0, -(w @ self.signed)).mean(-1) + 0.5 * self.ridge * (w * w).sum(-1)

    def grad(self, points: ArrayLike) -> Array:
        """Gradients at points of shape (..., 2): the same shape.

        >>> X = np.array([[1.0, 0.0], [-3.0, 2.0]])
        >>> LogisticLoss(X, [1, 0], ridge=0.1).grad([0.0, 0.0]).tolist()
        [-1.0, 0.5]
        """
        w = np.stack(split(points), -1)
        return -sigmoid(-(w @ self.signed)) @ self.signed.T / self.samples + self.ridge * w

    def hessian(self, points: ArrayLike) -> Array:
        """Hessian matrices at points of shape (..., 2): shape (..., 2, 2).

        >>> X = np.array([[1.0, 0.0], [-3.0, 2.0]])
        >>> LogisticLoss(X, [1, 0], ridge=0.1).hessian([0.0, 0.0]).round(6).tolist()
        [[1.35, -0.75], [-0.75, 0.6]]
        """
        p = sigmoid(np.stack(split(points), -1) @ self.signed)  # (..., N)
        weighted = (p * (1 - p))[..., None, :] * self.signed  # (..., 2, N)
        return weighted @ self.signed.T / self.samples + self.ridge * np.eye(2)

    def per_sample_gradients(self, point: ArrayLike) -> Array:
        """∇ℓ_i at one point for every sample, (N, 2); their mean is the gradient.

        >>> X = np.array([[1.0, 0.0], [-3.0, 2.0]])
        >>> LogisticLoss(X, [1, 0], ridge=0.1).per_sample_gradients([0.0, 0.0]).tolist()
        [[-0.5, 0.0], [-1.5, 1.0]]
        """
        w = np.asarray(point, dtype=np.float64)
        return -(sigmoid(-(w @ self.signed)) * self.signed).T + self.ridge * w

    def sample_gradient(
        self, points: ArrayLike, batch: int, rng: np.random.Generator | Chance, replace: bool = True
    ) -> Array:
        """Mini-batch gradients at points of shape (..., 2), an own batch for every point: the same shape.

        >>> loss, one = LogisticLoss(), np.zeros((1, 2))
        >>> every = loss.sample_gradient(one, loss.samples, np.random.default_rng(0), replace=False)
        >>> bool(np.allclose(every, loss.grad(one)))
        True

        Args:
            batch: b, samples in a batch.
            rng: draws the samples.
            replace: True draws each sample independently, so that the covariance of the gradient is Σ/b;
                False draws b different ones, so that it is Σ/b · (N − b)/(N − 1).

        Raises:
            ValueError: the batch is empty or, without replacement, larger than the data.
        """
        if not isinstance(batch, int | np.integer) or batch < 1 or (batch > self.samples and not replace):
            raise ValueError(f"A batch holds 1 to {self.samples} samples; got {batch!r}.")
        w = np.stack(split(points), -1)
        shape = w.shape[:-1]
        if replace:
            chosen = rng.integers(self.samples, size=(*shape, batch))
        else:
            assert isinstance(rng, np.random.Generator)  # a race draws with replacement
            # The b smallest of N uniform numbers are a uniformly drawn subset of size b.
            chosen = np.argsort(rng.random((*shape, self.samples)), axis=-1)[..., :batch]
        x0, x1 = self.signed[0][chosen], self.signed[1][chosen]  # (..., b)
        pull = -sigmoid(-(w[..., :1] * x0 + w[..., 1:] * x1))
        return np.stack([(pull * x0).mean(-1), (pull * x1).mean(-1)], -1) + self.ridge * w


def own_data(X: Any, y: Any) -> Array:
    """s_i x_i (2, N) of one's own table X (N, 2) and labels y (N,) of two values.

    Raises:
        BadInput: other shapes, missing numbers, or not two values.
    """
    x = as_array(X, "rows of X")
    if x.ndim != 2 or x.shape[1] != 2 or x.dtype.kind not in "biuf" or not np.isfinite(x).all():
        raise BadInput(
            f"X has the shape {x.shape}; needed are two columns of numbers, (N, 2), none of them NaN."
        )
    labels = one_each(y, "labels", len(x))
    known = np.unique(labels)
    if len(known) != 2:
        raise BadInput(f"y holds {len(known)} different values; logistic regression tells two classes apart.")
    signs = np.where(labels == known[1], 1.0, -1.0)
    return np.ascontiguousarray((x.astype(np.float64) * signs[:, None]).T)


AnySurface = Surface | LogisticLoss
