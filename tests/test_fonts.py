"""The lighter fonts: they have what is shown, stand for this Streamlit's own, and are what the server sends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, script_in_docs
from fontTools.ttLib import TTFont

from ui.server import fonts

BY_HAND = script_in_docs("fonts")


def committed(start: str) -> Path:
    (path,) = fonts.FOLDER.glob(f"{start}*.woff2")
    return path


def test_each_font_stands_for_one_of_this_streamlit_and_is_much_lighter() -> None:
    files = list(fonts.FOLDER.glob("*.woff2"))
    assert len(fonts.lighter()) == len(files) == 2
    light, whole = (
        sum((folder / file.name).stat().st_size for file in files) for folder in (fonts.FOLDER, fonts.MEDIA)
    )
    assert light < 0.3 * whole


def test_every_icon_in_use_is_drawn_and_one_that_is_not_is_left_out() -> None:
    whole = {word for word, *_ in BY_HAND.ligatures(TTFont(BY_HAND.font_named("MaterialSymbols-Rounded")))}
    here = {word for word, *_ in BY_HAND.ligatures(TTFont(committed("MaterialSymbols-Rounded")))}
    assert here == BY_HAND.icons_in_use(whole), "run docs/fonts.py"
    assert {"school", "warning", "keyboard_arrow_right", "expand_more", "counter_1", "counter_9"} <= here
    assert "10mp" in whole - here


def test_every_letter_of_the_lab_that_the_text_font_has_is_kept() -> None:
    whole = set(TTFont(BY_HAND.font_named("SourceSansVF-Upright")).getBestCmap())
    here = set(TTFont(committed("SourceSansVF-Upright")).getBestCmap())
    texts = [
        path.read_text(encoding="utf-8")
        for room in ("ui", "pages", "dlcore", "assets")
        for path in (ROOT / room).rglob("*.*")
        if path.suffix in (".py", ".toml", ".js")
    ]
    shown = {ord(sign) for text in texts for sign in text}
    assert shown & whole <= here, sorted(map(chr, shown & whole - here))


@pytest.mark.browser
@pytest.mark.parametrize("address", ["", "training-dashboard", "all-lessons", "all-lessons?lessons_at=1.1"])
def test_the_server_sends_the_lighter_fonts_and_icons_are_signs_not_words(
    address: str, open_page: Callable[..., Any]
) -> None:
    page = open_page(address)
    page.evaluate("document.fonts.ready")
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.woff2'))"
        ".map(e => [e.name.split('/').pop(), e.decodedBodySize])"
    )
    sent = dict(sizes)
    for file in fonts.FOLDER.glob("*.woff2"):
        assert sent[file.name] == file.stat().st_size
    wide = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stIconMaterial]')].filter(e => e.checkVisibility())"
        ".filter(e => e.scrollWidth > 1.6 * parseFloat(getComputedStyle(e).fontSize)).map(e => e.textContent)"
    )
    assert page.locator("[data-testid=stIconMaterial]").count() > 9
    assert wide == []
