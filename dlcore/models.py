"""The two architectures of the text: MLP and CNN, each `features` then `head`, with seeded initial weights.

Knows recipes and image sizes; knows nothing of training. Input: float images (n, channels, h, w) in [-1, 1].
Output: one logit per class, or a single logit (of class 1) where there are two classes.
"""

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from dlcore.arguments import BadInput
from dlcore.blocks import blocks, last_size
from dlcore.runs import Recipe, Run

if TYPE_CHECKING:
    from dlcore.data import ImageSet


Preprocess = Callable[[Any], torch.Tensor]  # from a uint8 tensor (n, h, w[, c]) to (n, c, h, w)


class Dropout(nn.Module):
    """Inverted dropout whose randomness is an argument: torch's own draws from the global generator.

    >>> half = Dropout(0.5, torch.Generator().manual_seed(0))
    >>> sorted(set(half(torch.ones(100)).tolist())), half.eval()(torch.ones(2)).tolist()
    ([0.0, 2.0], [1.0, 1.0])
    """

    def __init__(self, p: float, generator: torch.Generator) -> None:
        super().__init__()
        self.p, self.generator = p, generator

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """h with a share p of its numbers 0 and the others divided by 1 − p; in evaluation mode h; its shape stays.

        >>> Dropout(0.0, torch.Generator()).forward(torch.ones(3)).tolist()
        [1.0, 1.0, 1.0]
        """
        if not self.training or self.p == 0:
            return h
        keep = torch.rand(h.shape, generator=self.generator, dtype=h.dtype, device=h.device) >= self.p
        return h * keep / (1 - self.p)


class Network(nn.Module):
    """ŷ = head(features(x)): what is seen, then what is concluded from it.

    >>> from torch.nn import Flatten, Linear, Sequential
    >>> net = Network(Sequential(Flatten()), Sequential(Linear(64, 10)))
    >>> net(torch.zeros(5, 1, 8, 8)).shape
    torch.Size([5, 10])
    """

    def __init__(self, features: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.head = head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, 1 or classes) of scaled images (n, channels, h, w).

        >>> digits = dlcore.load("digits")
        >>> build(dlcore.Recipe("digits"), digits).forward(preprocess(digits.images[:3])).shape
        torch.Size([3, 10])
        """
        return self.head(self.features(x))


def outputs(classes: int) -> int:
    """Logits a network needs: one for two classes (binary cross-entropy), otherwise one per class.

    >>> outputs(2), outputs(10)
    (1, 10)
    """
    return 1 if classes == 2 else classes


def block(channels_in: int, channels_out: int, convolutions: int, pool: bool) -> nn.Sequential:
    """3×3 convolutions, each with batch normalisation and ReLU; halves rows and columns if `pool`.

    Pooling comes right after the last convolution, so that normalisation and ReLU have a quarter of the work:
    for ReLU the order makes no difference.

    >>> block(1, 4, convolutions=1, pool=True)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 4, 4, 4])
    """
    layers: list[nn.Module] = []
    for i in range(convolutions):
        n_in = channels_in if i == 0 else channels_out
        layers += [nn.Conv2d(n_in, channels_out, 3, padding=1, bias=False)]
        layers += [nn.MaxPool2d(2)] if pool and i == convolutions - 1 else []
        layers += [nn.BatchNorm2d(channels_out), nn.ReLU()]
    return nn.Sequential(*layers)


def cnn(shape: tuple[int, int, int], classes: int, recipe: Recipe, generator: torch.Generator) -> Network:
    """Blocks of doubling width, all but the last halving the picture; then a pooled or flat linear head.

    Larger pictures pass through more blocks (dlcore.blocks), so that the last maps stay about 7 × 7.

    >>> recipe = dlcore.Recipe("digits", "cnn", width=4, depth=2)
    >>> cnn((1, 8, 8), 10, recipe, torch.Generator()).features(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 8, 4, 4])

    Args:
        shape: (channels, rows, columns) of an image.
    """
    channels, rows, columns = shape
    made = blocks(recipe, rows, columns)
    widths = [channels, *(one.width for one in made)]
    features = nn.Sequential(
        *(block(widths[i], one.width, one.convolutions, pool=one.is_halving) for i, one in enumerate(made))
    )  # (n, widths[-1], *last_size)
    pooled = recipe.head == "pooled"
    summary: nn.Module = nn.AdaptiveAvgPool2d(1) if pooled else nn.Identity()
    size = widths[-1] * (1 if pooled else math.prod(last_size(recipe, rows, columns)))
    head = nn.Sequential(
        summary, nn.Flatten(), Dropout(recipe.dropout, generator), nn.Linear(size, outputs(classes))
    )
    return Network(features, head)


def mlp(shape: tuple[int, int, int], classes: int, recipe: Recipe, generator: torch.Generator) -> Network:
    """The image as one long vector, `depth` hidden layers of `width` ReLU neurons, a linear head.

    >>> recipe = dlcore.Recipe("digits", "mlp", width=5, depth=1)
    >>> parameter_count(mlp((1, 8, 8), 10, recipe, torch.Generator())), 64 * 5 + 5 + 5 * 10 + 10
    (385, 385)
    """
    assert recipe.width is not None and recipe.depth is not None
    sizes = [math.prod(shape)] + [recipe.width] * recipe.depth
    layers: list[nn.Module] = [nn.Flatten()]
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    head = nn.Sequential(Dropout(recipe.dropout, generator), nn.Linear(sizes[-1], outputs(classes)))
    return Network(nn.Sequential(*layers), head)


ARCHITECTURES = {"cnn": cnn, "mlp": mlp}


def initialise(model: nn.Module, generator: torch.Generator) -> None:
    """He's initial weights: uniform with variance 2 / fan_in, biases 0 (He et al. 2015, arXiv:1502.01852).

    >>> layer = torch.nn.Linear(6, 3)
    >>> initialise(layer, torch.Generator().manual_seed(0))
    >>> layer.bias.tolist(), bool(layer.weight.abs().max() <= 1)  # variance 2/6: uniform in [−1, 1]
    ([0.0, 0.0, 0.0], True)
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()  # γ = 1, β = 0, running mean 0 and variance 1: no randomness


def empty(recipe: Recipe, shape: tuple[int, int, int], classes: int, generator: torch.Generator) -> Network:
    """The architecture with memory but without values: drawing them globally would race between threads.

    >>> empty(dlcore.Recipe("digits", "mlp"), (1, 8, 8), 10, torch.Generator()).head[-1].weight.shape
    torch.Size([10, 128])
    """
    with torch.device("meta"):
        model = ARCHITECTURES[recipe.model](shape, classes, recipe, generator)
    return model.to_empty(device="cpu").to(torch.float32).to(memory_format=torch.channels_last)


def shapes(
    recipe: Recipe, image_shape: tuple[int, int, int], classes: int
) -> dict[str, tuple[tuple[int, ...], str]]:
    """Name -> shape and numpy's type of every parameter and buffer of the recipe's network; takes no memory.

    >>> from dlcore import Recipe
    >>> shapes(Recipe(model="mlp"), (28, 28, 3), 5)["features.1.weight"]
    ((128, 2352), 'float32')

    Args:
        image_shape: (rows, columns, channels).
    """
    rows, columns, channels = image_shape
    with torch.device("meta"):
        model = ARCHITECTURES[recipe.model](
            (channels, rows, columns), classes, recipe, torch.Generator("cpu")
        )
    return {
        name: (tuple(t.shape), str(t.dtype).removeprefix("torch.")) for name, t in model.state_dict().items()
    }


def build(recipe: Recipe, imageset: "ImageSet") -> Network:
    """A network for these images with the initial weights of `recipe.seed`, in training mode.

    >>> digits, recipe = dlcore.load("digits"), dlcore.Recipe("digits", "mlp", seed=7)
    >>> first, second = (build(recipe, digits).head[-1].weight for _ in range(2))
    >>> bool((first == second).all())
    True

    Args:
        imageset: decides image size, channels and classes; its pixels are not read.
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    model = empty(recipe, shape_of(imageset.images), len(imageset.class_names), generator)
    initialise(model, generator)
    return model


def load(run: Run, epoch: int | None = None) -> Network:
    """The network of a finished run with its kept weights, in evaluation mode.

    >>> run = dlcore.fit(dlcore.Recipe("digits", "mlp", width=2, epochs=1, subset=100))
    >>> net = load(run)
    >>> net.training, parameter_count(net) == run.parameters
    (False, True)

    Args:
        epoch: with the weights after this one of `run.epoch_weights` instead.

    Raises:
        ValueError: the run kept no weights, or they do not fit its recipe.
        KeyError: the weights after this epoch were not kept.
    """
    if not run.weights:
        raise ValueError("This run kept no weights: it ended before its first epoch did.")
    rows, columns, channels = run.image_shape
    model = empty(run.recipe, (channels, rows, columns), len(run.class_names), torch.Generator())
    weights = run.weights if epoch in (None, run.best) else run.epoch_weights[epoch]
    state = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError("The stored weights do not fit the recipe they are filed under.") from error
    return model.eval()


def shape_of(images: np.ndarray) -> tuple[int, int, int]:
    """(channels, rows, columns) of uint8 images (n, rows, columns[, channels]).

    >>> shape_of(np.zeros((5, 28, 20), np.uint8)), shape_of(np.zeros((5, 28, 20, 3), np.uint8))
    ((1, 28, 20), (3, 28, 20))
    """
    return (images.shape[3] if images.ndim == 4 else 1, images.shape[1], images.shape[2])


def as_tensor(images: np.ndarray | torch.Tensor) -> torch.Tensor:
    """The same numbers as a tensor; read-only memory is copied: torch cannot promise not to write.

    >>> as_tensor(np.arange(3)).tolist()
    [0, 1, 2]
    """
    if isinstance(images, torch.Tensor):
        return images
    array = np.asarray(images)
    array = array if array.flags.writeable else array.copy()
    return torch.from_numpy(array)  # on the CPU, whatever the default device is


def preprocess(images: np.ndarray | torch.Tensor) -> torch.Tensor:
    """Float images (n, channels, rows, columns) in [-1, 1], channels last in memory: (x/255 − .5) / .5.

    >>> x = preprocess(np.array([[[0, 255]]], np.uint8))
    >>> x.shape, x.flatten().tolist()
    (torch.Size([1, 1, 1, 2]), [-1.0, 1.0])

    Args:
        images: uint8 (n, rows, columns) or (n, rows, columns, channels).

    Raises:
        dlcore.data.BadInput: another type or shape: scaled already, or channels first.
    """
    x = as_tensor(images)
    if x.dtype != torch.uint8 or x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] > 4):
        raise BadInput(
            f"These images are {str(x.dtype).removeprefix('torch.')} {tuple(x.shape)}; the lab's networks take uint8 "
            "(n, rows, columns) or (n, rows, columns, channels) and scale them themselves."
        )
    x = x.unsqueeze(-1) if x.ndim == 3 else x  # (n, h, w, c)
    return x.permute(0, 3, 1, 2).to(torch.float32).div_(127.5).sub_(1.0)


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    """(n, classes) from logits (n, 1) by the sigmoid or (n, classes) by the softmax.

    >>> probabilities(torch.tensor([[0.0], [100.0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    if logits.shape[1] == 1:
        p = torch.sigmoid(logits)
        return torch.cat([1 - p, p], dim=1)
    return torch.softmax(logits, dim=1)


def parameter_count(model: nn.Module) -> int:
    """How many numbers the network learns.

    >>> parameter_count(torch.nn.Linear(3, 2)), 3 * 2 + 2
    (8, 8)
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
