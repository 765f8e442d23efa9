"""Which score is differentiated: from logits to y, the score of each class asked for, and its derivatives.

A model with K logits has one score per class; one with a single logit z gives class 1 the score z and class 0
the score −z. Every method that explains a score starts here, so that all of them explain the same one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from dlcore.arguments import BadInput, as_array

Classes = int | Sequence[int] | np.ndarray | torch.Tensor | None


def as_rows(logits: Any, n: int) -> torch.Tensor:
    """Logits (n, K); one logit per image may also come as (n,)."""
    if isinstance(logits, torch.Tensor) and logits.ndim < 2 and logits.numel() == n:
        return logits.reshape(n, 1)
    if isinstance(logits, torch.Tensor) and logits.ndim == 2 and len(logits) == n:
        return logits
    shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
    raise ValueError(f"The model gives {shape} for {n} images; a classifier gives (n, classes).")


def class_numbers(classes: Classes, n: int, outputs: int) -> np.ndarray:
    """(n, k) from one class, k classes for all images, (n, k), or None for every class.

    Raises:
        BadInput: no class numbers; or one class twice for all images, as when one was meant for each image.
    """
    K = 2 if outputs == 1 else outputs  # one logit decides between two classes
    if classes is None:
        return np.arange(K)[None].repeat(n, axis=0)
    numbers = as_array(classes, "classes")
    if numbers.dtype.kind not in "iu" or numbers.size == 0:
        raise ValueError(f"Classes are whole numbers, at least one; this is {classes!r}.")
    if not 0 <= numbers.min() <= numbers.max() < K:
        raise ValueError(f"The classes are 0 to {K - 1}; asked for {numbers.min()} to {numbers.max()}.")
    if numbers.ndim == 1 and len(np.unique(numbers)) < len(numbers):
        raise BadInput(
            f"Here {len(numbers)} classes, one of them twice, are asked for of every image. "
            "One class for each image is a column: y[:, None], shape (n, 1)."
        )
    if numbers.ndim > 2 or (numbers.ndim == 2 and len(numbers) != n):
        raise ValueError(
            f"Classes of shape {numbers.shape} do not fit {n} images; allowed are k or ({n}, k)."
        )
    return numbers if numbers.ndim == 2 else numbers.reshape(1, -1).repeat(n, axis=0)


def selection(chosen: np.ndarray, logits: torch.Tensor) -> torch.Tensor:
    """v (k, n, K) with y = v · logits: one-hot rows; for a one-logit model +1 for class 1, −1 for class 0."""
    K = logits.shape[1]
    v = np.eye(K)[chosen.T] if K > 1 else np.array([[-1.0], [1.0]])[chosen.T]
    return torch.from_numpy(v).to(logits.device, logits.dtype)


def gradients(logits: torch.Tensor, v: torch.Tensor, A: torch.Tensor) -> torch.Tensor:
    """vᵀ ∂logits / ∂A (n, k, c, rows, cols). Images do not influence each other: one pass serves all n."""
    if not logits.requires_grad:  # they do not depend on this layer
        return A.new_zeros(len(A), len(v), *A.shape[1:])
    if len(v) == 1:
        return torch.autograd.grad(logits, A, v[0], materialize_grads=True)[0].unsqueeze(1)
    try:
        by_class = torch.autograd.grad(
            logits, A, v, retain_graph=True, is_grads_batched=True, materialize_grads=True
        )[0]  # (k, n, c, rows, cols)
    except RuntimeError:  # a layer that torch cannot differentiate for all classes at once
        rows = [torch.autograd.grad(logits, A, v_j, retain_graph=True)[0] for v_j in v]
        by_class = torch.stack(rows)
    return by_class.transpose(0, 1)
