"""Where nothing is there, no filter is called learned, no winner too good and no learning rate suggested.

Worlds as in `conclusions_training`: the sentence's own function is asked in worlds where its claim is false, its
share of false alarms is held against 5 %, and its power in a world where something is there is printed.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from dlcore.convolution import kernels
from dlcore.data import table
from dlcore.evaluation import intervals, nested_cross_validation
from dlcore.experiments import hyperparameters
from proofs.subjects import conclusions_training
from ui.convolution import network_opened
from ui.experiments import learning_rate, model_choice

COVERS = (
    kernels,
    hyperparameters,
    nested_cross_validation,
    intervals,
    learning_rate,
    model_choice,
    network_opened,
)
Says = Callable[[int], bool]

# --- filters that have become edges ------------------------------------------------------------------------


def become_edges(n: int, start: str, seed: int, towards: float = 0.0) -> bool:
    """Whether the sentence says so of n filters of 3 × 3.

    Args:
        start: what they were before: "random", and are something else as random after; "kept": the same in part;
            "edges": half of them were edges before, and so they are after.
        towards: weight of an edge that is added to a third of them after training.
    """
    rng = np.random.default_rng(seed)
    before, fresh = rng.normal(size=(2, n, 3, 3))
    edges = kernels.oriented_edges(3)[rng.integers(len(kernels.ANGLES), size=n)]
    after = {"random": fresh, "kept": before + 0.5 * fresh, "edges": fresh}[start]
    if start == "edges":
        half = np.arange(n) < n // 2
        before, after = (w + 5 * edges * half[:, None, None] for w in (before, after))
    after = after + towards * edges * (np.arange(n) < n // 3)[:, None, None]
    likeness = (kernels.edge_likeness(w, np.random.default_rng(1)) for w in (before, after))
    return "some filters have become edges" in network_opened.verdict(*likeness)


# --- the winner of a choice --------------------------------------------------------------------------------


def winner_is_too_good(
    rows: int, signal: float, seed: int, choice: Callable = nested_cross_validation.all_columns
) -> bool:
    """Whether the sentence says that the winner's own score is too good; one candidate alone has no luck to pick.

    Without any signal even one candidate's score is too good on average: its threshold follows the share of the
    classes among the drawn patients, who are also the judges. So there is always some.
    """
    rng = np.random.default_rng(seed)
    y = (rng.random(569) < 0.63).astype(np.int64)
    x = rng.normal(size=(569, 8)) + signal * y[:, None]
    world = replace(table("breast_cancer"), x=x, y=y)
    found = nested_cross_validation.optimism(world, choice, rows)
    return "too good" in model_choice.too_good(found.excess("winner")).replace("too good is not shown", "")


# --- the learning rate's suggestion ------------------------------------------------------------------------


def suggests(noise: float, seed: int, fall: float = 0.0, explodes: bool = True) -> bool:
    """Whether a range test suggests a rate; its loss falls by `fall` nats at 10⁻³, then rises again."""
    rng, rate = np.random.default_rng(seed), np.geomspace(1e-6, 1, hyperparameters.TESTED)
    loss = 1.6 - fall / (1 + (1e-3 / rate) ** 2) / (1 + rate / 0.1) + noise * rng.normal(size=len(rate))
    if explodes:
        loss = loss + np.where(rate > 0.1, 3 * np.log10(rate / 0.1), 0.0)
    found = hyperparameters.read_range(rate, loss)
    return found is not None and found.falls


NULL: dict[str, Says] = {
    **{
        f"edges, {n} filters, {start}": partial(become_edges, n, start)
        for n in (8, 16, 32)
        for start in ("random", "kept", "edges")
    },
    **{f"winner, {rows} rows": partial(winner_is_too_good, rows, 1.0) for rows in (40, 160)},
    **{
        f"rate, {name}": partial(suggests, 0.05, explodes=explodes)
        for name, explodes in (("explodes", True), ("flat", False))
    },
}
SOMETHING: dict[str, Says] = {
    "edges, a third of 16 filters": lambda seed: become_edges(16, "random", seed, 5.0),
    "winner of 8 columns, 40 rows": lambda seed: winner_is_too_good(
        40, 0.3, seed, nested_cross_validation.singles
    ),
    "rate, a fall of .2 in noise of .05": lambda seed: suggests(0.05, seed, 0.2),
}
SLOW = {"winner": 200}  # worlds of about half a second each; of the others 2,000


def worlds_of(name: str) -> int:
    return SLOW.get(name.split(",")[0], conclusions_training.WORLDS)


def sample(seed: int) -> None:
    """200 worlds of one kind for two sentences, five for the slow one; an alarm sounds where something is there."""
    rng = np.random.default_rng(seed)
    for about, worlds in (("edges", 200), ("rate", 200), ("winner", 5)):
        kinds = [name for name in NULL if name.startswith(about)]
        name = str(rng.choice(kinds))
        conclusions_training.check(name, NULL[name], worlds, seed)
    for name, says in SOMETHING.items():
        assert conclusions_training.share(says, 3 if "winner" in name else 20, seed) > 0.1, name


def prove() -> str:
    """2,000 worlds of every kind, 200 where one is slow, and the power of each sentence."""
    return conclusions_training.proved(NULL, SOMETHING, worlds_of)
