"""The browser's network held to PyTorch where the hand rests: logits in view, maps, heat map and field below."""

from collections.abc import Callable

import numpy as np

from dlcore.runs import Run
from ui.convolution import models
from ui.convolution.beside import Second
from ui.convolution.hand import Rest
from ui.frame import frame

TOLERANCE = 1e-4  # of what is compared, or of 1: PyTorch computes in single precision


def check(run: Run, rest: Rest, card: Callable[..., None] = frame.check) -> None:
    """The logits of exactly these pixels: the browser's, and PyTorch's.

    Args:
        card: what shows a comparison: claim, ours, reference, difference, tolerance, name.
    """
    from dlcore import gradcam
    from dlcore.models import preprocess

    model = models.network(run.key, rest.epoch)
    theirs = (
        gradcam.explain(model, preprocess(rest.pixels[None]), [rest.k], "features").logits[0].double().numpy()
    )
    n = len(theirs)
    sign, at = (1.0, rest.k) if n > 1 else (1.0 if rest.k else -1.0, 0)
    name = run.class_names[rest.k]
    what = f"the logit of {name} for exactly these pixels" + (f", and the other {n - 1}" if n > 1 else "")
    difference = _apart(rest.logits, theirs)
    ours = float(sign * rest.logits[at]) if len(rest.logits) == n else float("nan")
    card(what, ours, float(sign * theirs[at]), difference, TOLERANCE * _scale(theirs), "PyTorch")
    if rest.second is not None:
        _second(run, rest.second, rest, card)


def _second(run: Run, second: Second, rest: Rest, card: Callable[..., None]) -> None:
    """The same pixels before the second network."""
    from dlcore.training import predict

    network = models.network(second.run.key, second.epoch)
    theirs = predict(network, rest.pixels[None])[0].double().numpy()
    at = rest.k if len(theirs) > 1 else 0
    ours = float(rest.beside[at]) if len(rest.beside) == len(theirs) else float("nan")
    what = f"the logit that the second network gives {run.class_names[rest.k]} for the same pixels"
    card(what, ours, float(theirs[at]), _apart(rest.beside, theirs), TOLERANCE * _scale(theirs), "PyTorch")


def other_checks(run: Run, rest: Rest, card: Callable[..., None] = frame.check) -> None:
    """The values of every layer, summed; the heat map by autograd; the field of the chosen value."""
    from dlcore import gradcam
    from dlcore.models import preprocess

    layers = models.opened(run.key, rest.pixels, rest.epoch)
    theirs = np.array([each.maps.sum(dtype=np.float64) for each in layers])
    sizes = np.array([np.abs(each.maps).sum(dtype=np.float64) for each in layers])
    ours = rest.sums[: len(layers)]
    off = (
        float((np.abs(ours - theirs) / np.maximum(sizes, 1)).max())
        if len(ours) == len(layers)
        else float("nan")
    )
    what = f"the sum of all values, layer by layer, in {len(layers)} layers (the last one is shown)"
    card(what, float(ours[-1]), float(theirs[-1]), off, TOLERANCE, "PyTorch")

    found = gradcam.explain(
        models.network(run.key, rest.epoch), preprocess(rest.pixels[None]), [rest.k], layers[-1].name
    )
    heat = found.heatmaps[0, 0].double().numpy().ravel()
    if len(heat) > 1:
        what = f"the heat map of {run.class_names[rest.k]} (its sum is shown)"
        sums = float(rest.heat.sum()), float(heat.sum())
        card(what, *sums, _apart(rest.heat, heat), TOLERANCE * _scale(heat), "torch.autograd")
    _field(run, rest, card)


def _field(run: Run, rest: Rest, card: Callable[..., None]) -> None:
    """The pixels that the chosen value can see, counted; and those that move it."""
    from dlcore.convolution import network_opened
    from dlcore.oracles.convolution import field_by_gradient

    model = models.network(run.key, rest.epoch)
    names = [name for name, _ in network_opened.leaf_layers(model)]
    block, channel, i, j = rest.chosen
    starts = [
        at for at, (_, m) in enumerate(network_opened.leaf_layers(model)) if type(m).__name__ == "Conv2d"
    ]
    if block >= len(starts):
        return  # the mean sees all
    name = names[([*starts, len(names)])[block + 1] - 1]
    layer = next(each for each in models.opened(run.key, rest.pixels, rest.epoch) if each.name == name)
    channels, rows, cols = layer.maps.shape
    if channel >= channels or i >= rows or j >= cols:
        return
    h, w = rest.pixels.shape[:2]
    counted = np.zeros((h, w), dtype=bool)
    counted[slice(*layer.field.span(i, h)), slice(*layer.field.span(j, w))] = True
    geometries = []
    for _, module in list(network_opened.leaf_layers(model))[: names.index(name) + 1]:
        geometries.append(network_opened.geometry_of(module))
    reached = field_by_gradient(geometries, (h, w), (i, j))
    felt = network_opened.sensitivity(model, rest.pixels, name, channel, (i, j))
    off = float((counted != reached).sum() + (felt[~counted] > 0).sum())
    what = f"pixels in the field of the value at row {i}, column {j} of {name}"
    other = "torch.autograd, through the same windows with weights of 1"
    card(what, float(counted.sum()), float(reached.sum()), off, 0, other)


def _scale(values: np.ndarray) -> float:
    return max(1.0, float(np.abs(values).max()))


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference; not a number where one has more values than the other."""
    return float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else float("nan")
