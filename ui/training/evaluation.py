"""What a run's validation predictions are worth, on screen: any epoch, seen from four sides."""

import numpy as np
import pandas as pd
import streamlit as st

from dlcore.data import ImageSet
from dlcore.evaluation import calibration, thresholds
from dlcore.evaluation.intervals import Share
from dlcore.figures import evaluation as figures
from dlcore.logits import Predictions
from dlcore.metrics import auc, confusion
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Later, OneOf, Real, Whole
from ui.training import confusion as confusion_view
from ui.training import costs, published
from ui.training.one_run import FLATTERED

MATRIX, THRESHOLDS, CALIBRATION, PUBLISHED = (
    "Confusion matrix",
    "Thresholds",
    "Calibration",
    "Published results",
)
VIEWS = (MATRIX, THRESHOLDS, CALIBRATION, PUBLISHED)


def evaluation_section(run: Run | None, images: ImageSet | None) -> None:
    """One of four views; all but the published results are of the run on show, after the chosen epoch."""
    view = st.pills(
        "View",
        VIEWS,
        default=MATRIX,
        required=True,
        label_visibility="collapsed",
        key="training_view",
        bind="query-params",
    )
    if view == PUBLISHED:
        published.published_section()
        return
    if run is None or images is None or not run.best:
        st.caption("Train a network first: what its predictions are worth appears here.")
        return
    epoch, said = at_epoch(run)
    labels = images.labels[run.val_index]
    _headline(run, said, labels, epoch)
    if view == MATRIX:
        confusion_view.confusion_section(run, images, said.probabilities, STATE)
    elif view == THRESHOLDS:
        _thresholds(run, images, said, labels)
    else:
        _calibration(said.probabilities, labels)
        st.markdown("**Class by class**, with 95% intervals (Wilson)")
        st.dataframe(by_class(run.class_names, said, labels), hide_index=True, key="training_by_class")


_EVALUATION = {"tab": "Evaluation"}
_THRESHOLDS = {**_EVALUATION, "view": THRESHOLDS}
STATE = State(
    "training",
    {
        "view": OneOf(VIEWS, default=MATRIX, on=_EVALUATION),
        "roc_class": Later(on=_THRESHOLDS),
        "threshold": Real(0.0, 1.0, default=0.5, on=_THRESHOLDS),
        "true": Later(on=_EVALUATION),
        "called": Later(on=_EVALUATION),
    },
    families={"epoch_": Whole(1, 999_999)},
)


def chosen_epoch(run: Run) -> int:
    """The epoch whose predictions are looked at; the kept one to begin with."""
    return int(STATE.value(_epoch(run), _epochs_of(run)))


def _epoch(run: Run) -> str:
    return f"epoch_{run.key[:12]}"


def _epochs_of(run: Run) -> OneOf:
    return OneOf([int(number) for number in run.history_epochs] or [run.best], default=run.best)


def at_epoch(run: Run) -> tuple[int, Predictions]:
    """The epoch on the slider, and what the network said of the validation images after it; at first the kept one."""
    stored = [int(number) for number in run.history_epochs]
    if len(stored) < 2:
        if not stored:
            st.caption("This run was stored before epochs were remembered: only the kept one can be shown.")
        return run.best, run.predictions
    control = STATE.control(_epoch(run), _epochs_of(run))
    epoch = control.keep(
        st.select_slider(
            "After epoch",
            stored,
            key=control.key,
            format_func=lambda number: f"{number} (kept)" if number == run.best else str(number),
        )
    )
    if len(stored) < len(run.epochs):
        st.caption(f"{len(stored)} of {len(run.epochs)} epochs were kept, evenly chosen, to save space.")
    return epoch, run.predictions_after(epoch)


def _headline(run: Run, said: Predictions, labels: np.ndarray, epoch: int) -> None:
    """Accuracy beside the base rate, what always naming the commonest class would reach; and its check."""
    from dlcore.oracles.training import accuracy_by_scikit_learn

    right = Share(int((said.probabilities.argmax(axis=1) == labels).sum()), len(labels))
    counts = np.bincount(labels, minlength=len(run.class_names))
    base, name = Share(int(counts.max()), len(labels)), run.class_names[int(counts.argmax())]
    text = f"Validation accuracy **{right}** after epoch {epoch}. Always saying “{name}” is right for {base}."
    if epoch == run.best:
        text += f" {FLATTERED}"
    st.markdown(text)
    frame.chart(figures.beside_base_rate(right, base, name), text.replace("*", ""), "training_base_rate")
    recorded = run.epochs[epoch - 1].val_accuracy
    theirs = accuracy_by_scikit_learn(said.probabilities, labels, said.logits)
    frame.check(
        f"accuracy recorded in epoch {epoch}, against its stored predictions",
        recorded,
        theirs,
        abs(recorded - theirs),
        1e-9,
        "scikit-learn",
    )


def _thresholds(run: Run, images: ImageSet, said: Predictions, labels: np.ndarray) -> None:
    """One class against the rest, with the threshold in hand: ROC and precision-recall with the same point."""
    names = list(images.class_names)
    left, right = st.columns(2, gap="large")
    control = STATE.control("roc_class", OneOf(names, default=names[images.usual_positive]))
    name = control.keep(left.selectbox("Positive class", names, key=control.key))
    threshold = right.slider(
        "Call it positive from probability",
        0.0,
        1.0,
        0.5,
        0.01,
        key="training_threshold",
        bind="query-params",
    )
    scores, positive = said.scores[:, names.index(name)], labels == names.index(name)
    if positive.all() or not positive.any():
        st.caption("The validation images hold one of the two groups only: there is no curve.")
        return
    left, right = st.columns(2, gap="large")  # a second row: on a phone both controls stand above both curves
    roc, found = thresholds.roc(scores, positive), thresholds.precision_recall(scores, positive)
    score = said.score_at(threshold)  # images are ranked by log-odds, and named by the probabilities
    at = thresholds.at_threshold(scores, positive, score)
    with left:
        text = (
            f"Positive: “{name}”. AUC {roc.auc:.3f}; guessing 0.5. Sensitivity for “{name}” {at.sensitivity}; "
            f"specificity for “{name}” {at.specificity}."
        )
        frame.chart(
            figures.roc(roc, threshold, name, score, said.probability_at(roc.thresholds)),
            f"ROC curve. {text}",
            "training_roc",
        )
        st.caption(text)
    with right:
        text = (
            f"Positive: “{name}”. Average precision {found.average_precision:.3f}; guessing "
            f"{found.prevalence:.3f}. Recall of “{name}” {at.sensitivity}; precision for “{name}” {at.precision}."
        )
        frame.chart(
            figures.precision_recall(found, threshold, name, score, said.probability_at(found.thresholds)),
            f"Precision-recall curve. {text}",
            "training_pr",
        )
        st.caption(text)
    _check_average_precision(found.average_precision, said, labels, names.index(name))
    st.caption(_why_positive(images, name))
    costs.costs_section(run, images, said, labels, name)
    st.caption(
        "The ROC curve does not care how common the class is; precision does. Where a class is rare, a few false "
        "alarms in a hundred images of the others outnumber the hits, and only the precision-recall curve shows it."
    )


def _why_positive(images: ImageSet, name: str) -> str:
    """Whose choice the positive class is."""
    if name != images.class_names[images.usual_positive]:
        whose = "you chose it"
    elif images.positive is not None:
        whose = "the disease, by the set's own labels"
    else:
        whose = "the rarest class, because the set's labels name no single disease"
    return f"Positive is “{name}” ({whose}); all other classes are negative."


def _check_average_precision(ours: float, said: Predictions, labels: np.ndarray, c: int) -> None:
    from dlcore.oracles.training import average_precision_by_scikit_learn

    theirs = average_precision_by_scikit_learn(said.probabilities, labels, c, said.logits)
    frame.check("average precision", ours, theirs, abs(ours - theirs), 1e-9, "scikit-learn")


def _calibration(p: np.ndarray, labels: np.ndarray) -> None:
    found = calibration.calibration(p, labels)
    mean, most = calibration.error_by_chance(p)
    text = (
        f"Expected calibration error {found.expected_error:.3f}: so far is the confidence from the share that is "
        f"right, on average over the images. Chance alone lifts it: a perfectly calibrated network with these "
        f"confidences would have {mean:.3f} on average on {len(p):,} images, and up to {most:.3f} in 95% of samples"
        f"{', so this one is not shown to be badly calibrated' if found.expected_error <= most else ''}. "
        "Dots below the diagonal are overconfident."
    )
    frame.chart(figures.calibration(found), text, "training_calibration")
    st.caption(text)


def by_class(names: tuple[str, ...], said: Predictions, labels: np.ndarray) -> pd.DataFrame:
    """One line per class: how many, found (recall), right when named (precision), AUC against the rest."""
    counts, scores = confusion(said.probabilities, labels), said.scores
    rows = []
    for c, name in enumerate(names):
        area = auc(scores[:, c], labels == c)
        rows.append(
            {
                "class": name,
                "images": int(counts[c].sum()),
                "found (recall)": Share(int(counts[c, c]), int(counts[c].sum())).short,
                "right when named (precision)": Share(int(counts[c, c]), int(counts[:, c].sum())).short,
                "AUC against the rest": "not defined" if area is None else f"{area:.3f}",
            }
        )
    return pd.DataFrame(rows)
