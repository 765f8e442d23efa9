"""The foot of every page: what the lab follows, version and license, how to cite it, where to report a mistake."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import streamlit as st

from dlcore import __version__
from dlcore.settings import setting
from ui.frame import take_along

# Quoted, not in italics: those would be one more font, 139 kB of a first visit.
SOURCE = "“Deep Learning Vocabulary Reference”, SIAM Life Sciences 2026, Deep Learning Section"
TITLE = "Deep learning, word by word"
CITATION = (
    "Contributors of “Deep learning, word by word” (2026). Deep learning, word by word: "
    f"an interactive lab for the vocabulary of deep learning, version {__version__}."
)


def address() -> str:
    """The address of what is on screen, with everything that decides it."""
    query = urlencode(st.query_params.to_dict())
    return (st.context.url or "").split("?")[0] + ("?" + query if query else "")


def report_link(base: str, of: str) -> str:
    """Where a mistake on a page is reported, the page's address with it.

    Args:
        base: `https://…` or `mailto:…`; `{address}` in it stands for the page's address, else it is appended
            as the parameter `address`, or as the body of the mail.
    """
    if "{address}" in base:
        return base.replace("{address}", quote(of, safe=""))
    name = "body" if base.startswith("mailto:") else "address"
    return f"{base}{'&' if '?' in base else '?'}{name}={quote(of, safe='')}"


def foot() -> None:
    """To be called after a page has run."""
    here = address()
    with st.container(key="foot", horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(f"Follows the {SOURCE}. {TITLE}, version {__version__}, MIT license.")
        take_along.draw(here)
        with st.popover("How to cite", type="tertiary"):
            st.code(CITATION, language=None, wrap_lines=True)
            st.caption("The same for reference managers: the file CITATION.cff of the lab’s source.")
        if base := setting("DLCORE_REPORT_URL"):
            st.link_button("Report a mistake", report_link(base, here), type="tertiary")
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    with st.container(key="on-paper"):
        st.text(f"{here} · printed from a page of {when}")
