"""The network of a recipe as lines of PyTorch, layer by layer, each with the shape of what it gives."""

import math
from itertools import pairwise

from dlcore.blocks import blocks
from dlcore.runs import Recipe, Run

DROPOUT = '''\
class Dropout(nn.Module):
    """While learning, sets a share p of its inputs to 0 and scales up the others."""

    def __init__(self, p, generator):
        super().__init__()
        self.p, self.generator = p, generator

    def forward(self, h):
        if not self.training:
            return h
        keep = torch.rand(h.shape, generator=self.generator, dtype=h.dtype) >= self.p
        return h * keep / (1 - self.p)


'''


def network(run: Run) -> str:
    """Features, head and the seeded initial weights; the layers are called as in the file of the weights."""
    recipe = run.recipe
    lines, size = _cnn(run) if recipe.model == "cnn" else _mlp(run)
    outputs = 1 if len(run.class_names) == 2 else len(run.class_names)
    logits = "the logit of the second class" if outputs == 1 else "a logit for each class"
    head = ["nn.AdaptiveAvgPool2d(1)" if recipe.head == "pooled" else "nn.Identity()", "nn.Flatten()"]
    head = head if recipe.model == "cnn" else []
    head += [f"Dropout({recipe.dropout:g}, g)" if recipe.dropout else "nn.Identity()"]
    text = f"g = torch.Generator().manual_seed({recipe.seed})  # the initial weights{_and_dropout(recipe)}\n"
    text += f"features = nn.Sequential(\n{lines})\n"
    text += (
        f"head = nn.Sequential(  # gives (n, {outputs}): {logits}\n    {', '.join(head)},{_unused(head)}\n"
    )
    text += f"    nn.Linear({size}, {outputs}),\n)\n"
    text += "model = nn.Sequential(OrderedDict(features=features, head=head))\n"
    return (DROPOUT if recipe.dropout else "") + text + _initial(recipe)


def _unused(head: list[str]) -> str:
    return "  # Identity: the place of what this recipe leaves out" if "nn.Identity()" in head else ""


def _and_dropout(recipe: Recipe) -> str:
    return ", then dropout, are drawn from it" if recipe.dropout else " are drawn from it"


def _initial(recipe: Recipe) -> str:
    """He's initial weights, drawn in the order in which a layer's weights lie in memory."""
    is_cnn = recipe.model == "cnn"
    layout = "model = model.to(memory_format=torch.channels_last)  # in memory as the images lie: faster\n"
    kinds = "nn.Conv2d | nn.Linear" if is_cnn else "nn.Linear"
    bias = (
        "nn.init.zeros_(head[-1].bias)  # convolutions have none: batch normalization adds its own\n"
        if is_cnn
        else "        nn.init.zeros_(layer.bias)\n"
    )
    return f"""{layout if is_cnn else ""}\
for layer in model.modules():
    if isinstance(layer, {kinds}):  # He et al. 2015: uniform with variance 2 / fan_in
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=g)
{bias}"""


def _cnn(run: Run) -> tuple[str, int]:
    """Lines of the blocks, and how many numbers the head takes; the design of dlcore.models.cnn."""
    recipe, (rows, columns, channels) = run.recipe, run.image_shape
    lines, before = "", channels
    for block in blocks(recipe, rows, columns):
        layers: list[str] = []
        for k in range(block.convolutions):
            n_in = before if k == 0 else block.width
            layers += [f"nn.Conv2d({n_in}, {block.width}, 3, padding=1, bias=False)"]
            # pooled after the last one; that is never in a block that halves and has two
            layers += ["nn.MaxPool2d(2)"] if block.is_halving else []
            layers += [f"nn.BatchNorm2d({block.width})", "nn.ReLU()"]
        rows, columns = (rows // 2, columns // 2) if block.is_halving else (rows, columns)
        lines += _sequential(layers, f"(n, {block.width}, {rows}, {columns})")
        before = block.width
    return lines, before * (1 if recipe.head == "pooled" else rows * columns)


def _sequential(layers: list[str], shape: str) -> str:
    """One block, a convolution and what follows it on a line."""
    starts = [i for i, layer in enumerate(layers) if layer.startswith("nn.Conv2d")]
    rows = [layers[a:b] for a, b in pairwise([*starts, len(layers)])]
    inside = "".join(f"        {', '.join(row)},\n" for row in rows)
    return f"    nn.Sequential(  # gives {shape}\n{inside}    ),\n"


def _mlp(run: Run) -> tuple[str, int]:
    """Lines of the hidden layers, and how many numbers the head takes."""
    recipe = run.recipe
    assert recipe.width is not None and recipe.depth is not None
    size = math.prod(run.image_shape)
    lines = f"    nn.Flatten(),  # (n, {size})\n"
    for _ in range(recipe.depth):
        lines += f"    nn.Linear({size}, {recipe.width}), nn.ReLU(),  # (n, {recipe.width})\n"
        size = recipe.width
    return lines, size
