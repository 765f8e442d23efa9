"""fit(recipe) -> Run: the training loop, written for small images on one thread of a CPU.

Everything random is drawn from generators seeded by the recipe, so that equal recipes give equal weights, bit
for bit, on one machine, also when several run at once. Only `evaluate_test` reads the test images.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from dlcore import metrics, models
from dlcore.classifiers.asked import Asked
from dlcore.data import BadInput, ImageSet, load
from dlcore.data.recipe_images import noisy, parts, permuted
from dlcore.kept_epochs import Kept, copied
from dlcore.logits import probabilities
from dlcore.one_thread import one_thread
from dlcore.progress import progress_bar
from dlcore.runs import Epoch, Recipe, Run, TestScores
from dlcore.schedules import OVER_EPOCHS

EVALUATION_BATCH = 256
SHIFT = 2  # pixels, the largest random shift of the augmentation
__all__ = ["OPTIMIZERS", "batches", "evaluate_test", "fit", "learning_rate", "loss_of", "predict"]


# --- one step at a time ------------------------------------------------------------------------------------


def loss_of(
    logits: torch.Tensor, y: torch.Tensor, loss: str, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean loss of a batch, in nats for cross-entropy; with weights (1/n) Σ_i w_{y_i} ℓ_i.

    >>> round(float(loss_of(torch.zeros(4, 10), torch.arange(4), "cross_entropy")), 6)  # ln 10
    2.302585

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
    """eta of an epoch (counted from 0): the recipe's rate times its schedule.

    >>> [round(learning_rate(dlcore.Recipe(lr=0.1, schedule="step", epochs=4), t), 6) for t in range(4)]
    [0.1, 0.1, 0.01, 0.001]
    """
    assert recipe.epochs is not None
    return recipe.learning_rate * OVER_EPOCHS[recipe.schedule](epoch + 1, recipe.epochs)


def batches(n: int, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """A random order of n images, cut into batches; a last batch of one joins its neighbour.

    >>> [len(i) for i in batches(10, 4, torch.Generator())]
    [4, 4, 2]
    """
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
        mirrored = torch.rand((len(i), 1), generator=generator, dtype=torch.float32) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    return images[i[:, None, None], rows[:, :, None], columns[:, None, :]]


def predict(
    model: nn.Module, images: np.ndarray | torch.Tensor, preprocess: models.Preprocess | None = None
) -> torch.Tensor:
    """Logits (n, 1 or classes) of uint8 images (n, h, w[, c]), as after .eval(); the model is not touched.

    >>> predict(torch.nn.Flatten(), np.full((1, 1, 2), 255, np.uint8), preprocess=lambda x: x[:, None] / 255)
    tensor([[1., 1.]])

    Args:
        preprocess: how a network that is not the lab's takes images: from uint8 (n, h, w[, c]) to its own input.

    Raises:
        dlcore.data.BadInput: a network that is not the lab's, and nobody says how it takes images.
    """
    asked = Asked(model, preprocess)
    with torch.inference_mode():
        chunks = [asked(chunk) for chunk in models.as_tensor(images).split(EVALUATION_BATCH)]
    return torch.cat(chunks)  # out here, so that a caller may go on computing with it


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
        if weights is not None:  # what is told of the pass is laid beside validation, which is not weighted
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
    *,
    progress: bool = False,
) -> Run:
    """The run of a recipe. torch's threads and other settings are afterwards as they were.

    >>> fit(Recipe(dataset="digits", model="mlp", width=2, epochs=2, subset=100)).status
    'finished'

    Ctrl-C ends it as `stop` does, once an epoch is finished.

    Args:
        imageset: the recipe's images if they are already loaded, or any other: the run's recipe names those that it
            has learned from (see ImageSet.recipe_name).
        on_epoch: called with every finished Epoch.
        stop: asked before every step; once it says True the run ends as "cancelled" and keeps what it has.
        progress: show a bar, where tqdm is installed.

    Raises:
        dlcore.data.BadInput: the recipe's data set cannot be had, or cannot be split as it says; or something else
            than a recipe and an image set.
    """
    imageset = load(recipe.dataset) if imageset is None and isinstance(recipe, Recipe) else imageset
    recipe = _named(recipe, imageset)
    with one_thread(), progress_bar(recipe.epochs, on_epoch, progress) as told:
        return _fitted(recipe, imageset, told, stop or (lambda: False))


def _named(recipe: Recipe, imageset: ImageSet | None) -> Recipe:
    """The recipe with the name of the images that it is carried out on: nobody's run is filed as another set's."""
    if not isinstance(recipe, Recipe) or not isinstance(imageset, ImageSet):
        raise BadInput(
            "fit takes a recipe and, where the recipe's name does not say it, an image set: "
            "fit(Recipe(epochs=5), ImageSet.from_arrays(images, labels))."
        )
    name = imageset.recipe_name
    return recipe if recipe.dataset == name else dataclasses.replace(recipe, dataset=name)


def _fitted(
    recipe: Recipe,
    imageset: ImageSet,
    on_epoch: Callable[[Epoch], None] | None,
    stop: Callable[[], bool],
) -> Run:
    start = time.perf_counter()
    split = parts(recipe, imageset)
    if not len(split.train) or not len(split.validation):
        raise BadInput(
            "The training or the validation part has no image: nothing is learned, or nothing judged."
        )
    classes = len(imageset.class_names)
    x, y = _tensors(recipe, imageset, split.train)
    y = torch.from_numpy(noisy(y.numpy(), recipe.label_noise, classes, recipe.split_seed))
    x_val, y_val = _tensors(recipe, imageset, split.validation)
    model = models.build(recipe, imageset)
    kept = Kept(model, recipe.keep)
    try:
        status = _learn(recipe, model, (x, y), (x_val, y_val), kept, on_epoch, stop)
    except KeyboardInterrupt:
        if not kept.epochs:
            raise
        status = "cancelled"
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


def _learn(
    recipe: Recipe,
    model: nn.Module,
    train: tuple[torch.Tensor, torch.Tensor],
    validation: tuple[torch.Tensor, torch.Tensor],
    kept: Kept,
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
        state = copied(model)
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

    >>> run = fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
    >>> evaluate_test(run, record=lambda scores: 1).images
    359

    Args:
        record: called with the scores before anybody sees them; stamps the look and returns how many there
            have been (dlcore.store.ledger.Ledger.record_opening with data set, learner and run filled in).

    Raises:
        ValueError: the run kept no weights.
        dlcore.data.BadInput: other images than those that the run has learned from, or they are not here.
    """
    recipe = run.recipe
    imageset = load(recipe.dataset) if imageset is None else imageset
    if imageset.recipe_name != recipe.dataset:
        raise BadInput(
            f"The run has learned from {recipe.dataset[:20]}, and this is {imageset.recipe_name[:20]}."
        )
    x, y = _tensors(recipe, imageset, parts(recipe, imageset).test)
    z = predict(models.load(run), x)
    p = probabilities(z)
    loss = float(loss_of(z.double(), y, recipe.loss))
    accuracy, auc = metrics.accuracy(p, y.numpy()), metrics.macro_auc(p, y.numpy(), z.numpy())
    looks = record({"loss": loss, "accuracy": accuracy, "auc": auc})
    return TestScores(loss, accuracy, auc, len(y), looks)
