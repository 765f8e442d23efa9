"""The report to print: everything on it, nothing from elsewhere, no text that becomes markup."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from dlcore import gradcam, models, training
from dlcore.data.cells import cells
from dlcore.figures.overlay import tinted
from dlcore.heatmaps.report import Report, Section, html
from dlcore.number_text import digits
from dlcore.runs import Recipe
from ui.gradcam import export
from ui.gradcam.subject import Subject
from ui.gradcam.view import view

NASTY = "<script>alert(\"1\")</script> & 'quoted'"


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_all_text_is_escaped_and_nothing_is_loaded_from_elsewhere() -> None:
    table = Section(NASTY, [(NASTY, "b"), ("1", NASTY)])
    page = html(Report(NASTY, (NASTY,), NASTY, [(NASTY, "data:image/png;base64,AAAA")], "<g/>", [table]))
    read = Reader(page)
    assert "script" not in read.tags and "link" not in read.tags
    assert read.text.count(NASTY) == 8  # title, heading, warning, sentence, caption, and three in the table
    assert read.sources == ["data:image/png;base64,AAAA"] and "http" not in page
    assert "@media print" in page


@pytest.fixture(scope="module")
def written() -> tuple:
    """A report on an image whose truth is known, and what it was made of."""
    imageset = cells(600)
    run = training.fit(Recipe(epochs=1, subset=100, width=4), imageset)
    i = int(run.val_index[0])
    assert imageset.masks is not None
    subject = Subject(imageset.images[i], "validation image 1", int(imageset.labels[i]), imageset.masks[i], i)
    look = gradcam.look(models.load(run), subject.pixels)
    shown = view(look, 2, subject, 1.0)
    return run, subject, look, shown, export.files(run, subject, look, 2, shown, 1.0, "**Ordinary.**")


def test_the_files_hold_the_map_on_screen(written: tuple) -> None:
    _, subject, look, shown, files = written
    npy, png, svg, _ = (file.content() for file in files)
    np.testing.assert_array_equal(np.load(io.BytesIO(npy), allow_pickle=False), look.heatmaps)
    picture = np.asarray(Image.open(io.BytesIO(png)))
    assert min(picture.shape[:2]) >= 512
    times = picture.shape[0] // 28
    np.testing.assert_array_equal(picture[::times, ::times], tinted(subject.pixels, shown.shown, shown.limit))
    assert base64.b64encode(b"\x89PNG")[:5].decode() in svg and "Heat map of" in svg


def test_the_report_says_what_was_asked_of_whom_and_how_well_it_agrees(written: tuple) -> None:
    run, _, look, shown, files = written
    text = Reader(files[3].content()).text
    assert "Not for clinical use" in text and "Ordinary." in text and "**" not in text
    assert run.key in text and "learning rate" in text and "torch" in text and "parameters" in text
    for name, z, p in zip(run.class_names, look.scores, look.probabilities, strict=True):
        assert name in text and digits(z, 4) in text and f"{p:.4f}" in text
    assert f"{shown.shown_scores.auc:.3f}" in text and digits(look.heatmaps[2].max()) in text
