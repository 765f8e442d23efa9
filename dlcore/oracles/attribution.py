"""Second opinions on the methods beside Grad-CAM: written another way, in float64, on a private copy."""

import copy

import numpy as np
import torch

from dlcore.models import Network, preprocess


class Opinion:
    """One image, one class of one of the lab's networks, the features cut in two by hand behind block `block`.

    Every map is the plain formula in numpy; only ∂y / ∂A comes from autograd.
    """

    def __init__(self, model: Network, image: np.ndarray, k: int, block: int) -> None:
        self.model = copy.deepcopy(model).double().eval()
        self.x, self.k, self.block = preprocess(image[None]).double(), k, block
        with torch.no_grad():
            A = self.model.features[: block + 1](self.x)
        A.requires_grad_()
        y = self._score(self.model.head(self.model.features[block + 1 :](A)))[0]
        self.y = float(y.detach())
        self.A = A.detach()[0].numpy()
        self.g = torch.autograd.grad(y, A)[0][0].numpy()

    def _score(self, z: torch.Tensor) -> torch.Tensor:
        return z[:, self.k] if z.shape[1] > 1 else z[:, 0] * (1 if self.k else -1)

    def heatmap(self, name: str, window: int, stride: int, x0: float) -> np.ndarray | None:
        """(rows, cols) by the method of this name; None where there is no other way to write it down."""
        A, g = self.A, self.g
        match name:
            case "Grad-CAM":
                return np.tensordot(g.mean(axis=(1, 2)), A, 1)
            case "CAM":
                linear = self.model.head[-1]
                assert isinstance(linear, torch.nn.Linear)
                W = linear.weight.detach().numpy()
                w = W[self.k] if len(W) > 1 else W[0] * (1 if self.k else -1)
                return np.tensordot(w, A, 1)
            case "HiResCAM":
                return np.einsum("chw,chw->hw", g, A)
            case "Grad-CAM++":
                Y2, Y3 = g**2, g**3  # ∂²Y/∂A² and ∂³Y/∂A³ over Y, for Y = exp(y)
                below = 2 * Y2 + A.sum(axis=(1, 2), keepdims=True) * Y3
                a = np.divide(Y2, below, out=np.zeros_like(g), where=below != 0)
                return np.tensordot((a * np.maximum(g, 0)).sum(axis=(1, 2)), A, 1)
            case "Occlusion":
                return self._occlusion(window, stride, x0)
        return None

    def _occlusion(self, window: int, stride: int, x0: float) -> np.ndarray:
        """All covered images at once, by masks."""
        h, w = self.x.shape[2:]
        i, j = np.arange(h), np.arange(w)
        tops, lefts = (np.arange(-(-max(length - window, 0) // stride) + 1) * stride for length in (h, w))
        down = (i >= tops[:, None]) & (i < tops[:, None] + window)  # (windows, h)
        across = (j >= lefts[:, None]) & (j < lefts[:, None] + window)
        masks = (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, h, w)
        covered = torch.where(torch.from_numpy(masks)[:, None], x0, self.x)
        with torch.no_grad():
            drop = self.y - self._score(self.model(covered)).numpy()  # (windows,)
        return np.tensordot(drop, masks, 1) / masks.sum(axis=0)

    def change_from(self, x0: float, steps: int) -> tuple[float, float]:
        """y(x) − y(x0), which integrated gradients add up to, and how far a sum over midpoints may lie from it.

        On the way from x0 to x the slope of y is piecewise constant, with jumps δ. A mean over n midpoints is off by
        at most Σ|δ| / 2n (Koksma); and where the jumps fall independently anywhere between two midpoints, by
        √(Σδ² / 12) / n as a standard deviation, of which six are allowed. The smaller of the two counts. The jumps
        are read from the scores at n + 1 equally distant points, without a gradient; a jump between two points
        shows there as two, with Σδ² two thirds of its own on average.
        """
        t = torch.linspace(0, 1, steps + 1, dtype=torch.float64)[:, None, None, None]
        with torch.no_grad():
            y = self._score(self.model(x0 + t * (self.x - x0))).numpy()
        jumps = np.diff(np.diff(y) * steps)
        spread = float(np.sqrt(1.5 * (jumps**2).sum() / 12))
        rounding = 1e-5 * max(1.0, float(np.abs(y).max()))  # the map is float32's
        return float(y[-1] - y[0]), min(float(np.abs(jumps).sum()) / 2, 6 * spread) / steps + rounding
