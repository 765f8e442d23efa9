"""The Grad-CAM page in a real browser: drawn maps, an uploaded picture, refusals, phone and dark."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import settle
from PIL import Image

from dlcore import training
from dlcore.runs import Recipe
from dlcore.store.store import Store
from ui.training.one_run import name_of

pytestmark = pytest.mark.browser
RECIPE = Recipe(dataset="digits", epochs=1, subset=100, width=4, depth=2)
ADDRESS = "grad-cam-explorer?gradcam_run=" + name_of(RECIPE)


@pytest.fixture(scope="module", autouse=True)
def stored(own_folders: None) -> Iterator[None]:
    run = training.fit(RECIPE)
    Store().publish(run)
    yield
    Store().delete(run.key)


def png(size: tuple[int, int]) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


def upload(page: Any, name: str, content: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "image/png", "buffer": content})


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_charts_are_drawn_and_nothing_runs_out_of_the_page(
    open_page: Callable[..., Any], width: int, dark: bool
) -> None:
    page = open_page(ADDRESS, width=width, dark=dark)
    # A server's first visit imports torch.
    three_maps = "document.querySelectorAll('.js-plotly-plot .heatmaplayer image').length >= 3"
    page.wait_for_function(three_maps)
    assert (
        page.locator(".js-plotly-plot").count() == 4
    )  # over the image, raw and smoothed, the classes, step one
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_by_text("They should agree").count() == 0


def test_a_step_to_the_next_image_changes_picture_and_address(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS)
    page.get_by_text("image 2 of 360", exact=False).wait_for()
    page.get_by_role("spinbutton").press("ArrowUp")
    page.get_by_role("spinbutton").press("Enter")
    page.get_by_text("image 3 of 360", exact=False).wait_for()
    assert "gradcam_image=3" in page.url


def test_an_uploaded_picture_is_explained_and_a_bad_file_is_refused(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS + "&gradcam_which=your own pictures")
    page.get_by_text("Until you choose a file").wait_for()
    upload(page, "photograph.png", png((60, 90)))
    page.get_by_text("(90 × 60 px) was resized to 8 × 8, in gray").wait_for()
    upload(page, "web.png", b"<html><body>not a picture</body></html>")
    page.get_by_text("not a picture in one of the formats").wait_for()
    settle(page)
    assert page.get_by_text("was resized to 8 × 8").count() == 1  # the good one stays


def test_table_and_figure_can_be_downloaded(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS)
    page.get_by_text("Download", exact=True).click()
    page.get_by_role("button", name="Figure (HTML)").wait_for()
    for label, start in (("Numbers (CSV)", "class,row,column,logits"), ("Figure (HTML)", "<!doctype html")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label).click()
        assert Path(waiting.value.path()).read_text(encoding="utf-8").lstrip().startswith(start)
