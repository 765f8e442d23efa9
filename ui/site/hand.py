"""The network in the hand of the static edition: the lab's own two networks, trained and before, and a few images."""

from typing import Any

from dlcore import models
from dlcore.convolution.portable import Portable, portable
from dlcore.data import ImageSet, load
from dlcore.runs import Run
from dlcore.store.run_files import read_run
from dlcore.store.store import WITH_THE_LAB
from ui.convolution import hand
from ui.convolution.address import STATE
from ui.convolution.beside import BEFORE
from ui.convolution.hand import Shown
from ui.convolution.models import name_of
from ui.site.picture import Picture, control
from ui.site.sentences import told
from ui.training.one_run import name_of as title_of

IMAGES = 25  # of each network's validation images


def own_networks() -> tuple[Run, ...]:
    """The networks that come with the lab, the one without a shortcut first."""
    runs = [read_run(folder) for folder in WITH_THE_LAB.iterdir() if folder.is_dir()]
    return tuple(sorted(runs, key=lambda run: len(run.recipe.dataset)))


def taken_apart(run: Run, images: ImageSet) -> dict[str, Portable]:
    """Its weights as selected, and before training, by the names under which a browser knows them."""
    before = models.build(run.recipe, images).eval()
    return {
        f"{name_of(run)}:{run.best}": portable(models.load(run)),
        f"{name_of(run)}:0": portable(before),
    }


def picture() -> Picture:
    """The network in the hand."""
    runs = own_networks()
    images = {run.key: load(run.recipe.dataset) for run in runs}
    parts = {run.key: taken_apart(run, images[run.key]) for run in runs}
    networks = {run.key: _network(run, runs, parts[run.key]) for run in runs}
    shown = {name_of(run): [_image(run, images[run.key], n) for n in range(IMAGES)] for run in runs}
    weights = {name: one.text for run in runs for name, one in parts[run.key].items()}
    begin = networks[runs[0].key]
    data = begin | shown[name_of(runs[0])][0] | _first_view(runs[0])
    return Picture(
        "hand",
        "convolution",
        "hand",
        told("convolution", "opened", "convolution/network_opened"),
        data | {"weights": {}},
        fixed={"convolution_tab": "Inside a trained CNN"},
        controls=(
            {
                "name": "convolution_run",
                "label": "Network",
                "kind": "one",
                "path": "",
                "always": True,
                "options": [[run.key, networks[run.key], title_of(run.recipe, run.key)] for run in runs],
                "default": runs[0].key,
            },
            {
                **control(STATE, "number", "Image"),
                "kind": "one",
                "default": "0",
                "options": [[str(n), n] for n in range(IMAGES)],
            },
        ),
        names=tuple(
            f"convolution_{name}"
            for name in ("strokes", "epoch", "class", "spot", "stage", "scale", "beside")
        ),
        more={
            "images": shown,
            "weights": weights,
            "keys": {name_of(run): run.key for run in runs},
            "layers": {name_of(run): begin["layers"] for run in runs},
            "best": {name_of(run): run.best for run in runs},
            "scores": {name_of(run): run.val_logits[:IMAGES].astype(float).tolist() for run in runs},
        },
    )


def _network(run: Run, runs: tuple[Run, ...], parts: dict[str, Portable]) -> dict[str, Any]:
    """What the run decides, its weights left out; beside it stand itself before training, and the others."""
    sent = hand.network_as_sent(run, {})
    others = [(name_of(run), BEFORE)]
    others += [(name_of(other), title_of(other.recipe, other.key)) for other in runs if other.key != run.key]
    del sent["weights"]
    return sent | {
        "layers": next(iter(parts.values())).layers,
        "epochs": [0, run.best],
        "whole": True,
        "others": others,
        "beside": None,
    }


def _image(run: Run, images: ImageSet, n: int) -> dict[str, Any]:
    index = int(run.val_index[n])
    return hand.image_as_sent(Shown(images.images[index], run.class_names[int(images.labels[index])], index))


def _first_view(run: Run) -> dict[str, Any]:
    state = {
        "strokes": "",
        "epoch": run.best,
        "k": None,
        "spot": None,
        "stage": "relu",
        "each": False,
        "beside": "",
    }
    return {"state": state}
