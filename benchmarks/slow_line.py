"""A phone on a slow line, 1.6 Mbit/s, 150 ms, a quarter of the processor: what it fetches, how long it waits.

    python -m benchmarks.slow_line

A real browser with an empty cache visits the first page, then goes through the menu. A page's text stands when
its title does; its picture when a component has drawn or a chart is there. Bytes are those on the line, compressed,
messages of the WebSocket included. Nothing else should run.
"""

import base64
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.load import server

BYTES_A_SECOND, LATENCY, SLOWER = 1.6e6 / 8, 150, 4
FIRST = (700, 5.0)  # kB of a first visit, seconds until something can be touched
THEN = (400, 1.0, 2.5)  # kB of a further page, seconds until its text and until its picture
PICTURE = "svg[role=img], .graph > svg, canvas, .js-plotly-plot .main-svg, .tiles img"
# Pages of the menu; those without a picture of their own have only a text.
PAGES = {
    "Neuron playground": True,
    "Small network": True,
    "Backprop stepper": True,
    "Optimizer race": True,
    "Training dashboard": True,
    "Convolution explorer": True,
    "Grad-CAM explorer": True,
    "Vocabulary": False,
    "Test yourself": False,
    "Lessons": False,
}


class Line:
    """What has come over the line to one page so far, in bytes."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: self._add(event["encodedDataLength"]))
        session.on("Network.webSocketFrameReceived", lambda event: self._add(_length(event["response"])))
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def _add(self, count: float) -> None:
        self.bytes += int(count)


def _length(frame: dict[str, Any]) -> int:
    """Bytes of a message, which comes as base64 unless it is text (opcode 1)."""
    text = frame["payloadData"]
    return len(text.encode()) if frame["opcode"] == 1 else len(base64.b64decode(text))


def visits(page: Page, address: str) -> Iterator[tuple[str, float, float, float | None]]:
    """(page, kB, seconds until the text, until the picture) of the first page, then of every page of the menu."""
    line = Line(page)
    begin = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("h1, h2").first.wait_for()
    text = time.perf_counter() - begin
    page.locator(PICTURE).first.wait_for()
    picture = time.perf_counter() - begin
    page.wait_for_timeout(8000)  # what comes later belongs to the visit as well
    yield "first visit", line.bytes / 1e3, text, picture
    for title, has_picture in PAGES.items():
        page.get_by_test_id("stExpandSidebarButton").click()
        link = page.get_by_role("link", name=title, exact=True).first
        link.wait_for()
        page.wait_for_timeout(1500)
        before, begin = line.bytes, time.perf_counter()
        link.click()
        page.get_by_role("heading", name=title, exact=True).first.wait_for()
        text, seen = time.perf_counter() - begin, None
        if has_picture:
            page.locator(PICTURE).first.wait_for()
            seen = time.perf_counter() - begin
        page.wait_for_timeout(6000)
        yield title, (line.bytes - before) / 1e3, text, seen


def main() -> None:
    print("| page | kB | text after | picture after | allowed |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folders = {"DLCORE_RUNS": f"{place}/runs", "DLCORE_DATA": f"{place}/data"}
        with server(Path(place), **folders) as (address, _):
            time.sleep(20)  # as a server that has been up for a while
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            phone = playwright.devices["Pixel 7"]  # its menu closes by itself
            page = browser.new_context(**phone).new_page()
            page.set_default_timeout(60_000)
            for name, kilobytes, text, picture in visits(page, address):
                drawn = "–" if picture is None else f"{picture:.1f} s"
                allowed = "{} kB, {:g} s" if name == "first visit" else "{} kB, {:g} s, {:g} s"
                most = FIRST if name == "first visit" else THEN
                print(
                    f"| {name} | {kilobytes:.0f} | {text:.1f} s | {drawn} | {allowed.format(*most)} |",
                    flush=True,
                )
            browser.close()
    print(f"\nLoad average {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    main()
