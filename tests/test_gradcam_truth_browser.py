"""The tabs on whether a map is true, in a real browser: slow answers come in by themselves; phone and dark."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import settle

from dlcore import training
from dlcore.runs import Recipe
from dlcore.store.store import Store
from ui.training.one_run import name_of

pytestmark = pytest.mark.browser
RECIPE = Recipe(dataset="digits", epochs=1, subset=100, width=4, depth=2, seed=6)


@pytest.fixture(scope="module", autouse=True)
def stored(own_folders: None) -> Iterator[None]:
    run = training.fit(RECIPE)
    Store().publish(run)
    yield
    Store().delete(run.key)


def test_slow_answers_come_in_by_themselves(open_page: Callable[..., Any]) -> None:
    address = f"grad-cam-explorer?gradcam_run={name_of(RECIPE)}&gradcam_tab=Against+ground+truth"
    page = open_page(address, width=390, dark=True)
    page.get_by_text("a lower area is better").wait_for()  # a first visit imports torch
    page.get_by_text("Mean over 48 validation images").wait_for()
    assert page.get_by_text("the map's order").count() == 4
    page.get_by_role("tab", name="Sanity check").click()
    page.get_by_text("Means over 100 validation images").wait_for()
    settle(page)
    assert "gradcam_tab=Sanity" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_by_text("They should agree").count() == 0
