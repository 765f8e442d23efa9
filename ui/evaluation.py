"""What a run's validation predictions are worth, on screen: thresholds, classes, calibration, worst mistakes."""

import numpy as np
import pandas as pd
import streamlit as st

from dlcore import evaluation, experiments
from dlcore.data import ImageSet
from dlcore.data.medmnist_sets import info
from dlcore.evaluation import Share
from dlcore.figures import evaluation as figures
from dlcore.figures.training import mosaic
from dlcore.metrics import auc, confusion
from dlcore.runs import Run
from ui import frame

# Published test accuracies of ResNet-18 on 28 × 28 pixels: Yang et al. 2023, MedMNIST v2, Scientific Data 10:41.
PUBLISHED = {
    "pathmnist": 0.907,
    "dermamnist": 0.735,
    "octmnist": 0.743,
    "pneumoniamnist": 0.854,
    "retinamnist": 0.524,
    "breastmnist": 0.863,
    "bloodmnist": 0.958,
    "tissuemnist": 0.676,
    "organamnist": 0.935,
    "organcmnist": 0.900,
    "organsmnist": 0.782,
}


def section(run: Run, images: ImageSet) -> None:
    """All of the run's validation images, seen from four sides."""
    labels = images.labels[run.val_index]
    _headline(run, labels)
    left, right = st.columns(2, gap="large")
    with left:
        _roc(run, labels)
    with right:
        _calibration(run, labels)
    st.markdown("**Class by class**, with 95 % intervals (Wilson)")
    st.dataframe(by_class(run, labels), hide_index=True, key="training_by_class")
    _worst(run, images, labels)
    _published(run)


def _headline(run: Run, labels: np.ndarray) -> None:
    """Accuracy beside the base rate: what always naming the commonest class would reach."""
    right = experiments.right(run)
    counts = np.bincount(labels, minlength=len(run.class_names))
    base = Share(int(counts.max()), len(labels))
    st.markdown(
        f"Validation accuracy **{right}**. Always saying “{run.class_names[int(counts.argmax())]}” is right for "
        f"{base}."
    )


def _roc(run: Run, labels: np.ndarray) -> None:
    """One class against the rest, with the threshold in hand."""
    names = list(run.class_names)
    name = st.selectbox(
        "Class", names, index=len(names) - 1 if len(names) == 2 else 0, key="training_roc_class"
    )
    c = names.index(name)
    threshold = st.slider(
        "Call it positive from probability",
        0.0,
        1.0,
        0.5,
        0.01,
        key="training_threshold",
        bind="query-params",
    )
    scores, positive = run.val_probabilities[:, c], labels == c
    if positive.all() or not positive.any():
        st.caption("The validation images hold one of the two groups only: there is no ROC curve.")
        return
    curve = evaluation.roc(scores, positive)
    at = evaluation.at_threshold(scores, positive, threshold)
    text = f"Sensitivity {at.sensitivity}; specificity {at.specificity}; precision {at.precision}."
    frame.chart(figures.roc(curve, threshold, name), f"AUC {curve.auc:.3f}. {text}", "training_roc")
    st.caption(f"AUC {curve.auc:.3f}. {text}")


def _calibration(run: Run, labels: np.ndarray) -> None:
    found = evaluation.calibration(run.val_probabilities, labels)
    text = (
        f"Expected calibration error {found.expected_error:.3f}: so far is the confidence from the share that is "
        "right, on average over the images. Dots below the diagonal are overconfident."
    )
    frame.chart(figures.calibration(found), text, "training_calibration")
    st.caption(text)


def by_class(run: Run, labels: np.ndarray) -> pd.DataFrame:
    """One line per class: how many, found (recall), right when named (precision), AUC against the rest."""
    counts = confusion(run.val_probabilities, labels)
    rows = []
    for c, name in enumerate(run.class_names):
        area = auc(run.val_probabilities[:, c], labels == c)
        rows.append(
            {
                "class": name,
                "images": int(counts[c].sum()),
                "found (recall)": str(Share(int(counts[c, c]), int(counts[c].sum()))),
                "right when named (precision)": str(Share(int(counts[c, c]), int(counts[:, c].sum()))),
                "AUC against the rest": "not defined" if area is None else f"{area:.3f}",
            }
        )
    return pd.DataFrame(rows)


def _worst(run: Run, images: ImageSet, labels: np.ndarray) -> None:
    """The most confident mistakes."""
    found = evaluation.worst(run.val_probabilities, labels)
    if not len(found):
        st.caption("Not one mistake on the validation images.")
        return
    p, names = run.val_probabilities[found], run.class_names
    st.markdown("**The most confident mistakes**, worst first; point at a caption for the confidence")
    frame.chart(
        mosaic(
            images.images[run.val_index[found]],
            [names[c] for c in labels[found]],
            [names[c] for c in p.argmax(axis=1)],
            [float(row.max()) for row in p],
        ),
        f"{len(found)} mistakes, the most confident with {p[0].max():.0%}.",
        "training_worst",
    )


def _published(run: Run) -> None:
    """The benchmark's figure with its error bar beside the learner's: does a ranking survive them?"""
    if run.recipe.dataset not in PUBLISHED:
        return
    n = int(info(run.recipe.dataset)["n_samples"]["test"])
    published = Share(round(PUBLISHED[run.recipe.dataset] * n), n)
    right = experiments.right(run)
    (a, b), (c, d) = published.interval, right.interval
    verdict = "overlap: no ranking survives" if a <= d and c <= b else "do not overlap"
    st.caption(
        f"Published for ResNet-18 at 28 pixels: test accuracy {published} (Yang et al. 2023, MedMNIST v2). This run "
        f"on validation: {right}. The intervals {verdict}; and the validation figure chose its own epoch, so it "
        "flatters."
    )
