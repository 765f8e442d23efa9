"""The audit on screen: asked for with a switch, worked out beside the page, every finding with its evidence."""

import zlib
from datetime import UTC, datetime

import numpy as np
import streamlit as st

from dlcore.audit import SECTIONS, Audit, Finding, audit
from dlcore.audit.report import WORDS, html
from dlcore.data import ImageSet
from dlcore.data.recipe_images import parts
from dlcore.figures.training import gallery
from dlcore.number_text import count, percent
from dlcore.runs import Recipe, Run
from dlcore.store.store import shared
from ui.frame import frame
from ui.frame.slow_answers import Answer
from ui.frame.stored import image_set, needs_database, stored_run
from ui.learner.learner import learner

EXPLANATION = (
    "Is there a leak, a shortcut, a shift, enough data? Each question is answered for itself; there is no one grade. "
    "Images of the test part are compared and counted, no network is scored on them."
)


@st.cache_resource(max_entries=8, show_spinner=False)
def _answer(deal: Recipe, run: str, looks: int) -> Answer:
    """The audit of a set dealt in this way, with a run or "", soon; shared by all who may see both."""
    images, shown = image_set(deal.dataset), stored_run(run) if run else None
    split = parts(deal, images)
    return Answer(lambda tell: audit(images, shown, split=split, looks=range(looks), on_progress=tell))


def audit_section(images: ImageSet, deal: Recipe, run: Run | None) -> None:
    """The audit of the images as they are dealt now, and of the run on show if it is of these images.

    Args:
        deal: says how they are dealt.
    """
    st.caption(EXPLANATION)
    looks = 0
    with needs_database("How often the test part was opened cannot be said"):
        looks = len(shared().ledger.test_openings(images.name, learner()))
    is_of_these = run is not None and run.recipe.dataset == images.name and len(run.val_index) > 0
    answer = _answer(deal, run.recipe.key if is_of_these and run is not None else "", looks)
    if not answer.is_there("Auditing the images …"):
        return
    found: Audit = answer.result
    acting = [f for f in found.findings if f.is_alarm]
    asked = count(len(found.findings), "question")
    st.markdown(f"**{asked} asked, {len(acting)} with something to act on.**" + _where(acting))
    for section in SECTIONS:
        _section(section, [f for f in found.findings if f.section == section], images)
    _downloads(found, images)


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
    if len(finding.example) and (finding.is_alarm or finding.example.ndim == 2):
        shown = finding.example.ravel()[:8]
        names = [f"{i}: {images.class_names[images.labels[i]]}" for i in shown]
        key = f"training_audit_{zlib.crc32(finding.key.encode())}"
        frame.chart(
            gallery(images.images[np.asarray(shown)], names, columns=4),
            f"Images to look at: {', '.join(names)}.",
            key,
        )


def _downloads(found: Audit, images: ImageSet) -> None:
    """The report to print, and its numbers."""
    left, right = st.columns(2)
    today = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    address = str(st.context.url or "").partition("?")[0]
    left.download_button(
        "Report (HTML)",
        lambda: html(found, images, today, address),
        "audit.html",
        "text/html",
        key="training_audit_html",
        icon=":material/description:",
    )
    right.download_button(
        "Numbers (JSON)", found.to_json, "audit.json", "application/json", key="training_audit_json"
    )
