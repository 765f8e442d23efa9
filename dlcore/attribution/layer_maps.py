"""Heat maps made of a layer's feature maps, beside Grad-CAM (dlcore.gradcam.heatmap): same arguments, same shape.

Each weights the maps A_c by what raises the score y, g = ∂y / ∂A; they differ in what becomes of g's positions.
"""

import torch
from torch import nn

from dlcore.attribution.heads import pooled_head
from dlcore.classifiers.class_scores import Classes, class_numbers, selection
from dlcore.classifiers.map_layers import Images
from dlcore.gradcam import explain


def cam(model: nn.Module, images: Images, classes: Classes, layer: str | None = None) -> torch.Tensor:
    """The class activation maps (n, k, rows, cols), signed, in logit units, at the layer's own size.

        M = Σ_c W_kc A_c        for a head z = W mean(A) + b, so that mean(M) + b = z

    Zhou et al. 2016 (arXiv:1512.04150). Grad-CAM of the same layer is M / (rows · cols). One forward pass.

    Raises:
        ValueError: the head is not linear in the mean of these maps; or as `dlcore.gradcam.heatmap`.
    """
    head = pooled_head(model, images, layer)
    if head is None:
        raise ValueError(
            "CAM exists only where the head takes the mean of these maps and is linear; here it does not."
        )
    A, W, _ = head
    chosen = class_numbers(classes, len(A), len(W))
    w = selection(chosen, W.new_zeros(len(A), len(W))) @ W  # (k, n, c)
    return torch.einsum("knc,nchw->nkhw", w, A)


def hirescam(model: nn.Module, images: Images, classes: Classes, layer: str | None = None) -> torch.Tensor:
    """The HiResCAM maps (n, k, rows, cols), signed, in logit units, at the layer's own size.

        L = Σ_c g_c ⊙ A_c,      g = ∂y / ∂A

    Draelos and Carin 2020 (arXiv:2011.08891): the gradient keeps its places instead of being averaged. Behind
    a linear head the map is complete, Σ_ij L_ij + b = y. One forward and one backward pass.

    Raises:
        ValueError: as `dlcore.gradcam.heatmap`.
    """
    found = explain(model, images, classes, layer)
    return torch.einsum("nkchw,nchw->nkhw", found.gradients, found.maps)


def gradcam_plus_plus(
    model: nn.Module, images: Images, classes: Classes, layer: str | None = None
) -> torch.Tensor:
    """The Grad-CAM++ maps (n, k, rows, cols), at the layer's own size, before their ReLU.

        a_cij = g_cij² / (2 g_cij² + g_cij³ Σ_ab A_cab),    w_c = Σ_ij a_cij max(g_cij, 0),    L = Σ_c w_c A_c

    Chattopadhay et al. 2018 (arXiv:1710.11063), equation 19 for Y = exp(y) behind ReLU layers, where
    ∂²Y/∂A² = Y g² and ∂³Y/∂A³ = Y g³, so that Y cancels in a; as the peers do, w takes the gradient of y and
    not of Y, which is the same up to one positive factor per map. Where g is 0, a is 0. One forward and one
    backward pass.

    Raises:
        ValueError: as `dlcore.gradcam.heatmap`.
    """
    found = explain(model, images, classes, layer)
    g, A = found.gradients, found.maps  # (n, k, c, rows, cols), (n, c, rows, cols)
    denominator = 2 + g * A.sum(dim=(-2, -1))[:, None, :, None, None]  # divided by g²: no underflow
    a = torch.where((g > 0) & (denominator != 0), 1 / denominator, 0)
    w = (a * g.clamp(min=0)).sum(dim=(-2, -1))  # (n, k, c)
    return torch.einsum("nkc,nchw->nkhw", w, A)
