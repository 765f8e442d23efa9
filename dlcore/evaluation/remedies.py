"""Which of several remedies helps: each against doing nothing, with intervals that hold for all of them together.

Knows which images were called rightly by which network, and nothing of networks. numpy, and SciPy's quantile of t.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlcore.evaluation.intervals import LEVEL, Difference


def against(plain: NDArray[np.bool_], others: Mapping[str, NDArray[np.bool_]]) -> dict[str, Difference]:
    """Name -> accuracy of this arm minus that of the plain one, with intervals that all hold at once in 95 %.

    With k seeds of an arm judged on the same n images, the difference d̄ of two mean accuracies has two sources:
    other seeds would give other networks, other images other answers. Its variance is taken as
    s² (1/k + 1/k₀) + Var_i(d_i) / n, with s² the variance over the seeds, pooled over all arms, and d_i the
    difference of the arms' shares of right answers on image i. That the seeds' variance is in part the images' is
    left so: the intervals are rather too wide. The quantile is Student's, at 5 % shared by all arms (Bonferroni).

    Args:
        plain: (k₀, n) whether each network of the plain arm called each image rightly.
        others: name -> (k, n) of the same images in the same order.

    Raises:
        ValueError: no arm has two seeds, so that nothing is known of how seeds differ.
    """
    from scipy.special import stdtrit

    arms = [plain, *others.values()]
    freedom = sum(len(arm) - 1 for arm in arms)
    if not freedom:
        raise ValueError("Arms of one seed each do not show how much seeds differ.")
    squares = sum(((arm.mean(axis=1) - arm.mean()) ** 2).sum() for arm in arms)
    quantile = float(stdtrit(freedom, 1 - (1 - LEVEL) / (2 * len(others))))
    found = {}
    for name, arm in others.items():
        d = arm.mean(axis=0) - plain.mean(axis=0)  # (n,)
        of_seeds = squares / freedom * (1 / len(arm) + 1 / len(plain))
        half = quantile * float(np.sqrt(of_seeds + d.var(ddof=1) / len(d)))
        found[name] = Difference(float(d.mean()), float(d.mean()) - half, float(d.mean()) + half)
    return found
