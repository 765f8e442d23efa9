"""The frame every page hangs in, from top to bottom: title and claim, picture, formula, check, notice, more.

One hand made every page because every page calls these and lays out nothing of this kind itself.
"""

import ast
import inspect
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.errors import StreamlitAPIException

import dlcore
from dlcore.assets import ASSETS
from dlcore.claims import Claim
from dlcore.number_text import apart, digits
from dlcore.vocabulary import Term, mentioned, terms_of_page
from ui.frame import address, announcer, figure_tables, take_along
from ui.frame.address import State
from ui.frame.fields import OnOff, Text
from ui.frame.files import File, offer
from ui.learner import classroom, learner, progress

DLCORE = Path(dlcore.__file__).parent

STYLES = ("frame.css", "drawn.css")
CSS = f"<style>{''.join((ASSETS / name).read_text(encoding='utf-8') for name in STYLES)}</style>"

# Names that any page's address may hold.
EVERYWHERE = State(
    "",
    {
        "projector": OnOff(said="1"),
        "bare": OnOff(said="1"),
        "lesson": Text(most=300, default="", judge=progress.wrong_with, examples=("1.1", "2.3-1f.3")),
    },
)

CHART_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["sendChartToCloud", "lasso2d", "select2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def open_page(title: str, claim: Claim, state: State) -> None:
    """Title, and one sentence that can be wrong.

    Args:
        state: what the page's address may hold; everything else is taken out of it before a control reads it.
    """
    st.html(CSS)
    announcer.begin()
    figure_tables.begin()
    take_along.begin()
    learner.sign_in()
    state.arrive(EVERYWHERE)
    classroom.switches(EVERYWHERE.asked, EVERYWHERE.keep)
    progress.way_back(EVERYWHERE.asked("lesson"))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="frame_band"):
        st.title(title, anchor=False, width="content")
        st.markdown(str(claim))
    st.session_state["frame_claim"] = str(claim)


def say(claim: Claim) -> None:
    """A sentence that can be wrong, as what a tab is about, with its words explained."""
    st.markdown(str(claim))
    quiet_words(str(claim))


def picture_and_controls(
    ratio: tuple[float, float] = (2.2, 1.0), controls_first: bool = False
) -> Sequence[Any]:
    """Two columns: the wide picture, and at most six controls beside it.

    Args:
        controls_first: on a phone the controls stand above the picture, not below it.
    """
    with st.container(key="controls_first" if controls_first else None):
        return st.columns(ratio, gap="large")


def chart(figure: go.Figure | Mapping[str, Any], alt: str, key: str, **more: Any) -> Any:
    """Draw a figure under its accessible name.

    Args:
        alt: what a reader who cannot see the picture should know, with its numbers.
        key: stable name of this chart, prefixed by the page.
    """
    figure_tables.note(figure, alt, key)
    return st.plotly_chart(figure, width="stretch", config=CHART_CONFIG, alt=alt, key=key, **more)


def check(
    claim: str,
    ours: float | str,
    reference: float | str,
    difference: float,
    tolerance: float,
    reference_name: str,
) -> None:
    """The check card: ours, the second implementation, the difference. Quiet when it holds, loud when not.

    Args:
        claim: what is compared, in one clause ("the gradient of w1").
        difference: largest absolute difference, computed now.
        tolerance: the bound below which the two count as equal.
        reference_name: who gives the second opinion ("torch.autograd").
    """
    holds = difference <= tolerance  # False for NaN as well
    verdict = "=" if holds else "≠"
    shown = [value if isinstance(value, str) else apart(value, keep=6) for value in (ours, reference)]
    text = (
        f"**Check** · {claim}: ours {shown[0]} {verdict} {shown[1]} by {reference_name}, "
        f"difference {digits(difference, 2)} (allowed {digits(tolerance, 1)})"
    )
    if holds:
        st.caption(f":material/check_circle: {text}")
    else:
        st.error(f"{text}. They should agree: please report this state.", icon=":material/error:")
        announcer.announce(f"This check fails. {text}")


def notice(to_try: Claim, to_see: Claim) -> None:
    """One thing to try, one thing to see."""
    st.markdown(f"**Try** — {to_try}  \n**Notice** — {to_see}")
    quiet_words(f"{st.session_state.get('frame_claim', '')} {to_try} {to_see}")


@contextmanager
def more(label: str, key: str, bind: bool = False) -> Iterator[bool]:
    """A section closed until asked for; yields True only while open, so that it costs nothing otherwise.

    Args:
        bind: whether the address says that it is open.
    """
    section = st.expander(label, on_change="rerun", key=key, bind="query-params" if bind else None)
    with section:
        yield bool(section.open)


@contextmanager
def more_checks(page: str) -> Iterator[bool]:
    """The list of second opinions that do not stand in view: yields True while it is open, as `more` does."""
    with more("How this page is checked", f"{page}_checks") as is_open:
        yield is_open


MOST_QUIET_WORDS = 5


def quiet_words(text: str, said: str = "") -> None:
    """The terms that a text above uses and `said` does not, as quiet links; the definition opens beside them."""
    before = mentioned(said)
    terms = [term for term in mentioned(text) if term not in before][:MOST_QUIET_WORDS]
    if terms:
        with st.container(horizontal=True, gap="small", key=f"quiet_{zlib.crc32(text.encode()):x}"):
            for term in terms:
                with st.popover(term.name, type="tertiary"):
                    define(term)
                    with suppress(StreamlitAPIException):  # a page that runs alone knows no other pages
                        st.page_link(
                            "pages/vocabulary.py",
                            label="In the vocabulary",
                            icon=":material/menu_book:",
                            query_params={"vocabulary_term": term.slug},
                        )


def define(term: Term) -> None:
    """One term: its definition, its formula."""
    st.markdown(f"**{term.name}** — {term.definition}")
    if term.formula:
        st.latex(term.formula)


def words(page: str) -> None:
    """The definitions of this page's terms, in place."""
    with more("Terms on this page", f"{page}_words") as is_open:
        if is_open:
            for term in terms_of_page(page):
                define(term)


def source(page: str, *functions: Callable[..., Any] | type | str, of: str = "") -> None:
    """The code behind this page, as it runs.

    Args:
        functions: what to show; "module:name" where importing it would load torch.
        of: what the code belongs to, where a page shows more than one source.
    """
    with more(f"Source code{of and ' of '}{of}", f"{page}_source") as is_open:
        if is_open:
            for function in functions:
                name, code = _code_of(function)
                st.caption(name)
                st.code(code, language="python")


def _code_of(function: Callable[..., Any] | type | str) -> tuple[str, str]:
    if not isinstance(function, str):
        return f"{function.__module__}.{function.__qualname__}", inspect.getsource(function)
    module, name = function.split(":")
    text = (DLCORE.parent / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    node = next(n for n in ast.parse(text).body if getattr(n, "name", "") == name)
    return f"{module}.{name}", ast.get_source_segment(text, node) or ""


def script(page: str, text: str) -> None:
    """A script that runs as it is, outside the app, and prints the numbers on screen."""
    with more("Copy as a script", f"{page}_script") as is_open:
        if is_open:
            st.caption("Runs wherever `import dlcore` does and prints the numbers above.")
            st.code(text, language="python")
            offer(File("Download script", lambda: text, f"{page}.py", "text/x-python"), f"{page}_script_file")


def downloads(
    page: str, csv: Callable[[], str], figure: Callable[[], go.Figure], files: Sequence[File] = ()
) -> None:
    """The numbers as CSV and the figure as a page of its own, and more files; made only when asked for."""
    with more("Download", f"{page}_downloads") as is_open:
        if is_open:
            left, right = st.columns(2)

            def as_page() -> str:  # with an id of its own, the same figure is the same file
                html = figure().to_html(include_plotlyjs=True, config=CHART_CONFIG, div_id=page)
                return str(html)

            offer(File("Numbers (CSV)", csv, f"{page}.csv", "text/csv"), f"{page}_csv", left)
            offer(File("Figure (HTML)", as_page, f"{page}.html", "text/html"), f"{page}_html", right)
            for n, file in enumerate(files):
                offer(file, f"{page}_file_{n}", (left, right)[n % 2])


def seed(place: Any, label: str, key: str, default: int = 0, **more: Any) -> int:
    """A number field for a seed, 0 to 9999, in the address."""
    return int(place.number_input(label, 0, 9999, default, key=key, bind="query-params", **more))


def reset_button(prefix: str, label: str = "Reset page") -> None:
    """Back to the defaults: forgets every widget and URL value whose key starts with `prefix` ("neuron_")."""

    def forget() -> None:
        for name in [name for name in st.query_params if name.startswith(prefix)]:
            # What a control is bound to cannot be deleted here; leaving for the same page clears it.
            with suppress(StreamlitAPIException):
                del st.query_params[name]

    address.remember(prefix.removesuffix("_"))  # the page ends here: what its controls say has been said
    if st.button(label, icon=":material/restart_alt:", on_click=forget, key=f"reset-{prefix}"):
        for key in [name for name in st.session_state if str(name).startswith(prefix)]:
            del st.session_state[key]
        address.forget(prefix.removesuffix("_"))
        kept = {"lesson": st.query_params["lesson"]} if "lesson" in st.query_params else {}
        st.switch_page(f"pages/{prefix.removesuffix('_')}.py", query_params=kept)
