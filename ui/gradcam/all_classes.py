"""All classes of one image at once on the page: maps on one scale, two classes against each other, a whisper."""

import numpy as np
import streamlit as st

from dlcore.figures import attribution as figures
from dlcore.figures.attribution import Panel
from dlcore.figures.panels import SIGNED_LOGITS
from dlcore.heatmaps.heatmaps import Look
from dlcore.heatmaps.methods import stretched
from dlcore.number_text import digits
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import Later, OneOf
from ui.gradcam import text
from ui.gradcam.models import network
from ui.gradcam.subject import Subject

ALL, TWO, AGAINST, WHISPER = "All classes", "Two classes", "For and against", "A millionth of the score"
VIEWS = (ALL, TWO, AGAINST, WHISPER)
STRETCH = "Stretch each map to 0 … 1, as most tools do"
MOST = 11  # maps drawn at once
STRETCHED = "each map's own 0 … 1"
FACTOR = 1e-6
STATE = State("gradcam", {"rival": Later(on={"tab": ALL, "classes": TWO})})


@st.cache_data(max_entries=64, show_spinner="Asking the network again")
def whispered(key: str, pixels: np.ndarray, layer: str) -> Look:
    """The same question to the same network with its last layer scaled by FACTOR."""
    from dlcore.attribution import comparison

    return comparison.whispered(network(key), pixels, layer, FACTOR)


def all_classes_section(run: Run, subject: Subject, look: Look, k: int) -> None:
    """One of four views of all classes' maps."""
    view = st.segmented_control(
        "Show", VIEWS, default=ALL, required=True, key="gradcam_classes", bind="query-params"
    )
    match str(view):
        case "Two classes":
            _two(run, subject, look, k)
        case "For and against":
            _for_and_against(run, subject, look, k)
        case "A millionth of the score":
            _whisper(run, subject, look, k)
        case _:
            _all(run, subject, look, k)


def _all(run: Run, subject: Subject, look: Look, k: int) -> None:
    stretch = st.toggle(STRETCH, key="gradcam_stretch", bind="query-params")
    maps_of_all(run, subject, look, k, stretch)


def maps_of_all(run: Run, subject: Subject, look: Look, k: int, stretch: bool) -> None:
    """The maps of all classes on one scale, or each on its own."""
    chosen = _likeliest(look, k)
    limit = 1.0 if stretch else _limit(look)
    panels = [
        Panel(
            f"{_short(run.class_names[c])}<br>z = {digits(look.scores[c])}",
            stretched(look.heatmaps[c]) if stretch else look.heatmaps[c],
            limit,
            "share" if stretch else "signed",
        )
        for c in chosen
    ]
    columns = 4 if len(panels) > 5 else 3
    figure = figures.side_by_side(
        panels,
        subject.pixels.shape[:2],
        columns,
        STRETCHED if stretch else SIGNED_LOGITS,
        subject.pixels,
        subject.mask,
        row_height=245,
    )
    listed = "; ".join(
        f"{run.class_names[c]}: score {digits(look.scores[c])}, map from {digits(look.heatmaps[c].min())} to "
        f"{digits(look.heatmaps[c].max())}, sum {digits(look.heatmaps[c].sum())}"
        for c in chosen
    )
    frame.chart(figure, f"Heat maps of {len(chosen)} classes for one image. {listed}.", "gradcam_all")
    if len(chosen) < len(look.scores):
        st.caption(f"The {len(chosen)} likeliest of {len(look.scores)} classes.")
    if stretch:
        last = int(look.probabilities.argmin())
        st.markdown(
            f"Now every map that has anything above zero reaches full blue, also that of "
            f"“{run.class_names[last]}” with a probability of {digits(look.probabilities[last], 2)}. What lies below "
            "zero is gone, and the colors of two maps say nothing to each other."
        )
    else:
        st.markdown(
            "One scale for all: a pale map is a score that no place raises much; orange places lower it."
        )
    alike: dict[str, list[int]] = {}  # the classes of which the same is to be said
    for c in chosen:
        if kind := text.in_words(look, c, ""):
            alike.setdefault(kind, []).append(c)
    for classes in alike.values():
        names = "”, “".join(run.class_names[c] for c in classes)
        st.caption(text.in_words(look, classes[0], names) or "")


def _two(run: Run, subject: Subject, look: Look, k: int) -> None:
    others = [name for c, name in enumerate(run.class_names) if c != k]
    rival = int(np.argsort(-np.where(np.arange(len(look.scores)) == k, -np.inf, look.scores))[0])
    control = STATE.control("rival", OneOf(others, default=run.class_names[rival]))
    name = control.keep(st.selectbox(f"“{run.class_names[k]}” against", others, key=control.key))
    other = run.class_names.index(name)
    L, M = look.heatmaps[k], look.heatmaps[other]
    limit = max(float(np.abs(values).max()) for values in (L, M, L - M)) or 1.0
    panels = [
        Panel(f"a: {_short(run.class_names[k])}<br>y = {digits(look.scores[k])}", L, limit),
        Panel(f"b: {_short(name)}<br>y = {digits(look.scores[other])}", M, limit),
        Panel(f"a − b<br>{digits(look.scores[k] - look.scores[other])}", L - M, limit),
    ]
    figure = figures.side_by_side(
        panels, subject.pixels.shape[:2], 3, SIGNED_LOGITS, None, subject.mask, row_height=270
    )
    frame.chart(
        figure,
        f"Map of {run.class_names[k]}, of {name}, and their difference, from {digits((L - M).min())} to "
        f"{digits((L - M).max())} logits.",
        "gradcam_two",
    )
    st.latex(r"L[y_a - y_b] = L[y_a] - L[y_b]")
    st.markdown(
        f"Why “{run.class_names[k]}” rather than “{name}”? The map of the difference of two scores is the "
        "difference of their maps, for gradients and sums are linear. A place that is blue in both raises both "
        "scores: it speaks for an answer of this kind, and decides nothing between the two."
    )


def _for_and_against(run: Run, subject: Subject, look: Look, k: int) -> None:
    L, name = look.heatmaps[k], run.class_names[k]
    limit = float(np.abs(L).max()) or 1.0
    up, down = np.maximum(L, 0), np.maximum(-L, 0)
    panels = [
        Panel(f"for: max(L[y], 0)<br>sum {digits(up.sum())}", up, limit),
        Panel(f"against: max(L[−y], 0)<br>sum {digits(down.sum())}", -down, limit),
        Panel(f"both: L[y]<br>sum {digits(L.sum())}", L, limit),
    ]
    figure = figures.side_by_side(
        panels, subject.pixels.shape[:2], 3, SIGNED_LOGITS, None, subject.mask, row_height=270
    )
    frame.chart(
        figure,
        f"What speaks for {name}, sum {digits(up.sum())}; against, sum {digits(down.sum())}; both, sum "
        f"{digits(L.sum())}.",
        "gradcam_against",
    )
    st.latex(r"L[-y] = -L[y]")
    if down.any():
        i, j = np.unravel_index(down.argmax(), L.shape)
        said = (
            f"What would have to go to make the network surer of “{name}”? The gradient of −y answers: the orange "
            f"places, most of all row {i + 1}, column {j + 1} of {L.shape[0]} × {L.shape[1]}. The paper calls "
            "this a counterfactual explanation; here it is the same map with its sign."
        )
    else:
        said = (
            f"No place speaks against “{name}” in this image, so the map of −y, cut off below zero, is blank."
        )
    st.markdown(said + " To first order, and about this network only.")


def _whisper(run: Run, subject: Subject, look: Look, k: int) -> None:
    faint = whispered(run.key, subject.pixels, look.layer)
    limit = float(np.abs(look.heatmaps[k]).max()) or 1.0
    pair = (look, faint)
    panels = [
        Panel(
            f"{title}<br>y = {digits(seen.scores[k], 2)}, p = {digits(seen.probabilities[k], 2)}",
            seen.heatmaps[k],
            limit,
        )
        for title, seen in zip(("the network", "a millionth"), pair, strict=True)
    ]
    stretched_panels = [
        Panel(f"{title}, stretched", stretched(seen.heatmaps[k]), 1.0, "share")
        for title, seen in zip(("the network", "a millionth"), pair, strict=True)
    ]
    size = subject.pixels.shape[:2]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**As computed, one scale**")
        figure = figures.side_by_side(panels, size, 2, SIGNED_LOGITS, None, subject.mask, row_height=280)
        frame.chart(
            figure,
            f"The map of {run.class_names[k]} up to {digits(look.heatmaps[k].max())} logits, and of the scaled "
            f"network "
            f"up to {digits(faint.heatmaps[k].max(), 2)}, blank on this scale.",
            "gradcam_whisper",
        )
    with right:
        st.markdown("**Each stretched to 0 … 1**")
        figure = figures.side_by_side(
            stretched_panels, size, 2, STRETCHED, None, subject.mask, row_height=280
        )
        off = float(np.abs(stretched_panels[0].values - stretched_panels[1].values).max())
        frame.chart(
            figure,
            f"The same two maps stretched: equal up to {digits(off, 2)}.",
            "gradcam_whisper_stretched",
        )
    st.markdown(
        f"On a copy of the network the last layer was multiplied by 10⁻⁶ and everything was computed again. It now "
        f"knows nothing: every class gets about {digits(1 / len(look.scores), 2)}. Without stretching its map is "
        f"blank, {digits(faint.heatmaps[k].max(), 2)} logits at most. Stretched it is the same confident blob: "
        f"the two "
        f"differ by {digits(off, 2)}. That is why this lab does not stretch unless you ask for it."
    )


def _likeliest(look: Look, k: int) -> list[int]:
    """The classes drawn, in their own order; the explained one is always among them."""
    order = [int(c) for c in np.argsort(-look.probabilities) if c != k]
    return sorted([k, *order[: MOST - 1]])


def _limit(look: Look) -> float:
    return float(np.abs(look.heatmaps).max()) or 1.0


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"
