"""Where addresses of earlier versions lead now: one table of old and new names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Query = Mapping[str, list[str]]


@dataclass(frozen=True)
class Moved:
    """One move.

    Attributes:
        page: the page that the old address opens.
        when: by what an old address is known: name -> value, or None for any value.
        to: the page on which this is now.
        names: old name -> new name of what the address goes on to say.
        now: what the new address says besides.
    """

    page: str
    when: Mapping[str, str | None]
    to: str
    names: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, str] = field(default_factory=dict)


_NETWORK = (
    "data", "layers", "act", "lr", "seed", "features", "loss", "opt", "l1", "l2", "batch", "size",
    "noise", "dseed", "own", "edit", "epoch", "plain", "test",
)  # fmt: skip

MOVES = (
    # 0.1.0: the small network was a tab of the neuron page.
    Moved(
        "neuron",
        {"neuron_tab": "A small network"},
        "network",
        {f"neuron_{name}": f"network_{name}" for name in _NETWORK} | {"neuron_epochs": "network_epoch"},
    ),
    # 0.1.0: the race had a tab in three dimensions; its first tab shows the same numbers.
    Moved("optimizers", {"optimizers_tab": "In 3-D"}, "optimizers"),
    # Until the map showed one racer in slow motion, a tab had a racer of its own.
    Moved("optimizers", {"optimizers_told": None}, "optimizers"),
    # Until one image was covered by hand, its pixels were taken away in the order of the map.
    Moved("gradcam", {"gradcam_erase_whose": None}, "gradcam"),
    # Until the whole page asked networks of others, a tab did, and a section where nothing was trained.
    *(
        Moved("gradcam", {name: value}, "gradcam", now={"gradcam_whose": "published or yours"})
        for name, value in (("gradcam_tab", "Photographs"), ("gradcam_photo_more", "true"))
    ),
    # 0.1.0: the small network had a switch of its own beside the sidebar's.
    Moved("network", {"network_plain": "true"}, "network", now={"bare": "1"}),
    # Until it trained in the browser, the small network's training had a length, and opened at its end.
    Moved("network", {"network_epochs": None}, "network", {"network_epochs": "network_epoch"}),
    # Until a trained network was opened in the browser, one of its layers was on show, after or before training.
    Moved(
        "convolution", {"convolution_when": "before training"}, "convolution", now={"convolution_epoch": "0"}
    ),
    *(
        Moved("convolution", {f"convolution_{name}": None}, "convolution")
        for name in ("when", "layer", "field", "channel", "row", "column", "larger", "slice")
    ),
)


# Tabs and experiments that had other names in 0.1.0: name in the address -> old value -> new value.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "neuron_tab": {"Which model is this?": "Regression", "Collapse": "Stacked layers"},
    "backprop_tab": {
        "Three opinions": "Gradient check",
        "Repeat the step": "Gradient descent",
        "Your own derivative": "Write a derivative",
        "Beyond two neurons": "Deeper networks",
    },
    "optimizers_tab": {
        "Fair race": "Fair comparison",
        "Basins": "Basins of attraction",
        "Second order": "Newton's method",
        "Equal to torch": "PyTorch comparison",
    },
    "training_tab": {
        "Splits": "Data splits",
        "Runs": "Saved runs",
        "The sealed test set": "Sealed test set",
    },
    "training_experiment": {
        "MLP against CNN": "MLP vs. CNN",
        "k folds": "Cross-validation",
        "Model choice": "Model selection",
        "Training sizes": "Training set size",
        "Regularisation": "Regularization",
        "Losses": "Loss functions",
    },
    "convolution_tab": {
        "A filter slides": "Sliding filter",
        "A trained network opened": "Inside a trained CNN",
    },
    "gradcam_tab": {
        "All classes": "Compare classes",
        "Methods": "Compare methods",
        "Is it true?": "Against ground truth",
    },
}


def forward(page: str, query: Query) -> tuple[str, dict[str, list[str]]] | None:
    """The page and the parameters that an old address stands for; None if the address is not an old one."""
    there = _one_step(page, query)
    return there and (forward(*there) or there)


def _one_step(page: str, query: Query) -> tuple[str, dict[str, list[str]]] | None:
    given, query = query, {n: [RENAMED.get(n, {}).get(t, t) for t in texts] for n, texts in query.items()}
    for move in MOVES:
        if move.page == page and all(_says(query, name, value) for name, value in move.when.items()):
            gone = set(move.when) - set(move.names)
            rest = {name: texts for name, texts in query.items() if name not in gone}
            if move.to != page:  # names of the old page mean nothing on the new one
                rest = {n: t for n, t in rest.items() if n in move.names or not n.startswith(f"{page}_")}
            for old, new in move.names.items():  # two old names may have one new one: the nearer says it
                if old in rest and _tail(old) != _tail(new) and _tail(new) in map(_tail, rest):
                    del rest[old]
            said = {move.names.get(name, name): texts for name, texts in rest.items()}
            return move.to, said | {name: [value] for name, value in move.now.items()}
    return (page, query) if query != given else None


def _says(query: Query, name: str, value: str | None) -> bool:
    return name in query if value is None else query.get(name) == [value]


def _tail(name: str) -> str:
    return name.partition("_")[2]
