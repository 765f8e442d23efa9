"""Pictures in plain HTML: tiles with captions, shares with intervals, a prediction beside its answer."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import ROOT
from streamlit.testing.v1 import AppTest

from dlcore.evaluation.composition import Composition
from ui.course.comparison import scale


def drawn(script: str) -> ElementTree.Element:
    """What the script's only st.html holds."""
    app = AppTest.from_string(script).run()
    assert not app.exception
    (node,) = app.main.children.values()
    return ElementTree.fromstring(re.sub(r"(<img [^>]*|<br)>", r"\1/>", node.proto.body))


def places(element: ElementTree.Element) -> dict[str, float]:
    """Percentages of an element's style, by property; right is counted from the left."""
    style = str(element.get("style"))
    found = {name: float(share) for name, share in re.findall(r"([\w-]+): (-?[\d.]+)%", style)}
    if right := re.search(r"right: calc\(100% - (-?[\d.]+)%\)", style):
        found["right"] = float(right[1])
    return found


def test_tiles_carry_each_picture_with_its_caption_and_nothing_of_a_caption_acts() -> None:
    made = drawn(
        "import numpy as np\nfrom ui.frame.tiles import tiles\n"
        "tiles(np.zeros((3, 4, 5, 3), np.uint8), ['a', '<b>&', 'c\\nd'], 'three \"black\"', wrong=[1])"
    )
    assert made.get("aria-label") == 'three "black"'
    assert [one.text for one in made.iter("figcaption")] == ["a", "<b>&", "c\nd"]
    assert [one.get("class") for one in made.iter("figure")] == ["plain", "wrong", "plain"]
    assert all(str(one.get("src")).startswith("data:image/png;base64,") for one in made.iter("img"))


@pytest.mark.parametrize(
    "counts", [[[90, 10], [9, 1], [8, 2]], [[1, 0], [1, 0], [0, 1]], [[999, 1], [99, 1], [100, 0]]]
)
def test_intervals_lie_where_their_numbers_are_on_the_axis_that_is_written_below(
    counts: list[list[int]],
) -> None:
    made = drawn(
        "import numpy as np\nfrom dlcore.evaluation.composition import Composition\n"
        "from ui.frame.rows_of_intervals import rows_of_intervals\n"
        f"found = Composition(('a', 'b'), np.array({counts}))\n"
        "parts = [(name, name) for name in ('train', 'validation', 'test')]\n"
        "rows_of_intervals(found.class_names, parts, found.counts, *found.intervals, 'shares')"
    )
    found = Composition(("a", "b"), np.array(counts))
    by_class = {name: [one for one in made.iter() if one.get("class") == name] for name in ("axis", "bar")}
    ticks = {float(str(one.text).strip("%")): places(one)["left"] for one in by_class["axis"][0]}
    assert 2 <= len(ticks) <= 7 and ticks[0] == 0 and max(ticks.values()) == 100
    per_point = 100 / max(ticks)  # of the track, for one percentage point
    np.testing.assert_allclose(list(ticks.values()), [tick * per_point for tick in ticks], atol=0.01)
    at = [places(one) for one in by_class["bar"]]
    low, high = found.intervals
    for told, ends in (("left", low), ("right", high)):
        np.testing.assert_allclose(
            [one[told] for one in at], 100 * ends.T.ravel() * per_point, atol=0.01, err_msg=told
        )
    assert all(0 <= one["left"] <= one["right"] <= 100 for one in at)
    signs = [one for one in made.iter() if one.get("class") == "at" and one.text in ("●", "◆", "■")]
    np.testing.assert_allclose(
        [places(one)["left"] for one in signs], 100 * found.shares.T.ravel() * per_point, atol=0.01
    )


@pytest.mark.parametrize(("given", "expected"), [(3.0, 2.5), (2.5, 2.5), (-1e6, 1e-3), (0.0, 0.0)])
def test_prediction_and_answer_stand_in_their_order_on_the_line(given: float, expected: float) -> None:
    made = ElementTree.fromstring(scale(given, expected, 0.02).replace("<br>", "<br/>"))
    place = {str(one.get("class")).split()[-1]: places(one) for one in made.iter("span")}
    assert all(0 <= share <= 100 for one in place.values() for share in one.values())
    assert np.sign(place["given"]["left"] - place["answer"]["left"]) == np.sign(given - expected)
    assert place["near"]["left"] <= place["answer"]["left"] <= place["near"]["right"]


def test_streamlits_html_is_given_nothing_that_it_leaves_out() -> None:
    """Its sanitizer takes SVG and MathML away without a word: a lesson's drawing was never seen."""
    rooms = [path for path in (ROOT / "ui").rglob("*.py") if path.parent.name != "site"]
    senders = [path for path in rooms if "st.html(" in path.read_text(encoding="utf-8")]
    assert senders
    assert not [path for path in senders if re.search("<(svg|math)", path.read_text(encoding="utf-8"))]


def test_names_beside_intervals_are_text_whatever_they_hold() -> None:
    made = drawn(
        "import numpy as np\nfrom ui.frame.rows_of_intervals import rows_of_intervals\n"
        "counts = np.array([[3, 1]])\n"
        "rows_of_intervals(['<b>', '\"&'], [('<i>', 'train')], counts, counts / 9, counts / 4, '<u>\"')"
    )
    assert made.get("aria-label") == '<u>"' and not [one for one in made.iter() if one.tag in ("b", "i", "u")]
    names = [one.text for one in made.iter() if str(one.get("class")).startswith("name")]
    assert names == ["<b>", '"&']
