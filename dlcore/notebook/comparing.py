"""Models compared on one image set, and one recipe judged by k folds in which no patient is on both sides."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore import metrics
from dlcore.arguments import BadInput, one_each
from dlcore.data import ImageSet, Split, folds, load
from dlcore.evaluation.calibration import Calibration, calibration
from dlcore.evaluation.intervals import Difference, Mean, Share, bootstrap, newcombe_paired
from dlcore.logits import Predictions
from dlcore.notebook.of_a_run import run_logits
from dlcore.runs import Recipe, Run
from dlcore.shown import Shown, frame
from dlcore.training import fit

SAID = (
    "measured on the validation images, by which the kept epoch was chosen; the test images are still sealed"
)


def checked_set(imageset: Any) -> ImageSet:
    """The image set, also by its name.

    >>> checked_set("digits").name
    'digits'

    Raises:
        BadInput: something else.
    """
    imageset = load(imageset) if isinstance(imageset, str) else imageset
    if not isinstance(imageset, ImageSet):
        raise BadInput(
            "Needed is an image set: its name, ImageSet.from_arrays(images, labels) or from_folder(…)."
        )
    return imageset


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Shown):
    """Runs on the same images by name: name -> a run for each seed; and the validation labels (n_val,) of them.

    >>> found = compare("digits", ["mlp"], seeds=2, epochs=1, width=2, subset=100)
    >>> len(found.runs["mlp"]), found.labels.shape
    (2, (360,))
    """

    runs: Mapping[str, tuple[Run, ...]]
    labels: NDArray[np.int64]

    def right(self, name: str, seed: int = 0) -> NDArray[np.bool_]:
        """(n_val,) which validation images the run of this name calls rightly.

        >>> found = compare("digits", ["mlp"], epochs=1, width=2, subset=100)
        >>> bool(found.right("mlp").mean() == found.rows()[0]["accuracy"])
        True
        """
        return self.runs[name][seed].val_probabilities.argmax(axis=1) == self.labels

    def difference(self, first: str, second: str, seed: int = 0) -> Difference:
        """How much more the first calls rightly than the second, on the same images, with its 95 % interval.

        >>> found = compare("digits", ["mlp"], epochs=1, width=2, subset=100)
        >>> found.difference("mlp", "mlp").value, found.difference("mlp", "mlp").is_clear
        (0.0, False)
        """
        return newcombe_paired(self.right(first, seed), self.right(second, seed))

    def rows(self) -> list[dict[str, Any]]:
        """One row for every run.

        >>> found = compare("digits", ["mlp"], seeds=2, epochs=1, width=2, subset=100)
        >>> [(row["name"], row["seed"]) for row in found.rows()]
        [('mlp', 0), ('mlp', 1)]
        """
        return [
            {"name": name, **_judged(self.right(name, i), run)}
            for name, runs in self.runs.items()
            for i, run in enumerate(runs)
        ]

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame.

        >>> found = compare("digits", ["mlp"], seeds=2, epochs=1, width=2, subset=100)
        >>> found.to_frame().seed.tolist()
        [0, 1]
        """
        return frame(self.rows())

    def facts(self) -> dict[str, Any]:
        """Name -> the accuracy of its first run with its interval.

        >>> found = compare("digits", ["mlp"], epochs=1, width=2, subset=100)
        >>> list(found.facts())
        ['mlp', 'note']
        """
        shares = {name: self.right(name) for name in self.runs}
        return {name: str(Share(int(right.sum()), len(right))) for name, right in shares.items()} | {
            "note": SAID
        }


def _judged(right: NDArray[np.bool_], run: Run) -> dict[str, Any]:
    share, best = Share(int(right.sum()), len(right)), run.best_epoch
    return {
        "seed": run.recipe.seed,
        "accuracy": share.value,
        "low": share.interval[0],
        "high": share.interval[1],
        "auc": None if best is None else best.val_auc,
        "loss": None if best is None else best.val_loss,
        "epoch": run.best,
        "parameters": run.parameters,
        "seconds": run.seconds,
        "status": run.status,
    }


def compare(
    imageset: ImageSet | str,
    models: Sequence[str | Recipe] | Mapping[str, Recipe] = ("mlp", "cnn"),
    seeds: int = 1,
    *,
    progress: bool = False,
    **recipe: Any,
) -> Comparison:
    """Models trained on the same images under the same conditions, judged on the same validation images.

    >>> [row["name"] for row in compare("digits", ["mlp", "cnn"], epochs=1, width=2, subset=100).rows()]
    ['mlp', 'cnn']

    Args:
        imageset: or the name of one.
        models: "mlp" and "cnn", or recipes; a mapping names them.
        seeds: how often each is trained, with seeds from that of its recipe on.
        progress: show a bar for each training. Ctrl-C ends the comparison and keeps what is finished.
        recipe: fields of Recipe that all models share, for example epochs=10, lr=1e-3.

    Raises:
        BadInput: no image set, or no model.
        ValueError: a field of a recipe is out of range.
    """
    imageset = checked_set(imageset)
    plans = {name: _plan(plan, imageset, recipe) for name, plan in _by_name(models).items()}
    runs: dict[str, tuple[Run, ...]] = {}
    for name, plan in plans.items():
        each: list[Run] = []
        for seed in range(plan.seed, plan.seed + seeds):
            each.append(fit(dataclasses.replace(plan, seed=seed), imageset, progress=progress))
            if each[-1].status == "cancelled":
                return Comparison({**runs, name: tuple(each)}, imageset.labels[each[-1].val_index])
        runs[name] = tuple(each)
    index = next(iter(runs.values()))[0].val_index
    if any(not np.array_equal(run.val_index, index) for each in runs.values() for run in each):
        raise BadInput(
            "These recipes split the images differently, so their accuracies cannot be laid side by side."
        )
    return Comparison(runs, imageset.labels[index])


def _by_name(models: Any) -> Mapping[str, str | Recipe]:
    if isinstance(models, Mapping):
        return models
    listed = [models] if isinstance(models, str | Recipe) else list(models)
    names = [
        plan if isinstance(plan, str) else plan.model for plan in listed if isinstance(plan, str | Recipe)
    ]
    if not listed or len(names) < len(listed) or len(set(names)) < len(names):
        raise BadInput(
            'Models are "mlp" and "cnn", or recipes; several of one kind need names: {"small": Recipe(…), …}.'
        )
    return dict(zip(names, listed, strict=True))


def _plan(plan: str | Recipe, imageset: ImageSet, shared: Mapping[str, Any]) -> Recipe:
    if isinstance(plan, Recipe):
        return dataclasses.replace(plan, dataset=imageset.recipe_name, **shared)
    return Recipe(dataset=imageset.recipe_name, model=plan, **shared)


# --- k folds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidation(Shown):
    """Every image judged once, by a network that has not learned from it nor from its group.

    >>> found = cross_validate("digits", "mlp", k=3, epochs=1, width=2, subset=100)
    >>> len(found.runs), [len(fold) for fold in found.held_out]
    (3, [599, 599, 599])

    Attributes:
        runs: one for each fold.
        index: (n,) the images that were dealt, positions in the set: all, but for the test part of an official split.
        held_out: the images of each fold, positions in `index`.
        logits: (n, 1 or classes) what the network of its fold says of each image.
        labels: (n,) true classes.
        groups: (n,) or None.
    """

    runs: tuple[Run, ...]
    index: NDArray[np.int64]
    held_out: tuple[NDArray[np.int64], ...]
    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray | None

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """(n, classes)."""
        return Predictions(self.logits).probabilities

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) which images are called rightly."""
        return self.probabilities.argmax(axis=1) == self.labels

    @property
    def accuracy(self) -> Share | Mean:
        """The share called rightly with its 95 % interval: of images, by Wilson; with groups, of each group's images.

        Images of a group are alike, so there the groups are what is drawn anew by the bootstrap, each counting once.
        """
        if self.groups is None:
            return Share(int(self.right.sum()), len(self.right))
        return bootstrap(np.array([self.right[self.groups == g].mean() for g in np.unique(self.groups)]))

    def calibration(self, bins: int = 10) -> Calibration:
        """Whether "90 % sure" is right nine times in ten, over all folds.

        >>> found = cross_validate("digits", "mlp", k=3, epochs=1, width=2, subset=100)
        >>> sum(share.n for share in found.calibration().right)
        1797
        """
        return calibration(self.probabilities, self.labels, bins)

    def rows(self) -> list[dict[str, Any]]:
        """One row for every fold.

        >>> found = cross_validate("digits", "mlp", k=3, epochs=1, width=2, subset=100)
        >>> [row["images"] for row in found.rows()]
        [599, 599, 599]
        """
        return [
            {
                "fold": i + 1,
                "images": len(index),
                "groups": None if self.groups is None else len(np.unique(self.groups[index])),
                "accuracy": float(self.right[index].mean()),
                "auc": metrics.macro_auc(None, self.labels[index], self.logits[index]),
                "epoch": run.best,
            }
            for i, (index, run) in enumerate(zip(self.held_out, self.runs, strict=True))
        ]

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame.

        >>> found = cross_validate("digits", "mlp", k=3, epochs=1, width=2, subset=100)
        >>> found.to_frame().images.tolist()
        [599, 599, 599]
        """
        return frame(self.rows())

    def facts(self) -> dict[str, Any]:
        """Folds, accuracy with its interval, and the mean of the folds' AUCs.

        >>> found = cross_validate("digits", "mlp", k=3, epochs=1, width=2, subset=100)
        >>> found.facts()["folds"], found.facts()["counted"]
        (3, 'images')
        """
        aucs = [row["auc"] for row in self.rows() if row["auc"] is not None]
        return {
            "folds": len(self.runs),
            "accuracy": str(self.accuracy),
            "counted": "images" if self.groups is None else "groups, each once",
            "auc": float(np.mean(aucs)) if aucs else None,
        }


def cross_validate(
    imageset: ImageSet | str,
    recipe: Recipe | str = "cnn",
    k: int = 5,
    groups: Any = None,
    *,
    seed: int = 0,
    progress: bool = False,
    **fields: Any,
) -> CrossValidation:
    """k-fold cross-validation: each fold held out once, the kept epoch chosen on a part of the other folds.

    The test part of an official split stays sealed: its train and validation parts are dealt anew.

    >>> patients = [i // 3 for i in range(1797)]
    >>> sum(row["groups"] for row in cross_validate("digits", "mlp", 3, patients, epochs=1, width=2).rows())
    599

    Args:
        imageset: or the name of one.
        recipe: or "mlp" or "cnn", with `fields` of Recipe.
        k: folds, 2 at least.
        groups: one for each image of the set, for example patients: all images of one are in one fold.
        seed: of the deal.
        progress: show a bar for each training.

    Raises:
        BadInput: no image set, too few images or groups for so many folds.
        KeyboardInterrupt: by Ctrl-C; a part of the folds is no cross-validation.
    """
    imageset = checked_set(imageset)
    plan = _plan(recipe, imageset, fields)
    pool, labels = _open_images(imageset), imageset.labels[_open_images(imageset)]
    members = None if groups is None else one_each(groups, "groups", len(imageset))[pool]
    held_out, runs, logits = folds(labels, k, seed, members), [], []
    for index in held_out:
        split = Split(*(pool[part] for part in _with_inner_part(labels, index, k, seed, members)))
        dealt = dataclasses.replace(imageset, official_split=split)
        run = fit(dataclasses.replace(plan, official_split=True, folds=0, fold=0), dealt, progress=progress)
        if run.status == "cancelled":
            raise KeyboardInterrupt
        if not run.best:
            raise BadInput(
                "A training diverged in its first epoch, so this fold cannot be judged. A smaller lr helps."
            )
        runs.append(run)
        logits.append(run_logits(run, imageset.images[pool[index]]))
    order = np.argsort(np.concatenate(held_out))
    return CrossValidation(tuple(runs), pool, held_out, np.concatenate(logits)[order], labels, members)


def _open_images(imageset: ImageSet) -> NDArray[np.int64]:
    """Positions of all images but those of an official test part, rising."""
    official = imageset.official_split
    if official is None:
        return np.arange(len(imageset))
    return np.sort(np.concatenate([official.train, official.validation]))


def _with_inner_part(
    labels: NDArray[np.int64], held_out: NDArray[np.int64], k: int, seed: int, groups: NDArray | None
) -> Split:
    """The held-out fold as test part; of the others one part in k chooses the epoch."""
    others = np.setdiff1d(np.arange(len(labels)), held_out)
    inner = folds(labels[others], k, seed + 1, None if groups is None else groups[others])[0]
    return Split(np.delete(others, inner), others[inner], held_out)
