"""A prediction beside the answer: the choice that was made, or two marks on one scale."""

from html import escape

import streamlit as st

from dlcore.claims import Value
from dlcore.course.lessons import Step
from dlcore.figures import palette
from dlcore.number_text import digits

WIDTH, EDGE, LINE = 280, 34, 40  # of the scale, in pixels


def shown(step: Step, given: Value) -> str:
    """A prediction or an answer as the learner reads it."""
    if step.choices:
        return dict(step.choices).get(str(given), str(given))
    return digits(float(given), 4)


def compare(step: Step, given: str, expected: Value) -> None:
    """The prediction marked beside what is expected; nothing where nobody has predicted."""
    if not given:
        return
    if step.choices:
        for name, text in step.choices:
            marks = [
                *([":material/check: **the answer**"] if name == expected else []),
                *([":material/person: your prediction"] if name == given else []),
            ]
            if marks:
                st.markdown(f"{text}  \n:small[{' · '.join(marks)}]")
    else:
        off = step.tolerance if isinstance(expected, float) else 0.0  # a whole number must be met
        st.html(scale(float(given), float(expected), off))


def scale(given: float, expected: float, tolerance: float) -> str:
    """Two marks on one line, as SVG: what was predicted, and the answer with its tolerance.

    Args:
        tolerance: share of the answer by which a prediction may miss.
    """
    low, high = sorted((given, expected))
    reach = max(high - low, 2 * tolerance * abs(expected), 1e-9)
    low, high = low - 0.15 * reach, high + 0.15 * reach

    def x(value: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (value - low) / (high - low)

    said = f"Your prediction {digits(given, 4)}, the answer {digits(expected, 4)}."
    off = tolerance * abs(expected)
    band = x(min(expected + off, high)) - x(max(expected - off, low))
    texts = "".join(
        f'<text x="{min(max(x(value), 50), WIDTH - 50):.1f}" y="{y}" text-anchor="middle" '
        f'fill="currentColor" font-size="14">{escape(text)}</text>'
        for value, y, text in (
            (expected, LINE - 16, f"answer {digits(expected, 4)}"),
            (given, LINE + 28, f"yours {digits(given, 4)}"),
        )
    )
    return (
        f'<svg role="img" aria-label="{escape(said)}" viewBox="0 0 {WIDTH} {LINE + 36}" width="{WIDTH}" '
        f'style="max-width:100%">'
        f'<rect x="{x(max(expected - off, low)):.1f}" y="{LINE - 8}" width="{max(band, 1):.1f}" height="16" '
        f'fill="{palette.ACCENT}" opacity="0.2"/>'
        f'<line x1="{EDGE / 2}" x2="{WIDTH - EDGE / 2}" y1="{LINE}" y2="{LINE}" stroke="currentColor" opacity="0.4"/>'
        f'<circle cx="{x(expected):.1f}" cy="{LINE}" r="6" fill="{palette.ACCENT}"/>'
        f'<path d="M{x(given):.1f} {LINE + 3}l-7 12h14z" fill="none" stroke="currentColor" stroke-width="2"/>'
        f"{texts}</svg>"
    )
