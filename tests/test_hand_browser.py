"""A trained network in the hand, in a real browser: the brush, the numbers of one value, keys, epochs, no traffic."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from conftest import drawn, in_browser, rested
from test_convolution_browser import count_messages
from test_hand_engine import some_network

from dlcore import models, training
from dlcore.convolution import network_opened
from dlcore.convolution.portable import portable, text_of
from dlcore.data import load
from dlcore.data.cells import MARKERS
from dlcore.runs import Recipe
from dlcore.store.store import Store

pytestmark = pytest.mark.browser
RECIPE = Recipe(dataset="cells", epochs=1, subset=60, width=4, batch_size=30)
ADDRESS = "convolution-explorer?convolution_tab=Inside+a+trained+CNN&convolution_run=" + RECIPE.key
ROWS = COLS = 28


@pytest.fixture(scope="module")
def run(own_folders: None) -> Iterator[Any]:
    found = training.fit(RECIPE)
    Store().publish(found)
    yield found
    Store().delete(found.key)


# --- the brush ---------------------------------------------------------------------------------------------

STROKES = """(m, { image, shape, text, markers }) => {
    const strokes = m.read(text), bytes = Uint8Array.from(image);
    return { text: m.written(strokes), pixels: [...m.painted(bytes, shape, strokes, bytes, markers)] };
}"""


def painted(page: object, image: np.ndarray, text: str) -> np.ndarray:
    """The image after the strokes of an address, in the browser; the text is written as it was read."""
    shape = [image.shape[2] if image.ndim == 3 else 1, *image.shape[:2]]
    told = {"image": image.ravel().tolist(), "shape": shape, "text": text, "markers": MARKERS}
    found = in_browser(page, ("hand/strokes.js",), STROKES, told)
    assert found["text"] == text
    return np.array(found["pixels"], np.uint8).reshape(image.shape)


def changed(after: np.ndarray, before: np.ndarray) -> list[list[int]]:
    """Rows and columns where the images differ."""
    return np.argwhere((after != before).reshape(*before.shape[:2], -1).any(axis=2)).tolist()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 255, (ROWS, COLS, 3)).astype(np.uint8)


def test_paint_covers_the_way_between_two_points(blank: object, image: np.ndarray) -> None:
    # B = size 1, C = black (option 2); from row 5, column 3 to row 5, column 9
    black = painted(blank, image, "pBCFDFJ")
    assert changed(black, image) == [[5, j] for j in range(3, 10)] and not black[5, 3:10].any()
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    ground = painted(blank, image, "pDAHH")[7, 7]  # the background: the median along the border
    np.testing.assert_array_equal(ground, np.sort(border, axis=0)[len(border) // 2])
    picked = painted(blank, image, "pBBFDFG")  # the color where the brush came down
    np.testing.assert_array_equal(picked[5, 3:7], np.repeat(image[5, 3][None], 4, axis=0))


def test_blur_is_opencvs_with_the_same_kernel(blank: object, image: np.ndarray) -> None:
    kernel = np.array([1, 6, 15, 20, 15, 6, 1]) / 64
    whole = cv2.sepFilter2D(image, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    after = painted(blank, image, "bFAAAPP")
    for i, j in changed(after, image):
        assert np.abs(after[i, j] - whole[i, j]).max() <= 0.5 + 1e-9
    assert len(changed(after, image)) > 60


def test_move_takes_the_disc_along_and_the_marker_is_the_shortcut_sets(
    blank: object, image: np.ndarray
) -> None:
    moved = painted(blank, image, "mDAFFPP")  # 3 pixels across, from (5, 5) to (15, 15)
    np.testing.assert_array_equal(moved[14:17, 14:17], image[4:7, 4:7])
    assert len({tuple(v) for v in moved[4:7, 4:7].reshape(-1, 3)}) == 1  # the hole has one color
    plain = np.zeros((ROWS, COLS, 3), np.uint8)
    marked = painted(blank, plain, "kDDCC")  # class 3, in the corner where the shortcut set has it
    np.testing.assert_array_equal(
        marked[1:4, 1:4], np.broadcast_to(np.array(MARKERS[3], np.uint8), (3, 3, 3))
    )
    assert len(changed(marked, plain)) == 9


def test_noise_is_the_same_again_and_another_seed_gives_another(blank: object, image: np.ndarray) -> None:
    once, again, other = (painted(blank, image, text) for text in ("nJFPP", "nJFPP", "nJGPP"))
    assert (once == again).all() and (once != other).any()
    far = np.abs(once.astype(int) - image).max()
    assert 40 < far <= 80


def test_what_is_no_stroke_is_left_out_and_a_gray_image_can_be_painted(blank: object) -> None:
    found = in_browser(
        blank, ("hand/strokes.js",), "(m) => ['x', 'pFA', 'pFAD', '', 'pFA..', '🦠'].map(m.read)"
    )
    assert found == [[]] * 6
    gray = np.full((8, 8), 90, np.uint8)
    assert changed(painted(blank, gray, "pDDDD.bDAEE"), gray)


# --- one value taken apart ---------------------------------------------------------------------------------

APART = """(m, { layers, weights, shape, image, places }) => {
    const net = m.networkOf(layers, m.floats(weights), shape), x = m.inputOf(image, shape);
    const values = m.forward(net, x), blocks = m.blocksOf(net);
    return places.map(([g, o, i, j]) => {
        const block = blocks[g], l = block.layers.at(-1), found = m.takenApart(net, values, x, block, o, i, j);
        const [, rows, cols] = net.layers[l].to;
        const spans = [m.spanOf(net, l, i, shape[1]), m.spanOf(net, l, j, shape[2])];
        return { ...found, value: values[l][(o * rows + i) * cols + j], name: net.layers[l].name, spans };
    });
}"""


@pytest.mark.parametrize("name", ["four blocks", "flat head", "MLP"])
def test_the_sum_and_the_steps_of_a_value_lead_to_the_value(name: str, blank: object) -> None:
    model, imageset = some_network(name)
    sent, image = portable(model), imageset.images[0]
    depth = {"four blocks": 5, "flat head": 3, "MLP": 2}[name]
    places = [[g, o, 0, 0] for g in range(depth) for o in (0, 3)]
    told = {"layers": sent.layers, "weights": text_of(sent.weights), "shape": [3, 28, 28]}
    told |= {"image": image.ravel().tolist(), "places": places}
    found = in_browser(blank, ("hand/engine.js", "hand/cell.js"), APART, told)
    for one in found:
        z = sum(part["sum"] for part in one["parts"]) + one.get("bias", 0)
        assert z == pytest.approx(one["z"], abs=1e-9)
        assert not one.get("zs") or max(one["zs"]) == one["z"]
        if norm := one.get("norm"):
            root = (norm["variance"] + norm["eps"]) ** 0.5
            z = (one["z"] - norm["mean"]) / root * norm["gamma"] + norm["shift"]
            assert z == pytest.approx(one["n"], abs=1e-9)
        assert max(0.0, z) == pytest.approx(one["value"], abs=1e-9) == one["a"]
    if name == "MLP":
        return
    fields = {layer.name: layer.field for layer in network_opened.feature_maps(model, image)}
    for one in found:
        assert [list(fields[one["name"]].span(0, 28))] * 2 == one["spans"]


# --- on the page -------------------------------------------------------------------------------------------


def opened(open_page: Callable[..., Any], more: str = "", **options: Any) -> Any:
    page = open_page(ADDRESS + more, **options)
    page.set_default_timeout(30_000)
    page.locator(".root[data-draws] .class").first.wait_for()
    page.get_by_text("for exactly these pixels").wait_for()
    return page


def logits(page: Any) -> list[float]:
    text = page.locator(".root[data-draws]").get_attribute("data-logits")
    return [float(value) for value in text.split(",")]


def draw(page: Any, *points: tuple[int, int]) -> None:
    """A stroke of the mouse over these rows and columns of the image."""
    box = page.locator(".seen canvas").first.bounding_box()
    side = box["width"] / COLS
    for k, (i, j) in enumerate(points):
        page.mouse.move(box["x"] + (j + 0.5) * side, box["y"] + (i + 0.5) * side)
        if not k:
            page.mouse.down()
    drawn(page)


def test_everything_follows_the_brush_without_traffic_and_the_link_keeps_it(
    open_page: Callable[..., Any], run: Any
) -> None:
    page = opened(open_page)
    before, index = logits(page), int(run.val_index[0])
    image = load("cells").images[index]
    with torch.inference_mode():
        expected = models.load(run)(models.preprocess(image[None]))[0].tolist()
    assert before == pytest.approx(expected, abs=1e-4)
    count_messages(page)
    draw(page, (10, 8), (10, 20), (18, 20))
    after = logits(page)
    assert after != before and page.evaluate("window.sent") == 0
    name, by = run.class_names[int(np.argmax(before))], after[int(np.argmax(before))] - max(before)
    way = "falls" if by < 0 else "rises"
    sentence = page.locator(".sentence").inner_text()
    assert sentence.startswith(f"Without this spot the logit of {name} {way} by {abs(by):.3g}"[:50])
    page.mouse.up()
    rested(page)
    assert "convolution_strokes=pFA" in page.url
    assert page.get_by_text("for exactly these pixels").count() == 1
    assert page.get_by_text("They should agree").count() == 0
    again = opened(open_page, page.url.split(RECIPE.key)[1])
    assert logits(again) == pytest.approx(after, abs=1e-12)
    page.get_by_role("button", name="Take the last stroke back").click()
    rested(page)
    assert logits(page) == before and "convolution_strokes" not in page.url


def test_the_original_is_shown_and_the_strokes_come_back(open_page: Callable[..., Any], run: Any) -> None:
    page = opened(open_page, "&convolution_strokes=pJCOO")
    after = logits(page)
    page.get_by_role("button", name="Original").click()
    drawn(page)
    before = logits(page)
    assert before != after and page.locator(".sentence").inner_text().startswith("The original")
    page.get_by_role("button", name="Original").click()
    drawn(page)
    assert logits(page) == after


def test_keys_paint_open_a_map_and_choose_a_value(open_page: Callable[..., Any], run: Any) -> None:
    page = opened(open_page)
    before = logits(page)
    image = page.locator(".seen canvas").first
    image.focus()
    for key in ("ArrowUp", "ArrowLeft", " "):
        image.press(key)
    drawn(page)
    assert logits(page) != before
    image.press("Escape")
    drawn(page)
    assert logits(page) == before
    column = page.locator(".column canvas").nth(1)
    column.focus()
    column.press("ArrowRight")
    column.press("Enter")
    drawn(page)
    assert page.locator(".turn .name").inner_text() == "block 2, map 1"
    large = page.locator(".map canvas")
    large.focus()
    labels = set()
    for key in ("ArrowUp", "ArrowDown", "ArrowDown"):
        large.press(key)
        drawn(page)
        labels.add(large.get_attribute("aria-label"))
    assert len(labels) >= 2  # at a border one of them leads nowhere
    rested(page)
    assert "convolution_spot=1.1." in page.url
    page.get_by_role("button", name="The next map").click()
    drawn(page)
    assert page.locator(".turn .name").inner_text() == "block 2, map 2"


def test_weights_before_training_are_fetched_once_and_the_class_asked_about_stays(
    open_page: Callable[..., Any], run: Any
) -> None:
    page = opened(open_page)
    after = logits(page)
    page.get_by_role("button", name="eosinophil").click()
    drawn(page)
    assert "Grad-CAM of eosinophil" in page.locator(".seen").inner_text()
    slider = page.get_by_label("Weights after epoch")
    slider.fill("0")
    rested(page)
    page.get_by_text("for exactly these pixels").wait_for()
    with torch.inference_mode():
        start = models.build(RECIPE, load("cells")).eval()
        index = int(run.val_index[0])
        expected = start(models.preprocess(load("cells").images[index][None]))[0].tolist()
    assert logits(page) == pytest.approx(expected, abs=1e-4)
    assert "convolution_epoch=0" in page.url and "convolution_class=3" in page.url
    count_messages(page)
    slider.fill("1")
    drawn(page)
    assert logits(page) == after and page.evaluate("window.sent") <= 1  # at once; told when it rests


def test_a_second_network_answers_to_the_same_brush_and_stays_in_the_link(
    open_page: Callable[..., Any], run: Any
) -> None:
    page = opened(open_page)
    page.get_by_label("Beside it").select_option("beside it: this network before training")
    page.locator(".two .legend").wait_for()
    rested(page)
    assert f"convolution_beside={run.key}" in page.url
    page.get_by_text("the logit that the second network gives").wait_for()
    shares = page.locator(".p.second").all_inner_texts()
    draw(page, (8, 8), (18, 18))
    assert page.locator(".p.second").all_inner_texts() != shares
    assert ". Beside it, this network before training calls it " in page.locator(".sentence").inner_text()
    page.mouse.up()
    rested(page)
    assert page.get_by_text("They should agree").count() == 0
    first, second = (
        page.locator(f".best {bar}").bounding_box() for bar in (".share:not(.second)", ".share.second")
    )
    assert (first["x"], first["width"]) == (second["x"], second["width"])  # one scale for both
    # The same on the Grad-CAM page, without the maps.
    strokes = page.url.split("convolution_strokes=")[1].split("&")[0]
    there = (
        f"?gradcam_tab=Cover+a+spot&gradcam_run={run.key}&gradcam_beside={run.key}&gradcam_strokes={strokes}"
    )
    page = open_page(f"grad-cam-explorer{there}")
    page.locator(".two .legend").wait_for()
    page.get_by_text("for exactly these pixels").wait_for()
    page.get_by_text("the logit that the second network gives").wait_for()
    assert not page.locator(".column canvas").first.is_visible() and not page.locator(".detail").is_visible()
    assert page.get_by_text("They should agree").count() == 0


@pytest.mark.parametrize(("width", "height", "dark"), [(390, 844, True), (1280, 800, False)])
def test_the_first_view_has_image_scores_and_sentence_and_on_a_phone_blocks_stand_below_each_other(
    open_page: Callable[..., Any], run: Any, width: int, height: int, dark: bool
) -> None:
    page = opened(open_page, width=width, height=height, dark=dark)
    for selector in (".seen canvas", ".scores", ".sentence", "button:has-text('Paint')"):
        box = page.locator(selector).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width + 1, selector
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, selector
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    boxes = [column.bounding_box() for column in page.locator(".column canvas").all()]
    below = [b["y"] > a["y"] + a["height"] / 2 for a, b in itertools.pairwise(boxes)]
    assert all(below) if width == 390 else not any(below)
    assert page.locator("[data-testid=stException]").count() == 0
