"""The first page: a neuron that learns to separate two classes from any line, and the ways in."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import streamlit as st

from dlcore.claims import Claim
from dlcore.figures import palette
from dlcore.network import Network, trajectory
from dlcore.network.trajectory import Plan
from dlcore.number_text import count
from ui.frame import components
from ui.frame.stored import recent_runs, single_runs
from ui.learner import progress
from ui.training.one_run import called

LOG = logging.getLogger(__name__)

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

# Every page, what you do there in one sentence, in the order of the menu.
PAGES = {
    "lessons": "Eight lessons in the text's order: predict, try, compare. A link resumes where you were.",
    "neuron": "Turn the line of one neuron by hand, and see how far a straight line gets.",
    "network": "Watch a small network bend that line, and take hold of any of its weights.",
    "backprop": "Step through the two-neuron network, forward and back, with every number in view.",
    "optimizers": "Start several optimizers at one point and see where each of them stops.",
    "training": "Train a network on images and watch the curves of the train and validation set part.",
    "convolution": "Slide a filter over an image and see what it keeps.",
    "gradcam": "Ask a trained network where it looked, and score the answer.",
    "vocabulary": "Look up any term: definition, formula, common mistake, and the page to try it on.",
    "quiz": "Ten questions with fresh numbers, checked by the code, with the worked solution.",
}

# Three states worth ten minutes: what happens there, the page, its query parameters.
TEN_MINUTES = (
    ("Fail at XOR with one line", "neuron", {"neuron_points": "xor"}),
    ("Meet a neuron that cannot learn", "backprop", {"backprop_preset": "dead ReLU"}),
    ("Let a race go wrong", "optimizers", {"optimizers_rate": "too large"}),
)


@st.cache_data(max_entries=1, show_spinner=False)
def separation() -> dict[str, object]:
    """Two clouds of points and where one sigmoid neuron begins; the browser learns from there."""
    sets = trajectory.sets(PLAN)
    x, y = sets.points.x[sets.train], sets.points.y[sets.train] > 0
    return {
        "points": np.column_stack([x, y]).tolist(),  # (n, 3): x1, x2, and 1 or 0
        "start": list(START),  # w1, w2, b
        "eta": PLAN.lr,
        "steps": PLAN.epochs,
        "colors": {
            "positive": palette.POSITIVE,
            "negative": palette.NEGATIVE,
            "muted": palette.MUTED,
            "accent": palette.ACCENT,
        },
    }


def picture() -> None:
    """The line, its play button and its steps; everything is computed and moves in the browser."""
    _LINE(key="home_line", data=separation())


@contextmanager
def door(title: str, text: Claim) -> Iterator[None]:
    """One way in: for whom, what to expect, and below it where it leads."""
    with st.container(border=True, gap="xsmall"):
        st.subheader(title, anchor=False)
        st.markdown(str(text))
        yield


def ten_minutes() -> None:
    """Three configured experiments in a row."""
    for place, (label, page, parameters) in enumerate(TEN_MINUTES, start=1):
        st.page_link(
            f"pages/{page}.py", label=label, icon=f":material/counter_{place}:", query_params=parameters
        )


def the_course() -> None:
    """Where to go on in the lessons, or where to begin; and the test at the end."""
    lessons, problem = progress.lessons()
    if problem:
        st.caption(f"The lessons cannot be shown. {problem}")
        return
    done, total = len(progress.done(lessons)), sum(len(lesson.steps) for lesson in lessons)
    place = progress.next_place(lessons)
    if place:
        title = lessons[place[0] - 1].title
        label = f"Go on: {title}, step {place[1]}" if done else f"Begin: {title}"
        parameters = {"lessons_at": progress.token(place, lessons)}
        st.page_link("pages/lessons.py", label=label, icon=":material/play_arrow:", query_params=parameters)
    label = f"All {len(lessons)} lessons, {done} of {count(total, 'step')} done"
    st.page_link("pages/lessons.py", label=label, icon=":material/school:")
    st.page_link("pages/quiz.py", icon=":material/quiz:")


def the_classroom() -> None:
    """What a teacher needs: the lab for a projector, one class's questions, paper."""
    st.page_link(
        "pages/lessons.py",
        label="Lesson plans and class links",
        icon=":material/co_present:",
        query_params=PLANS,
    )
    st.page_link(
        "pages/neuron.py",
        label="A page for the projector",
        icon=":material/slideshow:",
        query_params=PROJECTOR,
    )
    st.page_link(
        "pages/vocabulary.py",
        label="The vocabulary, to print",
        icon=":material/print:",
        query_params={"vocabulary_view": "Definitions"},
    )


PLANS = {"lessons_plans": "1"}
PROJECTOR = {"neuron_points": "xor", "projector": "1", "bare": "1"}


def done_last() -> None:
    """The latest trained networks; nothing where there are none yet."""
    try:
        rows = recent_runs(3, single_runs())
    except progress.LOST as error:
        LOG.warning("the latest runs could not be read: %s", error)
        return
    if not rows:
        return
    st.subheader("Trained last", anchor=False)
    names = called({row["key"]: row["recipe"] for row in rows})
    for row in rows:
        name, what = st.columns([1, 1], vertical_alignment="center")
        name.page_link(
            "pages/training.py",
            label=names[row["key"]],
            icon=":material/monitoring:",
            query_params={"training_run": row["key"]},
        )
        finished = row["finished"][:16].replace("T", " ")
        score = "" if row["val_accuracy"] is None else f"validation accuracy {row['val_accuracy']:.1%}, "
        what.markdown(f"{score}{finished} UTC")


def all_pages() -> None:
    """Every page with one sentence."""
    for page, sentence in PAGES.items():
        name, what = st.columns([1, 3], vertical_alignment="center")
        name.page_link(f"pages/{page}.py", icon=":material/arrow_forward:")
        what.markdown(sentence)
