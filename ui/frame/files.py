"""A file on offer: the one button that gives it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class File:
    """A file on offer: the button's label, how its content is made, its name and MIME type."""

    label: str
    content: Callable[[], str | bytes]
    name: str
    mime: str


def offer(file: File, key: str, place: Any = st, **more: Any) -> None:
    """A button that gives a file, made when it is asked for.

    The page does not run again for it: running again, it would forget the content while it is being made.

    Args:
        place: a column or container; without one, where the page is.
        more: `icon` and `help` of the button.
    """
    place.download_button(file.label, file.content, file.name, file.mime, key=key, on_click="ignore", **more)
