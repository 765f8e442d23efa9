"""Values with their intervals, a row each on one axis: plain HTML, readable at any width without a chart library."""

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.figures.palette import LOOKS
from dlcore.number_text import percent

SIGNS = {"circle": "●", "diamond": "◆", "square": "■"}
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between two lines of the axis


def rows_of_intervals(
    names: Sequence[str],
    kinds: Sequence[tuple[str, str]],
    counts: NDArray[np.integer],
    low: NDArray[np.floating],
    high: NDArray[np.floating],
    alt: str,
) -> None:
    """Shares of a whole, each group of rows under its name.

    Args:
        names: of the groups.
        kinds: (what it is, its key of palette.LOOKS) of every row of a group.
        counts: (rows, groups), of how many images in each row's whole.
        low, high: (rows, groups), the ends of the shares' intervals.
        alt: what a reader who cannot see the picture should know, with its numbers.
    """
    wholes = counts.sum(axis=1)
    most = min(1.0, float(high.max()))
    step = next(step for step in STEPS if most / step <= 5)
    end = step * int(np.ceil(most / step - 1e-9))
    ticks = [k * step for k in range(round(end / step) + 1)]

    def at(share: float) -> str:
        return f"{100 * share / end:.2f}%"

    rows = []
    for c, name in enumerate(names):
        for r, (part, look) in enumerate(kinds):
            told = escape(f"{part}: {counts[r, c]:,} of {wholes[r]:,}")
            bar = f"left: {at(low[r, c])}; right: calc(100% - {at(high[r, c])}); color: {LOOKS[look].colour}"
            share = counts[r, c] / wholes[r]
            first = "" if r else " first"
            rows += [
                f'<span class="name{first}">{"" if r else escape(name)}</span>',
                f'<span class="track{first}" title="{told}"><span class="bar" style="{bar}"></span>',
                f'{_sign(look, at(share))}</span><span class="number{first}" title="{told}">{percent(share)}</span>',
            ]
    legend = "".join(f"<span>{_sign(look)} {escape(part)}</span>" for part, look in kinds)
    axis = "".join(f'<span class="at" style="left: {at(tick)}">{percent(tick, 0)}</span>' for tick in ticks)
    st.html(
        f'<div class="intervals" role="img" aria-label="{escape(alt)}" style="--step: {at(step)}">'
        f'<div class="legend">{legend}</div><div class="rows">{"".join(rows)}'
        f'<span></span><span class="axis">{axis}</span></div></div>'
    )


def _sign(look: str, left: str = "") -> str:
    known = LOOKS[look]
    place = f' class="at" style="left: {left}; ' if left else ' style="'
    return f'<span{place}color: {known.colour}">{SIGNS[known.symbol]}</span>'
