"""One epoch of training with AUC on train and validation, against MedMNIST's own script's way of doing it.

The peer is written as that script writes it (medmnist 3, `train_and_eval_pytorch.py` of the MedMNIST project):
a PIL image at a time through torchvision transforms and a DataLoader, `.item()` in every step, a second pass
over the training images to score them, scikit-learn's AUC. Same network, same optimizer, same images.
"""

import itertools
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from benchmarks.harness import Result, interleaved
from dlcore import models, training
from dlcore.data import ImageSet, load
from dlcore.data.recipe_images import parts
from dlcore.jobs import jobs
from dlcore.runs import Recipe

IMAGES = 1500


class PilImages(Dataset):
    """One PIL image at a time, as the medmnist package serves them."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


def scored(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    outputs, targets = [], []
    with torch.no_grad():
        for x, y in loader:
            outputs.append(model(x).softmax(dim=1))
            targets.append(y)
    return macro_auc(torch.cat(outputs).numpy(), torch.cat(targets).numpy())


def as_usual(model: nn.Module) -> nn.Module:
    """The same network in torch's own default memory layout, as a peer would build it."""
    return model.to(memory_format=torch.contiguous_format)


def epoch_of_lightning(recipe: Recipe, images: ImageSet) -> float:
    """The same epoch by Lightning's Trainer, from tensors in memory; returns the validation AUC."""
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Lit(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = as_usual(models.build(recipe, images))
            self.answers: list[torch.Tensor] = []

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            return nn.functional.cross_entropy(self.model(batch[0]), batch[1])

        def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
            self.answers.append(self.model(batch[0]).softmax(dim=1))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=recipe.learning_rate)

    def loader(index: np.ndarray, **more: Any) -> DataLoader:
        x = models.preprocess(images.images[index]).contiguous()
        return DataLoader(TensorDataset(x, torch.from_numpy(images.labels[index].copy())), **more)

    split = parts(recipe, images)
    module = Lit()
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(
        module,
        loader(split.train, batch_size=recipe.batch_size, shuffle=True),
        loader(split.validation, batch_size=2 * recipe.batch_size),
    )
    return macro_auc(torch.cat(module.answers).numpy(), images.labels[split.validation])


def macro_auc(p: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean([roc_auc_score(y == c, p[:, c]) for c in range(p.shape[1])]))


def epoch_of_the_script(recipe: Recipe, images: ImageSet) -> float:
    split = parts(recipe, images)
    train = PilImages(images.images[split.train], images.labels[split.train])
    validation = PilImages(images.images[split.validation], images.labels[split.validation])
    model = as_usual(models.build(recipe, images))
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    generator = torch.Generator().manual_seed(0)
    model.train()
    losses = []
    for x, y in DataLoader(train, batch_size=recipe.batch_size, shuffle=True, generator=generator):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    scored(model, DataLoader(train, batch_size=2 * recipe.batch_size))
    return scored(model, DataLoader(validation, batch_size=2 * recipe.batch_size))


def results() -> list[Result]:
    images = load("cells")
    found = []
    for model, goals in (("mlp", ("≥ 15×", "≥ 3×")), ("cnn", ("≥ 5×", "≥ 2.2×"))):
        recipe = Recipe(model=model, epochs=1, subset=IMAGES, augmentation="none")
        peers = {"MedMNIST's script's loop": (epoch_of_the_script, goals[0])}
        if find_spec("lightning"):
            peers["Lightning"] = (epoch_of_lightning, goals[1])
        ours = training.fit(recipe, images).epochs[0].val_auc
        for epoch, _ in peers.values():
            theirs = epoch(recipe, images)
            assert ours is not None and abs(ours - theirs) < 0.1, (
                ours,
                theirs,
            )  # other batches, same learning
        cases: dict[str, Callable[[], object]] = {"ours": partial(training.fit, recipe, images)}
        cases |= {name: partial(epoch, recipe, images) for name, (epoch, _) in peers.items()}
        taken = interleaved(cases, rounds=5)
        work = f"epoch with AUC on train and validation, {model.upper()}, {IMAGES} cells"
        found += [Result(work, name, taken["ours"], taken[name], goal) for name, (_, goal) in peers.items()]
    return [*found, *folds_together()]


def folds_together() -> list[Result]:
    """Five folds as the lab trains them, side by side in its engine, against one after another in one process."""
    os.environ["DLCORE_RUNS"] = tempfile.mkdtemp()  # not among the learner's own runs
    images = load("digits")
    recipes = [Recipe(dataset="digits", epochs=20, folds=5, fold=f) for f in range(5)]
    jobs.warm()
    jobs.submit(replace(recipes[0], epochs=1, seed=99)).result(120)  # the workers have imported torch
    fresh = itertools.count(1)  # a stored run would be no work

    def side_by_side() -> list[float]:
        seed = next(fresh)
        asked = [jobs.submit(replace(recipe, seed=seed)) for recipe in recipes]
        return [job.result(300).epochs[-1].val_loss for job in asked]

    def one_by_one(seed: int = 0) -> list[float]:
        return [training.fit(replace(recipe, seed=seed), images).epochs[-1].val_loss for recipe in recipes]

    assert side_by_side() == one_by_one(seed=1)  # bit for bit: the same training in another process
    taken = interleaved({"ours": side_by_side, "plain": one_by_one}, rounds=3, warm_up=0)
    jobs.shut_down()
    work = f"5 folds of the CNN on digits, {os.cpu_count()} workers"
    return [
        Result(
            work,
            "one after another in one process",
            taken["ours"],
            taken["plain"],
            "≥ 1.8×; five on two cores: at most 1.67×",
        )
    ]


if __name__ == "__main__":
    from benchmarks.harness import table

    torch.set_num_threads(1)
    print(table(results()))
