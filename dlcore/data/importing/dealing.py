"""The parts of an imported set: as folders or a table name them, what is missing dealt by the lab."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlcore.data.gates import BadInput
from dlcore.data.importing.repairs import Repair
from dlcore.data.splits import Split, folds

NAMES = ("train", "validation", "test")
UNPLACED, ONE_PART = "unplaced", "one_part"
DEALT = {1: "validation", 2: "test"}
FOLDS = 5


def parts_repairs(parts: Sequence[int | None]) -> list[Repair]:
    """What is missing in these parts (n,), and what the lab does about it. No part at all needs no repair."""
    there = {part for part in parts if part is not None}
    if not there:
        return []
    if len(there) == 1:
        only = NAMES[next(iter(there))]
        return [
            Repair(ONE_PART, "Parts", f"all pictures lie in {only}", "no split of its own; the lab deals")
        ]
    repairs = []
    if without := sum(part is None for part in parts):
        repairs.append(Repair(UNPLACED, "Pictures in no part", f"{without:,}", "left out"))
    if 0 not in there:
        raise BadInput("There is no train part: nothing to learn from. Name the folders train, val and test.")
    for part, name in DEALT.items():
        if part not in there:
            repairs.append(
                Repair(
                    name,
                    f"No {name} part",
                    "none",
                    "a fifth of train, each class in proportion, groups kept together (seed 0)",
                )
            )
    return repairs


def split_of(
    parts: Sequence[int | None],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    accepted: frozenset[str],
) -> tuple[Split | None, NDArray[np.int64]]:
    """The split of the pictures that are kept, or None where the lab deals, and which those are (k,).

    Args:
        parts: 0, 1, 2 or None for each of the n pictures.
        labels, groups: (n,).

    Raises:
        BadInput: too few pictures to deal a part.
    """
    everybody = np.arange(len(labels))
    if len({part for part in parts if part is not None}) < 2:
        return None, everybody
    kept = np.array([i for i, part in enumerate(parts) if part is not None])
    dealt = np.array([parts[i] for i in kept])
    for part, name in DEALT.items():
        if name in accepted:
            train = np.flatnonzero(dealt == 0)
            of = None if groups is None else groups[kept][train]
            smallest = int(np.unique(labels[kept][train], return_counts=True)[1].min())
            k = max(2, min(FOLDS, smallest))
            dealt[train[folds(labels[kept][train], k, 0, of)[0]]] = part
    return Split(*(np.flatnonzero(dealt == part) for part in range(3))), kept
