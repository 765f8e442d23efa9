"""What went wrong in a training run, in sentences: nothing may end as a silent grey picture."""

import numpy as np

from dlcore.network import forward
from dlcore.network.trajectory import Trajectory, sets
from dlcore.neuron import ACTIVATIONS


def dead_neurons(run: Trajectory, t: int = -1) -> list[tuple[int, int]]:
    """(layer, neuron), from 1, of the hidden neurons whose slope f'(z) is 0 on every training point.

    No gradient passes through such a neuron: its incoming weights will never move again.
    """
    parts, net = sets(run.plan), run.plan.net
    x = net.inputs(parts.points.x[parts.train])
    slopes = [ACTIVATIONS[net.f].df(z) for z in forward(net, run.theta[t], x).z[:-1]]
    return [(i + 1, j + 1) for i, s in enumerate(slopes) for j in range(s.shape[1]) if not s[:, j].any()]


def symptoms(run: Trajectory) -> tuple[str, ...]:
    """Sentences about a run: divergence and where, dead neurons, a loss that rose or stood still."""
    found, losses, net = [], run.loss["train"], run.plan.net
    if run.diverged is not None:
        found.append(
            f"The run diverged in epoch {run.diverged}: {run.where}. The {len(run.epochs)} finite states "
            "before it are kept. A learning rate ten times smaller is the first thing to try."
        )
    if net.f == "step" and net.hidden:
        found.append(
            "The step has slope 0 everywhere: only the output neuron learns, the layers before it stay."
        )
    elif dead := dead_neurons(run):
        names = ", ".join(f"{j} of layer {i}" for i, j in dead)
        found.append(
            f"Dead: neuron {names}. The slope is 0 on every training point, so no gradient gets through and "
            "the weights before it stay as they are."
        )
    tail = losses[len(losses) // 2 :]
    if run.diverged is None and len(losses) > 10:
        if losses[-1] > losses[0] * 1.2:
            found.append(
                f"The training loss rose from {losses[0]:.3g} to {losses[-1]:.3g}: the steps are too long."
            )
        elif losses[-1] > 0.9 * losses[0]:
            found.append(f"The training loss stood still at {losses[-1]:.3g}: this run has not learned.")
        elif np.abs(np.diff(tail)).mean() > 0.1 * tail.mean() and losses[-1] > 0.3 * losses[0]:
            found.append("The loss jumps up and down: the learning rate is too large to settle.")
        found += _overfitted(run)
    return tuple(found)


def _overfitted(run: Trajectory) -> list[str]:
    held, best = run.loss["validation"], int(np.argmin(run.loss["validation"]))
    if held[-1] <= 1.3 * held[best] + 0.01 or run.loss["train"][-1] >= run.loss["train"][best]:
        return []
    return [
        f"Overfitting: validation was best in epoch {run.epochs[best]} ({held[best]:.3g}) and rose "
        f"to {held[-1]:.3g} while the training loss kept falling."
    ]
