"""A second network under the same brush: which ones can be, which one the address names, what is sent of it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from dlcore.runs import Recipe, Run
from ui.convolution import models
from ui.frame.stored import AWAY, recent_runs, stored_run
from ui.training.one_run import called

if TYPE_CHECKING:
    from dlcore.convolution.portable import Portable

MOST = 30  # on offer
ALIKE = ({"cells", "cells-shortcut"},)  # sets of the same classes at the same size
BEFORE = "this network before training"


@dataclass(frozen=True, eq=False)
class Second:
    """The network beside the first.

    Attributes:
        epoch: whose weights.
        title: what a learner calls it.
    """

    run: Run
    epoch: int
    title: str
    network: "Portable"

    @property
    def name(self) -> str:
        """Under which browser and server speak of the run."""
        return models.name_of(self.run)

    def told(self) -> dict[str, Any]:
        """What the browser is told, besides the weights."""
        return {"run": self.name, "epoch": self.epoch, "title": self.title, "layers": self.network.layers}


def _is_alike(one: Recipe, other: Recipe) -> bool:
    a, b = one.dataset, other.dataset
    return a == b or any(a in sets and b in sets for sets in ALIKE)


def _alike(run: Run) -> dict[str, Recipe]:
    """Key -> recipe of the latest runs on such images; none while the database does not answer."""
    with suppress(*AWAY):
        rows = recent_runs(MOST, lambda row: row["best"] > 0 and _is_alike(run.recipe, row["recipe"]))
        return {row["key"]: row["recipe"] for row in rows if row["key"] != run.key}
    return {}


def offered(run: Run, beside: Second | None = None) -> list[tuple[str, str]]:
    """Name -> title of the networks that can stand beside this one: itself before training, then the latest.

    Args:
        beside: the one that stands there, which a link may have named: it is among them.
    """
    names = {models.name_of(run): BEFORE}
    names |= {key[: models.NAME]: title for key, title in called(_alike(run)).items()}
    if beside is not None:
        names.setdefault(beside.name, beside.title)
    return list(names.items())


def key_of(run: Run, name: Any, beside: Second | None = None) -> str | None:
    """The key of the offered network of this name; None if there is none."""
    keys = [run.key, *_alike(run), *([beside.run.key] if beside is not None else [])]
    return next((key for key in keys if key[: models.NAME] == name), None)


def second(run: Run, key: str | None) -> Second | None:
    """The network of this key as the second one; None, and a sentence, where it cannot be that."""
    if key is None:
        return None
    second_run = run if key == run.key else stored_run(key)
    if second_run is None:
        return None
    if (second_run.class_names, second_run.image_shape) != (run.class_names, run.image_shape):
        st.caption(
            "The second network of the link was trained on other images, so it cannot stand beside this one."
        )
        return None
    title = BEFORE if key == run.key else called({key: second_run.recipe})[key]
    if not second_run.weights:
        st.caption(f"{title} kept no weights that can be read.")
        return None
    epoch = 0 if key == run.key else second_run.best
    network = models.taken_apart(second_run.key, epoch)
    if not network.is_small:
        st.caption(f"{title} is too large to be sent to a browser.")
        return None
    return Second(second_run, epoch, title, network)
