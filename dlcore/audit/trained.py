"""A trained network's part of the audit: what it scores, whether it knows how sure it may be, its worst mistakes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.audit.findings import Finding
from dlcore.audit.rates import RATES
from dlcore.data import ImageSet
from dlcore.evaluation.calibration import calibration, error_by_chance, worst
from dlcore.evaluation.intervals import Share, bootstrap
from dlcore.evaluation.optimism import expected_maximum
from dlcore.number_text import count, digits, percent
from dlcore.runs import Run

SHOWN = 8


def trained(imageset: ImageSet, run: Run) -> list[Finding]:
    """Findings about a run on this set, from its stored validation predictions.

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
    rows.append(sureness(probabilities, labels))
    mistakes = worst(probabilities, labels, SHOWN)
    text = "No mistake."
    if len(mistakes):
        names, index, sure = imageset.class_names, run.val_index[mistakes], probabilities[mistakes]
        told = [
            f"{i}, “{names[imageset.labels[i]]}”, called “{names[p.argmax()]}” ({percent(p.max(), 0)} sure)"
            for i, p in zip(index, sure, strict=True)
        ]
        text = f"The {count(len(mistakes), 'mistake')} of which it is most sure: {'; '.join(told)}."
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
    return rows


def sureness(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> Finding:
    """How much surer the network is on average than it is right: mean of confidence − right, with its interval."""
    sure = probabilities.max(axis=1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    gap = bootstrap(sure - right)
    text = (
        f"On average it is {percent(sure.mean())} sure of its answers and right in {percent(right.mean())}. "
    )
    text += f"Sureness minus accuracy: {gap.points}."
    text += " It is too sure." if gap.low > 0 else " It is not sure enough." if gap.high < 0 else ""
    return Finding("Network", "sureness", text, gap.value, gap.n, (gap.low, gap.high))


def sealed(run: Run, looks: Sequence[Mapping[str, Any]], n: int, before: int = 0) -> list[Finding]:
    """How often the sealed test part was opened, and this network's score if it was opened with it.

    Args:
        looks: the counted ones, oldest first, as the ledger has them.
        n: images of the test part.
        before: looks at the test parts of the sets that this one was made from.
    """
    m = len(looks)
    text = f"The sealed test part has been opened {count(m, 'time')}."
    if m > 1:
        text += (
            f" The best of {m} equal networks is too good by up to {expected_maximum(m):.1f} standard errors."
        )
    place = next((i for i, look in enumerate(looks) if look["key"] == run.key), None)
    if place is None:
        text += " This network has not been scored on it."
    advice = "" if m <= 1 else "Report the first look."
    if before:
        text += f" Of the sets that this one was made from it was opened {count(before, 'time')}."
        advice = "Images of it have been seen: say so with the score."
    rows = [Finding("Sealed test", "looks", text, float(m), n, advice=advice)]
    if place is not None:
        scores = looks[place]["scores"]
        share = Share(round(scores["accuracy"] * n), n)
        auc = "not defined" if scores["auc"] is None else digits(scores["auc"], 3)
        text = f"Test accuracy {share}; AUC {auc}. This was look {place + 1} of {m}."
        advice = "Not the first look: its recipe could be chosen knowing an earlier score." if place else ""
        rows.append(Finding("Sealed test", "sealed", text, share.value, n, share.interval, advice=advice))
    return rows
