"""Takes the README's pictures from the running app: a fresh server, one real training, every page once."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser_ready import system_browser  # noqa: E402
from conftest import CHROMIUM_FLAGS, settle, start_server, stop_server  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PAGES = {
    "neuron": "neuron-playground",
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
        finally:
            browser.close()
            stop_server(server)


if __name__ == "__main__":
    main()
