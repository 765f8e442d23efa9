"""Where a script at home finds the images of a run: in an official file as published, or in one written beside it."""

import io

import numpy as np

from dlcore.data import ImageSet
from dlcore.data import medmnist_sets as official
from dlcore.data.recipe_images import parts
from dlcore.runs import Recipe, Run


def is_official(recipe: Recipe) -> bool:
    """Whether the images lie in a file that anybody can fetch."""
    return recipe.dataset in official.NAMES


def has_official_parts(recipe: Recipe) -> bool:
    """Whether that file also says which images are for training and which for validation."""
    return is_official(recipe) and recipe.official_split and not recipe.folds


def beside(run: Run, images: ImageSet) -> bytes:
    """The .npz that lies beside the script; b"" where the official file says everything.

    Of an official set, only the positions of both parts, among its images in the order train, val, test. Of others
    the images themselves, uint8 (n, h, w, c), and labels, int64 (n,), as train_images, train_labels, val_images,
    val_labels. Test images are never in it: they stay sealed.
    """
    recipe = run.recipe
    if has_official_parts(recipe):
        return b""
    split = parts(recipe, images)
    chosen = {"train": split.train, "val": split.validation}
    if is_official(recipe):
        return _npz(chosen)
    pixels = images.images if images.images.ndim == 4 else images.images[..., None]
    arrays = {f"{part}_images": pixels[index] for part, index in chosen.items()}
    return _npz(arrays | {f"{part}_labels": images.labels[index] for part, index in chosen.items()})


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()


def loading(run: Run, images: ImageSet, file: str) -> str:
    """The lines of the script that read x, y (training) and x_val, y_val (validation) as tensors.

    Args:
        file: name of the file that `beside` makes.
    """
    recipe = run.recipe
    if not is_official(recipe):
        return f"""\
# {_dealt(recipe, images)}
file = np.load("{file}")
x, x_val = (torch.from_numpy(file[f"{{part}}_images"]) for part in ("train", "val"))  # uint8 (n, {_shape(run)})
y, y_val = (torch.from_numpy(file[f"{{part}}_labels"]) for part in ("train", "val"))
"""
    last = "" if run.image_shape[2] > 1 else "[..., None]"
    where = f"""\
# The official file of {recipe.dataset}, MD5 {official.info(recipe.dataset)["MD5"]}:
# {official.info(recipe.dataset)["url"]}
file = np.load("{recipe.dataset}.npz")
"""
    if has_official_parts(recipe):
        return f"""{where}\
x, x_val = (torch.from_numpy(file[f"{{part}}_images"]){last} for part in ("train", "val"))  # uint8
y, y_val = (torch.from_numpy(file[f"{{part}}_labels"].reshape(-1).astype(np.int64)) for part in ("train", "val"))
{_subset(recipe, images)}"""
    return f"""{where}\
# {_dealt(recipe, images)}
images = np.concatenate([file[f"{{part}}_images"] for part in ("train", "val", "test")]){last}
labels = np.concatenate([file[f"{{part}}_labels"] for part in ("train", "val", "test")]).reshape(-1)
positions = np.load("{file}")
x, x_val = (torch.from_numpy(images[positions[part]]) for part in ("train", "val"))  # uint8 (n, {_shape(run)})
y, y_val = (torch.from_numpy(labels[positions[part]].astype(np.int64)) for part in ("train", "val"))
"""


def _shape(run: Run) -> str:
    return ", ".join(map(str, run.image_shape))


def _subset(recipe: Recipe, images: ImageSet) -> str:
    """A smaller training set, drawn from the official one; "" where all of it is used."""
    if recipe.subset is None or recipe.subset >= len(images.split_for().train):
        return ""
    return f"""\
chosen = np.random.default_rng([{recipe.split_seed}, 1]).permutation(len(y))[:{recipe.subset}]
x, y = x[chosen], y[chosen]  # learn from {recipe.subset} images only
"""


def _dealt(recipe: Recipe, images: ImageSet) -> str:
    """Who is in which part, as the end of a comment."""
    if recipe.folds:
        held = f"fold {recipe.fold + 1} of {recipe.folds} held out, split seed {recipe.split_seed}"
    elif recipe.official_split and images.official_split is not None:
        held = "the set's own split"
    else:
        shares = "/".join(f"{100 * share:g}" for share in recipe.fractions)
        alike = ", each class in the same proportions" if recipe.stratified else ""
        held = f"split {shares}% with seed {recipe.split_seed}{alike}"
    kept = ", near-duplicates together" if recipe.grouped else ""
    return f"{held[0].upper()}{held[1:]}{kept}. The test images stay sealed."


def name_of_file(run: Run) -> str:
    """What the files of this run are called, without an ending."""
    return f"{run.recipe.dataset.partition(':')[0]}-{run.recipe.model}-{run.key[:6]}"
