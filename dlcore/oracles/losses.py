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


def categorical(
    probabilities: Array | None, labels: NDArray[np.int64], loss: str, logits: NDArray | None = None
) -> tuple[Array, Array]:
    """L and −∂L/∂z_y, (n,) each, by torch's softmax losses on float64 logits.

    Args:
        probabilities: (n, classes), whose logarithms are the logits where no others are given.
        labels: (n,) true classes.
        loss: "cross_entropy" or "squared_error".
        logits: (n, classes) as the network gave them, or (n, 1): the softmax of 0 and z is σ(z).
    """
    import torch
    from torch.nn import functional

    if logits is None:
        assert probabilities is not None
        raw = np.log(np.maximum(np.asarray(probabilities, np.float64), np.finfo(np.float64).tiny))
    else:
        raw = np.asarray(logits, dtype=np.float64)
    if raw.shape[1] == 1:
        raw = np.hstack([np.zeros_like(raw), raw])
    z = torch.tensor(raw, requires_grad=True)
    y = torch.tensor(labels)
    if loss == "cross_entropy":
        value = functional.cross_entropy(z, y, reduction="none")
    else:
        truth = functional.one_hot(y, raw.shape[1]).double()
        value = 0.5 * functional.mse_loss(torch.softmax(z, dim=1), truth, reduction="none").sum(dim=1)
    (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach().numpy(), -slope.numpy()[np.arange(len(raw)), labels]
