"""The ways to ask where a score comes from, in words, and what they answer as plain arrays. Knows no torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.shown import Shown


@dataclass(frozen=True)
class Method:
    """One way to ask, in words.

    Attributes:
        formula: LaTeX; y is the score explained, A the layer's maps, x the image.
        says: what it does differently, in a sentence.
        paper: authors, year and where to read it.
        unit: of one value of the map.
        at_layer: whether it looks at a layer's maps; otherwise at the pixels.
        code: "module:function" that computes it.
        signed: whether values below zero speak against the class.
    """

    name: str
    formula: str
    says: str
    paper: str
    unit: str
    at_layer: bool
    code: str
    signed: bool = True


METHODS: tuple[Method, ...] = (
    Method(
        "Grad-CAM",
        r"L = \sum_c \alpha_c A_c, \qquad \alpha_c = \operatorname*{mean}_{ij} \frac{\partial y}{\partial A_{c,ij}}",
        "One weight for each whole map: the gradient's places are averaged away, the maps' places remain.",
        "Selvaraju et al. 2017, arXiv:1610.02391",
        "logits",
        True,
        "dlcore.gradcam:explain",
    ),
    Method(
        "CAM",
        r"M = \sum_c W_c A_c, \qquad y = \operatorname*{mean}_{ij} M_{ij} + b",
        "Reads the weights off the head, without a gradient: it exists only behind a pooled linear head, where "
        "Grad-CAM is this map divided by its number of cells.",
        "Zhou et al. 2016, arXiv:1512.04150",
        "logits",
        True,
        "dlcore.attribution.layer_maps:cam",
    ),
    Method(
        "HiResCAM",
        r"L = \sum_c \frac{\partial y}{\partial A_c} \odot A_c",
        "Keeps the gradient where it is. Behind any linear head the map adds up to the score, less the head's bias.",
        "Draelos and Carin 2020, arXiv:2011.08891",
        "logits",
        True,
        "dlcore.attribution.layer_maps:hirescam",
    ),
    Method(
        "Grad-CAM++",
        r"\begin{gathered} L = \sum_c w_c A_c, \qquad g_c = \frac{\partial y}{\partial A_c} \\"
        r"w_c = \sum_{ij} \frac{\max(g_{c,ij}, 0)}{2 + g_{c,ij} \sum_{ab} A_{c,ab}} \end{gathered}",
        "Counts only the gradients above zero: its map can hardly speak against a class, and adds up to nothing.",
        "Chattopadhay et al. 2018, arXiv:1710.11063",
        "logits (only the pattern means something)",
        True,
        "dlcore.attribution.layer_maps:gradcam_plus_plus",
    ),
    Method(
        "Integrated gradients",
        r"(x - x_0) \odot \int_0^1 \frac{\partial y}{\partial x}\bigl(x_0 + t\,(x - x_0)\bigr)\,dt",
        "Adds up the gradient on the straight way from an empty image x₀ to this one: the map sums to "
        "y(x) − y(x₀), and depends on what you call empty.",
        "Sundararajan et al. 2017, arXiv:1703.01365",
        "logits per pixel",
        False,
        "dlcore.attribution.pixel_maps:integrated_gradients",
    ),
    Method(
        "SmoothGrad",
        r"\begin{gathered} \Bigl|\,\frac{1}{m} \sum_{j=1}^m \frac{\partial y}{\partial x}(x + \varepsilon_j)\Bigr| \\"
        r"\varepsilon_j \sim \mathcal N(0, \sigma^2) \end{gathered}",
        "Averages the gradient over noisy copies of the image. It has no sign: it tells how strongly a pixel "
        "matters, not which way.",
        "Smilkov et al. 2017, arXiv:1706.03825",
        "logits per unit of brightness",
        False,
        "dlcore.attribution.pixel_maps:smoothgrad",
        signed=False,
    ),
    Method(
        "Occlusion",
        r"O_p = \operatorname*{mean}_{w \ni p}\; y(x) - y(x \text{ with } w \text{ covered})",
        "Covers one square after the other and looks how far the score falls: no gradient, no formula, many passes.",
        "Zeiler and Fergus 2014, arXiv:1311.2901",
        "logits",
        False,
        "dlcore.attribution.pixel_maps:occlusion",
    ),
)


@dataclass(frozen=True, eq=False, repr=False)
class MethodMap(Shown):
    """What one method says about one score.

    Attributes:
        heatmap: (rows, cols) at the layer's or the image's size; None where the method does not exist.
        refusal: why it does not exist, in a sentence; "" otherwise.
        passes: (forward, backward) passes through the network, for one image and one class.
    """

    method: Method
    heatmap: NDArray[np.floating] | None
    refusal: str
    passes: tuple[int, int]


@dataclass(frozen=True, eq=False, repr=False)
class Derivation(Shown):
    """Everything between one image and one class's Grad-CAM map, for a reader who wants to see each step.

    Attributes:
        k: the class whose score y is explained.
        scores: (K,) z of every class.
        probabilities: (K,).
        maps: (c, rows, cols) A.
        gradients: (c, rows, cols) ∂y / ∂A.
        alpha: (c,) their means.
        bias: b where y = Σ_ij L_ij + b, which is behind a pooled linear head; None elsewhere.
    """

    k: int
    scores: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    maps: NDArray[np.floating]
    gradients: NDArray[np.floating]
    alpha: NDArray[np.floating]
    bias: float | None

    @property
    def terms(self) -> NDArray[np.floating]:
        """(c, rows, cols) alpha_c A_c."""
        return self.alpha[:, None, None] * self.maps

    @property
    def order(self) -> NDArray[np.intp]:
        """(c,) the channels, the one whose term adds or takes most first."""
        return np.argsort(-np.abs(self.terms.sum(axis=(1, 2))), kind="stable")

    def partial(self, m: int) -> NDArray[np.floating]:
        """(rows, cols) the sum of the m strongest terms; the heat map L when m is the number of channels."""
        return self.terms[self.order[:m]].sum(axis=0)

    @property
    def heatmap(self) -> NDArray[np.floating]:
        """(rows, cols) L = Σ_c alpha_c A_c."""
        return self.terms.sum(axis=0)

    @property
    def pointwise(self) -> NDArray[np.floating]:
        """(rows, cols) Σ_c ∂y/∂A_c ⊙ A_c, the HiResCAM map: what the sum would be without averaging."""
        return (self.gradients * self.maps).sum(axis=0)


def stretched(heatmap: NDArray[np.floating]) -> NDArray[np.floating]:
    """max(h, 0) brought to 0 … 1 by its own smallest and largest value, as most tools do before they draw.

    A map without a positive value gives zeros: there is nothing to stretch.
    """
    positive = np.maximum(heatmap.astype(np.float64), 0)
    low, high = positive.min(), positive.max()
    return (positive - low) / (high - low) if high > low else np.zeros_like(positive)
