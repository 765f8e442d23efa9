"""The learner's own data set on screen: judged once, kept under the name of its content, within a quota."""

import streamlit as st

from dlcore.data import BadInput, remember_upload
from dlcore.jobs import quotas
from ui.frame.stored import AWAY, LOG, image_set, keep_upload, needs_database
from ui.frame.uploads import uploader
from ui.learner.learner import learner

UNOWNED = (
    "Whose these images are cannot be noted: the database does not answer. Nothing was changed; choose the file "
    "again in a moment."
)


def upload() -> None:
    """The learner's own .npz in MedMNIST's format, through the gate."""
    st.markdown(
        "Six arrays: `train_images`, `val_images`, `test_images` (uint8, n × h × w or n × h × w × 3) and "
        "`train_labels`, `val_labels`, `test_labels` (uint8, n or n × 1). Up to 50 MB. The file is kept on "
        "this computer under the name of its content, so that a run can be repeated."
    )
    _room()
    file = uploader("Your images (.npz)", "training_file", 50, types="npz")
    if file is None:
        return
    name = _kept(file)
    if name is None:
        return
    if st.session_state.get("training_upload") != name:
        st.session_state["training_upload"] = name
        st.rerun()
    st.caption("Accepted. Choose “Your images” at the top of the list.")
    for sentence in st.session_state.get("training_removed", ()):
        st.info(sentence, icon=":material/delete:")
    try:
        for note in image_set(name).notes:
            st.caption(f":material/info: {note}")
    except BadInput as error:  # removed meanwhile, as there was no room
        st.warning(str(error), icon=":material/error:")


def _kept(file: object) -> str | None:
    """The name of the set; a file that stands in the uploader is judged and written once, not at every rerun."""
    seen, name, refusal = st.session_state.get("training_file_seen", ("", None, ""))
    if seen != file.file_id:  # type: ignore[attr-defined]
        name, refusal = None, ""
        try:
            name = remember_upload(file.getvalue())  # type: ignore[attr-defined]
            keep_upload(name)
        except BadInput as error:
            refusal = f"{error} Nothing was changed."
        except AWAY as error:
            LOG.warning("whose an upload is could not be noted: %s", error)
            name, refusal = None, UNOWNED
        st.session_state["training_file_seen"] = (file.file_id, name, refusal)  # type: ignore[attr-defined]
        st.session_state["training_removed"] = _make_room(name) if name else []
    if refusal:
        st.warning(refusal, icon=":material/error:")
    return name


def _make_room(name: str) -> list[str]:
    try:
        gone = quotas.make_room(name, learner())
    except AWAY as error:  # the set is kept all the same, and counted the next time
        LOG.warning("whose an upload is could not be noted: %s", error)
        return []
    return [f"Removed, as there was no room. {words}." for words in gone if words.startswith("Yours")]


def _room() -> None:
    """What one keeps here, and what goes first; said before it happens."""
    quota = quotas.Quota.of_this_server()
    if quota is None:
        return
    with needs_database("How much room your sets take cannot be said"):
        mine = quotas.kept_by(learner())
        taken = sum(one.size for one in mine)
        sentence = (
            f"Your sets take {taken / quotas.MB:,.1f} of {quota.learner / quotas.MB:,.0f} MB on this server."
        )
        if mine:
            sentence += f" When there is no room, the oldest goes first: {mine[0].in_words}."
        st.caption(sentence)
