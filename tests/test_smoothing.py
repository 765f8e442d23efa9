"""The running average: against pandas, and with the correction left out as the control."""

import numpy as np
import pandas as pd
import pytest

from dlcore.experiments.running_average import running_average


def test_running_average_equals_pandas_and_without_correction_does_not() -> None:
    values = np.random.default_rng(0).normal(size=50).tolist()
    theirs = pd.Series(values).ewm(alpha=0.2, adjust=True).mean()
    assert running_average(values, 0.8) == pytest.approx(theirs.tolist(), abs=1e-12)
    uncorrected = pd.Series([0.0, *values]).ewm(alpha=0.2, adjust=False).mean()[1:]
    assert running_average(values, 0.8) != pytest.approx(uncorrected.tolist(), abs=0.01)


def test_weight_zero_gives_the_values_back_and_a_level_curve_stays_level() -> None:
    assert running_average([3.0, 1.0, 2.0], 0.0) == [3.0, 1.0, 2.0]
    assert running_average([0.7] * 9, 0.95) == pytest.approx([0.7] * 9)
