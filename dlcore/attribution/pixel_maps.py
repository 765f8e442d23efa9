"""Heat maps made at the image itself, one value per pixel: they need no layer and work for any classifier.

The same arguments and shapes as the heat maps of a layer, without the layer; several passes instead of one.
"""

import torch
from torch import nn

from dlcore.classifiers.class_scores import Classes, as_rows, class_numbers, gradients, selection
from dlcore.classifiers.map_layers import Images, as_input
from dlcore.classifiers.twin import Twin

Baseline = float | torch.Tensor


class _Asked:
    """A private twin of the model, asked for y and ∂y / ∂x at one image after the other."""

    def __init__(self, model: nn.Module, classes: Classes) -> None:
        with torch.inference_mode(False):  # a twin made in there could not be differentiated
            self.model, self.classes = Twin(model).model, classes

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """(n, k) y."""
        with torch.no_grad():
            logits = as_rows(self.model(x), len(x))
        v = selection(class_numbers(self.classes, len(x), logits.shape[1]), logits)
        return (v * logits).sum(dim=-1).T

    def gradients(self, x: torch.Tensor) -> torch.Tensor:
        """(n, k, channels, h, w) ∂y / ∂x."""
        with torch.inference_mode(False), torch.enable_grad():
            leaf = x.detach().clone().requires_grad_()
            logits = as_rows(self.model(leaf.clone()), len(x))  # a first layer may work in place
            v = selection(class_numbers(self.classes, len(x), logits.shape[1]), logits)
            return gradients(logits, v, leaf)


def integrated_gradients(
    model: nn.Module, images: Images, classes: Classes, baseline: Baseline = 0.0, steps: int = 150
) -> torch.Tensor:
    """The integrated gradients (n, k, h, w), summed over colour channels, signed, in logit units.

        IG = Σ_channels (x − x0) ⊙ ∫₀¹ ∂y/∂x (x0 + t (x − x0)) dt,      Σ_pixels IG = y(x) − y(x0)

    Sundararajan et al. 2017 (arXiv:1703.01365). The integral is the mean over the midpoints t = (j − ½) / steps.
    Behind ReLUs the gradient is piecewise constant: no rule of higher order gains anything, and of all rules with
    equal weights the midpoints have the smallest error bound, V / (2 steps), V the variation of the gradient on
    the way (Koksma). As many forward and backward passes as steps.

    Args:
        baseline: x0, the image that stands for nothing: a number in the model's input units, or a tensor that
            broadcasts to the images.
    """
    x = as_input(model, images)
    x0 = torch.as_tensor(baseline, dtype=x.dtype, device=x.device).expand_as(x)
    asked = _Asked(model, classes)
    total = sum(asked.gradients(x0 + (j + 0.5) / steps * (x - x0)) for j in range(steps))
    return ((x - x0)[:, None] * total / steps).sum(dim=2)  # total: (n, k, channels, h, w)


def smoothgrad(
    model: nn.Module,
    images: Images,
    classes: Classes,
    generator: torch.Generator,
    noise: float = 0.15,
    samples: int = 50,
) -> torch.Tensor:
    """The SmoothGrad maps (n, k, h, w): how strongly the score depends on a pixel, whichever way. Not signed.

        S = Σ_channels | 1/m Σ_j ∂y/∂x (x + ε_j) |,      ε_j ~ N(0, σ²),  σ = noise · (max x − min x)

    Smilkov et al. 2017 (arXiv:1706.03825); in logits per unit of the input. As many forward and backward passes
    as samples.
    """
    x = as_input(model, images)
    asked = _Asked(model, classes)
    sigma = noise * (x.amax(dim=(1, 2, 3), keepdim=True) - x.amin(dim=(1, 2, 3), keepdim=True))
    total = torch.zeros((), dtype=x.dtype, device=x.device)
    for _ in range(samples):
        epsilon = sigma * torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
        total = total + asked.gradients(x + epsilon)  # (n, k, channels, h, w)
    return (total / samples).abs().sum(dim=2)


def occlusion(
    model: nn.Module,
    images: Images,
    classes: Classes,
    window: int,
    stride: int,
    baseline: Baseline = 0.0,
) -> torch.Tensor:
    """The occlusion maps (n, k, h, w): how far the score falls when a pixel's surroundings are covered; logits.

        O_p = mean over the windows w that cover pixel p of  y(x) − y(x with w set to x0)

    Zeiler and Fergus 2014 (arXiv:1311.2901). One forward pass per window and one more; no gradient.

    Args:
        window: side of the square that covers, in pixels; the last ones may reach over the border.
        stride: pixels from one window to the next; no more than `window`, so that every pixel is covered.
    """
    if not 1 <= stride <= window:
        raise ValueError(f"The windows are {window} wide and {stride} apart: some pixels were never covered.")
    x = as_input(model, images)
    x0 = torch.as_tensor(baseline, dtype=x.dtype, device=x.device).expand_as(x)
    asked = _Asked(model, classes)
    y = asked.scores(x)  # (n, k)
    total, count = x.new_zeros(*y.shape, *x.shape[2:]), x.new_zeros(x.shape[2:])
    for rows in _windows(x.shape[2], window, stride):
        for columns in _windows(x.shape[3], window, stride):
            covered = x.clone()
            covered[..., rows, columns] = x0[..., rows, columns]
            total[..., rows, columns] += (y - asked.scores(covered))[..., None, None]
            count[rows, columns] += 1
    return total / count


def _windows(length: int, window: int, stride: int) -> list[slice]:
    """The windows along one axis, the last one up to the border."""
    return [slice(start, start + window) for start in range(0, max(length - window, 0) + stride, stride)]
