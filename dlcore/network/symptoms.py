"""What went wrong in a training run, in sentences: nothing may end as a silent grey picture.

A verdict is a statement about the whole curve or its second half, never about one epoch: steps that are too long
double every rounding error, and then the last value is another one on another processor. What the sentences rest
on, in numbers, for losses L_0 … L_T on the training points, their second half, and its median m:

- rough: the mean |L_{t+1} − L_t| of the second half is over 5 % of its mean loss.
- jumps: rough, a quarter or more of the steps of the second half rise, and m > 0.3 L_0.
- rose: m > 1.2 L_0.
- lost: m > 0.9 L_0, though some earlier loss was below 0.8 L_0.
- stood still: m > 0.9 L_0, and no loss was ever below 0.8 L_0.

The first of the last four that holds is said. Overfitted and dead have their own definitions below.
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from dlcore.network import Network, forward
from dlcore.network.trajectory import Trajectory, sets
from dlcore.neuron import ACTIVATIONS
from dlcore.number_text import digits

ROUGH, RISING, UNLEARNED = 0.05, 0.25, 0.3
ROSE, STILL, LEARNED = 1.2, 0.9, 0.8
FEWEST = 11  # recorded states below which a curve has no second half worth a verdict


def dead_neurons(run: Trajectory, t: int = -1) -> list[tuple[int, int]]:
    """(layer, neuron), from 1, of the hidden neurons whose slope f'(z) is 0 on every training point.

    No gradient passes through such a neuron. In the first layer plain SGD without penalties leaves its weights
    where they are for good; in a later one the layer before may still move its inputs, and wake it.
    """
    parts, net = sets(run.plan), run.plan.net
    x = net.inputs(parts.points.x[parts.train])
    slopes = [ACTIVATIONS[net.f].df(z) for z in forward(net, run.theta[t], x).z[:-1]]
    return [(i + 1, j + 1) for i, s in enumerate(slopes) for j in range(s.shape[1]) if not s[:, j].any()]


def stayed_dead(run: Trajectory) -> list[tuple[int, int]]:
    """The neurons that were dead in every one of the last tenth of the recorded states."""
    last = last_tenth(len(run.epochs))
    common = set(dead_neurons(run, -1)).intersection(*(dead_neurons(run, -t) for t in range(2, last + 1)))
    return sorted(common)


def last_tenth(n: int) -> int:
    """How many of n recorded states are the last tenth; at least one."""
    return max(1, n // 10)


def symptoms(run: Trajectory) -> tuple[str, ...]:
    """Sentences about a recorded run, see verdict."""
    return verdict(run.plan.net, run.epochs, run.loss, stayed_dead(run), run.diverged, run.where)


def verdict(
    net: Network,
    epochs: NDArray[np.int64],
    loss: Mapping[str, NDArray[np.float64]],
    dead: Collection[tuple[int, int]],
    diverged: int | None = None,
    where: str = "",
) -> tuple[str, ...]:
    """Sentences about a run: divergence and where, dead neurons, a loss that jumped, rose or stood still.

    Their definitions stand at the head of this file.

    Args:
        epochs: (T,) the recorded epochs.
        loss: (T,) mean losses of "train" and "validation" in these.
        dead: (layer, neuron) of those that were dead in every one of the last tenth of the states.
        diverged, where: as in Trajectory.
    """
    found = []
    if diverged is not None:
        found.append(
            f"The run diverged in epoch {diverged}: {where}. The {len(epochs)} finite states "
            "before it are kept. A learning rate ten times smaller is the first thing to try."
        )
    if net.f == "step" and net.hidden:
        found.append(
            "The step has slope 0 everywhere: only the output neuron learns, the layers before it stay."
        )
    elif dead:
        names = ", ".join(f"{j} of layer {i}" for i, j in dead)
        found.append(
            f"Dead: neuron {names}. The slope is 0 on every training point, so no gradient reaches the weights "
            "before it."
            + " Beyond layer 1, the layer before may still wake it."
            * any(i > 1 for i, _ in dead)
        )
    if diverged is None and len(epochs) >= FEWEST:
        sentence = unlearned(loss["train"])
        found += [sentence] if sentence else overfitted(epochs, loss["train"], loss["validation"])
    return tuple(found)


def jumps(losses: NDArray[np.float64]) -> bool:
    """Whether losses (T,) jump up and down without having been learned away: rough, rising, and still high."""
    half = losses[len(losses) // 2 :]
    steps = np.diff(half)
    rough = np.abs(steps).mean() > ROUGH * half.mean()
    return bool(rough and np.mean(steps > 0) >= RISING and np.median(half) > UNLEARNED * losses[0])


def unlearned(losses: NDArray[np.float64]) -> str:
    """What a curve of training losses (T,), T >= 11, says against its run: one sentence, or ""."""
    first, lowest, half = losses[0], losses.min(), losses[len(losses) // 2 :]
    middle = np.median(half)
    if jumps(losses):
        low, high = np.quantile(half, (0.1, 0.9))
        return (
            f"The loss jumps up and down, mostly between {digits(low, 2)} and {digits(high, 2)}: the learning rate "
            "is too large to settle."
        )
    if middle > ROSE * first:
        return (
            f"The training loss rose from {digits(first)} to about {digits(middle)}: the steps are too long."
        )
    if middle > STILL * first and lowest < LEARNED * first:
        return (
            f"The training loss fell to {digits(lowest)} and went back to {digits(middle)}: what was learned is "
            "lost."
        )
    if middle > STILL * first:
        return f"The training loss stood still at about {digits(middle)}: this run has not learned."
    return ""


def overfitted(epochs: NDArray[np.int64], train: NDArray[np.float64], held: NDArray[np.float64]) -> list[str]:
    """A sentence, if validation has risen for good while training still fell; none otherwise.

    For good: the median of the last tenth of the validation losses is over 1.3 times the lowest, and .01 more.
    Still fell: that of the training losses is under 0.9 times what it was where validation was lowest.
    All three arrays are (T,).
    """
    last = last_tenth(len(epochs))
    best, end, learned = int(np.argmin(held)), np.median(held[-last:]), np.median(train[-last:])
    if end <= 1.3 * held[best] + 0.01 or learned >= 0.9 * train[best]:
        return []
    return [
        f"Overfitting: validation was best in epoch {epochs[best]} ({digits(held[best])}) and rose "
        f"to about {digits(end)} while the training loss kept falling."
    ]
