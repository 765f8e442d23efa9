"""The nouns of training: a recipe says everything that decides a result, a run is that result.

Knows logits and no torch: pages, figures and the store know runs, not how they are made.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

import numpy as np

from dlcore.also_called import AlsoCalled
from dlcore.logits import Predictions
from dlcore.recipe_ranges import RANGES as RANGES  # controls ask a recipe for them
from dlcore.recipe_ranges import check_ranges
from dlcore.shown import ShownRun
from dlcore.usual import default_augmentation as default_augmentation  # defaults, asked for beside recipes
from dlcore.usual import is_mirror_safe as is_mirror_safe
from dlcore.usual import unsized as unsized
from dlcore.usual import usual_epochs

# Part of every recipe's key: raise it whenever models, training or data change what a recipe computes.
CODE_VERSION = "2"

MODELS = ("cnn", "mlp")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam")
LOSSES = ("cross_entropy", "squared_error")
HEADS = ("pooled", "flatten")
SCHEDULES = ("constant", "step", "cosine", "rising")
AUGMENTATIONS = ("none", "shifts", "shifts_flips")
CLASS_WEIGHTS = ("none", "balanced")
KEEPS = ("loss", "auc")
# Fields that joined later: at these values they say what recipes without them meant, and do not enter the key.
JOINED_LATER = {"stratified": True, "grouped": False, "class_weights": "none", "keep": "auc"}


@dataclass(frozen=True)
class Recipe(metaclass=AlsoCalled, lr="learning_rate"):
    """Everything that decides the result of a training: equal recipes give equal weights on the same machine.

    >>> Recipe(dataset="digits", lr=0.01) == Recipe("digits", learning_rate=0.01, epochs=30)
    True

    Attributes:
        dataset: name of an image set; an upload is `upload:<sha256>`, a set made by hand `own:<sha256>`.
        model: "cnn" or "mlp".
        optimizer: one of OPTIMIZERS.
        learning_rate: eta, the step size, > 0; `lr` is read as well.
        batch_size: b, images per gradient.
        epochs: passes through the training images; None takes the data set's default.
        seed: decides initial weights, batches, dropout and augmentation.
        width: channels of the CNN's first block, or neurons per hidden layer of the MLP; None: 16 or 128.
        depth: blocks of the CNN at about 28 pixels (larger images get more, see dlcore.blocks), or hidden layers of
            the MLP; None: 3 or 2.
        head: the CNN's classifier: "pooled" (mean over positions, then linear) or "flatten".
        loss: "cross_entropy" (binary with one logit for two classes) or "squared_error" of the probabilities.
        momentum: beta of "momentum" and "nesterov".
        weight_decay: L2 strength added to the gradient (decoupled for "adamw").
        dropout: share of the head's inputs set to zero while learning.
        schedule: the learning rate over the epochs; "rising" is the range test: from a millionth of
            learning_rate up to it, by the same factor from epoch to epoch.
        augmentation: random changes of the training images; None: the data set's default.
        patience: stop after this many epochs without a better one in what `keep` looks at; 0 never stops early.
        official_split: use the split that comes with the set, if there is one.
        fractions: train, validation, test shares where there is no official split.
        split_seed: decides the shuffle of that split.
        stratified: wherever images are dealt, each class in the same proportions; False: as chance has it.
        grouped: wherever images are dealt, near-duplicates (pixel correlation above .99) stay together.
        folds, fold: with folds = k > 1, hold out fold number `fold` of train + validation as validation.
        subset: learn from this many training images only; None: all.
        label_noise: share of training labels replaced by another class.
        pixel_permutation: seed of one fixed permutation of all pixels; None leaves them in place.
        class_weights: how much a training image counts in the loss: "none": all alike; "balanced": one of class c
            n / (K n_c), so that every class has the same say. Validation losses are never weighted.
        keep: the epoch whose weights are kept: "loss": of the lowest validation loss; "auc": of the highest
            validation AUC, among equal ones of the lowest loss, as every recipe of version 0.1.0 meant.

    Raises:
        ValueError: a field is out of range; the message is a sentence for the learner.
    """

    dataset: str = "cells"
    model: str = "cnn"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    batch_size: int = 64
    epochs: int | None = None
    seed: int = 0
    width: int | None = None
    depth: int | None = None
    head: str = "pooled"
    loss: str = "cross_entropy"
    momentum: float = 0.9
    weight_decay: float = 0.0
    dropout: float = 0.0
    schedule: str = "cosine"
    augmentation: str | None = None
    patience: int = 0
    official_split: bool = True
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2)
    split_seed: int = 0
    folds: int = 0
    fold: int = 0
    subset: int | None = None
    label_noise: float = 0.0
    pixel_permutation: int | None = None
    class_weights: str = "none"
    keep: str = "loss"
    stratified: bool = True
    grouped: bool = False

    def __post_init__(self) -> None:
        is_cnn = self.model == "cnn"
        defaults: dict[str, int | str] = {
            "epochs": usual_epochs(self.dataset),
            "width": 16 if is_cnn else 128,
            "depth": 3 if is_cnn else 2,
            "augmentation": default_augmentation(self.dataset),
        }
        for name, value in defaults.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        object.__setattr__(self, "fractions", tuple(float(share) for share in self.fractions))
        _check_choices(self)
        check_ranges(self)

    @property
    def lr(self) -> float:
        """eta, as torch calls it."""
        return self.learning_rate

    @property
    def key(self) -> str:
        """sha256 of the canonical JSON of all fields and CODE_VERSION: the name of the stored run."""
        return self.key_under(CODE_VERSION)

    def key_under(self, code: str) -> str:
        """The key that this recipe has, or had, under a version of the code.

        >>> recipe = Recipe("digits")
        >>> recipe.key_under("2") == recipe.key, recipe.key_under("1") == recipe.key
        (True, False)
        """
        fields_now = asdict(self)
        said = {f: fields_now[f] for f in fields_now if JOINED_LATER.get(f, ...) != fields_now[f]}
        everything = {**said, "code": code}
        canonical = json.dumps(everything, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "Recipe":
        """The recipe of a JSON object; fields that do not exist are an error.

        >>> Recipe.from_dict({"dataset": "digits", "epochs": 3}) == Recipe("digits", epochs=3)
        True
        >>> Recipe.from_dict({"rate": 0.1})
        Traceback (most recent call last):
            ...
        ValueError: A recipe has no field named rate.

        Raises:
            ValueError: an unknown field, or one out of range.
        """
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"A recipe has no field named {', '.join(sorted(unknown))}.")
        return cls(**values)  # type: ignore[arg-type]

    @classmethod
    def as_stored(cls, values: Mapping[str, object]) -> tuple["Recipe", tuple[str, ...]]:
        """The recipe that some version of the lab stored, and the names in it that this version does not know.

        >>> from dataclasses import asdict
        >>> recipe, unknown = Recipe.as_stored(asdict(Recipe("digits")) | {"colour": "blue"})
        >>> recipe == Recipe("digits"), unknown
        (True, ('colour',))

        Raises:
            ValueError: a field is missing that every version has had, or one is out of range.
            TypeError: a field is of another kind.
        """
        names = {f.name for f in fields(cls)}
        if missing := names - set(values) - set(JOINED_LATER):
            raise ValueError(f"The stored recipe has no {', '.join(sorted(missing))}.")
        known = JOINED_LATER | {name: value for name, value in values.items() if name in names}
        return cls(**known), tuple(sorted(set(values) - names))  # type: ignore[arg-type]


def differences(a: Recipe, b: Recipe) -> dict[str, tuple[object, object]]:
    """The fields in which two recipes differ, with both values.

    >>> differences(Recipe("digits", seed=1), Recipe("digits", lr=0.01))
    {'learning_rate': (0.001, 0.01), 'seed': (1, 0)}
    """
    left, right = asdict(a), asdict(b)
    return {name: (left[name], right[name]) for name in left if left[name] != right[name]}


def _check_choices(recipe: Recipe) -> None:
    choices = {
        "model": MODELS,
        "optimizer": OPTIMIZERS,
        "loss": LOSSES,
        "head": HEADS,
        "schedule": SCHEDULES,
        "augmentation": AUGMENTATIONS,
        "class_weights": CLASS_WEIGHTS,
        "keep": KEEPS,
    }
    for name, allowed in choices.items():
        if getattr(recipe, name) not in allowed:
            raise ValueError(f"{name} is {getattr(recipe, name)!r}; it can be {', '.join(allowed)}.")
    if not isinstance(recipe.dataset, str) or not recipe.dataset:
        raise ValueError("dataset is the name of an image set.")


@dataclass(frozen=True)
class Epoch:
    """What one pass through the training images left behind.

    Train figures are averages over the pass, taken while the weights were moving; validation figures are
    taken at its end. An AUC is None where a split shows one class only. AUC and accuracy lie in [0, 1],
    losses are nats per image.

    >>> run = dlcore.fit(Recipe("digits", "mlp", width=2, epochs=2, subset=100))
    >>> [epoch.number for epoch in run.epochs], run.epochs[0].train_loss > 0
    ([1, 2], True)
    """

    number: int
    train_loss: float
    train_accuracy: float
    train_auc: float | None
    val_loss: float
    val_accuracy: float
    val_auc: float | None
    gradient_norm: float  # mean over the pass's steps of |∇L|, L2 over all parameters
    learning_rate: float
    seconds: float


@dataclass(frozen=True, eq=False, repr=False)
class Run(ShownRun):
    """The result of a recipe; `ShownRun` has what it can be asked in a notebook.

    >>> run = dlcore.fit(Recipe("digits", "mlp", width=2, epochs=2, subset=100))
    >>> run.val_probabilities.shape, run.parameters == 64 * 2 + 2 + 2 * 2 + 2 + 2 * 10 + 10
    ((360, 10), True)

    Attributes:
        epochs: one Epoch per pass, also of a run that was cancelled or diverged (finite part).
        status: "finished", "stopped_early", "cancelled" or "diverged".
        best: number of the epoch whose weights were kept, as `recipe.keep` says; 0 if none.
        weights: name -> array, the kept epoch's parameters and buffers.
        val_index: (n_val,) positions of the validation images in the image set.
        val_logits: (n_val, 1 or classes) of the kept weights on them, float32 as computed; empty for a run
            that version 1 of the code stored, see `rounded`.
        parameters: how many numbers the model learns.
        train_size: images it learned from.
        seconds: wall time of the whole run.
        history: (m, n_val, 1 or classes) logits after each of the epochs in `history_epochs`.
        history_epochs: (m,) their numbers, rising: all epochs, or an even selection of a long run on a large
            set; always the first, the last and the one kept.
        epoch_weights: epoch -> name -> array, after epochs 0 (the initial weights), 1, 2, 4, 8 …, the one kept
            and the last; fewer of a large network.
        rounded: (n_val, classes) float32 probabilities: all that runs of version 1 hold of their predictions.
        rounded_history: (m, n_val, classes) the same after the epochs in `history_epochs`.
        owners: learners who have asked for it, as noted beside the stored run.
        code: CODE_VERSION of the code that computed it.
        filed_as: the key it is stored under, if that is not the recipe's key today; "" otherwise.
        unread: names in the stored run that this version does not know.
        brought: sha256 of the file in which a learner has brought it; "" where it was trained here.
        images_sha256: of a brought run's images, as its file says: ImageSet.digest.
    """

    recipe: Recipe
    epochs: tuple[Epoch, ...]
    status: str
    best: int
    weights: Mapping[str, np.ndarray]
    val_index: np.ndarray
    val_logits: np.ndarray
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]  # (h, w, channels)
    parameters: int
    train_size: int
    seconds: float
    history: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    history_epochs: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    epoch_weights: Mapping[int, Mapping[str, np.ndarray]] = field(default_factory=dict)
    rounded: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    rounded_history: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    owners: frozenset[str] = frozenset()
    code: str = field(default_factory=lambda: CODE_VERSION)
    filed_as: str = ""
    unread: tuple[str, ...] = ()
    brought: str = ""
    images_sha256: str = ""

    @property
    def key(self) -> str:
        """The key it is stored under: its recipe's, under the code that computed it; if brought, its file's hash."""
        return self.brought or self.filed_as or self.recipe.key

    @property
    def best_epoch(self) -> Epoch | None:
        """The epoch whose weights were kept."""
        return self.epochs[self.best - 1] if self.best else None

    @property
    def is_of_this_version(self) -> bool:
        """Whether the code of today would compute it again under the same key."""
        return self.code == CODE_VERSION

    @property
    def holds_logits(self) -> bool:
        """False for a run of version 1, which holds rounded probabilities only."""
        return not self.rounded.size

    @property
    def predictions(self) -> Predictions:
        """What the kept weights say of the validation images."""
        return Predictions(self.val_logits) if self.holds_logits else Predictions(None, self.rounded)

    def predictions_after(self, epoch: int) -> Predictions:
        """What the network said of the validation images after one of `history_epochs`, or the kept epoch.

        >>> run = dlcore.fit(Recipe("digits", "mlp", width=2, epochs=2, subset=100))
        >>> run.predictions_after(1).logits.shape
        (360, 10)

        Raises:
            KeyError: the predictions of this epoch were not stored.
        """
        if epoch == self.best:
            return self.predictions
        found = np.flatnonzero(self.history_epochs == epoch)
        if not len(found):
            raise KeyError(epoch)
        i = int(found[0])
        if self.holds_logits:
            return Predictions(self.history[i])
        return Predictions(None, self.rounded_history[i])

    @property
    def val_probabilities(self) -> np.ndarray:
        """(n_val, classes) float64 of the kept weights on the validation images; ranks and losses need the logits."""
        return self.predictions.probabilities


@dataclass(frozen=True)
class TestScores:
    """What one look at the sealed test set showed.

    >>> run = dlcore.fit(Recipe("digits", "mlp", width=2, epochs=1, subset=100))
    >>> dlcore.training.evaluate_test(run, record=lambda scores: 1).looks
    1

    Attributes:
        loss: nats per image (or squared error, as the recipe has it).
        accuracy, auc: in [0, 1]; the AUC is None where the test images show one class only.
        images: how many test images there are.
        looks: how often this learner has now looked at this test set, this time included.
    """

    loss: float
    accuracy: float
    auc: float | None
    images: int
    looks: int
