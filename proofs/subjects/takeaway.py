"""A run taken home as plain PyTorch trains to the numbers of the lab, in an interpreter that has no lab.

Recipes that between them use every optimizer, schedule, penalty, augmentation, loss, split and rule of stopping; the
default CNN and MLP bit for bit, the others to the digits that are shown. Notebooks are executed cell by cell.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlcore import gradcam, models
from dlcore.data import load
from dlcore.runs import (
    AUGMENTATIONS,
    CLASS_WEIGHTS,
    HEADS,
    KEEPS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    Recipe,
    Run,
)
from dlcore.takeaway import images_beside, network_spelled, notebook, script, training_spelled
from dlcore.training import fit

COVERS = (script, network_spelled, training_spelled, images_beside, notebook)
SHOWN = 1e-6  # the last digit that script and page print
NAMES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_auc")
DRAWN = 40  # five with each optimizer
PLAIN = '\nimport json\nprint(json.dumps({"kept": kept, "history": history}))\n'


def alone(text: str, folder: Path, seconds: float = 600) -> str:
    """What a text prints in an interpreter that has torch and no lab, in this folder; warnings are errors."""
    (folder / "alone.py").write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", "alone.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def taken(recipe: Recipe, folder: Path) -> Run:
    """The run of a recipe, its images beside the script in the folder."""
    images = load(recipe.dataset)
    run = fit(recipe, images)
    if there := images_beside.beside(run, images):
        (folder / f"{images_beside.name_of_file(run)}.npz").write_bytes(there)
    return run


def difference(recipe: Recipe, folder: Path, bent: Callable[[str], str] = lambda text: text) -> float:
    """The largest difference between any number of any epoch; infinite where epochs or the selected one differ.

    Args:
        bent: what is done to the script beforehand.
    """
    return differences([recipe], folder, bent)[0]


def differences(
    recipes: Sequence[Recipe], folder: Path, bent: Callable[[str], str] = lambda text: text
) -> list[float]:
    """`difference` of each recipe; one interpreter without the lab runs all scripts: to import torch takes long."""
    runs = []
    for n, recipe in enumerate(recipes):
        (folder / str(n)).mkdir()
        runs.append(taken(recipe, folder / str(n)))
        text = bent(script.script(runs[-1], load(recipe.dataset)))
        (folder / str(n) / "script.py").write_text(text + PLAIN, encoding="utf-8")
    everyone = f"""
import os, runpy
home = os.getcwd()
for n in range({len(recipes)}):
    os.chdir(os.path.join(home, str(n)))
    runpy.run_path("script.py")
"""
    lines = [line for line in alone(everyone, folder, 1800).splitlines() if line.startswith('{"kept"')]
    return [_off(run, json.loads(line)) for run, line in zip(runs, lines, strict=True)]


def _off(run: Run, found: Mapping[str, Any]) -> float:
    ours = [{name: getattr(epoch, name) for name in NAMES} for epoch in run.epochs]
    if found["kept"] != run.best or len(found["history"]) != len(ours):
        return float("inf")
    return max(
        (
            abs(theirs[n] - mine[n])
            for theirs, mine in zip(found["history"], ours, strict=True)
            for n in theirs
        ),
        default=0.0,
    )


def drawn(rng: np.random.Generator, optimizer: str) -> Recipe:
    """A small recipe with this optimizer, everything else at random."""

    def one(options: tuple[Any, ...]) -> Any:
        return options[int(rng.integers(len(options)))]

    folds = one((0, 0, 3))
    return Recipe(
        dataset="digits",
        model=one(("cnn", "mlp")),
        optimizer=optimizer,
        learning_rate=one((0.001, 0.01)),
        batch_size=one((16, 50, 99)),
        epochs=3,
        seed=int(rng.integers(1000)),
        width=one((2, 5)),
        depth=one((1, 2, 3)),
        head=one(HEADS),
        loss=one(LOSSES),
        weight_decay=one((0.0, 0.01)),
        dropout=one((0.0, 0.3)),
        schedule=one(SCHEDULES),
        augmentation=one(AUGMENTATIONS),
        patience=one((0, 1)),
        split_seed=int(rng.integers(3)),
        stratified=one((True, False)),
        folds=folds,
        fold=folds and 1,
        subset=one((None, 199, 301)),
        label_noise=one((0.0, 0.1)),
        pixel_permutation=one((None, 4)),
        class_weights=one(CLASS_WEIGHTS),
        keep=one(KEEPS),
    )


def notebook_drawn(recipe: Recipe, folder: Path) -> float:
    """Runs every cell of a recipe's notebook; the largest relative difference of its heat maps from the lab's."""
    run, images = taken(recipe, folder), load(recipe.dataset)
    whole = json.loads(notebook.notebook(run, images))
    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in whole["cells"]}) == len(whole["cells"])
    code = ["".join(cell["source"]) for cell in whole["cells"] if cell["cell_type"] == "code"]
    text = "import matplotlib\nmatplotlib.use('Agg')\n" + "\n".join(code)
    text += "\nimport json\nprint(json.dumps([len(plt.get_fignums()), counts.sum().item()"
    text += (
        ", [grad_cam(x_val[n], 1).tolist() for n in range(4)]]))\n" if recipe.model == "cnn" else ", []]))\n"
    )
    figures, counted, maps = json.loads(alone(text, folder).splitlines()[-1])
    assert figures == 2 + (recipe.model == "cnn") and counted == len(run.val_index)
    if not maps:
        return 0.0
    first = images.images[run.val_index[:4]]
    theirs = gradcam.heatmap(models.load(run), models.preprocess(first), 1, "features").numpy()[:, 0]
    off = float(np.abs(np.array(maps) - theirs).max() / np.abs(theirs).max())
    assert off < 1e-4, off
    return off


def sample(seed: int) -> None:
    """One recipe, drawn, to the digits shown."""
    rng = np.random.default_rng(seed)
    recipe = drawn(rng, str(rng.choice(OPTIMIZERS)))
    with tempfile.TemporaryDirectory() as folder:
        off = difference(recipe, Path(folder))
    assert off < SHOWN, f"{off:g} of {recipe}"


def prove() -> str:
    recipes = [Recipe(), Recipe(model="mlp")]
    recipes += [drawn(np.random.default_rng(n), OPTIMIZERS[n % len(OPTIMIZERS)]) for n in range(DRAWN)]
    with tempfile.TemporaryDirectory() as folder:
        off = differences(recipes, Path(folder))
    assert off[:2] == [0.0, 0.0]
    for n, recipe in zip(off, recipes, strict=True):
        assert n < SHOWN, f"{n:g} of {recipe}"
    for recipe in (
        Recipe(epochs=2),
        Recipe(model="mlp", epochs=2),
        Recipe(dataset="digits", width=4, epochs=3),
    ):
        with tempfile.TemporaryDirectory() as folder:
            notebook_drawn(recipe, Path(folder))
    exact = sum(n == 0 for n in off[2:])
    return (
        f"default CNN and MLP bit for bit; {exact} of {DRAWN} drawn recipes too, the others within {max(off):.1g}; "
        "3 notebooks executed, their heat maps the lab's"
    )
