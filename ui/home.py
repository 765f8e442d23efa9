"""The first page: a neuron's line turning until it separates two classes, and the ways in."""

import numpy as np
import streamlit as st

from dlcore import trajectory
from dlcore.figures import palette
from dlcore.network import Network
from dlcore.trajectory import Plan
from ui import components

PLAN = Plan(
    net=Network(hidden=(), head="cross-entropy"),
    points="gauss",
    n=80,
    noise=0.1,
    optimizer="sgd",
    lr=0.1,
    batch=0,
    epochs=120,
)
START = (1.2, -1.5, 2.0)  # w₁, w₂, b: a line that runs through both clouds

_LINE = components.component("home")

# Every page, what you do there in one sentence, in the order of the text.
PAGES = {
    "neuron": "Turn the line of one neuron by hand, then let a small network bend it.",
    "backprop": "Step through the two-neuron network, forward and back, with every number in view.",
    "optimizers": "Start several optimizers at one point and see where each of them stops.",
    "training": "Train a network on images and watch the curves of the train and validation set part.",
    "convolution": "Slide a filter over an image and see what it keeps.",
    "gradcam": "Ask a trained network where it looked, and score the answer.",
    "vocabulary": "Look up any term: definition, formula, common mistake, and the page to try it on.",
}


@st.cache_data(max_entries=1, show_spinner=False)
def separation() -> dict[str, object]:
    """Every step of one sigmoid neuron that learns to separate two clouds, as the picture wants it."""
    run = trajectory.train(PLAN, np.array(START))
    sets = trajectory.sets(PLAN)
    points = np.column_stack([sets.points.x, sets.points.y])[sets.train]  # (n, 3): x1, x2, y
    wrong = np.rint((1.0 - run.accuracy["train"]) * len(points))
    return {
        "points": points.round(3).tolist(),
        "theta": run.theta.round(4).tolist(),  # (steps + 1, 3): w1, w2, b
        "loss": run.loss["train"].round(4).tolist(),
        "wrong": wrong.astype(int).tolist(),
        "colours": {
            "positive": palette.POSITIVE,
            "negative": palette.NEGATIVE,
            "muted": palette.MUTED,
            "accent": palette.ACCENT,
        },
    }


def picture() -> None:
    """The line, its play button and its steps; everything moves in the browser."""
    _LINE(key="home_line", data=separation())


def door(title: str, text: str, pages: tuple[str, ...]) -> None:
    """One way in: for whom, and the pages in the order that suits them."""
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        st.markdown(text)
        for place, page in enumerate(pages, start=1):
            st.page_link(f"pages/{page}.py", icon=f":material/counter_{place}:")


def all_pages() -> None:
    """Every page with one sentence."""
    for page, sentence in PAGES.items():
        name, what = st.columns([1, 3], vertical_alignment="center")
        name.page_link(f"pages/{page}.py", icon=":material/arrow_forward:")
        what.markdown(sentence)
