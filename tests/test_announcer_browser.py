"""What axe cannot see: a verdict is read out, and the focus is not lost when a page is drawn anew."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import settle

pytestmark = pytest.mark.browser

FOCUSED = """() => { const at = document.activeElement;
  if (!at || at === document.body) return '';
  return at.tagName + ' ' + (at.getAttribute('aria-label') || at.innerText || ''); }"""


def pressed_by_key(page: Any, control: Any) -> str:
    """What has the focus once the page has answered to Enter on this control; it has to be something."""
    page.locator(".st-key-announcer .live").wait_for(state="attached")
    control.focus()
    page.keyboard.press("Enter")
    settle(page)
    page.wait_for_timeout(600)  # a redrawing counts as done after a quarter of a second
    return str(page.wait_for_function(FOCUSED).json_value())


def said(page: Any) -> str:
    return str(page.locator(".st-key-announcer .live").inner_text())


def test_a_verdict_of_the_self_test_is_read_out_and_the_focus_goes_on_to_the_next_question(
    open_page: Callable,
) -> None:
    page = open_page("test-yourself?quiz_topic=neuron")
    page.get_by_label("Your answer").fill("12345")
    assert pressed_by_key(page, page.get_by_role("button", name="Check"))
    assert said(page).startswith("Not right. You said 12")
    page.get_by_role("link", name="Small network").click()
    page.wait_for_url("**/small-network*")
    settle(page)
    page.locator(".st-key-announcer .live").wait_for(state="attached")
    assert said(page) == ""  # another page has nothing to do with that verdict


def test_a_lesson_reads_its_answer_out_and_keeps_the_focus_at_every_step(open_page: Callable) -> None:
    page = open_page("all-lessons?lessons_at=1.1")
    assert pressed_by_key(page, page.get_by_role("button", name="I would rather look first"))
    assert pressed_by_key(page, page.get_by_role("button", name="Show the answer"))
    assert said(page).startswith("Computed: ")


def test_a_section_that_opens_keeps_the_focus_on_its_label(open_page: Callable) -> None:
    page = open_page("neuron-playground")
    assert "Terms on this page" in pressed_by_key(
        page, page.locator("summary", has_text="Terms on this page")
    )
