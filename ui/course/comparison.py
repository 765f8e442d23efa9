"""A prediction beside the answer: the choice that was made, or two marks on one scale."""

from html import escape

import streamlit as st

from dlcore.claims import Value
from dlcore.course.lessons import Step
from dlcore.number_text import digits


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
    """Two marks on one line, as HTML: what was predicted, and the answer with its tolerance.

    Args:
        tolerance: share of the answer by which a prediction may miss.
    """
    low, high = sorted((given, expected))
    reach = max(high - low, 2 * tolerance * abs(expected), 1e-9)
    low, high = low - 0.15 * reach, high + 0.15 * reach

    def at(value: float) -> str:
        return f"{100 * (min(max(value, low), high) - low) / (high - low):.2f}%"

    off = tolerance * abs(expected)
    said = f"Your prediction {digits(given, 4)}, the answer {digits(expected, 4)}."
    band = f"left: {at(expected - off)}; right: calc(100% - {at(expected + off)})"
    return (
        f'<div class="predicted" role="img" aria-label="{escape(said)}"><div class="line">'
        f'<span class="near" style="{band}"></span>'
        f'<span class="at answer" style="left: {at(expected)}">answer {digits(expected, 4)}<br>●</span>'
        f'<span class="at given" style="left: {at(given)}">△<br>yours {digits(given, 4)}</span></div></div>'
    )
