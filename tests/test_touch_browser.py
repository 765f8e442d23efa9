"""On glass: a swipe scrolls the page wherever it begins, a tap answers, what a finger aims at is large enough."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import PATIENCE, settle

pytestmark = pytest.mark.browser

# page -> how many of its swipes may be taken by a handle that is made to be dragged
PAGES = {
    "": 0,
    "neuron-playground": 1,
    "neuron-playground?neuron_tab=Softmax": 0,
    "small-network": 0,
    "backprop-stepper": 1,
    "optimizer-race": 1,
    "training-dashboard": 0,
    "convolution-explorer": 0,
    "the-vocabulary": 0,
}
SIZES = {"portrait": (390, 844), "landscape": (844, 390)}
# `make test` takes some of them, `make proofs` all (ENGINES=all).
EVERYWHERE = [(path, size) for path in PAGES for size in SIZES]
SOME = [("neuron-playground", "portrait"), ("training-dashboard", "portrait"), ("small-network", "landscape")]


@pytest.fixture
def glass(lab: str, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a path of the lab on a phone."""
    contexts = []

    def open_(path: str, size: tuple[int, int]) -> Any:
        width, height = size
        viewport = {"width": width, "height": height}
        context = chromium.new_context(
            viewport=viewport, has_touch=True, is_mobile=True, reduced_motion="reduce", bypass_csp=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{lab}/{path}")
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()


SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


def swipe(page: Any, x: float, y: float, by: float) -> float:
    """How far the page scrolls when a finger comes down here and goes up by so many pixels."""
    before = float(page.evaluate(SCROLLED))
    hand = page.context.new_cdp_session(page)

    def finger(kind: str, *at: dict[str, float]) -> None:
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(at)})

    finger("touchStart", {"x": x, "y": y})
    for step in range(1, 9):
        finger("touchMove", {"x": x, "y": y - by * step / 8})
        page.wait_for_timeout(16)
    finger("touchEnd")
    hand.detach()
    page.wait_for_timeout(400)  # it glides on for a while
    return float(page.evaluate(SCROLLED)) - before


@pytest.mark.parametrize(("path", "size"), EVERYWHERE if os.environ.get("ENGINES") == "all" else SOME)
def test_a_swipe_in_the_middle_of_the_screen_scrolls_the_page(glass: Callable, path: str, size: str) -> None:
    width, height = SIZES[size]
    page = glass(path, SIZES[size])
    dead = []
    for _ in range(12):
        left = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") - height
        if page.evaluate(SCROLLED) >= left - 120:
            break
        # A slow page may scroll after we have looked: where it is dead, it is dead twice.
        if max(swipe(page, width / 2, height * 0.6, 0.45 * height) for _ in range(2)) < 20:
            dead.append(page.evaluate(SCROLLED))
            page.evaluate("document.querySelector('[data-testid=stMain]').scrollBy(0, 150)")
    assert len(dead) <= PAGES[path], dead


def test_a_tap_on_the_plane_moves_the_input_and_a_swipe_does_not(glass: Callable) -> None:
    page = glass("neuron-playground", SIZES["portrait"])
    page.wait_for_selector(".root[data-draws]")
    formula = page.locator(".formula").first
    before = formula.inner_text()
    box = page.locator("canvas.plane").bounding_box()
    swipe(page, box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.7, 80)
    assert formula.inner_text() == before
    box = page.locator("canvas.plane").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=before)
