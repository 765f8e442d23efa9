"""One's own network explained: heat maps, their sanity check, deletion and insertion; it is never changed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dlcore import models
from dlcore.arguments import BadInput, as_array, class_labels
from dlcore.attribution import many_images, sanity_check
from dlcore.attribution.comparison import ASK
from dlcore.classifiers.asked import as_taken
from dlcore.classifiers.map_layers import last_layer
from dlcore.heatmaps.erasing import FILLS, Curves
from dlcore.heatmaps.heatmaps import upsample
from dlcore.heatmaps.similarity import Cascade
from dlcore.training import predict

PREDICTED = "predicted"


class Explainer:
    """A network, how it takes pictures, and the layer that is looked at.

    >>> from torch.nn import Conv2d, Flatten, Linear, ReLU, Sequential
    >>> net = Sequential(Conv2d(1, 2, 3), ReLU(), Flatten(), Linear(2 * 6 * 6, 3))
    >>> explainer = Explainer(net, preprocess=lambda x: x[:, None] / 255, layer=net[1])
    >>> explainer.heatmap(np.zeros((5, 8, 8), np.uint8)).shape
    (5, 8, 8)

    Args:
        net: any classifier from (n, c, h, w) to logits; it may be in training mode and is not changed.
        preprocess: from uint8 (n, h, w[, 3]) to what the network takes; None: the lab's own scaling for the lab's
            networks, and of others the pictures must be their input already, floats (n, c, h, w).
        layer: a module of the network or its dotted name; None: the last one that gives maps.
        method: a name of `methods`.

    Raises:
        BadInput: no network, no such layer in it, no such method.
    """

    methods = tuple(ASK)

    def __init__(
        self,
        net: nn.Module,
        preprocess: models.Preprocess | None = None,
        layer: nn.Module | str | None = None,
        method: str = many_images.GRADCAM,
    ) -> None:
        if not isinstance(net, nn.Module):
            raise BadInput(
                f"A network is a torch.nn.Module, not {type(net).__name__}. Of a run it is run.model."
            )
        if method not in ASK:
            raise BadInput(f"There is no method {method!r}; there are {', '.join(ASK)}.")
        self.net, self.preprocess, self.method = net, preprocess, method
        self.layer = _name_of(net, layer)

    def __repr__(self) -> str:
        layer = self.layer or "the last with maps"
        return f"Explainer({type(self.net).__name__}, layer={layer!r}, method={self.method!r})"

    def predict(self, images: Any) -> NDArray[np.float64]:
        """(n, classes) the network's probabilities of these images.

        >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
        >>> p = Explainer(net, preprocess=lambda x: x[:, None] / 255).predict(np.zeros((5, 8, 8), np.uint8))
        >>> p.shape, p.sum(axis=1).round(6).tolist()
        ((5, 3), [1.0, 1.0, 1.0, 1.0, 1.0])
        """
        return models.probabilities(predict(self.net, images, self.preprocess).double()).numpy()

    def heatmap(self, images: Any, target: Any = PREDICTED, *, enlarged: bool = True) -> NDArray[np.floating]:
        """The heat map of one class for each image: (n, h, w) at the images' size, signed, in logit units.

        >>> digits = dlcore.load("digits")
        >>> explainer = Explainer(dlcore.models.build(dlcore.Recipe("digits"), digits))
        >>> explainer.heatmap(digits.images[:5], target=digits.labels[:5], enlarged=False).shape
        (5, 2, 2)

        Args:
            images: uint8 (n, h, w[, 3]), or as `preprocess` takes them.
            target: "predicted", one class for all images, or one for each, (n,).
            enlarged: bilinearly to the images' size; False: (n, rows, cols) at the layer's own size.

        Raises:
            BadInput: a target that is none of these.
        """
        targets = self._targets(images, target)
        maps = many_images.maps_of(
            self.net, images, targets, self._layer(images), self.method, preprocess=self.preprocess
        )
        return upsample(maps, _size(images)) if enlarged else maps

    def sanity(self, images: Any, labels: Any, seeds: int = 3) -> Cascade:
        """How alike the maps stay while the network's weights are drawn anew from the head down (Adebayo 2018).

        >>> digits = dlcore.load("digits")
        >>> explainer = Explainer(dlcore.models.build(dlcore.Recipe("digits", width=2, depth=1), digits))
        >>> explainer.sanity(digits.images[:2], digits.labels[:2], seeds=1).stages
        ('nothing', 'head', 'block 1')

        Args:
            images: as of `heatmap`; labels: (n,) true classes.
            seeds: how often everything is drawn anew.
        """
        truth = class_labels(labels, n=len(images))
        layer = self._layer(images)
        return sanity_check.cascade(
            self.net, _pixels(images), truth, layer, self.method, seeds, preprocess=self.preprocess
        )

    def erasing(self, images: Any, target: Any = PREDICTED, fill: str = FILLS[0]) -> Curves:
        """Deletion and insertion: the class's probability while pixels go or come in the order of the map.

        >>> digits = dlcore.load("digits")
        >>> explainer = Explainer(dlcore.models.build(dlcore.Recipe("digits", width=2, depth=1), digits))
        >>> sorted(explainer.erasing(digits.images[:2]).deletion)
        ['Grad-CAM', 'centre', 'random']

        Args:
            images: uint8 (n, h, w[, 3]): what is taken away is filled with their mean colour, or blurred (see FILLS).
            target: as of `heatmap`.

        Raises:
            BadInput: images that are no uint8 pictures: what their empty place looks like is not known.
        """
        pictures = as_array(images, "images")
        if pictures.dtype != np.uint8:
            raise BadInput("Erasing paints on pictures: give uint8 (n, rows, columns[, 3]), and preprocess=.")
        targets = self._targets(pictures, target)
        return many_images.erased(
            self.net, pictures, targets, self._layer(pictures), fill, self.method, preprocess=self.preprocess
        )

    def _layer(self, images: Any) -> str:
        if self.layer is None:
            self.layer = last_layer(self.net, as_taken(self.net, images[:1], self.preprocess))
        return self.layer

    def _targets(self, images: Any, target: Any) -> NDArray[np.int64]:
        n, said = len(images), self.predict(images)
        if isinstance(target, str):
            if target != PREDICTED:
                raise BadInput('The target is "predicted", one class number, or one for each image, (n,).')
            return said.argmax(axis=1)
        values = as_array(target, "targets")
        each = np.full(n, values) if values.ndim == 0 else values
        return class_labels(each, said.shape[1], n, "targets")


def _name_of(net: nn.Module, layer: nn.Module | str | None) -> str | None:
    if layer is None:
        return None
    for name, module in net.named_modules():
        if name and (module is layer or name == layer):
            return name
    names = [name for name, _ in net.named_children()]
    what = repr(layer) if isinstance(layer, str) else f"this {type(layer).__name__}"
    raise BadInput(f"The network has no layer {what}; it begins with {', '.join(names[:6])}.")


def _size(images: Any) -> tuple[int, int]:
    """Rows and columns: of floats (n, c, h, w) the last two, of uint8 pictures the two after the first."""
    shape = tuple(images.shape)
    is_input = len(shape) == 4 and "float" in str(images.dtype)
    return (shape[2], shape[3]) if is_input else (shape[1], shape[2])


def _pixels(images: Any) -> Any:
    """The images, if their rows and columns stand where pictures have them."""
    if len(images.shape) == 4 and "float" in str(images.dtype):
        raise BadInput("The sanity check takes pictures: uint8 (n, rows, columns[, 3]), and preprocess=.")
    return images
