"""Second opinions on losses.py: torch's own losses on float64 logits, and their gradients by autograd."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def binary(m: Array, loss: str) -> tuple[Array, Array]:
    """L and dL/dm of logits m whose true class is 1, by torch's one-logit losses.

    Args:
        loss: "cross_entropy" (binary_cross_entropy_with_logits) or "squared_error".
    """
    import torch
    from torch.nn import functional

    z = torch.tensor(np.asarray(m, dtype=np.float64), requires_grad=True)
    one = torch.ones_like(z)
    if loss == "cross_entropy":
        value = functional.binary_cross_entropy_with_logits(z, one, reduction="none")
    else:
        y_hat = torch.sigmoid(z)
        both, truth = torch.stack([1 - y_hat, y_hat], dim=1), torch.stack([0 * one, one], dim=1)
        value = 0.5 * functional.mse_loss(both, truth, reduction="none").sum(dim=1)
    (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach().numpy(), slope.numpy()


def categorical(probabilities: Array, labels: NDArray[np.int64], loss: str) -> tuple[Array, Array]:
    """L and −∂L/∂z_y for logits log ŷ, by torch's softmax losses; (n,) each."""
    import torch
    from torch.nn import functional

    p = np.maximum(np.asarray(probabilities, dtype=np.float64), np.finfo(np.float64).tiny)
    z = torch.tensor(np.log(p), requires_grad=True)
    y = torch.tensor(labels)
    if loss == "cross_entropy":
        value = functional.cross_entropy(z, y, reduction="none")
    else:
        truth = functional.one_hot(y, p.shape[1]).double()
        value = 0.5 * functional.mse_loss(torch.softmax(z, dim=1), truth, reduction="none").sum(dim=1)
    (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach().numpy(), -slope.numpy()[np.arange(len(p)), labels]
