"""A moving picture taken along: one HTML file that holds this state and needs no server, and the link to it."""

import html
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from dlcore import __version__
from dlcore.settings import setting
from ui.frame import javascript
from ui.frame.files import File, offer
from ui.frame.static_page import as_script, document

_DRAWN = "frame_moving"  # of the session: what the page that runs has drawn, by the key of the component
# The pictures that move under the hand, and what a file of each is called.
TITLES = {
    "backprop": "Backpropagation by hand",
    "concept_map": "The words of deep learning",
    "convolution": "A filter slides over an image",
    "hand": "A trained network under a brush",
    "home": "A line learns to separate two classes",
    "network": "A small network trains",
    "neuron": "One neuron",
    "race": "Optimizers race",
    "softmax": "Softmax",
    "word_picture": "A word in a picture",
}

# The page of the static edition that shows a picture; the others it does not have.
FILES = {
    name: "index" if name == "home" else name
    for name in TITLES
    if name not in ("concept_map", "word_picture")
}


def begin() -> None:
    """A page begins: the pictures of another one are none of its own."""
    st.session_state[_DRAWN] = {}


def note(name: str, key: str, data: Callable[[], Any]) -> None:
    """A component has been drawn; data() is all that it needs, the state of the moment in it."""
    if name in TITLES:
        st.session_state.setdefault(_DRAWN, {})[key] = (name, data)


def draw(address: str) -> None:
    """In the foot of every page with a moving picture: its link, and the picture as one file.

    Args:
        address: of what is on screen.
    """
    drawn = st.session_state.get(_DRAWN, {})
    if not drawn:
        return
    with st.popover("Take the picture along", type="tertiary"):
        st.caption("A link opens this page as it is now:")
        st.code(address, language=None, wrap_lines=True)
        st.caption(
            "One file holds the moving picture in this state and needs no server and no network: for slides, an "
            'e-mail, or a course page (in a frame, sandbox="allow-scripts" is enough).'
        )
        if site := setting("DLCORE_SITE_URL", ""):
            _frames([name for name, _ in drawn.values() if name in FILES], site, address)
        for key, (name, data) in drawn.items():
            page = partial(_page_of, name, data, address)
            offer(File(f"{TITLES[name]} (HTML)", page, f"{name}.html", "text/html"), f"along_{key}")


def _frames(names: list[str], site: str, address: str) -> None:
    if names:
        st.caption(
            "A line for a course page that shows the picture in a frame. It opens what the static edition has: "
            "your own points, formulas and images stay in the full lab."
        )
    for name in names:
        st.code(frame_line(name, site, address), language="html", wrap_lines=True)


def frame_line(name: str, site: str, address: str) -> str:
    """The <iframe> that shows a picture of the static edition in the state of an address of the lab.

    Args:
        name: of the component.
        site: where the static edition stands.
    """
    query = address.partition("?")[2]
    at = html.escape(f"{site.rstrip('/')}/{FILES[name]}.html#bare=1{'&' if query else ''}{query}", quote=True)
    return f'<iframe src="{at}" title="{TITLES[name]}" width="100%" height="720" style="border: 0"></iframe>'


def _page_of(name: str, data: Callable[[], Any], address: str) -> str:
    return page(name, data(), address)


def page(name: str, data: Any, address: str) -> str:
    """The file.

    Args:
        name: of the component.
        data: what it is sent.
        address: of the same state in the lab; "" where nobody knows it.
    """
    title, entry = TITLES[name], javascript.entry(name)
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    link = html.escape(address, quote=True)
    on = f'<a href="{link}" target="_blank" rel="noopener">Go on in the full lab</a> · ' if address else ""
    body = f"""<main><h1>{title}</h1><div id="here"></div></main>
<footer>{on}“Deep learning, word by word”, version {__version__}, MIT license, {when}</footer>"""
    script = f"""{javascript.script(javascript.STATIC_HOST, entry)}
const [data, style] = [{as_script(data)}, {as_script(javascript.style(name))}];
const here = document.getElementById("here");
const part = lab["{javascript.STATIC_HOST}"].mount(lab["{entry}"].create, here, data, style);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => part.update(data));"""
    return document(title, body, script)
