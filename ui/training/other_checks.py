"""The second opinions of the training page not in view: counts, intervals, calibration, splits, twins."""

from collections.abc import Callable

import numpy as np

from dlcore.data import ImageSet, Split
from dlcore.data.leakage import nearest
from dlcore.data.recipe_images import parts
from dlcore.data.splits import folds
from dlcore.evaluation import calibration, thresholds
from dlcore.evaluation.composition import chi_square, composition
from dlcore.evaluation.intervals import RESAMPLES, Share, bootstrap, newcombe
from dlcore.metrics import confusion
from dlcore.runs import Run
from ui.frame import frame

Card = Callable[..., None]
FOLDS = 5
TWINS = 40  # validation images that are looked at again


def other_checks(run: Run, images: ImageSet, card: Card = frame.check) -> None:
    """Everything that the page says of this run's predictions and of its split.

    Args:
        card: what shows a comparison: claim, ours, reference, difference, tolerance, name.
    """
    of_predictions(run, images, card)
    of_split(parts(run.recipe, images), images, card)


def of_predictions(run: Run, images: ImageSet, card: Card) -> None:
    """Accuracy's interval, the confusion matrix, the counts at a threshold, the calibration error."""
    from dlcore.oracles import scores as oracle

    labels, said = images.labels[run.val_index], run.predictions
    p, K = said.probabilities, len(run.class_names)
    ours, theirs = (
        confusion(p, labels),
        oracle.confusion(run.val_logits if run.holds_logits else p, labels, K),
    )
    right = int(np.trace(ours))
    card(
        "right predictions",
        right,
        int(np.trace(theirs)),
        abs(int(np.trace(theirs)) - right),
        0,
        "scikit-learn",
    )
    off = float(np.abs(ours - theirs).sum())
    card("all cells of the confusion matrix (how many differ)", K * K, K * K, off, 0, "scikit-learn")
    _ends(
        card,
        "the 95% interval of the accuracy",
        Share(right, len(labels)).interval,
        oracle.wilson(right, len(labels)),
    )

    _intervals(card, said.probabilities.argmax(axis=1) == labels, p[np.arange(len(labels)), labels])

    c = images.usual_positive
    at = thresholds.at_threshold(said.scores[:, c], labels == c, said.score_at(0.5))
    counts = (at.true_negative, at.false_positive, at.false_negative, at.true_positive)
    others = oracle.counts(p[:, c] >= 0.5, labels == c)
    off = float(np.abs(np.subtract(counts, others)).sum())
    card(f"TN, FP, FN, TP of “{run.class_names[c]}” at ½", str(counts), str(others), off, 0, "scikit-learn")
    mine, other = calibration.calibration(p, labels).expected_error, oracle.calibration_error(p, labels)
    card("the expected calibration error", mine, other, abs(mine - other), 1e-12, "SciPy's binned statistics")


def of_split(split: Split, images: ImageSet, card: Card) -> None:
    """No image in two parts, χ² of the class counts, folds, and the nearest training images of some."""
    from dlcore.oracles import scores as oracle

    several = oracle.in_several_parts((split.train, split.validation, split.test))
    card("images in two parts", 0, several, several, 0, "pandas")
    counts = composition(images.labels, split, images.class_names).counts
    mine, other = float(chi_square(counts[None])[0]), oracle.chi_square(counts)
    card("χ² of classes and parts", mine, other, abs(mine - other), 1e-9 * max(1.0, other), "SciPy")

    K = len(images.class_names)
    if np.bincount(images.labels, minlength=K).min() >= FOLDS:
        dealt = folds(images.labels, FOLDS, 0)
        sizes = np.array([np.bincount(images.labels[fold], minlength=K) for fold in dealt])
        theirs = oracle.fold_sizes(images.labels, FOLDS, K)
        off = float(np.abs(np.sort(sizes, axis=0) - np.sort(theirs, axis=0)).max())
        claim = f"images of a class in each of {FOLDS} folds (the most; they may differ by one)"
        card(claim, int(sizes.max()), int(theirs.max()), off, 1, "scikit-learn's StratifiedKFold")

    pixels, some = images.images.reshape(len(images), -1), split.validation[:TWINS]
    _, mine_r = nearest(pixels, some, split.train)
    other_r = oracle.nearest(pixels[split.train], pixels[some])
    off = float(np.nanmax(np.abs(mine_r - other_r)))
    claim = f"correlation of {len(some)} validation images with their nearest training image (mean)"
    card(claim, float(np.nanmean(mine_r)), float(np.nanmean(other_r)), off, 1e-5, "SciPy's distances")


def _intervals(card: Card, right: np.ndarray, sure: np.ndarray) -> None:
    """Newcombe's interval between two halves of the images, and the bootstrap's of a mean over them.

    Args:
        right: (n,) whether each image is called rightly; sure: (n,) the probability of its true class.
    """
    from dlcore.oracles import scores as oracle

    halves = [(int(half.sum()), len(half)) for half in np.array_split(right, 2)]
    ours = newcombe(*(Share(*half) for half in halves))
    theirs = oracle.difference_of_shares(*halves)
    claim = "the 95% interval of the difference between the accuracies of two halves"
    _ends(card, claim, (ours.low, ours.high), theirs)

    mean, drawn = bootstrap(sure), oracle.resampled(sure, 10 * RESAMPLES)
    off = max(abs(mean.low - drawn[0]), abs(mean.high - drawn[1]))
    # two standard errors of a quantile of RESAMPLES normal means, √(α(1 − α)) / φ(z), doubled
    allowed = 4 * 2.67 / np.sqrt(RESAMPLES) * float(sure.std()) / np.sqrt(len(sure)) + 1e-15
    claim = "the bootstrap's interval of the mean probability of the true class (with other draws)"
    told = [f"{100 * low:.2f}% to {100 * high:.2f}%" for low, high in ((mean.low, mean.high), drawn)]
    card(claim, *told, off, allowed, "scipy.stats.bootstrap")


def _ends(card: Card, claim: str, ours: tuple[float, float], theirs: tuple[float, float]) -> None:
    told = [f"{100 * low:.4f}% to {100 * high:.4f}%" for low, high in (ours, theirs)]
    card(claim, *told, float(np.abs(np.subtract(ours, theirs)).max()), 1e-12, "SciPy's binomtest")
