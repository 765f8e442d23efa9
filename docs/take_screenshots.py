"""Takes the README's pictures from the running app: a fresh server, one real training, every page once, a film."""

import io
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser_ready import system_browser  # noqa: E402
from conftest import CHROMIUM_FLAGS, settle, start_server, stop_server  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PAGES = {
    "neuron": "neuron-playground",
    "network": "small-network",
    "backprop": "backprop-stepper",
    "optimizers": "optimizer-race",
    "training": "training-dashboard",
    "convolution": "convolution-explorer",
    "gradcam": "grad-cam-explorer",
    "vocabulary": "the-vocabulary",
    "lessons": "all-lessons",
    "quiz": "test-yourself",
}


def train_a_network(page: Page, base: str) -> None:
    """The example that the page opens with, so that later pages have a run to show."""
    page.goto(f"{base}/training-dashboard")
    settle(page)
    page.get_by_role("button", name="Train, about").click()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_text("Check · validation AUC").wait_for(timeout=300_000)


def take(page: Page, base: str, path: str, name: str) -> None:
    page.goto(f"{base}/{path}")
    settle(page)
    page.wait_for_timeout(4000)  # charts draw after the script has come to rest
    page.screenshot(path=PICTURES / f"{name}.png")


# --- the film ----------------------------------------------------------------------------------------------

FILM = ViewportSize(width=1100, height=690)
SECONDS = 0.14  # a frame
STEPS = 22  # frames of a scene


def opened(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    page.locator(".root[data-draws]").first.wait_for()
    page.wait_for_timeout(3000)


def drags(page: Page, handle: Locator, way: list[tuple[float, float]]) -> Iterator[None]:
    """A hand that takes the handle's middle along these offsets, a frame each."""
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in way:
        page.mouse.move(x + dx, y + dy)
        yield
    page.mouse.up()


def scenes(page: Page, base: str) -> Iterator[None]:
    """One neuron is dragged, a small network learns, racers follow their start, a cell is painted over."""
    circle = [2 * math.pi * k / STEPS for k in range(STEPS)]
    opened(page, f"{base}/neuron-playground")
    yield from drags(
        page, page.locator(".handle.tip"), [(45 * math.sin(t), 30 * (1 - math.cos(t))) for t in circle]
    )
    opened(page, f"{base}/small-network?network_data=circle&network_epoch=0")
    page.get_by_role("button", name="Back to the same initial weights").click()
    page.get_by_label("Speed").select_option("15")
    page.get_by_role("button", name="Play or pause").click()
    for _ in range(STEPS):
        page.wait_for_timeout(120)
        yield
    opened(page, f"{base}/optimizer-race")
    yield from drags(
        page, page.locator(".map canvas").first, [(-110 * math.sin(t), 60 * math.sin(2 * t)) for t in circle]
    )
    opened(page, f"{base}/convolution-explorer?convolution_tab=Inside+a+trained+CNN")
    page.get_by_label("Brush size").select_option("7")
    yield from drags(
        page, page.locator(".seen canvas").first, [(60 - 5 * k, -40 + 4 * k) for k in range(STEPS)]
    )


def film(page: Page, base: str) -> None:
    """The lab moving, in one picture."""
    frames = []
    for _ in scenes(page, base):
        shot = Image.open(io.BytesIO(page.screenshot()))
        frames.append(shot.convert("RGB").resize((880, 552), Image.Resampling.LANCZOS))
    first, *others = frames
    milliseconds = round(1000 * SECONDS)
    first.save(
        PICTURES / "moving.webp",
        save_all=True,
        append_images=others,
        duration=milliseconds,
        loop=0,
        quality=72,
        method=6,
    )


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ |= {"DLCORE_RUNS": f"{folder}/runs", "DLCORE_DATA": f"{folder}/data"}
        server, base = start_server()
        browser = playwright.chromium.launch(executable_path=system_browser(), args=CHROMIUM_FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            take(page, base, "", "home")
            train_a_network(page, base)
            trained = page.url.split("?")[-1]
            for name, path in PAGES.items():
                take(page, base, f"{path}?{trained}" if name == "training" else path, name)
            dark = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="dark")
            take(dark, base, PAGES["gradcam"], "gradcam-dark")
            film(browser.new_page(viewport=FILM), base)
        finally:
            browser.close()
            stop_server(server)


if __name__ == "__main__":
    main()
