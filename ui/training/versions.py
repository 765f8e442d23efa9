"""From audit to action on screen: one click makes a new version of the data set, which is kept, owned and chosen."""

import streamlit as st

from dlcore.audit import Audit
from dlcore.audit.actions import Action, actions
from dlcore.audit.beside import beside
from dlcore.data import ImageSet, Split, versions
from dlcore.data.downloads import data_folder
from dlcore.data.uploads import keep_set
from ui.frame.slow_answers import Answer
from ui.training import own_images
from ui.training.image_sets import title_of


def came_from(images: ImageSet) -> None:
    """What this version was made from and how, and the way back; nothing for a set that is none."""
    if not images.made_from:
        return
    for sentence in st.session_state.get("training_removed", ()):
        st.info(sentence, icon=":material/delete:")
    origin, _ = images.made_from[-1]
    steps = "; ".join(done for _, done in images.made_from)
    st.markdown(f"This is a version of **{title_of(images.made_from[0][0])}**: {steps}.")
    st.button(
        "Back to the set it was made from",
        on_click=_choose,
        args=[origin],
        key="training_version_back",
        icon=":material/undo:",
    )


def _choose(name: str) -> None:
    st.session_state["training_chosen"] = name


def compared(before: Audit, after: Audit) -> None:
    """What was called of the set before, and is now."""
    st.markdown("**Before and now**")
    lines = ["| question | before | now |", "|---|---|---|"]
    lines += [f"| {question} | {then} | {now} |" for question, then, now in beside(before, after)]
    st.markdown("\n".join(lines))


def offered(found: Audit, images: ImageSet, parts: Split) -> None:
    """A button for each thing that can be done about what was called; nothing where nothing was.

    Args:
        parts: that were audited.
    """
    if _is_being_made():
        return
    offers = actions(found, images, parts)
    if not offers:
        return
    st.markdown(
        "**From audit to action.** Each makes a new version of the data set, which counts as one of your own sets "
        "and is chosen at once; this one stays as it is. Networks are trained on the version anew."
    )
    if refusal := versions.refusal(images):
        st.caption(refusal)
        return
    for action in offers:
        st.button(
            action.label,
            on_click=_begin,
            args=[action],
            key=f"training_version_{action.key.replace(' ', '_')}",
            help=action.why,
            icon=":material/build:",
        )


def _begin(action: Action) -> None:
    """The button's answer: made on a thread once, however often the button is hit meanwhile."""
    if "training_version" not in st.session_state:
        root = data_folder()
        st.session_state["training_version"] = Answer(lambda tell: keep_set(action.make(), root))


def _is_being_made() -> bool:
    """Whether a version is under way; one that is there is kept as this learner's and chosen."""
    answer: Answer | None = st.session_state.get("training_version")
    if answer is None:
        return False
    if not answer.is_soon_there("Making the new version …"):
        return True
    del st.session_state["training_version"]
    refusal = own_images.refusal_of(answer) or own_images.taken(answer.result)
    if refusal:
        st.warning(refusal, icon=":material/error:")
        return False
    st.rerun()
