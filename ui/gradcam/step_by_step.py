"""Grad-CAM step by step on the page: from the scores to the map, each step a picture with this image's numbers."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dlcore.figures import attribution as figures
from dlcore.figures import convolution as map_figures
from dlcore.heatmaps.heatmaps import Look
from dlcore.heatmaps.methods import Derivation
from dlcore.number_text import digits, latex, latex_factor
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf, Whole
from ui.gradcam import text as gradcam_text
from ui.gradcam.models import network
from ui.gradcam.subject import Subject

STEPS = ("1 Scores", "2 Maps", "3 Gradients", "4 Weights", "5 Weighted sum", "6 Cut at zero")
MOST = 24  # maps drawn at once, the strongest first
STATE = State(
    "gradcam", {"terms": Whole(1, 999, 8, default=None, on={"tab": "Step by step", "step": STEPS[4]})}
)


@st.cache_data(max_entries=64, show_spinner="Asking the network")
def derived(key: str, pixels: np.ndarray, k: int, layer: str) -> Derivation:
    """Every step from this image to the map of class k."""
    from dlcore.attribution.comparison import derivation

    return derivation(network(key), pixels, k, layer)


def step_by_step_section(run: Run, subject: Subject, look: Look, k: int) -> None:
    """One step of the derivation at a time: picture, formula with numbers, one sentence."""
    found = derived(run.key, subject.pixels, k, look.layer)
    step = st.segmented_control(
        "Step", STEPS, default=STEPS[0], required=True, key="gradcam_step", bind="query-params"
    )
    DRAW[str(step)](found, run, subject, look)


def _lesson(formula: str, sentence: str) -> None:
    st.latex(formula)
    st.markdown(sentence)


def _scores(found: Derivation, run: Run, subject: Subject, look: Look) -> None:
    name, y = run.class_names[found.k], float(found.scores[found.k])
    picture, words = frame.picture_and_controls((1.5, 1))
    with picture:
        listed = ", ".join(f"{c} {digits(z)}" for c, z in zip(run.class_names, found.scores, strict=True))
        frame.chart(figures.score_bars(found, run.class_names), f"Scores z: {listed}.", "gradcam_step_scores")
    with words:
        p = float(found.probabilities[found.k])
        if len(found.scores) == 2:  # one logit z; the classes' scores are −z and z
            formula = rf"p &= \frac{{1}}{{1 + e^{{{latex(-y)}}}}} \approx {latex(p)}"
            before = (
                "before the sigmoid makes a probability of it. The other class has the same score, negative."
            )
        else:
            formula = rf"p &= \frac{{e^{{{latex(y)}}}}}{{\sum_j e^{{z_j}}}} \approx {latex(p)}"
            before = "before softmax mixes in all the other classes."
        _lesson(
            rf"\begin{{aligned}} y &= {latex(y)} \\ {formula} \end{{aligned}}",
            f"The network gives every class a score. The score y of “{name}” is the one to be explained: the "
            f"logit, {before}",
        )


def _maps(found: Derivation, run: Run, subject: Subject, look: Look) -> None:
    n, rows, cols = found.maps.shape
    picture, words = frame.picture_and_controls((1.5, 1))
    with picture:
        _sheet(found, found.maps, "A", "gradcam_step_maps")
    c = int(found.order[0])
    i, j = np.unravel_index(found.maps[c].argmax(), (rows, cols))
    with words:
        _lesson(
            rf"A_{{{c},{i + 1},{j + 1}}} = {latex(found.maps[c, i, j])} = \max_{{ij}} A_{{{c},ij}}",
            f"The layer `{look.layer}` answers with {n} maps of {rows} × {cols} cells: one map per "
            "feature, high where that feature is. They are the same for every class." + _which_are_shown(n),
        )


def _gradients(found: Derivation, run: Run, subject: Subject, look: Look) -> None:
    c = int(found.order[0])
    g = found.gradients[c]
    flat = bool(np.allclose(found.gradients, found.alpha[:, None, None], rtol=1e-4, atol=1e-9))
    picture, words = frame.picture_and_controls((1.5, 1))
    with picture:
        _sheet(found, found.gradients, "∂y/∂A", "gradcam_step_gradients")
    with words:
        if flat:
            why = (
                "Every map is of one color: the head takes the mean of a map, so that it does not matter where a "
                "feature is. The next step, averaging, loses nothing here."
            )
        else:
            why = (
                "The color changes within a map: here it matters where a feature is. The next step averages that "
                "away."
            )
        _lesson(
            rf"{latex(g.min())} \;\le\; \frac{{\partial y}}{{\partial A_{{{c},ij}}}} \;\le\; {latex(g.max())}",
            f"How much would the score rise if one cell of one map rose by a little? {why}"
            + _which_are_shown(len(found.alpha)),
        )


def _weights(found: Derivation, run: Run, subject: Subject, look: Look) -> None:
    _, rows, cols = found.maps.shape
    c = int(found.order[0])
    total = float(found.gradients[c].sum(dtype=np.float64))
    above = int((found.alpha > 0).sum())
    picture, words = frame.picture_and_controls((1.5, 1))
    with picture:
        frame.chart(
            figures.weights(found),
            f"Weights of {len(found.alpha)} channels from {digits(found.alpha.max())} (channel "
            f"{found.alpha.argmax()}) down to {digits(found.alpha.min())} (channel {found.alpha.argmin()}).",
            "gradcam_step_weights",
        )
    with words:
        _lesson(
            rf"\alpha_{{{c}}} = \frac{{1}}{{{rows} \cdot {cols}}} \sum_{{ij}} \frac{{\partial y}}"
            rf"{{\partial A_{{{c},ij}}}} = \frac{{{latex(total)}}}{{{rows * cols}}} = {latex(found.alpha[c])}",
            f"The mean of a map's gradients is its weight: {above} of {len(found.alpha)} features speak for "
            f"“{run.class_names[found.k]}”, the others against it. A large weight counts only where its map is "
            "not zero.",
        )


def _sum(found: Derivation, run: Run, subject: Subject, look: Look) -> None:
    n = len(found.alpha)
    picture, words = frame.picture_and_controls((1.5, 1))
    with words:
        counts = list(range(1, n + 1))
        control = STATE.control("terms", OneOf(counts, default=min(3, n)))
        m = control.keep(
            st.select_slider(
                "Strongest channels added up",
                counts,
                key=control.key,
                help="Ordered by the size of what each adds to the sum of the map. Arrow keys add one at a time.",
            )
        )
        part, whole = float(found.partial(m).sum()), float(found.heatmap.sum())
        left = float(np.abs(found.heatmap - found.partial(m)).max())
        c = int(found.order[m - 1])
        term = float(found.terms[c].sum())
        st.latex(
            rf"\begin{{aligned}} \sum_{{ij}} L_{{ij}} &\leftarrow \underbrace{{{latex(part - term)}}}"
            rf"_{{{m - 1}\text{{ channels}}}} + \underbrace{{{latex_factor(term)}}}_{{c = {c}}} \\"
            rf"&= {latex(part)} \;\text{{ of }}\; {latex(whole)} \end{{aligned}}"
        )
        cell = (
            "the two pictures on the right are the same"
            if m == n
            else f"no cell is off by more than {digits(left)}"
        )
        st.markdown(
            f"Each map is multiplied by its weight, and all are added up. With {m} of {n} channels, {cell}."
        )
    with picture:
        frame.chart(
            figures.running_total(found, m, subject.pixels.shape[:2]),
            f"The term of channel {c}, sum {digits(term)}; the sum of the strongest {m} channels, "
            f"{digits(part)}; of all "
            f"{n}, {digits(whole)} logits.",
            "gradcam_step_sum",
        )
    with st.container():
        st.caption("One cell written out, the one with the largest value:")
        st.latex(gradcam_text.formula(look, found.k))


def _relu(found: Derivation, run: Run, subject: Subject, look: Look) -> None:
    L = found.heatmap
    below = int((L < 0).sum())
    picture, words = frame.picture_and_controls((1.5, 1))
    with picture:
        frame.chart(
            figures.before_and_after(found, subject.pixels.shape[:2]),
            f"The map from {digits(L.min())} to {digits(L.max())} logits, beside the same map with {below} "
            f"cells below "
            "zero set to zero.",
            "gradcam_step_relu",
        )
    with words:
        lost = float(np.minimum(L, 0).sum())
        _lesson(
            rf"\sum_{{ij}} L_{{ij}} = {latex(L.sum() - lost)} - {latex(-lost)} = {latex(L.sum())}",
            (
                f"{below} of {L.size} cells are below zero: they speak against “{run.class_names[found.k]}”. "
                "The paper cuts them off; then the picture no longer tells a doubtful case from a clear one."
                if below
                else "No cell is below zero, so cutting changes nothing."
            ),
        )
        st.markdown(what_the_sum_is(found, run))


DRAW: dict[str, Callable[[Derivation, Run, Subject, Look], None]] = dict(
    zip(STEPS, (_scores, _maps, _gradients, _weights, _sum, _relu), strict=True)
)


def what_the_sum_is(found: Derivation, run: Run) -> str:
    """What the cells of this map add up to, and how that relates to the score."""
    y, total = float(found.scores[found.k]), float(found.heatmap.sum(dtype=np.float64))
    if found.bias is not None:
        return (
            f"**This map sums to {digits(total)} of the score y = {digits(y)}.** The remaining "
            f"{digits(found.bias)} is the "
            "head's bias, which has no place in the image. That holds because the head is linear in the mean of "
            "these maps: every logit has its place."
        )
    pointwise = float(found.pointwise.sum(dtype=np.float64))
    text = f"**This map sums to {digits(total)}; the score is y = {digits(y)}.** Here they need not agree. "
    if run.recipe.head == "flatten":
        text += "The head weighs every cell on its own, and the mean of the gradients forgets that. "
    return text + (
        f"Without the mean (HiResCAM) the cells sum to {digits(pointwise)}. Whatever then is missing to y comes from "
        "the biases behind this layer, which have no place in the image."
    )


def _sheet(found: Derivation, values: np.ndarray, symbol: str, key: str) -> None:
    shown = found.order[:MOST]
    frame.chart(
        map_figures.sheet(values[shown], per_map=False, numbers=[int(c) for c in shown]),
        f"{symbol} of {len(shown)} channels, values from {digits(values[shown].min())} to "
        f"{digits(values[shown].max())}.",
        key,
    )


def _which_are_shown(n: int) -> str:
    if n <= MOST:
        return " Those that add most to the map of this class come first."
    return f" Shown are the {MOST} that add most to the map of this class, the strongest first."
