"""The Grad-CAM page's tabs in a real browser: seven maps on a dark phone, the derivation by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import settle
from test_gradcam_browser import ADDRESS, stored

__all__ = ["stored"]  # a fixture
pytestmark = pytest.mark.browser


def test_methods_are_drawn_on_a_phone_and_steps_follow_the_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS + "&gradcam_tab=Compare+methods", width=390, dark=True)
    tab = page.locator("[data-testid=stTabs]")
    tab.get_by_text("SmoothGrad", exact=True).first.wait_for()
    page.wait_for_function(
        "document.querySelectorAll('[data-testid=stTabs] .heatmaplayer image').length >= 7"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_by_text("They should agree").count() == 0
    page.get_by_role("tab", name="Step by step").click()
    step = page.get_by_role("radio", name="6 Cut at zero").or_(
        page.get_by_role("button", name="6 Cut at zero")
    )
    step.first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("This map sums to").first.wait_for()
    settle(page)
    assert "gradcam_step=6" in page.url
