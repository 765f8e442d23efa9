"""How the learning rate changes from the first step to the last: a factor between 0 and 1, in races and in trainings.

A race asks for every step, a training for every epoch; both count t = 1 … T. numpy only.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

RISE = 6  # powers of ten from the first rate of a range test to its last


def constant(t: int, T: int) -> float:
    """1."""
    return 1.0


def step(t: int, T: int) -> float:
    """1, then a tenth once half of the steps are done, then a hundredth once three quarters are."""
    done = (t - 1) / T
    return float(0.1 ** ((done >= 0.5) + (done >= 0.75)))


def cosine(t: int, T: int) -> float:
    """(1 + cos(π (t − 1) / T)) / 2: slowly, then fast, then slowly to zero (Loshchilov and Hutter 2017)."""
    return float(0.5 * (1 + np.cos(np.pi * ((t - 1) / T))))


def warm_up(t: int, T: int) -> float:
    """From near zero to 1 over the first tenth, then constant."""
    return min(1.0, t / max(1.0, T / 10))


def rising(t: int, T: int) -> float:
    """From a millionth to 1, by the same factor every time (Smith 2015, arXiv:1506.01186, raises it linearly)."""
    return float(10.0 ** (RISE * ((t - 1) / max(1, T - 1) - 1)))


# What a race offers, and what a training does.
SCHEDULES: Mapping[str, Callable[[int, int], float]] = MappingProxyType(
    {"constant": constant, "step": step, "cosine": cosine, "warm-up": warm_up}
)
OVER_EPOCHS: Mapping[str, Callable[[int, int], float]] = MappingProxyType(
    {"constant": constant, "step": step, "cosine": cosine, "rising": rising}
)
