"""The small pictures beside words: every one is drawn, says what it shows, and its numbers are the lab's."""

import json
import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dlcore.vocabulary import ALL_WORDS, edges, named
from dlcore.vocabulary.places import GAP, ROW, places, relations_between
from dlcore.word_pictures import PICTURES, judging, picture
from dlcore.word_pictures.drawing import HEIGHT, WIDTH, Sheet, SmallPicture

TAGS = {"path", "circle", "rect", "text", "polygon"}


def elements(drawn: SmallPicture) -> list[tuple[str, dict]]:
    """Everything that a picture draws, over all its frames."""
    return [*drawn.ground, *(one for frame in drawn.frames for one in frame.elements)]


def frame_at(name: str, value: str) -> str:
    """What a picture says at one value of its knob."""
    drawn = picture(name)
    assert drawn is not None
    (said,) = [frame.said for frame in drawn.frames if frame.value == value]
    return said


def test_about_thirty_words_and_more_have_a_picture_and_all_of_them_are_words() -> None:
    assert len(set(PICTURES.values())) >= 30
    assert [name for name in PICTURES if named(name, ALL_WORDS) is None] == []
    assert picture("Epoch") is None


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_whole_and_says_what_it_shows(name: str) -> None:
    drawn = picture(name)
    assert drawn is not None and drawn.alt.endswith(".")
    assert 0 <= drawn.start < len(drawn.frames) and bool(drawn.knob) == (len(drawn.frames) > 1)
    assert all(frame.said and (frame.value or not drawn.knob) for frame in drawn.frames)
    assert len({frame.value for frame in drawn.frames}) == len(drawn.frames)
    assert {tag for tag, _ in elements(drawn)} <= TAGS
    numbers = [
        float(text)
        for tag, given in elements(drawn)
        if tag != "text"
        for key in ("d", "points", "cx", "cy", "x", "y", "width", "height")
        for text in re.findall(r"-?[\d.]+|nan|inf", str(given.get(key, "")))
    ]
    assert numbers and all(math.isfinite(n) and -1 <= n <= max(WIDTH, HEIGHT) + 1 for n in numbers)
    assert not [given for tag, given in elements(drawn) if tag == "path" and not given["d"]]
    assert len(json.dumps(drawn.to_data())) < 120_000  # bytes on the way to a phone


def test_what_lies_outside_the_window_is_left_out_and_not_drawn_along_its_edge() -> None:
    sheet = Sheet((0, 1), (0, 1))
    _, drawn = sheet.curve([0, 0.4, 0.5, 0.6, 1], [0.5, 0.5, 7, 0.5, np.nan], "#000000")
    assert drawn["d"].count("M") == 2 and drawn["d"].count("L") == 1


def test_pictures_say_the_numbers_that_others_compute() -> None:
    p, ill = judging.scored()
    called = p >= 0.5
    sensitivity, specificity = called[ill].mean(), (~called[~ill]).mean()
    said = frame_at("Sensitivity", "0.5")
    assert said.startswith(f"sensitivity {sensitivity:.0%}, specificity {specificity:.0%}")
    assert frame_at("AUC", "2") == f"AUC {roc_auc_score(ill, p):.3f}"
    assert frame_at("Softmax", "1") == "0.69, 0.254, 0.0566"
    assert "50% where 1% are ill" in frame_at("Precision", "99.0%")
    assert frame_at("Receptive field", "3") == "7 × 7 pixels"
    assert frame_at("Dilation", "2") == "12 pixels in, 8 out; reach 5"
    assert frame_at("Neuron", "1") == "½ at x = −1"
    assert "needs at least 15" in frame_at("Universal approximation", "4")


def test_the_rule_of_the_best_constant_rate_counts_the_steps() -> None:
    """Each direction shrinks by (κ − 1)/(κ + 1) a step: the picture's count is where that passes a hundredth."""
    drawn = picture("Condition number")
    assert drawn is not None
    for frame in drawn.frames[1:]:
        condition = float(frame.value)
        shrinks = (condition - 1) / (condition + 1)
        assert frame.said.startswith(f"{math.ceil(math.log(0.01) / math.log(shrinks))} step")


# --- the map -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [350, 600, 1000])
def test_no_label_of_the_map_lies_on_another_or_outside(width: int) -> None:
    drawn = places(ALL_WORDS, width)
    by = np.abs(drawn.middle[:, None] - drawn.middle[None])
    wide = (drawn.labels[:, None] + drawn.labels[None]) / 2
    over = (by[..., 0] < wide + GAP / 2) & (by[..., 1] < ROW) & ~np.eye(len(ALL_WORDS), dtype=bool)
    assert not over.any()
    assert (drawn.middle[:, 0] - drawn.labels / 2 > -0.1).all()
    assert (drawn.middle[:, 0] + drawn.labels / 2 < width + 0.1).all()
    assert (drawn.middle[:, 1] >= ROW / 2).all() and (drawn.middle[:, 1] <= drawn.height).all()


def test_related_words_lie_nearer_to_each_other_than_others() -> None:
    drawn = places(ALL_WORDS, 1000)
    place = {word.name: i for i, word in enumerate(ALL_WORDS)}
    away = np.linalg.norm(drawn.middle[:, None] - drawn.middle[None], axis=2)
    related = [away[place[a], place[b]] for a, b in edges(ALL_WORDS)]
    assert np.median(related) < 0.5 * np.median(away[np.triu_indices(len(away), 1)])
    apart = relations_between(ALL_WORDS)
    assert np.isfinite(apart).all() and (apart == apart.T).all()
    assert (apart == 1).sum() == 2 * len(edges(ALL_WORDS))


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_map_of_a_few_words_is_a_map(count: int) -> None:
    drawn = places(ALL_WORDS[:count], 350)
    assert np.isfinite(drawn.middle).all() and len({tuple(one) for one in drawn.middle.tolist()}) == count


# --- on the page -------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_word_is_opened_by_a_click_and_its_knob_moves_its_picture(open_page: Callable) -> None:
    page = open_page("the-vocabulary")
    page.get_by_role("button", name="Softmax Turns scores").click()
    page.get_by_role("heading", name="Softmax", exact=True).wait_for()
    page.wait_for_function("location.search.includes('vocabulary_term=softmax')")
    knob = page.get_by_role("slider", name="T", exact=True)
    knob.focus()
    knob.press("Home")
    page.get_by_text("1, 4.54·10⁻⁵").wait_for()  # at T = 0.1 the largest score has nearly all
    assert knob.get_attribute("aria-valuetext") == "0.1"


@pytest.mark.browser
def test_the_map_opens_a_word_and_shows_its_relations(open_page: Callable) -> None:
    page = open_page("the-vocabulary?vocabulary_view=Map", width=390, height=844)
    page.get_by_role("button", name="Momentum", exact=True).click()
    page.get_by_role("heading", name="Momentum", exact=True).wait_for()
    page.get_by_text("Related to").first.wait_for()
    page.wait_for_function("document.querySelector('#momentum').getBoundingClientRect().top < innerHeight")
    assert page.locator("path.looked").count() == len([1 for pair in edges(ALL_WORDS) if "Momentum" in pair])
