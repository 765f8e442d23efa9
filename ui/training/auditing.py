"""The audit on screen: asked for with a switch, worked out beside the page, every finding with its evidence."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import streamlit as st

from dlcore.audit import SECTIONS, Audit, Finding, audit
from dlcore.audit.auditing import of_network, with_network
from dlcore.audit.findings import OF_A_NETWORK
from dlcore.audit.report import WORDS, html
from dlcore.data import BadInput, ImageSet
from dlcore.data.recipe_images import parts
from dlcore.number_text import count, percent
from dlcore.runs import Recipe, Run
from ui.frame.files import File, offer
from ui.frame.slow_answers import Answer
from ui.frame.stored import image_set, needs_database
from ui.frame.tiles import tiles
from ui.learner.learner import looks_at
from ui.training import sealed_test, versions

EXPLANATION = (
    "Is there a leak, a shortcut, a shift, enough data; does the network on show use a shortcut, know how sure it "
    "may be, and have a heat map worth showing? Each question is answered for itself; there is no one grade. Images "
    "of the test part are compared and counted; no network is scored on them unless you ask for it."
)


@st.cache_resource(max_entries=8, show_spinner=False)
def _answer(deal: Recipe) -> Answer:
    """The audit of a set dealt in this way, soon; shared by all who may see it."""
    images = image_set(deal.dataset)
    split = parts(deal, images)
    return Answer(lambda tell: audit(images, split=split, on_progress=tell))


@st.cache_resource(max_entries=8, show_spinner=False)
def _of_network(deal: Recipe, key: str, _run: Run, _found: Audit) -> Answer:
    """What is found about a run on a set whose audit is there, soon; shared by all who may see both."""
    images = image_set(deal.dataset)
    return Answer(lambda tell: of_network(images, _run, _found, tell))


def audit_section(images: ImageSet, deal: Recipe, run: Run | None) -> None:
    """The audit of the images as they are dealt now, and of the run on show if it is of these images.

    Args:
        deal: says how they are dealt.
    """
    st.caption(EXPLANATION)
    versions.came_from(images)
    answer = _answer(deal)
    if not answer.is_there("Auditing the images …"):
        return
    found: Audit = answer.result
    is_known, before = _before(images)
    if not is_known:
        return
    progress = st.container()
    is_whole, is_of_these = True, run is not None and run.recipe.dataset == images.name and len(run.val_index)
    if run is not None and is_of_these:
        with progress:
            asked = _of_network(deal, run.key, run, found)
            is_whole = asked.is_there("Asking the network on show …")
        if is_whole:
            looks, before_it = _looks(images)
            found = with_network(found, images, run, asked.result, looks, before_it)
    else:
        st.caption("Of a trained network more is asked: show a run on these images above.")
    if before is not None:
        versions.compared(before, found)
    _told(found, images)
    versions.offered(found, images, parts(deal, images))
    if run is not None and is_of_these and is_whole:
        _sealed(run, images)
    if is_whole:
        _downloads(found, images, before)


def _before(images: ImageSet) -> tuple[bool, Audit | None]:
    """Whether nothing is to be waited for; and of a version the audit of the set that it was made from."""
    if not images.made_from:
        return True, None
    origin, _ = images.made_from[-1]
    try:
        image_set(origin)
    except BadInput:  # removed meanwhile
        return True, None
    answer = _answer(Recipe(dataset=origin))
    is_there = answer.is_there("Auditing the images that it was made from …")
    return is_there, answer.result if is_there else None


def _looks(images: ImageSet) -> tuple[list[dict[str, Any]], int]:
    """The counted looks at the test part of these images, and how many at those they were made from."""
    with needs_database("How often the test part was opened cannot be said"):
        return looks_at(images.name), sum(len(looks_at(name)) for name, _ in images.made_from)
    return [], 0


def _told(found: Audit, images: ImageSet) -> None:
    acting = [f for f in found.findings if f.is_alarm]
    asked = count(len(found.findings), "question")
    st.markdown(f"**{asked} asked, {len(acting)} with something to act on.**" + _where(acting))
    for section in SECTIONS:
        _section(section, [f for f in found.findings if f.section == section], images)


@needs_database("The openings of this test set cannot be counted")
def _sealed(run: Run, images: ImageSet) -> None:
    """The one score that the audit does not ask for by itself: by the same seal as under its own tab."""
    looks = looks_at(images.name)
    if not any(look["key"] == run.key for look in looks):
        with st.expander("Add the sealed test score to the audit"):
            sealed_test.offer(run, images, looks, len(parts(run.recipe, images).test))


def _where(acting: list[Finding]) -> str:
    there = [section for section in SECTIONS if any(f.section == section for f in acting)]
    return f" {', '.join(there)}." if there else ""


def _section(section: str, findings: list[Finding], images: ImageSet) -> None:
    if not findings:
        return
    acting = sum(f.is_alarm for f in findings)
    label = f"{section}: {acting} to act on" if acting else section
    with st.expander(label, expanded=acting > 0):
        st.caption(WORDS[section])
        for finding in findings:
            _finding(finding, images)


def _finding(finding: Finding, images: ImageSet) -> None:
    st.text(
        ("● " if finding.is_alarm else "○ ") + finding.text
    )  # it may quote names of classes: data, never markup
    small = f"n = {finding.n:,}"
    if finding.false_alarm_rate is not None:
        rate = finding.false_alarm_rate
        small += (
            f"; this rule errs in at most {percent(rate, 0)} of clean sets"
            if rate
            else "; this rule cannot err"
        )
    st.caption(small + (f". {finding.advice}" if finding.advice else ""))
    if len(finding.example) and (
        finding.is_alarm or finding.example.ndim == 2 or finding.section in OF_A_NETWORK
    ):
        shown = finding.example.ravel()[:8]
        names = [f"{i}: {images.class_names[images.labels[i]]}" for i in shown]
        tiles(images.images[np.asarray(shown)], names, f"Images to look at: {', '.join(names)}.")


def _downloads(found: Audit, images: ImageSet, before: Audit | None) -> None:
    """The report to print, and its numbers."""
    left, right = st.columns(2)
    today = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    address = str(st.context.url or "").partition("?")[0]
    offer(
        File("Report (HTML)", lambda: html(found, images, today, address, before), "audit.html", "text/html"),
        "training_audit_html",
        left,
        icon=":material/description:",
    )
    offer(
        File("Numbers (JSON)", found.to_json, "audit.json", "application/json"), "training_audit_json", right
    )
