"""axe-core on every page, light and dark: no serious or critical finding of our making; the keyboard gets around."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest
from conftest import rested
from test_pages import ADDRESSES

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = "{resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"

# What Streamlit itself causes, and why it stays: (rule, what the element's HTML contains).
EXCEPTIONS = {
    # A formula wider than its column scrolls. Streamlit sets it without a tabindex, which cannot be given from
    # outside; Chromium (since 130) and Firefox put every scroller into the tab order by themselves.
    ("scrollable-region-focusable", "katex-display"),
    # Plotly's mode bar and Streamlit's data frames draw into canvases and anchors of their own.
    ("scrollable-region-focusable", "stDataFrame"),
}


def findings(page: object) -> list[str]:
    """Serious and critical findings on this page that are not excepted, one line each."""
    page.evaluate(AXE)  # type: ignore[attr-defined]
    found = page.evaluate(f"axe.run({RULES})")["violations"]  # type: ignore[attr-defined]
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(violation["id"] == rule and part in node["html"] for rule, part in EXCEPTIONS)
    ]


SCHEMES = ("light", "dark")


@pytest.mark.browser
def test_no_page_has_a_serious_finding_in_light_or_dark(open_page: Callable, lab: str) -> None:
    """Each page in one of the two, by turns; `make proofs` takes both (ENGINES=all)."""
    page = open_page("")
    found = {}
    for place, (name, address) in enumerate(ADDRESSES.items()):
        page.goto(f"{lab}/{address}")
        rested(page)
        for scheme in SCHEMES if os.environ.get("ENGINES") == "all" else SCHEMES[place % 2 :][:1]:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(
                "s => getComputedStyle(document.querySelector('.stApp')).colorScheme === s", arg=scheme
            )
            page.wait_for_function("() => !document.querySelector('[data-stale=true]')")
            # What is pale, or has no name yet, only because the machine is busy goes by itself.
            end = time.monotonic() + 60
            while (lines := findings(page)) and time.monotonic() < end:
                rested(page)
            if lines:
                found[f"{name}, {scheme}"] = lines
    assert found == {}
    # The control: a button without a name is found.
    page.evaluate("document.querySelector('h1').after(document.createElement('button'))")
    assert any(line.startswith("button-name") for line in findings(page))


@pytest.mark.browser
def test_a_lesson_can_be_done_with_the_keyboard_alone(open_page: Callable) -> None:
    page = open_page("all-lessons?lessons_at=1.3")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "() => { const e = document.activeElement;"
                " return /^(A|BUTTON|INPUT)$/.test(e.tagName)"
                " ? `${e.getAttribute('aria-label') ?? ''} ${e.innerText ?? ''}` : '' }"
            )
            if name in focused:
                return
        raise AssertionError(f"Tab never reaches {name!r}")

    tab_to("Your prediction")
    page.keyboard.type("3")
    tab_to("That is my prediction")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show the answer").wait_for()
    tab_to("Neuron playground")
    tab_to("Show the answer")
    page.keyboard.press("Enter")
    page.get_by_text("as you predicted").first.wait_for()
    page.get_by_role("img", name="Your prediction 3, the answer 3.").wait_for()
    assert page.locator(".predicted .given").is_visible()
    page.wait_for_function("location.search.includes('lessons_at=1.3-')")
    assert page.get_by_text("not what you predicted").count() == 0
