"""Frames a second while a hand drags, in a real browser: the race, the neuron, the CNN under the brush, the network.

    python -m benchmarks.frames

The pointer moves once a frame; a headless browser draws at most 60 of them a second. Nothing else should run.
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.load import server
from dlcore.optimizers import RULES

FRAMES = 180
EVERY_RACER = urlencode([("optimizers_racers", rule.title) for rule in RULES.values()])
# What is dragged: page, selector, goal in frames a second.
DRAGGED = {
    "race, 4 racers × 300 steps": ("optimizer-race?optimizers_steps=300", ".map canvas", 50),
    "race, 12 racers × 300 steps": (f"optimizer-race?optimizers_steps=300&{EVERY_RACER}", ".map canvas", 30),
    "one neuron": ("neuron-playground", ".plane canvas", 60),
    "the CNN's maps under the brush": (
        "convolution-explorer?convolution_tab=Inside+a+trained+CNN",
        ".seen canvas",
        60,
    ),
}
PLAYED = {
    "small network, 4-2": ("small-network", 60),
    "small network, six layers of 8": ("small-network?network_layers=8-8-8-8-8-8", 30),
}
DRAG = """async (canvas, n) => {
  const box = canvas.getBoundingClientRect();
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  const send = (type, dx, dy) =>
    canvas.dispatchEvent(
      new PointerEvent(type, {
        bubbles: true, composed: true, clientX: x + dx, clientY: y + dy, pointerId: 1, isPrimary: true,
        button: 0, buttons: type === "pointerup" ? 0 : 1, pointerType: "mouse",
      }),
    );
  const drawn = canvas.closest("[data-draws]");
  const before = Number(drawn.dataset.draws);
  const times = [];
  send("pointerdown", 0, 0);
  for (let k = 0; k < n; k++) {
    times.push(await new Promise(requestAnimationFrame));
    send("pointermove", 80 * Math.cos(k / 10), 60 * Math.sin(k / 10));
  }
  send("pointerup", 80, 0);
  return [times, Number(drawn.dataset.draws) - before];
}"""
WATCH = """async (n) => {
  const times = [];
  for (let k = 0; k < n; k++) times.push(await new Promise(requestAnimationFrame));
  return times;
}"""


def rate(times: list[float]) -> float:
    """Frames a second, by the median of their distances in ms."""
    return 1000 / float(np.median(np.diff(times)))


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folders = {"DLCORE_RUNS": f"{place}/runs", "DLCORE_DATA": f"{place}/data"}
        with server(Path(place), **folders) as (address, _):
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for name, (path, selector, goal) in DRAGGED.items():
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(f"{address}/{path}")
                canvas = page.locator(selector).first
                canvas.wait_for()
                page.wait_for_timeout(6000)
                times, drawn = canvas.evaluate(DRAG, FRAMES)
                rows.append((name, rate(times), f"{drawn} of {FRAMES}", goal))
                page.close()
            for name, (path, goal) in PLAYED.items():
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(f"{address}/{path}")
                page.wait_for_timeout(6000)
                page.get_by_role("button", name="Play or pause").click()
                rows.append((name, rate(page.evaluate(WATCH, FRAMES)), "", goal))
                page.close()
            browser.close()
    print(
        f"Load average {os.getloadavg()[0]:.1f}.\n\n| picture | frames a second | drawn | goal |\n|---|---|---|---|"
    )
    for name, found, drawn, goal in rows:
        print(f"| {name} | {found:.0f} | {drawn} | ≥ {goal} |")


if __name__ == "__main__":
    main()
