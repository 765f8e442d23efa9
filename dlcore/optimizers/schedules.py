"""How the learning rate changes over a race: a factor between 0 and 1 for step t = 1 … T."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType


def constant(t: int, T: int) -> float:
    """1."""
    return 1.0


def step(t: int, T: int) -> float:
    """1, then a tenth from half of the race on, then a hundredth from three quarters on."""
    return 1.0 if t <= T / 2 else 0.1 if t <= 3 * T / 4 else 0.01


def cosine(t: int, T: int) -> float:
    """(1 + cos(π (t − 1) / T)) / 2: slowly, then fast, then slowly to zero (Loshchilov and Hutter 2017)."""
    return 0.5 * (1 + math.cos(math.pi * (t - 1) / T))


def warm_up(t: int, T: int) -> float:
    """From near zero to 1 over the first tenth of the race, then constant."""
    return min(1.0, t / max(1.0, T / 10))


SCHEDULES: Mapping[str, Callable[[int, int], float]] = MappingProxyType(
    {"constant": constant, "step": step, "cosine": cosine, "warm-up": warm_up}
)
