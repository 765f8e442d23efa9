"""Firefox and Safari's engine: pages open whole, pictures keep their height, a mouse and a finger move them.

`make test` takes a few pages; `make proofs` all of them (ENGINES=all).
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import other_engines
import pytest
from other_engines import Engine
from test_policy_browser import PAGES, stored

from dlcore.course.lessons import read_lessons
from ui.site.edition import build

pytestmark = pytest.mark.browser
the_labs_network_is_stored = stored

TABS = (
    "neuron-playground?neuron_n=1",
    "neuron-playground?neuron_n=3",
    "neuron-playground?neuron_points=xor",
    "neuron-playground?neuron_tab=Softmax",
    "backprop-stepper?backprop_tab=Deeper+networks",
    "optimizer-race?optimizers_tab=Basins+of+attraction",
    "convolution-explorer?convolution_tab=ReLU+and+pooling",
    "convolution-explorer?convolution_tab=Inside+a+trained+CNN",
    "grad-cam-explorer?gradcam_tab=Cover+a+spot",
)
SAMPLE = ("", "neuron-playground")
TALLEST = 2_000  # pixels of a picture; a canvas that takes its box from itself grows without end

# Everything on a page that is drawn by us, also behind shadow roots.
LOOK = """
  const seen = { exceptions: document.querySelectorAll('[data-testid=stException]').length, roots: [],
    canvases: [], blank: 0, wide: document.documentElement.scrollWidth - innerWidth,
    title: document.querySelector('h1')?.innerText || '',
    state: document.querySelector('[data-testid=stApp]')?.dataset.testScriptState };
  const walk = (place) => { for (const e of place.querySelectorAll('*')) {
    if (e.shadowRoot) walk(e.shadowRoot);
    if (e.matches('.root') && !e.closest('.st-key-announcer') && !e.getRootNode().host?.closest('.st-key-announcer'))
      seen.roots.push(Math.round(e.getBoundingClientRect().height));
    if (e.tagName === 'CANVAS' && e.clientWidth && e.width) {
      seen.canvases.push(Math.round(e.getBoundingClientRect().height));
      const { data } = e.getContext('2d').getImageData(0, 0, e.width, e.height);
      if (new Uint32Array(data.buffer).every((v, _, all) => v === all[0])) seen.blank++;
    } } };
  walk(document);
  return seen;
"""
# The neuron's input x on the plane: its handle's middle, and the numbers of the formula.
HANDLE = """
  let found = null;
  const walk = (place) => { for (const e of place.querySelectorAll('*')) {
    if (e.shadowRoot) walk(e.shadowRoot);
    if (e.matches('.handle') && !found) { const b = e.getBoundingClientRect();
      found = [b.left + b.width / 2, b.top + b.height / 2]; } } };
  walk(document);
  return found;
"""
FORMULA = """
  let text = '';
  const walk = (place) => { for (const e of place.querySelectorAll('*')) {
    if (e.shadowRoot) walk(e.shadowRoot);
    if (e.matches('.formula')) text = e.textContent; } };
  walk(document);
  return text;
"""


@pytest.fixture(scope="module", params=("firefox", "webkit"))
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param not in other_engines.installed():
        pytest.skip(f"{request.param} and its driver are not installed")
    with other_engines.started(request.param) as running:
        yield running


def opened(engine: Engine, url: str) -> dict:
    """The page once its script has ended and nothing grows any more, as LOOK sees it."""
    engine.go(url)
    looks: list[dict] = []
    for _ in range(120):
        time.sleep(0.5)
        looks.append(engine.run(LOOK))
        last = looks[-4:]
        if last[-1].get("state") == "notRunning" and last[-1]["title"] and last == [last[-1]] * 4:
            return last[-1]
    pytest.fail(f"the page never comes to rest: {looks[-2:]}")


# The lab of one learner has no page about its server.
ALONE = tuple(path for path in PAGES if path != "this-server")


@pytest.mark.parametrize("path", (*ALONE, *TABS) if os.environ.get("ENGINES") == "all" else SAMPLE)
def test_a_page_opens_whole(engine: Engine, lab: str, path: str) -> None:
    seen = opened(engine, f"{lab}/{path}")
    assert seen["exceptions"] == 0 and seen["wide"] <= 0
    assert all(20 <= height <= TALLEST for height in (*seen["roots"], *seen["canvases"]))
    assert seen["blank"] == 0
    assert [error for error in engine.errors() if "404" not in error] == []


@pytest.mark.parametrize("kind", ("mouse", "touch"))
def test_a_mouse_and_a_finger_move_the_neuron(engine: Engine, lab: str, kind: str) -> None:
    opened(engine, f"{lab}/neuron-playground")
    handle = next(found for _ in range(60) if (found := engine.run(HANDLE)) or time.sleep(0.5))
    x, y = handle
    before = engine.run(FORMULA)
    engine.drag((x, y), (x + 60, y - 40), kind)
    assert any(engine.run(FORMULA) != before or time.sleep(0.25) for _ in range(40))  # drawn a frame later


# Every page of the static edition has drawn what it is for.
DRAWN = """
  const root = document.querySelector('#picture')?.shadowRoot;
  const whole = root ? root.querySelector('.root *')
    : document.querySelector('ol.course li, .numbers button') ?? document.querySelector('.picture')?.shadowRoot;
  return Boolean(whole) && document.documentElement.scrollWidth <= innerWidth;
"""
# A step is predicted and answered, as far as it has come.
ANSWERED = """
  const field = document.querySelector('.predict [type=text]');
  if (field) field.value = '5/2';
  document.querySelector('.predict button, .answered button')?.click();
  return document.querySelector('#verdict')?.textContent ?? '';
"""


def _comes(engine: Engine, script: str) -> Any:
    return next((found for _ in range(60) if (found := engine.run(script)) or time.sleep(0.25)), None)


@pytest.mark.skipif(os.environ.get("ENGINES") != "all", reason="part of `make proofs`")
def test_the_static_edition_opens_from_disk_and_a_step_is_answered(engine: Engine, tmp_path: Path) -> None:
    for name in build(tmp_path, "", ("beale",), 1, read_lessons()[:1]):
        engine.go((tmp_path / name).as_uri())
        assert _comes(engine, DRAWN), name
    engine.go("about:blank")
    engine.go(f"{(tmp_path / 'lessons.html').as_uri()}#lessons_at=1.1")
    assert "2.5 — as you predicted" in _comes(engine, ANSWERED)
    assert engine.errors() == []
