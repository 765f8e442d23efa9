"""The sliding filter in a real browser: its second copy of the formulas, keys, pointer, typing, no traffic."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import drawn, in_browser, rested

from dlcore.convolution.kernels import vertical_edge
from dlcore.convolution.sliding import Geometry, convolve, grey, patch, problem
from ui.convolution.sliding_filter import pixels

pytestmark = pytest.mark.browser


def test_the_browser_slides_as_dlcore_does_at_200_random_states(chromium: object) -> None:
    rng = np.random.default_rng(0)
    states = []
    while len(states) < 200:
        low, high = (1, 1, 0, 1), (8, 5, 7, 4)
        g = Geometry(*(int(v) for v in rng.integers(low, high)))
        rows, cols = (int(v) for v in rng.integers(3, 15, 2))
        if not problem(min(rows, cols), g):
            states.append((rng.random((rows, cols)), rng.normal(size=(g.k, g.k)), g))
    sent = [
        [x.ravel().tolist(), *x.shape, w.ravel().tolist(), {"k": g.k, "s": g.s, "p": g.p, "d": g.d}]
        for x, w, g in states
    ]
    run = """(m, all) => all.map((state) => {
        const map = m.slide(...state), at = m.cellAt(...state, map.m - 1, 0);
        return { m: map.m, n: map.n, z: [...map.z], patch: at.patch, products: at.products, at: at.z };
    })"""
    context = chromium.new_context()  # type: ignore[attr-defined]
    found = in_browser(context.new_page(), ("convolution/sliding.js",), run, sent)
    context.close()
    for (x, w, g), got in zip(states, found, strict=True):
        z = convolve(x, w, g)
        assert (got["m"], got["n"]) == z.shape
        np.testing.assert_allclose(np.reshape(got["z"], z.shape), z, atol=1e-12)
        seen = patch(x, g, z.shape[0] - 1, 0)
        np.testing.assert_allclose(got["patch"], seen.ravel(), atol=0)
        np.testing.assert_allclose(got["products"], (seen * w).ravel(), atol=0)
        assert got["at"] == pytest.approx(z[-1, 0], abs=1e-12)


def state_of(page: object) -> dict[str, str]:
    return page.locator(".root[data-draws]").evaluate("(e) => ({...e.dataset})")  # type: ignore[attr-defined]


def count_messages(page: object) -> None:
    """From now on window.sent counts what the page sends to the server."""
    page.evaluate("""() => {
        const send = WebSocket.prototype.send;
        window.sent = 0;
        WebSocket.prototype.send = function (message) { window.sent++; return send.call(this, message); };
    }""")  # type: ignore[attr-defined]


def opened(open_page: Callable, path: str = "convolution-explorer", **options: object) -> object:
    page = open_page(path, **options)
    page.wait_for_selector(".root[data-draws]")
    # What loads late pushes the pictures about; whoever points at a cell waits until they stay in one place.
    canvas, boxes = page.locator(".maps canvas").nth(1), [None]
    while len(boxes) < 6 or len({str(box) for box in boxes[-5:]}) > 1:
        assert len(boxes) < 100, "the picture never comes to rest"
        page.wait_for_timeout(100)
        boxes.append(canvas.bounding_box())
    return page


def test_keys_move_the_filter_and_the_cell_stays_in_the_link(open_page: Callable) -> None:
    page = opened(open_page)
    count_messages(page)
    first = [int(v) for v in state_of(page)["cell"].split(",")]
    canvas = page.locator(".maps canvas").first
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        canvas.press(key)
    drawn(page)
    assert page.evaluate("window.sent") == 0
    i, j = first[0] + 1, first[1] + 2
    state = state_of(page)
    assert state["cell"] == f"{i},{j}"
    z = convolve(grey(pixels("neutrophil")), vertical_edge(3), Geometry())
    assert float(state["z"]) == pytest.approx(z[i, j], abs=1e-12)
    rested(page)
    assert f"convolution_cell={i}%2C{j}" in page.url
    canvas.press("End")
    drawn(page)
    assert state_of(page)["cell"] == f"{z.shape[0] - 1},{z.shape[1] - 1}"


def test_pointing_shows_a_cell_and_sends_nothing_and_playing_moves(open_page: Callable) -> None:
    page = opened(open_page, motion=True)
    count_messages(page)
    box = page.locator(".maps canvas").nth(1).bounding_box()
    side = box["width"] / 26
    for k in range(5):
        page.mouse.move(box["x"] + (3.5 + k) * side, box["y"] + 7.5 * side)
    page.wait_for_timeout(700)  # long enough for a message, if there were one
    first = page.locator(".sum").inner_text()
    assert first.startswith("z[7, 7] = ") and page.evaluate("window.sent") == 0
    page.locator(".tile .grid div").nth(4).hover()
    drawn(page)
    assert page.locator(".grid .tap").count() == 3  # patch, filter and product, linked
    page.get_by_role("button", name="To the first cell").click()
    rested(page)
    sent = page.evaluate("window.sent")
    page.get_by_role("button", name="Play or pause").click()
    page.locator(".root[data-draws]:not([data-cell='0,0'])").wait_for()
    page.wait_for_timeout(600)
    assert page.evaluate("window.sent") == sent
    page.get_by_role("button", name="Play or pause").click()
    rested(page)
    assert state_of(page)["playing"] == "false" and "convolution_cell=" in page.url


def test_a_typed_filter_is_used_at_once_and_stays_in_the_link(open_page: Callable) -> None:
    page = opened(open_page, "convolution-explorer?convolution_kernel=your+own&convolution_cell=5,6")
    before = float(state_of(page)["z"])
    field = page.get_by_label("weight, row 1, column 1")
    field.fill("2.5")
    drawn(page)
    w = vertical_edge(3)
    w[1, 1] = 2.5
    z = convolve(grey(pixels("neutrophil")), w, Geometry())[5, 6]
    assert float(state_of(page)["z"]) == pytest.approx(z, abs=1e-12) != before
    rested(page)
    assert "convolution_own=-1%2C0%2C1%2C-2%2C2.5" in page.url
    again = opened(open_page, page.url.split("/", 3)[3])
    assert float(state_of(again)["z"]) == pytest.approx(z, abs=1e-12)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_picture_fits_in_the_dark(width: int, open_page: Callable) -> None:
    page = opened(open_page, "convolution-explorer?convolution_k=7", dark=True, width=width)
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width
    for canvas in page.locator(".maps canvas").all():
        box = canvas.bounding_box()
        assert box["width"] > 120 and box["height"] > 120
        assert "output" in canvas.get_attribute("aria-label").lower()
