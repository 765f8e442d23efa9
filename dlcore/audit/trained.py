"""A trained network's part of the audit: what it scores, whether it knows how sure it may be, its worst mistakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore.audit.findings import Finding
from dlcore.audit.rates import RATES
from dlcore.data import ImageSet
from dlcore.evaluation.calibration import calibration, error_by_chance, worst
from dlcore.evaluation.intervals import Share
from dlcore.evaluation.optimism import expected_maximum
from dlcore.number_text import count, digits
from dlcore.runs import Run

SHOWN = 8


def trained(imageset: ImageSet, run: Run, looks: Sequence[Any] = ()) -> list[Finding]:
    """Findings about a run on this set, from its stored validation predictions.

    Args:
        looks: the looks at the sealed test part that have been counted.

    Raises:
        ValueError: the run is of another set.
    """
    if len(run.val_index) and run.val_index.max() >= len(imageset):
        raise ValueError("The network was trained on another image set.")
    probabilities, labels = run.val_probabilities, imageset.labels[run.val_index]
    right = Share(int((probabilities.argmax(axis=1) == labels).sum()), len(labels))
    text = f"Validation accuracy of the {run.recipe.model.upper()}: {right}. Its epoch was chosen on these images."
    rows = [Finding("Network", "accuracy", text, right.value, right.n, right.interval)]
    found = calibration(probabilities, labels)
    mean, most = error_by_chance(probabilities)
    is_alarm = found.expected_error > most
    text = f"Expected calibration error {digits(found.expected_error)}; a perfectly calibrated network would have "
    text += f"about {digits(mean)} on as many images, at most {digits(most)} in 95 of 100."
    advice = "Do not read its probabilities as probabilities; rank by them." if is_alarm else ""
    rows.append(
        Finding(
            "Network",
            "calibration",
            text,
            found.expected_error,
            len(labels),
            None,
            RATES["calibration"],
            advice=advice,
            is_alarm=is_alarm,
        )
    )
    mistakes = worst(probabilities, labels, SHOWN)
    text = (
        f"The {count(len(mistakes), 'mistake')} of which it is most sure." if len(mistakes) else "No mistake."
    )
    rows.append(
        Finding(
            "Network",
            "worst",
            text,
            float(right.n - right.k),
            right.n,
            None,
            None,
            np.asarray(run.val_index)[mistakes],
            "Are these labels right? Sure mistakes are where labels and twins go wrong first."
            if len(mistakes)
            else "",
        )
    )
    return [*rows, sealed(looks)]


def sealed(looks: Sequence[Any]) -> Finding:
    """How often the sealed test part was opened."""
    m = len(looks)
    text = f"The sealed test part has been opened {count(m, 'time')}."
    if m > 1:
        text += (
            f" The best of {m} equal networks is too good by up to {expected_maximum(m):.1f} standard errors."
        )
    return Finding(
        "Network", "looks", text, float(m), m, None, None, advice="" if m <= 1 else "Report the first look."
    )
