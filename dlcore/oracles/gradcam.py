"""Second opinions on heat maps: plain autograd on a private copy in double precision; the sum of a map."""

import copy

import numpy as np
import torch
from torch import nn

from dlcore.models import Network, preprocess


def heatmaps(model: Network, image: np.ndarray, block: int) -> np.ndarray:
    """Grad-CAM (K, rows, cols) of every class behind block number `block` of the features, in float64.

    The features are cut in two by hand, the head is run on a leaf, each class is differentiated on its own.
    """
    private = copy.deepcopy(model).double().eval()
    with torch.no_grad():
        A = private.features[: block + 1](preprocess(image[None]).double())
    A.requires_grad_()
    z = private.head(private.features[block + 1 :](A))[0]
    scores = list(z) if len(z) > 1 else [-z[0], z[0]]
    drawn = []
    for y in scores:
        (gradient,) = torch.autograd.grad(y, A, retain_graph=True)
        drawn.append(np.einsum("c,chw->hw", gradient[0].mean(dim=(1, 2)).numpy(), A.detach()[0].numpy()))
    return np.stack(drawn)


def biases(model: Network) -> np.ndarray:
    """(K,) what a pooled linear head adds: behind it, the map's sum + bias = the class's score."""
    linear = model.head[-1]
    assert isinstance(linear, nn.Linear)
    b = linear.bias.detach().numpy()
    return b if len(b) > 1 else np.concatenate([-b, b])
