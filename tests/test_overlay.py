"""Heat maps as pixels: colours against the page's scale by Plotly's rules, sheets, PNG and SVG."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from dlcore.figures import overlay, prebuilt
from dlcore.figures.gradcam import OVERLAY

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)


def test_zero_leaves_the_image_and_the_ends_get_the_scales_colours() -> None:
    assert (overlay.tinted(IMAGE, np.zeros((6, 8)), 2.0) == IMAGE).all()
    for value, (_, colour) in ((-2.0, OVERLAY[0]), (2.0, OVERLAY[-1]), (99.0, OVERLAY[-1])):
        *rgb, a = (float(v) for v in re.findall(r"[\d.]+", colour))
        expected = (1 - a) * IMAGE + a * np.array(rgb)
        got = overlay.tinted(IMAGE, np.full((6, 8), value), 2.0)
        np.testing.assert_allclose(got, expected, atol=0.51)
    assert (overlay.tinted(IMAGE, np.ones((6, 8)), 2.0) != overlay.tinted(IMAGE, -np.ones((6, 8)), 2.0)).any()


def test_a_sheet_holds_every_image_in_its_place_grey_ones_too() -> None:
    grey = [np.full((3, 4), 40 * n, np.uint8) for n in range(5)]
    laid = overlay.sheet(grey, 2)
    assert laid.shape == (9, 8, 3) and (laid[3:6, 4:8] == 120).all() and (laid[6:, 4:] == 0).all()


def test_png_is_lossless_and_enlarging_repeats_pixels() -> None:
    back = np.asarray(Image.open(io.BytesIO(prebuilt.png(overlay.enlarged(IMAGE, 100)))))
    assert back.shape == (78, 104, 3) and (back[::13, ::13] == IMAGE).all()


@pytest.mark.parametrize("title", ["plain", '<script>alert("1")</script> & more'])
def test_the_svg_holds_both_pictures_and_escapes_its_title(title: str) -> None:
    shown = np.linspace(-1, 1, 48).reshape(6, 8)
    root = ET.fromstring(overlay.svg(IMAGE, shown, 1.0, title))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == title and not list(root.iter(f"{space}script"))  # type: ignore[union-attr]
    coded = [image.get("href", "").split(",")[1] for image in root.iter(f"{space}image")]
    pictures = [np.asarray(Image.open(io.BytesIO(base64.b64decode(each)))) for each in coded]
    assert (pictures[0][::32, ::32] == IMAGE).all()
    assert (pictures[1][::32, ::32] == overlay.tinted(IMAGE, shown, 1.0)).all()
