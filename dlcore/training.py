"""fit(recipe) -> Run: the training loop, written for small images on one thread of a CPU.

Everything random is drawn from generators seeded by the recipe, so that equal recipes give equal weights, bit
for bit, on one machine, also when several run at once. Only `evaluate_test` reads the test images.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from dlcore import metrics, models
from dlcore.data import ImageSet, load
from dlcore.data.recipe_images import noisy, parts, permuted
from dlcore.logits import probabilities
from dlcore.runs import Epoch, Recipe, Run, TestScores
from dlcore.schedules import OVER_EPOCHS

EVALUATION_BATCH = 256
SHIFT = 2  # pixels, the largest random shift of the augmentation
HISTORY = 2_000_000  # validation logits that a run keeps over all epochs, 8 MB
EPOCH_WEIGHTS = 1_000_000  # numbers that a run keeps of other epochs than the one it is judged by, 4 MB


# --- one step at a time ------------------------------------------------------------------------------------


def loss_of(
    logits: torch.Tensor, y: torch.Tensor, loss: str, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean loss of a batch, in nats for cross-entropy; with weights (1/n) Σ_i w_{y_i} ℓ_i.

    Args:
        logits: (n, 1) for two classes, otherwise (n, classes).
        y: (n,) class numbers.
        loss: "cross_entropy", or "squared_error": ½ Σ_c (p_c − [c = y])².
        weights: (classes,) w.
    """
    how = "mean" if weights is None else "none"
    if loss == "squared_error":
        p = models.probabilities(logits)
        target = nn.functional.one_hot(y, p.shape[1]).to(p.dtype)
        each = 0.5 * (p - target).square().sum(dim=1)
        return each.mean() if weights is None else (weights[y] * each).mean()
    if logits.shape[1] == 1:  # L = −[y log ŷ + (1 − y) log(1 − ŷ)], from the logit so that ŷ → 0, 1 is exact
        z, target = logits[:, 0], y.to(logits.dtype)
        found = nn.functional.binary_cross_entropy_with_logits(z, target, reduction=how)
    else:
        found = nn.functional.cross_entropy(logits, y, reduction=how)
    return found if weights is None else (weights[y] * found).mean()


def balanced(y: torch.Tensor, classes: int) -> torch.Tensor:
    """(classes,) the weights n / (K n_c), whose mean over the n images is 1; K counts the classes that occur."""
    counts = torch.bincount(y, minlength=classes).to(torch.float32)
    return torch.where(counts > 0, len(y) / (counts.count_nonzero() * counts.clamp(min=1)), 0.0)


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "momentum": torch.optim.SGD,
    "nesterov": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
}
FUSED = ("sgd", "momentum", "nesterov", "adagrad", "adam", "adamw")  # one kernel for all parameters


def optimizer_of(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """torch's optimizer of that name with the recipe's hyper-parameters."""
    settings: dict[str, object] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if recipe.optimizer in ("momentum", "nesterov"):
        settings["momentum"] = recipe.momentum
        settings["nesterov"] = recipe.optimizer == "nesterov" and recipe.momentum > 0
    if recipe.optimizer in FUSED:
        settings["fused"] = True
    return OPTIMIZERS[recipe.optimizer](model.parameters(), **settings)


def learning_rate(recipe: Recipe, epoch: int) -> float:
    """eta of an epoch (counted from 0): the recipe's rate times its schedule."""
    assert recipe.epochs is not None
    return recipe.learning_rate * OVER_EPOCHS[recipe.schedule](epoch + 1, recipe.epochs)


def batches(n: int, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """A random order of n images, cut into batches; a last batch of one joins its neighbour."""
    order = torch.randperm(n, generator=generator)
    cuts = list(range(size, n, size))
    if cuts and n - cuts[-1] == 1 and size > 1:
        cuts.pop()  # batch normalisation needs two
    return iter(order.tensor_split(cuts))


def augmented(images: torch.Tensor, i: torch.Tensor, how: str, generator: torch.Generator) -> torch.Tensor:
    """Images i of a set, each shifted by up to SHIFT pixels (edges repeat) and, if asked, mirrored.

    One gather does the choosing, the shifting and the mirroring.

    Args:
        images: uint8 (n, h, w, c).
        i: (b,) indices.
        how: one of runs.AUGMENTATIONS.

    Returns:
        uint8 (b, h, w, c).
    """
    if how == "none":
        return images[i]
    h, w = images.shape[1:3]
    move = torch.randint(-SHIFT, SHIFT + 1, (2, len(i), 1), generator=generator)
    rows = (torch.arange(h) + move[0]).clamp_(0, h - 1)  # (b, h)
    columns = (torch.arange(w) + move[1]).clamp_(0, w - 1)  # (b, w)
    if how == "shifts_flips":
        mirrored = torch.rand((len(i), 1), generator=generator) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    return images[i[:, None, None], rows[:, :, None], columns[:, None, :]]


def predict(model: nn.Module, images: np.ndarray | torch.Tensor) -> torch.Tensor:
    """Logits (n, 1 or classes) of uint8 images (n, h, w[, c]); the model must be in evaluation mode."""
    with torch.inference_mode():
        chunks = [
            model(models.preprocess(chunk)) for chunk in models.as_tensor(images).split(EVALUATION_BATCH)
        ]
        return torch.cat(chunks)


# --- the loop ----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class _Pass:
    """What one pass over the training images measured: the logits before each step, and gradients' norms."""

    loss: float
    logits: torch.Tensor
    y: torch.Tensor
    gradient_norm: float


def one_pass(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: torch.Tensor,
    y: torch.Tensor,
    recipe: Recipe,
    generator: torch.Generator,
    stop: Callable[[], bool],
) -> _Pass | None:
    """One epoch of mini-batch steps, θ ← θ − η · (1/b) Σ ∇ℓ or the optimizer's own rule; None if stopped.

    Numbers are collected as tensors and read once at the end: reading one in every step would wait for it.
    """
    model.train()
    parameters = list(model.parameters())
    weights = balanced(y, int(y.max()) + 1) if recipe.class_weights == "balanced" else None
    losses, logits, order, norms = [], [], [], []
    for i in batches(len(y), recipe.batch_size, generator):
        if stop():
            return None
        z = model(models.preprocess(augmented(x, i, str(recipe.augmentation), generator)))
        loss = loss_of(z, y[i], recipe.loss, weights)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norms.append(nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None]))
        optimizer.step()
        if (
            weights is not None
        ):  # what is told of the pass can be laid beside validation, which is not weighted
            loss = loss_of(z, y[i], recipe.loss)
        losses.append(loss.detach() * len(i))
        logits.append(z.detach())
        order.append(i)
    mean_loss = float(torch.stack(losses).sum()) / len(y)
    return _Pass(mean_loss, torch.cat(logits), y[torch.cat(order)], float(torch.stack(norms).mean()))


def fit(
    recipe: Recipe,
    imageset: ImageSet | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Run:
    """The run of a recipe.

    Args:
        imageset: the recipe's images if they are already loaded.
        on_epoch: called with every finished Epoch.
        stop: asked before every step; once it says True the run ends as "cancelled" and keeps what it has.

    Raises:
        dlcore.data.BadInput: the recipe's data set cannot be had, or cannot be split as it says.
    """
    torch.set_num_threads(1)  # bit for bit the same, however many cores there are; and one reader, one core
    torch.set_flush_denormal(True)  # an over-fitted network otherwise slows down tenfold
    start = time.perf_counter()
    imageset = load(recipe.dataset) if imageset is None else imageset
    split = parts(recipe, imageset)
    classes = len(imageset.class_names)
    x, y = _tensors(recipe, imageset, split.train)
    y = torch.from_numpy(noisy(y.numpy(), recipe.label_noise, classes, recipe.split_seed))
    x_val, y_val = _tensors(recipe, imageset, split.validation)
    model = models.build(recipe, imageset)
    kept = _Kept(model, recipe.keep)
    status = _learn(recipe, model, (x, y), (x_val, y_val), kept, on_epoch, stop or (lambda: False))
    return Run(
        recipe=recipe,
        epochs=tuple(kept.epochs),
        status=status,
        best=kept.best,
        weights=kept.weights,
        val_index=split.validation,
        val_logits=kept.val_logits,
        class_names=tuple(imageset.class_names),
        image_shape=(imageset.images.shape[1], imageset.images.shape[2], models.shape_of(imageset.images)[0]),
        parameters=models.parameter_count(model),
        train_size=len(y),
        seconds=time.perf_counter() - start,
        epoch_weights=kept.epoch_weights(),
        **kept.history(),
    )


def _tensors(recipe: Recipe, imageset: ImageSet, index: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """uint8 images (n, h, w, c) and labels (n,) at these positions, pixels permuted if the recipe says so."""
    images = permuted(imageset.images[index], recipe.pixel_permutation)
    x = torch.from_numpy(images if images.ndim == 4 else images[..., None])
    return x, torch.from_numpy(imageset.labels[index].astype(np.int64))


class _Kept:
    """The history so far and the weights worth keeping: of the first epoch that is the best by `Recipe.keep`."""

    def __init__(self, model: nn.Module, keep: str) -> None:
        self.by_auc = keep == "auc"
        self.epochs: list[Epoch] = []
        self.best = 0
        self.score = (-2.0, float("-inf"))
        self.weights: dict[str, np.ndarray] = {}
        self.val_logits = np.empty((0, 0), np.float32)
        self.every: list[np.ndarray] = []  # validation logits, epoch by epoch
        self.last = _copied(model)
        self.early = {0: self.last}  # epochs 0, 1, 2, 4, 8 …

    def add(self, epoch: Epoch, state: dict[str, np.ndarray], val_logits: np.ndarray) -> None:
        self.epochs.append(epoch)
        self.every.append(val_logits)
        self.last = state
        if epoch.number & (epoch.number - 1) == 0:
            self.early[epoch.number] = state
        auc = epoch.val_auc if self.by_auc else None
        score = (-1.0 if auc is None else auc, -epoch.val_loss)
        if score > self.score:
            self.score, self.best, self.weights = score, epoch.number, state
            self.val_logits = val_logits

    def epoch_weights(self) -> dict[int, dict[str, np.ndarray]]:
        """Run.epoch_weights: the kept epoch, then as many as fit: the initial weights, the last, the first …"""
        room = EPOCH_WEIGHTS // max(1, sum(values.size for values in self.last.values()))
        last = len(self.epochs)
        wanted = [n for n in dict.fromkeys([0, last, *self.early]) if n != self.best]
        chosen = {n: self.early.get(n, self.last) for n in wanted[:room]}
        chosen |= {self.best: self.weights} if self.best else {}
        return dict(sorted(chosen.items()))

    def history(self) -> dict[str, Any]:
        """Run.history and Run.history_epochs: as many epochs as fit into HISTORY numbers, evenly chosen."""
        if not self.every:
            return {}
        fitting = max(2, HISTORY // self.every[0].size)
        chosen = np.linspace(0, len(self.every) - 1, min(fitting, len(self.every))).round().astype(int)
        chosen = np.union1d(chosen, [self.best - 1])
        return {"history": np.stack([self.every[i] for i in chosen]), "history_epochs": chosen + 1}


def _copied(model: nn.Module) -> dict[str, np.ndarray]:
    """Name -> array, parameters and buffers as they are now."""
    return {name: t.numpy().copy() for name, t in model.state_dict().items()}


def _learn(
    recipe: Recipe,
    model: nn.Module,
    train: tuple[torch.Tensor, torch.Tensor],
    validation: tuple[torch.Tensor, torch.Tensor],
    kept: _Kept,
    on_epoch: Callable[[Epoch], None] | None,
    stop: Callable[[], bool],
) -> str:
    """All epochs into `kept`; returns the run's status."""
    assert recipe.epochs is not None
    generator = torch.Generator().manual_seed(recipe.seed + 2**32)  # not the stream of the initial weights
    optimizer = optimizer_of(recipe, model)
    for number in range(1, recipe.epochs + 1):
        began = time.perf_counter()
        rate = learning_rate(recipe, number - 1)
        for group in optimizer.param_groups:
            group["lr"] = rate
        learned = one_pass(model, optimizer, *train, recipe, generator, stop)
        if learned is None:
            return "cancelled"
        z_val = predict(model.eval(), validation[0])
        val_loss = float(loss_of(z_val.double(), validation[1], recipe.loss))
        state = _copied(model)
        if not _is_finite(learned.loss, val_loss, learned.gradient_norm, z_val.numpy(), *state.values()):
            return "diverged"
        epoch = _measured(number, learned, z_val, validation[1].numpy(), val_loss, rate, began)
        kept.add(epoch, state, z_val.numpy())
        if on_epoch is not None:
            on_epoch(epoch)
        if recipe.patience and number - kept.best >= recipe.patience:
            return "stopped_early"
    return "finished"


def _is_finite(*values: float | np.ndarray) -> bool:
    """Whether a run goes on and can be stored: an infinite logit on the right side has a loss of 0."""
    return all(np.isfinite(value).all() for value in values)


def _measured(
    number: int,
    learned: _Pass,
    z_val: torch.Tensor,
    y_val: np.ndarray,
    val_loss: float,
    rate: float,
    began: float,
) -> Epoch:
    """The Epoch of a pass; z_val (n_val, 1 or classes) are the validation logits at its end."""
    z_train, y_train = learned.logits.numpy(), learned.y.numpy()
    p_train, p_val = probabilities(z_train), probabilities(z_val)
    return Epoch(
        number=number,
        train_loss=learned.loss,
        train_accuracy=metrics.accuracy(p_train, y_train),
        train_auc=metrics.macro_auc(p_train, y_train, z_train),
        val_loss=val_loss,
        val_accuracy=metrics.accuracy(p_val, y_val),
        val_auc=metrics.macro_auc(p_val, y_val, z_val.numpy()),
        gradient_norm=learned.gradient_norm,
        learning_rate=rate,
        seconds=time.perf_counter() - began,
    )


# --- the sealed test set -----------------------------------------------------------------------------------


def evaluate_test(
    run: Run, record: Callable[[dict[str, float | None]], int], imageset: ImageSet | None = None
) -> TestScores:
    """The kept weights on the test images: the only function that scores a model on them.

    Args:
        record: called with the scores before anybody sees them; stamps the look and returns how many there
            have been (dlcore.store.ledger.Ledger.record_opening with data set, learner and run filled in).

    Raises:
        ValueError: the run kept no weights.
    """
    recipe = run.recipe
    imageset = load(recipe.dataset) if imageset is None else imageset
    x, y = _tensors(recipe, imageset, parts(recipe, imageset).test)
    z = predict(models.load(run), x)
    p = probabilities(z)
    loss = float(loss_of(z.double(), y, recipe.loss))
    accuracy, auc = metrics.accuracy(p, y.numpy()), metrics.macro_auc(p, y.numpy(), z.numpy())
    looks = record({"loss": loss, "accuracy": accuracy, "auc": auc})
    return TestScores(loss, accuracy, auc, len(y), looks)
