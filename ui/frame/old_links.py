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
    # 0.1.0: the small network had a switch of its own beside the sidebar's.
    Moved("network", {"network_plain": "true"}, "network", now={"bare": "1"}),
    # Until it trained in the browser, the small network's training had a length, and opened at its end.
    Moved("network", {"network_epochs": None}, "network", {"network_epochs": "network_epoch"}),
)


def forward(page: str, query: Query) -> tuple[str, dict[str, list[str]]] | None:
    """The page and the parameters that an old address stands for; None if the address is not an old one."""
    for move in MOVES:
        if move.page == page and all(_says(query, name, value) for name, value in move.when.items()):
            gone = set(move.when) - set(move.names)
            rest = {name: texts for name, texts in query.items() if name not in gone}
            if move.to != page:  # names of the old page mean nothing on the new one
                rest = {n: t for n, t in rest.items() if n in move.names or not n.startswith(f"{page}_")}
            for (
                old,
                new,
            ) in move.names.items():  # two old names may have one new one: the nearer of them says it
                if old in rest and _tail(old) != _tail(new) and _tail(new) in map(_tail, rest):
                    del rest[old]
            said = {move.names.get(name, name): texts for name, texts in rest.items()}
            return move.to, said | {name: [value] for name, value in move.now.items()}
    return None


def _says(query: Query, name: str, value: str | None) -> bool:
    return name in query if value is None else query.get(name) == [value]


def _tail(name: str) -> str:
    return name.partition("_")[2]
