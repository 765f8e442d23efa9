"""A run as one plain PyTorch script: only what this recipe uses, in the order of a lecture, with the same numbers.

Every piece says what dlcore/training.py, models.py and recipe_images.py do; tests run it where there is no dlcore.
"""

from dataclasses import dataclass

from dlcore.data import ImageSet
from dlcore.runs import CODE_VERSION, Recipe, Run
from dlcore.takeaway import images_beside, network_spelled, training_spelled
from dlcore.takeaway.images_beside import name_of_file


@dataclass(frozen=True)
class Piece:
    """A part of the script: its heading and its lines."""

    heading: str
    code: str


def pieces(run: Run, images: ImageSet) -> tuple[Piece, ...]:
    """The script in parts: run one after the other they train the network."""
    file = f"{name_of_file(run)}.npz"
    recipe = run.recipe
    return (
        Piece("Settings", _settings(recipe)),
        Piece("Images", images_beside.loading(run, images, file) + _changed(recipe, run)),
        Piece("Network", _as_input() + network_spelled.network(run)),
        Piece("What a step needs", training_spelled.step(run)),
        Piece("Scores on the validation images", training_spelled.scoring(run)),
        Piece("Training", training_spelled.loop(run) + training_spelled.printed(run)),
    )


def script(run: Run, images: ImageSet) -> str:
    """The whole script; its first lines say what it needs and what it prints."""
    first, *others = pieces(run, images)
    body = "".join(f"\n\n# --- {piece.heading}\n\n{piece.code.strip()}\n" for piece in others)
    return f'"""{introduction(run)}\n"""\n\n{first.code}{body}'


def introduction(run: Run) -> str:
    """What it trains, what it needs, and what the lab measured, in plain text."""
    recipe, best = run.recipe, run.best_epoch
    dataset = recipe.dataset.partition(":")[0]
    files = []
    if images_beside.is_official(recipe):
        files.append(f"the official {recipe.dataset}.npz")
    if not images_beside.has_official_parts(recipe):
        files.append(f"{name_of_file(run)}.npz")
    text = f"{recipe.model.upper()} on {dataset}: the training of run {run.key[:6]}, in plain PyTorch."
    text += f"\n\nNeeds torch, numpy and, in the same folder, {' and '.join(files)}."
    if best is not None:
        auc = "" if best.val_auc is None else f", AUC {best.val_auc:.6f}"
        text += (
            f"\nThe lab measured, for epoch {run.best}: validation loss {best.val_loss:.6f}, "
            f"accuracy {best.val_accuracy:.6f}{auc}."
        )
    if run.code != CODE_VERSION:
        text += f"\nThat was version {run.code} of its code; this is how version {CODE_VERSION} trains. "
        text += "The numbers differ."
    return text


def _settings(recipe: Recipe) -> str:
    return f"""\
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)  # sums in one order: the same bits each time
torch.set_flush_denormal(True)  # numbers below 1e-38 count as 0, or an over-fitted network becomes slow
EPOCHS = {recipe.epochs}
"""


def _as_input() -> str:
    return '''\
def as_input(images):
    """uint8 (n, h, w, c) as float32 (n, c, h, w) in [-1, 1]."""
    return images.permute(0, 3, 1, 2).to(torch.float32).div_(127.5).sub_(1.0)


'''


def _changed(recipe: Recipe, run: Run) -> str:
    """What the recipe does to images and labels beforehand."""
    text, classes, pixels = "", len(run.class_names), run.image_shape[0] * run.image_shape[1]
    if recipe.pixel_permutation is not None:
        text += f"""
order = np.random.default_rng([{recipe.pixel_permutation}, 3]).permutation({pixels})
x, x_val = (  # all images alike
    torch.from_numpy(part.numpy().reshape(len(part), {pixels}, -1)[:, order].reshape(part.shape))
    for part in (x, x_val)
)
"""
    if recipe.label_noise:
        text += f"""
# {100 * recipe.label_noise:g}% of the training labels become another class
rng = np.random.default_rng([{recipe.split_seed}, 2])
wrong = rng.permutation(len(y))[: round({recipe.label_noise!r} * len(y))]
y[wrong] = (y[wrong] + torch.from_numpy(rng.integers(1, {classes}, len(wrong)))) % {classes}
"""
    return text
