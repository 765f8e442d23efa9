"""Every component in a page opened from disk: the same files, no Streamlit, no server, no network.

The pictures that move are opened as the files that a learner takes along.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import rested
from test_hand import a_run
from test_javascript import NAMES

from dlcore.store.store import Store
from ui.frame import javascript, take_along

pytestmark = pytest.mark.browser

# The page of the lab, and its address, with whose data a component is shown here.
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "backprop": ("backprop", {}),
    "concept_map": ("vocabulary", {"vocabulary_view": "Map"}),
    "convolution": ("convolution", {}),
    "hand": ("convolution", {"convolution_tab": "Inside a trained CNN"}),
    "home": ("home", {}),
    "network": ("network", {"network_size": "60", "network_epoch": "50"}),
    "neuron": ("neuron", {}),
    "race": ("optimizers", {}),
    "softmax": ("neuron", {"neuron_tab": "Softmax"}),
    "word_list": ("vocabulary", {}),
    "word_picture": ("vocabulary", {"vocabulary_term": "adam"}),
}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
BY_HAND: dict[str, Any] = {
    "announcer": {"text": "Right."},
    "class_news": {
        "address": "lab-class/nobody",
        "turn": "",
    },  # it draws nothing; there is nobody to be asked
    "gallery": {
        **{"labels": ["a", "b", "c"], "spoken": ["a", "b", "c"], "marks": [0, 1, 2], "sheets": [PIXEL]},
        **{"columns": 2, "count": 3, "aspect": 1, "least": 90, "coarse": True, "chosen": 1, "alt": "three"},
    },
    # Plotly is not there: the component says so.
    "steady_chart": {
        "figure": '{"data": [], "layout": {"height": 200}}',
        "alt": "",
        "config": {},
        "source": "no.js",
    },
}
# What it must have drawn.
SHOWN = {
    "announcer": [".live"],
    "backprop": ["svg line", "math"],
    "class_news": [],
    "concept_map": ["path", "button"],
    "convolution": [".tile"],
    "gallery": ["[role=radio] i"],
    "hand": [".class .share", ".column canvas", ".part .squares i", ".formulas p"],
    "home": ["svg circle", "svg line"],
    "network": ["path", ".score b"],
    "neuron": [".handle", ".formula .num"],
    "race": [".bar button", ".left canvas", ".side input"],
    "softmax": [".knob input"],
    "steady_chart": ["[role=figure]"],
    "word_list": ["button b"],
    "word_picture": ["svg path", ".knob input"],
}
# Non-empty canvases: some pixel differs from the first.
BLANK = """(root) => [...root.querySelectorAll("canvas")].filter((canvas) => {
  if (!canvas.clientWidth) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Uint32Array(data.buffer).every((v, _, all) => v === all[0]);
}).length"""


def data_of(app: Callable[[str], Any], name: str) -> Any:
    """What the lab sends to a component on its page."""
    if name in BY_HAND:
        return BY_HAND[name]
    page, address = PAGES[name]
    test = app("home")
    for key, value in address.items():
        test.query_params[key] = value
    if page != "home":
        test.switch_page(f"pages/{page}.py").run()
    found = [element.proto for element in test.get("bidi_component")]
    return next(json.loads(proto.json) for proto in found if proto.component_name.endswith(f"lab_{name}"))


def test_each_component_has_data_here() -> None:
    assert sorted({**PAGES, **BY_HAND}) == sorted(SHOWN) == NAMES


def plain_page(name: str, data: Any) -> str:
    """A page with one component, beside the script of all; `heard` fills with what it says."""
    arguments = ", ".join(json.dumps(value).replace("</", "<\\/") for value in (data, javascript.style(name)))
    mount = f'lab["{javascript.STATIC_HOST}"].mount'
    create = f'lab["{javascript.entry(name)}"].create'
    return (
        "<!doctype html><meta charset=utf-8><style>body { --st-text-color: #222; --st-base-radius: 6px; }</style>"
        "<div id=here></div><script src=lab.js></script><script>const heard = [];"
        f"{mount}({create}, here, {arguments}, (name) => heard.push(name));</script>"
    )


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One classic script with all components and the static host."""
    file = tmp_path_factory.mktemp("paper") / "lab.js"
    file.write_text(javascript.script(javascript.STATIC_HOST, *map(javascript.entry, NAMES)))
    return file


@pytest.mark.parametrize("name", NAMES)
def test_a_component_draws_in_a_page_opened_from_disk(
    name: str,
    app: Callable[[str], Any],
    chromium: Any,
    script: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name == "hand":  # what is in the hand is a network of some run
        monkeypatch.setenv("DLCORE_RUNS", str(tmp_path))
        Store().publish(a_run())
    data, page_file = data_of(app, name), script.parent / f"{name}.html"
    if name in take_along.TITLES:
        text = take_along.page(name, data, "https://lab.example/a?b=<1>&c=2")
        assert len(text.encode()) <= 400_000
    else:
        text = plain_page(name, data)
    page_file.write_text(text)
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(page_file.as_uri())
    root = page.locator("#here .root")
    for selector in SHOWN[name]:
        root.locator(selector).first.wait_for(state="attached")
    if root.locator("canvas").count():
        page.locator("#here .root[data-draws]").wait_for()
        assert root.evaluate(BLANK) == 0
    if name == "steady_chart":
        page.wait_for_function("heard.includes('missing')")
        errors = [error for error in errors if "ERR_FILE_NOT_FOUND" not in error]
    if name in take_along.TITLES:
        assert (
            page.get_by_text("Go on in the full lab").get_attribute("href")
            == "https://lab.example/a?b=<1>&c=2"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
    assert errors == []


def test_a_file_taken_along_shows_the_state_of_the_lab_in_a_sandboxed_frame_in_the_dark(
    open_page: Callable[..., Any], chromium: Any, tmp_path: Path
) -> None:
    page = open_page("neuron-playground?neuron_f=tanh&neuron_at=1,1;0;1,1")
    page.locator(".handle.x").focus()
    page.keyboard.press("ArrowRight")
    rested(page)
    there = page.locator(".root[data-draws]").evaluate("e => [e.dataset.at, e.dataset.z, e.dataset.a]")
    page.get_by_role("button", name="Take the picture along").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="One neuron (HTML)").click()
    file = tmp_path / "neuron.html"
    download.value.save_as(file)
    assert "neuron_at=1" in file.read_text()
    (tmp_path / "deck.html").write_text(
        '<iframe sandbox="allow-scripts" src="neuron.html" width=900 height=700>'
    )
    deck = chromium.new_page(color_scheme="dark")
    deck.context.set_offline(True)
    deck.goto((tmp_path / "deck.html").as_uri())
    root = deck.frame_locator("iframe").locator(".root[data-draws]")
    assert root.evaluate("e => [e.dataset.at, e.dataset.z, e.dataset.a]") == there
    assert root.evaluate("e => getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
    deck.close()
