"""The Python side of the browser components in assets/components/."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent.parent / "assets" / "components"


def component(
    name: str, html: str = "<div class='root'></div>\n", before: tuple[str, ...] = (), isolated: bool = True
) -> Callable[..., Any]:
    """A registered v2 component, from assets/components/<name>.js and <name>.css.

    The files are passed as text: it works under every entry point and needs no static route. Register at
    module level of a module in ui/, once per component.

    Args:
        before: scripts and styles of the same folder that several components share, put in front of this one's.
        isolated: lives behind a shadow root, where the page's styles do not reach; a library that brings
            styles of its own may need the page's.
    """

    def joined(kind: str) -> str:
        files = [FOLDER / f"{part}.{kind}" for part in (*before, name)]
        return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    return st.components.v2.component(
        f"lab_{name}",
        html=html,
        css=joined("css") or None,
        js=joined("js"),
        isolate_styles=isolated,
    )
