"""A trained network asked anew for the audit: which regions it uses, and what its heat map is worth.

Only validation images are shown to it. Loads torch when it is asked.
"""

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from dlcore.audit.findings import Finding
from dlcore.audit.probes import LEVEL, MARGIN, widened
from dlcore.audit.rates import RATES
from dlcore.audit.regions import exchanged, regions
from dlcore.data import ImageSet
from dlcore.data.recipe_images import permuted
from dlcore.evaluation.intervals import newcombe_paired
from dlcore.heatmaps.erasing import FILLS, Curves
from dlcore.heatmaps.similarity import Cascade
from dlcore.number_text import digits, percent
from dlcore.runs import Run

MOST = 1_000  # validation images whose regions are exchanged
SHOWN = 8
PIXEL_METHOD = "Integrated gradients"  # of a network without feature maps
Tell = Callable[[float], None]
Predict = Callable[[NDArray[np.uint8]], NDArray[np.int64]]  # uint8 (n, h, w[, 3]) -> (n,) classes


def asked(imageset: ImageSet, run: Run, called: Collection[str], on_progress: Tell) -> list[Finding]:
    """What the run's network answers; of a run without weights, that it cannot be asked.

    Args:
        called: names of the probes that the audit of the set has called.
    """
    if not run.weights:
        text = "The run has kept no weights, so its network cannot be asked."
        return [
            Finding("Heat map", "no_weights", text, 0.0, len(run.val_index), advice="Train it once more.")
        ]
    from dlcore.one_thread import one_thread

    with one_thread():  # the same numbers however many cores there are
        return _answers(imageset, run, called, on_progress)


def _answers(imageset: ImageSet, run: Run, called: Collection[str], on_progress: Tell) -> list[Finding]:
    from dlcore import models
    from dlcore.attribution import many_images, sanity_check

    model, seed = models.load(run), run.recipe.pixel_permutation
    some = many_images.some(run, MOST, 3)

    def predict(images: NDArray[np.uint8]) -> NDArray[np.int64]:
        return many_images.predicted(model, permuted(images, seed))

    found = used(imageset, some, predict, called)
    on_progress(0.2)
    method, layer = (many_images.GRADCAM, "features") if run.recipe.model == "cnn" else (PIXEL_METHOD, "")
    some = many_images.some(run, sanity_check.MANY, 1)
    images, _ = many_images.shown(run, imageset, some)
    cascade = sanity_check.cascade(
        model, images, imageset.labels[some], layer, method, tell=lambda share: on_progress(0.2 + 0.4 * share)
    )
    found.append(sane(cascade, method))
    images, _ = many_images.shown(run, imageset, many_images.some(run, many_images.ERASED, 0))
    classes = many_images.predicted(model, images)
    curves = many_images.erased(
        model, images, classes, layer, FILLS[0], method, tell=lambda share: on_progress(0.6 + 0.4 * share)
    )
    return [*found, *(deletion(curves, method, other) for other in ("random", "centre"))]


def used(
    imageset: ImageSet, index: NDArray[np.int64], predict: Predict, called: Collection[str]
) -> list[Finding]:
    """Every region of the probes as a finding: how accuracy changes once it is exchanged; the worst first.

    Args:
        index: (n,) the images that are asked about.
        called: names of the probes that are called a shortcut.
    """
    images, labels = imageset.images[index], imageset.labels[index]
    masks = None if imageset.masks is None else imageset.masks[index]
    before, found = predict(images) == labels, []
    places = regions(*images.shape[1:3])
    for name, region in places.items():
        after = predict(exchanged(images, region, masks)) == labels
        change = newcombe_paired(after, before)
        wider = widened(LEVEL / len(places))
        is_clear = change.value + wider * (change.high - change.value) < -MARGIN
        worse = index[before & ~after][:SHOWN] if is_clear else index[:0]
        text = f"With the {name} of another image, accuracy goes from {percent(before.mean())} to "
        text += f"{percent(after.mean())}: {change}."
        said, advice = _meaning(is_clear, name in called)
        found.append(
            Finding(
                "What it uses",
                f"uses: {name}",
                f"{text} {said}",
                change.value,
                len(index),
                (change.low, change.high),
                RATES["regions"],
                worse,
                advice,
                is_clear and name in called,
            )
        )
    return sorted(found, key=lambda f: f.measured)


def _meaning(is_clear: bool, is_called: bool) -> tuple[str, str]:
    """What a change says, and what to do."""
    if not is_clear:
        return "That it uses this region is not shown.", ""
    if is_called:
        said = "The probe of this region is called: the network uses the shortcut."
        return (
            said,
            "Mask this region in every image and train anew: on new images these scores may not hold.",
        )
    said = "The network uses it; whether as a shortcut, as background or as part of the object cannot be told here."
    return said, "Look at these images, which it then gets wrong."


def sane(found: Cascade, method: str) -> Finding:
    """The sanity check: how alike the maps stay once all weights are drawn anew."""
    mean, spread = found.at_the_end()
    depends, seeds = found.depends(), len(found.right)
    text = (
        f"With all weights drawn anew, {method} of {found.n} images has a rank correlation of {digits(mean, 2)} "
        f"(standard deviation over {seeds} seeds {digits(spread, 2)}) with the trained network's. "
    )
    said = {
        True: "The map depends on what was learned.",
        False: "The map hardly changes: it shows the image more than what was learned.",
        None: "Part of the map may come from the image and the architecture alone.",
    }
    advice = "" if depends else "Do not show this map as the network's reasons."
    bounds = (mean - 2 * spread, mean + 2 * spread)
    return Finding("Heat map", "sanity", text + said[depends], mean, found.n, bounds, advice=advice)


def deletion(found: Curves, method: str, other: str) -> Finding:
    """How much sooner the answer falls in the map's order than in another one."""
    gain = found.gain("deletion", other, method)
    order = "in a random order" if other == "random" else "from the center out"
    text = (
        f"Pixels taken away in the order of {method}, against pixels {order}: the area under the probability is "
        f"smaller by {gain.signed}. "
    )
    advice = ""
    if gain.low > 0:
        text += "The pixels that the map marks matter more."
    else:
        text += "The map's order is beaten." if gain.high < 0 else "The two cannot be told apart."
        advice = "The map says no more about what matters than this order does: show it with that beside it."
    bounds = (gain.low, gain.high)
    return Finding("Heat map", f"deletion_{other}", text, gain.value, gain.n, bounds, advice=advice)
