"""Start here: what the lab is, and the ways in."""

import streamlit as st

from dlcore.claims import Claim, invitation
from ui.course import home
from ui.frame import frame
from ui.frame.address import State

frame.open_page(
    "Deep learning, word by word",
    invitation("Change a number, see what moves, and watch an independent calculation check the formula."),
    State("home", {}),
)

left, right = st.columns([1.4, 1], gap="large")
with left:
    home.picture()
with right:
    with home.door(
        "I have ten minutes", invitation("Three things that go wrong, each for a reason you can see.")
    ):
        home.ten_minutes()
    with home.door(
        "I follow the course",
        Claim(
            "Predict, try, compare: [[lessons]] lessons, from one neuron to an honest test score.",
            "tests/test_page_claims.py::test_the_course_has_as_many_lessons_as_the_first_page_says",
            {"lessons": "eight"},
        ),
    ):
        home.the_course()
    with home.door(
        "I teach it",
        Claim(
            "Set up a page and share its link: the whole class sees the same thing.",
            "tests/test_addresses.py::test_every_bound_control_is_declared "
            "tests/test_addresses.py::test_a_link_shows_what_it_says_and_nothing_of_an_earlier_visit",
        ),
    ):
        home.the_classroom()
st.markdown("This lab is for the first words of deep learning.")
frame.notice(
    invitation(
        "Drag a line across the picture. One neuron, $\\hat{y} = \\sigma(w^\\top x + b)$, learns from there."
    ),
    Claim(
        "The line turns quickly while many points are on the wrong side, then more and more slowly: "
        "[[early]] of its turning is done in the first [[steps]] of [[all]] steps from the line you first see.",
        "tests/test_page_claims.py::test_the_line_of_the_first_page_turns_most_at_first",
        {"early": "three quarters", "steps": 28, "all": 120},
    ),
)

home.done_last()
st.subheader("All pages", anchor=False)
home.all_pages()
