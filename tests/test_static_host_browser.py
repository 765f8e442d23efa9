"""Every component in a plain page opened from disk: the same files, no Streamlit, no server, no network."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_hand import a_run
from test_javascript import NAMES

from dlcore.store.store import Store
from ui.frame import javascript

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
    arguments = ", ".join(
        json.dumps(value).replace("</", "<\\/") for value in (data_of(app, name), javascript.style(name))
    )
    mount = f'lab["{javascript.STATIC_HOST}"].mount'
    create = f'lab["{javascript.entry(name)}"].create'
    page_file = script.parent / f"{name}.html"
    page_file.write_text(
        "<!doctype html><meta charset=utf-8><style>body { --st-text-color: #222; --st-base-radius: 6px; }</style>"
        "<div id=here></div><script src=lab.js></script><script>const heard = [];"
        f"{mount}({create}, here, {arguments}, (name) => heard.push(name));</script>"
    )
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
    page.close()
    assert errors == []
