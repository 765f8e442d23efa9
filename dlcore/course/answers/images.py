"""Expected answers about splits, training on images, convolution, heat maps and the sealed test set."""

import inspect
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlcore.convolution.kernels import KERNELS
from dlcore.convolution.receptive_field import field_of
from dlcore.convolution.sliding import Geometry, convolve, grey
from dlcore.convolution.translation_invariance import SHIFTS, measure
from dlcore.course.answers.networks import Answer
from dlcore.data import ImageSet, folds, load, split
from dlcore.data.cells import cells, cells_shortcut
from dlcore.data.smear import KINDS
from dlcore.evaluation.intervals import Z, standard_error
from dlcore.evaluation.optimism import expected_maximum, optimism
from dlcore.experiments import costs
from dlcore.heatmaps.heatmaps import smooth, upsample
from dlcore.runs import Recipe

State = Mapping[str, str]

SIDE = 28  # of the cells
SHAPE = (SIDE, SIDE, 3)
IMAGES = int(inspect.signature(cells).parameters["n"].default)


def _digits() -> ImageSet:
    return load("digits")


# --- splits, loss, epochs ----------------------------------------------------------------------------------


def train_images(state: State) -> Answer:
    """How many digits are in the train set at 60 / 20 / 20."""
    parts = split(_digits().labels)
    sizes = {name: len(getattr(parts, name)) for name in ("train", "validation", "test")}
    return Answer(float(sizes["train"]), {**sizes, "n": len(_digits().labels)})


def updates_per_epoch(state: State) -> Answer:
    """⌈n / b⌉ for the digits' train set and the link's batch size."""
    n, b = len(split(_digits().labels).train), int(state.get("training_batch", "64"))
    return Answer(costs.updates_per_epoch(n, b), {"n": n, "b": b})


def loss_of_not_knowing(state: State) -> Answer:
    """Cross-entropy of a network that gives every class of the digits the same probability: log k."""
    k = len(_digits().class_names)
    return Answer(-math.log(1 / k), {"k": k})


def fold_images(state: State) -> Answer:
    """Images that each of the five models of a cross-validation of the generated cells learns from."""
    labels = np.arange(IMAGES) % len(KINDS)
    parts = split(labels)
    outside = labels[np.concatenate([parts.train, parts.validation])]
    k = 5
    held_out = folds(outside, k)[0]
    facts = {"k": k, "outside": len(outside), "held_out": len(held_out), "test": len(parts.test)}
    return Answer(len(outside) - len(held_out), facts)


# --- convolution -------------------------------------------------------------------------------------------


def _geometry(state: State) -> Geometry:
    usual = {"k": 3, "s": 1, "p": 0, "d": 1}
    return Geometry(**{name: int(state.get(f"convolution_{name}", value)) for name, value in usual.items()})


def map_side(state: State) -> Answer:
    """Cells along one side of z, for the link's filter on a 28-pixel image."""
    geometry = _geometry(state)
    facts = {"n": SIDE, "k": geometry.k, "s": geometry.s, "p": geometry.p, "field": geometry.k**2}
    return Answer(geometry.size(SIDE), facts)


def flat_ground(state: State) -> Answer:
    """What the link's filter says on an evenly bright image."""
    name = state.get("convolution_kernel", "vertical edge")
    geometry = _geometry(state)
    z = convolve(np.full((SIDE, SIDE), 0.7), KERNELS[name](geometry.k), Geometry(geometry.k))
    return Answer(float(round(np.abs(z).max(), 12)), {"sum": float(KERNELS[name](geometry.k).sum())})


def kept_after_shift(state: State) -> Answer:
    """How many max-pooled cells keep their value when the image moves by one pixel: "all", "some" or "none"."""
    name = state.get("convolution_pool_kernel", "vertical edge")
    found = measure([grey(image) for image in cells(200).images], KERNELS[name](3), 2)
    share = float(found.same[SHIFTS.index(1)])
    change = dict(zip(found.stages, found.change[:, SHIFTS.index(1)].tolist(), strict=True))
    zeros = float(found.zeros[SHIFTS.index(1)])
    facts = {"percent": 100 * share, "pooled": change["max pooling"], "pixels": change["pixels"]}
    facts |= {"zeros": 100 * zeros, "positive": 100 * float(found.positive[SHIFTS.index(1)])}
    return Answer("all" if share > 0.95 else "none" if share < 0.02 else "some", facts)


def mlp_against_cnn(state: State) -> Answer:
    """How many times as many numbers the lab's MLP learns as its CNN, on the cells."""
    sizes = {m: costs.parameters(Recipe(model=m), SHAPE, len(KINDS)) for m in ("mlp", "cnn")}
    first = costs.planned_layers(Recipe(model="mlp"), SHAPE, len(KINDS))[0]
    return Answer(sizes["mlp"] / sizes["cnn"], {**sizes, "first": first.parameters})


def shuffled_pixels(state: State) -> Answer:
    """Who notices one fixed shuffle of all pixels: "mlp", "cnn", "both" or "neither".

    A dense layer with its columns shuffled alike gives the same z; a slid filter does not, in any order.
    """
    rng = np.random.default_rng(0)
    x, order = rng.random((SIDE, SIDE)), rng.permutation(SIDE * SIDE)
    shuffled = x.ravel()[order].reshape(SIDE, SIDE)
    W = rng.normal(size=(16, SIDE * SIDE))
    dense = np.allclose(W @ x.ravel(), W[:, order] @ shuffled.ravel())
    w = KERNELS["vertical edge"](3)
    z, z_shuffled = (np.sort(convolve(each, w, Geometry(3)).ravel()) for each in (x, shuffled))
    slid = np.allclose(z, z_shuffled)
    found = {(True, False): "cnn", (False, True): "mlp", (False, False): "both", (True, True): "neither"}
    return Answer(found[dense, slid])


# --- Grad-CAM ----------------------------------------------------------------------------------------------


def blocks(recipe: Recipe) -> list[Geometry]:
    """The windows of the lab's CNN in order: a 3×3 convolution per block, two in the last, pooling between."""
    assert recipe.depth is not None
    conv, pooled = Geometry(3, 1, 1), Geometry(2, 2)
    return [*[conv, pooled] * (recipe.depth - 1), conv, conv]


def heat_map_numbers(state: State) -> Answer:
    """Numbers in the raw heat map of the CNN's last block."""
    side = SIDE
    for window in blocks(Recipe()):
        side = window.size(side)
    return Answer(side * side, {"side": side, "pixels": SIDE * SIDE})


def seen_by_one_cell(state: State) -> Answer:
    """Pixels along one side that a cell of the last block can depend on."""
    field = field_of(blocks(Recipe()))
    return Answer(field.size, {"side": SIDE, "percent": 100 * field.size**2 / SIDE**2})


def numbers_after_smoothing(state: State) -> Answer:
    """Whether the smoothed, enlarged map holds "more" numbers than the raw one or the "same", by its rank."""
    side = math.isqrt(int(heat_map_numbers(state).value))
    each = np.eye(side * side).reshape(-1, side, side)  # one map for every raw number
    sigma = float(state.get("gradcam_sigma", "1"))
    enlarged = smooth(upsample(each, (SIDE, SIDE), "bilinear"), sigma).reshape(len(each), -1)
    rank = int(np.linalg.matrix_rank(enlarged))
    return Answer("more" if rank > side * side else "same", {"raw": side * side, "rank": rank})


def stretched_map(state: State) -> Answer:
    """What stretching to 0 … 1 makes of a map a million times fainter: "same" or "fainter"."""
    L = np.random.default_rng(0).normal(size=(7, 7))

    def stretch(heat: NDArray) -> NDArray:
        return (heat - heat.min()) / (heat.max() - heat.min())

    return Answer("same" if np.allclose(stretch(L), stretch(1e-6 * L)) else "fainter")


def marker_only(state: State) -> Answer:
    """Test accuracy of a model that reads nothing but the corner marker, on a sample of the shortcut cells."""
    images = cells_shortcut(1500)
    parts = images.official_split
    assert parts is not None
    corner = images.images[:, 1, 1].astype(np.int64)  # (n, 3): the marker's colour
    colours = np.array(
        [np.median(corner[parts.train][images.labels[parts.train] == k], axis=0) for k in range(5)]
    )
    says = np.abs(corner[:, None] - colours).sum(axis=2).argmin(axis=1)
    right = says == images.labels
    facts = {
        "train": 100 * float(right[parts.train].mean()),
        "test": 100 * float(right[parts.test].mean()),
        "k": len(images.class_names),
    }
    return Answer("chance" if facts["test"] < 35 else "all" if facts["test"] > 95 else "half", facts)


# --- the sealed test set -----------------------------------------------------------------------------------


def margin_of_error(state: State) -> Answer:
    """Half the 95 % interval of an accuracy of .85 on 156 images, in percentage points."""
    share, n = 0.85, 156
    se = standard_error(share, n)
    return Answer(100 * Z * se, {"n": n, "percent": 100 * share, "se": 100 * se})


def best_of_coins(state: State) -> Answer:
    """Expected best score, in percent, of 20 models that toss coins on 156 test images."""
    m, n = 20, 156
    facts = {"m": m, "n": n, "errors": expected_maximum(m), "se": 100 * standard_error(0.5, n)}
    return Answer(100 * (0.5 + optimism(0.5, n, m)), facts)


def copies_in_training(state: State) -> Answer:
    """What a model that remembers scores on digits with random labels: "chance", or "above" thanks to copies.

    A third of the test digits have a near-copy, with the same label, in the train set. The model answers with
    the label of the nearest train image.
    """
    digits = _digits()
    rng = np.random.default_rng(0)
    x = digits.images.reshape(len(digits.images), -1).astype(np.float64)
    y = rng.permutation(digits.labels)
    parts = split(y)
    copied = parts.test[::3]
    copies = x[copied] + rng.integers(-1, 2, x[copied].shape)

    def accuracy(train: NDArray, labels: NDArray) -> float:
        squared = (train**2).sum(axis=1) - 2 * x[parts.test] @ train.T  # |x - train|² less |x|²
        return 100 * float((labels[squared.argmin(axis=1)] == y[parts.test]).mean())

    clean = accuracy(x[parts.train], y[parts.train])
    leaky = accuracy(np.vstack([x[parts.train], copies]), np.append(y[parts.train], y[copied]))
    facts = {"clean": clean, "leaky": leaky, "copies": len(copied), "test": len(parts.test)}
    return Answer("above" if leaky > clean + 10 else "chance", facts)


FUNCTIONS = (
    train_images,
    updates_per_epoch,
    loss_of_not_knowing,
    fold_images,
    map_side,
    flat_ground,
    kept_after_shift,
    mlp_against_cnn,
    shuffled_pixels,
    heat_map_numbers,
    seen_by_one_cell,
    numbers_after_smoothing,
    stretched_map,
    marker_only,
    margin_of_error,
    best_of_coins,
    copies_in_training,
)
