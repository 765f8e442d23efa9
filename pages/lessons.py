"""The course: lessons in the text's order, each step a prediction, an experiment and an answer."""

import streamlit as st

from dlcore.claims import invitation
from dlcore.course.lessons import read_place
from ui.course import handing_in, lessons
from ui.frame import frame
from ui.learner import classroom, progress

frame.open_page(
    "Lessons",
    invitation("Predict first, then look: what surprises you is what you learn."),
    lessons.STATE,
)
st.html(lessons.CSS)

steps, problem = progress.lessons()
if problem:
    st.error(f"The lessons cannot be shown. {problem}", icon=":material/error:")
    st.stop()

place, seen, _ = read_place(lessons.STATE.asked("at"), steps)
progress.take_over(seen, steps)
if lessons.STATE.asked("plans"):
    st.page_link("pages/lessons.py", label="All lessons", icon=":material/list:", query_params={})
    handing_in.check(lessons.STATE.asked("sheet"))
    classroom.plans(steps)
elif place is None:
    lessons.overview(steps)
else:
    lessons.step_view(place, steps)
    # The address says what has been done by now, so that a reload or a copied link resumes here.
    lessons.STATE.keep("at", progress.token(place, steps))

with frame.more("Hand in", "lessons_handed_in") as is_open:
    if is_open:
        handing_in.hand_in(steps)

with frame.more("Clear my answers", "lessons_anew") as is_open:
    if is_open:
        st.markdown("This forgets your predictions and which steps are done. The address forgets them too.")
        if st.button("Forget my answers", key="lessons_forget", icon=":material/delete:"):
            progress.forget()
            st.switch_page("pages/lessons.py", query_params={})
