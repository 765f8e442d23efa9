"""A second network under the same brush: which ones can be, which one the address names, what is sent of it."""

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


def offered(run: Run) -> list[tuple[str, str]]:
    """Name -> title of the networks that can stand beside this one: itself before training, then the latest."""
    names: dict[str, str] = {}
    try:
        rows = recent_runs(MOST, lambda row: row["best"] > 0 and _is_alike(run.recipe, row["recipe"]))
        names = called({row["key"]: row["recipe"] for row in rows if row["key"] != run.key})
    except AWAY:
        pass  # the first network is in the hand without its list
    return [(models.name_of(run), BEFORE), *((key[: models.NAME], name) for key, name in names.items())]


def key_of(run: Run, name: Any) -> str | None:
    """The key of the offered network of this name; None if there is none."""
    if name == models.name_of(run):
        return run.key
    if not isinstance(name, str) or len(name) != models.NAME:
        return None
    rows = recent_runs(MOST, lambda row: row["key"].startswith(name))
    return rows[0]["key"] if rows else None


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
