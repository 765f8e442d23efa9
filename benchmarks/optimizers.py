"""The race against torch.optim with autograd: 12 rules × 300 steps, and a basin map of 128² starts.

Equality is asserted before anything is timed. `python -m benchmarks.optimizers`
"""

import numpy as np
import torch

from benchmarks.harness import Result, interleaved, table
from dlcore.optimizers import RULES, SURFACES, race
from dlcore.optimizers.basins import grid, run_to_end
from dlcore.optimizers.replay import replay
from dlcore.oracles import optimizers as oracle

ROUNDS = 5
STEPS = 300
# Eleven rules with a twin in torch, and momentum a second time for Newton, which torch does not have.
RACERS = [rule(lr=1e-3) for name, rule in RULES.items() if name not in ("lbfgs", "newton")]
RACERS += [RULES["lbfgs"](), RULES["momentum"](lr=1e-4)]
MAP_RULES = [RULES["momentum"](lr=1e-2), RULES["adam"](lr=1e-2)]


def race_against_torch(name: str) -> tuple[float, float]:
    """Seconds of our race and of torch's, all rules."""
    start = SURFACES[name].start
    ours = race(name, RACERS, [start], STEPS)
    for path, rule in zip(ours.paths[:, 0], RACERS, strict=True):
        seen = replay(name, rule, path).gradients
        theirs = oracle.steps_along(rule, path, seen)
        assert (np.abs(theirs - path[1:]) <= oracle.rounding_along(rule, path, seen)).all()
    taken = interleaved(
        {
            "ours": lambda: race(name, RACERS, [start], STEPS),
            "torch": lambda: [oracle.whole_path(name, rule, start, STEPS) for rule in RACERS],
        },
    )
    return taken["ours"], taken["torch"]


def map_against_torch(name: str) -> tuple[float, float]:
    """Seconds of our basin map of 128² starts, 100 steps, and of torch's batched one."""
    starts = grid(SURFACES[name].view, 128)
    for rule in MAP_RULES:
        ours, theirs = run_to_end(name, rule, starts, 5)[0], oracle.endpoints(name, rule, starts, 5)
        assert np.abs(ours - theirs).max() < 1e-12
    taken = interleaved(
        {
            "ours": lambda: [run_to_end(name, rule, starts, 100) for rule in MAP_RULES],
            "torch": lambda: [oracle.endpoints(name, rule, starts, 100) for rule in MAP_RULES],
        },
    )
    return taken["ours"] / len(MAP_RULES), taken["torch"] / len(MAP_RULES)


def results() -> list[Result]:
    """Races and basin maps; single steps from equal state are asserted to be equal first."""
    found = []
    for name in ("rosenbrock", "beale"):
        ours, theirs = race_against_torch(name)
        work = f"race, 12 rules × 300 steps, {name}"
        found.append(Result(work, "torch.optim + autograd", ours, theirs, "≥ 300×"))
    for name in ("two_wells", "himmelblau"):
        ours, theirs = map_against_torch(name)
        found.append(
            Result(f"basin map 128², 100 steps, {name}", "batched torch.optim", ours, theirs, "≥ 5×")
        )
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(table(results()))
