"""Simulated challenges: the winner's validation score falls when the seal is broken, between the two expected falls.

200 challenges of every kind: how many runs, how alike they call images, how far their true accuracies lie apart.
"""

from itertools import product

import numpy as np

from dlcore.evaluation import challenge, intervals, optimism

COVERS = (challenge, optimism, intervals)
WORLDS = 200
RUNS, ALIKE, SPREAD = (5, 20, 100), (0.0, 0.5, 0.9), (0.0, 0.02)


def fallen(runs: int, alike: float, spread: float, seed: int) -> tuple[intervals.Mean, float]:
    """The mean fall of the winner and the share of reversals, over WORLDS challenges.

    Raises:
        AssertionError: the fall is not clearly above 0; clearly below the luck of runs that are as good as they look;
            or clearly above that of equal ones.
    """
    rng = np.random.default_rng([seed, runs, round(10 * alike), round(1000 * spread)])
    found = [challenge.simulated(rng, runs, alike=alike, spread=spread) for _ in range(WORLDS)]
    fall = intervals.normal_mean(np.array([one.highest.gap.value for one in found]))
    luck, expected = (float(np.mean([getattr(one, of) for one in found])) for of in ("luck", "expected"))
    kind = f"{runs} runs, alike {alike}, spread {spread}"
    assert fall.low > 0, f"{kind}: the winner falls by {fall.points}"
    # of 18 kinds some lie outside the 95 % interval by chance, and hardly one outside 2.9 standard errors
    room = 1.5 * (fall.high - fall.value)
    told = f"{kind}: {fall.points}, expected {luck:.4f} to {expected:.4f}"
    assert luck - room < fall.value < expected + room, told
    if (
        spread == 0
    ):  # half an image, and the left skew of accuracies near 1, which the normal law does not have
        assert fall.value > expected - room - 0.005, told
    return fall, float(np.mean([one.is_reversed for one in found]))


def sample(seed: int) -> None:
    """One kind with equally good runs and one without, twenty runs each."""
    alike = float(np.random.default_rng(seed).choice(ALIKE))
    for spread in SPREAD:
        fallen(20, alike, spread, seed)


def prove() -> str:
    """All kinds: mean falls, and how often another run is better on the test images."""
    falls, reversals = [], []
    for kind in product(RUNS, ALIKE, SPREAD):
        fall, reversed_ = fallen(*kind, seed=25)
        falls.append(fall.value)
        reversals.append(reversed_)
    return (
        f"{WORLDS} challenges of {len(falls)} kinds: the winner falls by {100 * min(falls):.1f} to "
        f"{100 * max(falls):.1f} percentage points on average, between what luck explains for "
        f"runs as good as they look and for equal ones; another run is "
        f"better on the test images in {min(reversals):.0%} to {max(reversals):.0%}"
    )
