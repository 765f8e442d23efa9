"""The learner's own images on screen: every repair shown and refusable, kept within a quota, chosen at once."""

import io
import threading
import zipfile
import zlib
from collections.abc import Collection
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data import NAMES, BadInput, Preview, looked_at, remember_import
from dlcore.data.npz_files import SIDES
from dlcore.experiments.costs import expected_seconds, roughly
from dlcore.jobs import quotas
from dlcore.jobs.retention import keep_days
from dlcore.number_text import count, digits
from dlcore.runs import Recipe
from ui.frame.slow_answers import Answer
from ui.frame.stored import AWAY, LOG, drop, keep_upload, needs_database
from ui.frame.tiles import tiles
from ui.frame.uploads import uploader
from ui.learner.learner import learner

MEGABYTES = 50
UNOWNED = (
    "Whose these images are cannot be noted: the database does not answer. Nothing was changed; choose the file "
    "again in a moment."
)
FORMS = (
    "A zip of class folders (with train, val and test above them, if you have these), a zip with a CSV (file, label, "
    "and perhaps group and split), several pictures, or an .npz. PNG, JPEG, TIFF, BMP, GIF, WebP, uncompressed "
    f"DICOM; up to {MEGABYTES} MB."
)
TABLES = (".csv", ".tsv", ".txt")


def patients() -> str:
    """What happens to the pictures, how long they stay, and where they never go."""
    days = keep_days()
    stay = "until you remove them" if days is None else f"for {count(days, 'day')} or until you remove them"
    return (
        f"Only pixels (made small), labels and groups are kept, on this server alone, {stay}; less long if there is "
        "no room. No other learner sees them. File names, EXIF and DICOM headers are not stored; of a patient's id a "
        "group number remains. Names inside the pixels stay: look first."
    )


def upload() -> None:
    """What the learner has brought: seen through the gate, repaired as they allow, chosen at once."""
    st.caption(f"{FORMS} {patients()}")
    _room()
    files = list(uploader("Your images", "training_file", MEGABYTES, several=True) or [])
    table = _table(files)
    if not files or table is None:
        return
    side, costs = _choose_side(), st.empty()
    of = (tuple(file.file_id for file in files), table, side)
    seen, answer, name = st.session_state.get("training_file_seen", (None, None, None))
    if seen != of:  # what stands in the uploader is looked at once, not at every rerun
        content, stop = _content(files, table), threading.Event()
        answer = Answer(lambda tell: looked_at(content, side, on_progress=tell, stop=stop.is_set), stop)
        name = None
        st.session_state["training_file_seen"] = (of, answer, name)
    if name is not None:
        _kept(name)
        return
    if not answer.is_soon_there("Reading the files …"):
        return
    if refusal := refusal_of(answer):
        st.warning(refusal, icon=":material/error:")
    elif "training_keeping" in st.session_state and st.session_state["training_keeping"][0] == of:
        _keeping(of, answer)
    else:
        costs.caption(in_words(answer.result, side))
        _offered(of, files, answer.result)


def _choose_side() -> int:
    """Pixels a side to which the pictures are brought."""
    side = st.segmented_control(
        "Pixels a side",
        SIDES,
        default=SIDES[0],
        required=True,
        key="training_side",
        help="More pixels show finer detail. The CNN gets a block more for each doubling, and trains longer.",
    )
    return int(side or SIDES[0])


def in_words(preview: Preview, side: int) -> str:
    """What each size would cost before one is chosen: room, and the training of the CNN on one core."""
    channels = 3 if preview.samples.ndim == 4 else 1
    recipe, n = Recipe(dataset="upload:"), 3 * preview.images // 5
    told = []
    for each in SIDES:
        seconds = expected_seconds(recipe, (each, each, channels), len(preview.class_names), n)
        megabytes = digits(preview.images * each**2 * channels / 1e6, 2)
        mark = "**" if each == side else ""
        told.append(f"{mark}{each} × {each}: {megabytes} MB, {roughly(seconds)}{mark}")
    return f"To keep, and to train the CNN for {recipe.epochs} epochs: {'; '.join(told)}."


def _table(files: list[Any]) -> str | None:
    """Labels of several pictures as the learner writes them, None until all are there; "" where none are needed."""
    if len(files) < 2 or any(file.name.lower().endswith(TABLES) for file in files):
        return ""
    return _labels([file.name for file in files])


def _content(files: list[Any], table: str) -> bytes:
    """The file that was handed in, or several and the table of their labels as one archive."""
    if len(files) == 1:
        return bytes(files[0].getvalue())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted({file.name for file in files}):
            entry = zipfile.ZipInfo(
                name.replace("\\", "/").rpartition("/")[2]
            )  # no clock: the same files, the same bytes
            archive.writestr(entry, next(file for file in files if file.name == name).getvalue())
        if table:
            archive.writestr(zipfile.ZipInfo("labels.csv"), table)
    return out.getvalue()


def _labels(names: list[str]) -> str | None:
    """A table of the labels that the learner writes beside the pictures; None until each has one."""
    empty = "\n".join(f"{name}," for name in names)
    key = f"training_labels_{zlib.crc32(empty.encode())}"  # other pictures, other labels
    text = st.text_area("A label for each picture: write it behind the comma.", empty, key=key)
    lines = [line for line in text.splitlines() if line.strip()]
    if any(not line.rpartition(",")[2].strip() for line in lines):
        st.caption("Every picture needs a label.")
        return None
    return "file,label\n" + "\n".join(lines)


def refusal_of(answer: Answer) -> str:
    """Why it cannot be used, in a sentence; "" if it can."""
    error = answer.future.exception()
    if isinstance(error, BadInput):
        return f"{error} Nothing was changed."
    if isinstance(error, AWAY):
        LOG.warning("whose an upload is could not be noted: %s", error)
        return UNOWNED
    if error is not None:
        raise error
    return ""


def _offered(of: tuple, files: list[Any], preview: Preview) -> None:
    """What would be done, line by line; accepted with a button, or at once where there is nothing to do."""
    for warning in preview.warnings:
        st.warning(warning, icon=":material/badge:")
    accepted = _repairs(preview)
    if preview.repairs:
        classes = ", ".join(preview.class_names[:6]) + (", …" if len(preview.class_names) > 6 else "")
        text = f"{count(preview.images, 'image')} of {count(len(preview.class_names), 'class', 'classes')}"
        st.markdown(f"**{text}**")
        st.text(classes)  # names of classes are data, never markup
        _samples(preview)
        if not st.button("Use these images", type="primary", key="training_accept"):
            return
    content, side, stop = _content(files, of[1]), of[2], threading.Event()
    answer = Answer(
        lambda tell: remember_import(content, accepted, side=side, on_progress=tell, stop=stop.is_set), stop
    )
    st.session_state["training_keeping"] = (of, answer)
    _keeping(of, st.session_state["training_file_seen"][1])


def _repairs(preview: Preview) -> Collection[str]:
    """The keys of the repairs that are ticked."""
    accepted = set()
    for repair in preview.repairs:
        is_needed = repair.by_default and not repair.if_refused
        ticked = st.checkbox(
            repair.what,
            repair.by_default,
            key=f"training_repair_{repair.key}",
            help="Without it the file cannot be used."
            if is_needed
            else f"Otherwise: {_plain(repair.if_refused)}.",
        )
        st.text(f"{repair.before} → {repair.after}")
        if ticked:
            accepted.add(repair.key)
    return accepted


def _plain(text: str) -> str:
    """A text without the signs that Markdown acts on."""
    return "".join(" " if sign in "*_`[]<>$\\#|~:" else sign for sign in text)


def _samples(preview: Preview) -> None:
    """Three pictures as they would be, as a middle square and whole; where black and white lie in the histogram."""
    is_cut = not np.array_equal(preview.samples, preview.whole)
    images = np.concatenate([preview.samples, preview.whole]) if is_cut else preview.samples
    k = len(preview.samples)
    captions = [f"example {i + 1}" for i in range(k)] + [f"{i + 1}, whole" for i in range(k)] * is_cut
    tiles(images, captions, "Three of the images as they would be.", columns=k)
    if preview.levels is not None:
        edges, counts, black, white = preview.levels
        low = sum(n for edge, n in zip(edges, counts, strict=False) if edge < black) / max(sum(counts), 1)
        st.caption(
            f"Levels lie between {digits(edges[0], 4)} and {digits(edges[-1], 4)}; {digits(black, 4)} becomes black, "
            f"{digits(white, 4)} white, for all pictures alike; about {low:.1%} of the levels lie below."
        )
        st.bar_chart({"pixels": counts}, height=120)


def _keeping(of: tuple, looked: Answer) -> None:
    """The set on its way to the disk; then it is this learner's, counted, and chosen."""
    answer = st.session_state["training_keeping"][1]
    if not answer.is_soon_there("Keeping the images …"):
        return
    refusal = refusal_of(answer) or taken(answer.result)
    del st.session_state["training_keeping"]
    if refusal:
        st.warning(refusal, icon=":material/error:")
        return
    st.session_state["training_file_seen"] = (of, looked, answer.result)
    st.rerun()


def taken(name: str) -> str:
    """A set that lies on the disk is this learner's, counted, and chosen; else why not, in a sentence.

    Args:
        name: of an upload, or of a version of a set that this learner may open.
    """
    try:
        keep_upload(name)
    except AWAY as error:
        LOG.warning("whose an upload is could not be noted: %s", error)
        return UNOWNED
    st.session_state["training_removed"] = _make_room(name)
    st.session_state["training_chosen"] = name
    return ""


def _kept(name: str) -> None:
    st.caption("Accepted, and chosen as “Your images”.")
    for sentence in st.session_state.get("training_removed", ()):
        st.info(sentence, icon=":material/delete:")


def _make_room(name: str) -> list[str]:
    try:
        gone = quotas.make_room(name, learner())
    except AWAY as error:  # the set is kept all the same, and counted the next time
        LOG.warning("whose an upload is could not be noted: %s", error)
        return []
    return [f"Removed, as there was no room. {words}." for words in gone if words.startswith("Yours")]


def _forget_all() -> None:
    """All sets of this learner are gone, and the page looks at one of the lab's again."""
    with needs_database("Your sets could not be removed"):
        drop(quotas.forget_all(learner()), [])
        for key in ("training_upload", "training_file_seen"):
            st.session_state.pop(key, None)
        st.session_state["training_chosen"] = NAMES[0]


def _room() -> None:
    """What one keeps here, and what goes first; said before it happens."""
    quota = quotas.Quota.of_this_server()
    with needs_database("How much room your sets take cannot be said"):
        mine = quotas.kept_by(learner())
        if mine:
            st.button("Remove all my sets", key="training_forget_sets", on_click=_forget_all)
        if quota is None:
            return
        taken = sum(one.size for one in mine)
        sentence = (
            f"Your sets take {taken / quotas.MB:,.1f} of {quota.learner / quotas.MB:,.0f} MB on this server."
        )
        if mine:
            sentence += f" When there is no room, the oldest goes first: {mine[0].in_words}."
        st.caption(sentence)
