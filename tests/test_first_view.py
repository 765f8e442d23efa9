"""The first view is the page: what a reader sees before scrolling, at both sizes, light and dark."""

import os
from collections.abc import Callable

import pytest
from conftest import settle

pytestmark = pytest.mark.browser
SIZES = {"wide": (1280, 800), "phone": (390, 844)}
BAND = 110  # pixels of title, claim and tabs above a picture

# page -> where its picture begins; what must lie whole inside 1280 x 800, and inside the first 844 px of a phone.
# Selectors are Playwright's; they look into shadow roots.
PICTURE = {
    "": "svg[role=img]",
    "neuron-playground": ".plane",
    "small-network": ".bar",
    "backprop-stepper": ".graph",
    "optimizer-race": ".bar",
    "training-dashboard": ".tiles",
    "convolution-explorer": ".bar",
}
WHOLE: dict[str, dict[str, tuple[str, ...]]] = {
    "": {
        "wide": (
            "svg[role=img]",
            "text=I have ten minutes",
            "text=Let a race go wrong",
            "text=I follow the course",
            "text=I teach it",
        ),
        "phone": ("svg[role=img]", "text=I have ten minutes"),
    },
    "neuron-playground": {
        "wide": (".plane", ".curve", ".formula", ".knobs", "text=Activation f"),
        "phone": (".plane", ".formula"),
    },
    "neuron-playground?neuron_points=xor": {"wide": (".plane", ".curve", ".score"), "phone": (".plane",)},
    "small-network": {
        "wide": (
            ".net",
            ".out",
            ".chart",
            "button[aria-label^=Play]",
            ".st-key-network_lr",
            ".st-key-network_act",
        ),
        "phone": (".out", "button[aria-label^=Play]"),
    },
    "backprop-stepper": {
        "wide": (".graph", ".card", "button:has-text('Next')", "button:has-text('← Back')"),
        "phone": (".graph", "button:has-text('Next')"),
    },
    "optimizer-race": {
        "wide": (
            "canvas.map",
            ".legend",
            ".losses",
            "button[aria-label^=Play]",
            "input.eta",
            ".st-key-optimizers_rate",
        ),
        "phone": ("canvas.map", "button[aria-label^=Play]"),
    },
    "training-dashboard": {
        "wide": (".st-key-training_data", ".st-key-training_model", ".st-key-training_start"),
        "phone": (".st-key-training_data", ".st-key-training_start"),
    },
    "convolution-explorer": {
        "wide": (".maps", ".tiles", ".sum"),
        "phone": (".maps",),
    },
    "the-vocabulary": {
        "wide": (".st-key-vocabulary_q", ".box", "svg[role=img]", "input[type=range]"),
        "phone": (".st-key-vocabulary_q", "button:has-text('ReLU')"),
    },
    "the-vocabulary?vocabulary_term=softmax": {
        "wide": ("svg[role=img]", "input[type=range]"),
        "phone": ("svg[role=img]", "input[type=range]"),
    },
}


# `make test` takes each page at one size, by turns; `make proofs` at both (ENGINES=all).
EVERYWHERE = [(page, size) for page in WHOLE for size in SIZES]
BY_TURNS = [(page, list(SIZES)[i % 2]) for i, page in enumerate(WHOLE)]


@pytest.mark.parametrize(("page", "size"), EVERYWHERE if os.environ.get("ENGINES") == "all" else BY_TURNS)
def test_what_a_page_is_about_is_seen_without_scrolling(open_page: Callable, page: str, size: str) -> None:
    width, height = SIZES[size]
    browser = open_page(page, width=width, height=height)
    for dark in (False, True):
        browser.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        settle(browser)
        found = {selector: _box(browser, selector) for selector in WHOLE[page][size]}
        outside = {
            selector: box
            for selector, box in found.items()
            if box[0] < 0 or box[1] < 0 or box[2] > width + 1 or box[3] > height
        }
        assert not outside
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
    if size == "wide" and page in PICTURE:
        assert _box(browser, PICTURE[page])[1] <= BAND


def test_on_a_phone_a_training_shows_itself_where_the_button_was(open_page: Callable) -> None:
    address = "training-dashboard?training_data=Handwritten+digits&training_epochs_digits=100"  # long enough
    width, height = SIZES["phone"]
    page = open_page(address, width=width, height=height)
    page.get_by_role("button", name="Train, about").click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.wait_for()
    for selector in ("[data-testid=stProgress]", "button:has-text('Cancel')"):
        left, top, right, bottom = _box(page, selector)
        assert left >= 0 and top >= 0 and right <= width + 1 and bottom <= height
    cancel.click()
    page.get_by_text("This training was cancelled").wait_for()
    page.get_by_role("button", name="Train, about").wait_for()


def test_the_menu_is_narrow_and_cuts_no_label(open_page: Callable) -> None:
    page = open_page("")
    assert page.get_by_test_id("stSidebar").bounding_box()["width"] <= 220
    cut = page.get_by_test_id("stSidebarNavLink").evaluate_all(
        "links => links.filter(a => [...a.querySelectorAll('*')]"
        ".some(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1)).map(a => a.innerText)"
    )
    assert cut == []


def _box(page: object, selector: str) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the first visible element, in pixels of the unscrolled window."""
    element = page.locator(selector).locator("visible=true").first  # type: ignore[attr-defined]
    element.wait_for()
    page.wait_for_function("e => e.getBoundingClientRect().height > 0", arg=element.element_handle())  # type: ignore[attr-defined]
    box = element.bounding_box()
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
