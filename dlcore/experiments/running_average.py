"""A noisy curve's running average, for the eye only: numbers are always read from the raw curve."""

from collections.abc import Sequence


def running_average(values: Sequence[float], weight: float) -> list[float]:
    """Exponentially weighted averages of a curve, one per value.

    m_t = w m_{t−1} + (1 − w) v_t, shown as m̂_t = m_t / (1 − wᵗ): without the correction the curve would start
    near zero, as Adam's would.

    Args:
        weight: w in [0, 1): how much of the past stays; 0 gives the values back.
    """
    averages, m, power = [], 0.0, 1.0
    for value in values:
        m = weight * m + (1 - weight) * value
        power *= weight
        averages.append(m / (1 - power))
    return averages
