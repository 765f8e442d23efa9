"""The router: page order, titles, icons, url paths. Nothing else.

Every url path differs from its file's stem on purpose: Streamlit discovers pages/ by itself until a session
has called st.navigation, and would otherwise run the bare page file, without this menu.
"""

from pathlib import Path

import streamlit as st

from ui.course import class_news
from ui.frame import announcer, figure_tables, foot
from ui.learner import learner
from ui.server import warmup, watch

ICON = str(Path(__file__).parent / "assets" / "icon.svg")


def main() -> None:
    # An icon of our own: Streamlit fetches a Material icon's picture from a third party's server.
    st.set_page_config(page_icon=ICON, initial_sidebar_state=210)
    watch.stop_at_nonsense()
    pages = [
        st.Page("pages/home.py", title="Start here", icon=":material/home:", default=True),
        st.Page(
            "pages/lessons.py",
            title="Lessons",
            icon=":material/school:",
            url_path="all-lessons",
        ),
        st.Page(
            "pages/neuron.py",
            title="Neuron playground",
            icon=":material/scatter_plot:",
            url_path="neuron-playground",
        ),
        st.Page(
            "pages/network.py",
            title="Small network",
            icon=":material/graph_3:",
            url_path="small-network",
        ),
        st.Page(
            "pages/backprop.py",
            title="Backprop stepper",
            icon=":material/undo:",
            url_path="backprop-stepper",
        ),
        st.Page(
            "pages/optimizers.py",
            title="Optimizer race",
            icon=":material/trending_down:",
            url_path="optimizer-race",
        ),
        st.Page(
            "pages/training.py",
            title="Training dashboard",
            icon=":material/monitoring:",
            url_path="training-dashboard",
        ),
        st.Page(
            "pages/convolution.py",
            title="Convolution explorer",
            icon=":material/grid_on:",
            url_path="convolution-explorer",
        ),
        st.Page(
            "pages/gradcam.py",
            title="Grad-CAM explorer",
            icon=":material/visibility:",
            url_path="grad-cam-explorer",
        ),
        st.Page(
            "pages/vocabulary.py",
            title="Vocabulary",
            icon=":material/menu_book:",
            url_path="the-vocabulary",
        ),
        st.Page(
            "pages/quiz.py",
            title="Test yourself",
            icon=":material/quiz:",
            url_path="test-yourself",
        ),
    ]
    if learner.is_shared():
        pages.append(
            st.Page(
                "pages/session.py",
                title="Class",
                icon=":material/groups:",
                url_path="class",
            )
        )
    if learner.is_shared() and (learner.is_teacher() or learner.asks_for_code()):
        pages.append(
            st.Page(
                "pages/server.py",
                title="This server",
                icon=":material/monitor_heart:",
                url_path="this-server",
                visibility="visible" if learner.is_teacher() else "hidden",
            )
        )
    page = st.navigation(pages, expanded=True)
    with watch.rerun(page.url_path or "home"):
        class_news.draw(page.url_path, page.title)
        page.run()
        figure_tables.draw()
        foot.foot()
        class_news.listen()
        announcer.draw()
    warmup.start()  # serve.py has done so already; `streamlit run app.py` has nobody else to do it


# The guard matters: Streamlit makes this file __main__, and a spawned worker would run it again.
if __name__ == "__main__":
    main()
