"""The stepper in a real browser: its own formulas, the keyboard, typing, dragging, presets, the address."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from conftest import in_browser, settle

from dlcore.backprop import LOSSES, PARAMETERS, backward, forward, projected_loss, step
from ui.backprop.stepper import LIMITS, PRESETS, STEPS

pytestmark = pytest.mark.browser
ADDRESS = "backprop-stepper"
MODULES = ("backprop/pass.js", "backprop/steps.js")


@pytest.fixture
def script(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Runs an expression in m, the component's script, and an argument, on an empty page."""
    page = chromium.new_page()

    def run(expression: str, argument: Any) -> Any:
        return in_browser(page, MODULES, f"(m, argument) => {expression}", argument)

    yield run
    page.close()


def random_numbers(rng: np.random.Generator) -> dict[str, float]:
    numbers = {
        name: float(rng.uniform(max(least, -5), min(most, 5))) for name, (least, most, _) in LIMITS.items()
    }
    return numbers | {"y": float(rng.integers(2))}


def ours(numbers: dict[str, float], loss: str) -> dict[str, float]:
    """Everything pass() of the script returns, computed by dlcore, under the script's names."""
    at = (numbers, numbers["x"], numbers["y"], loss)
    values, gradients = forward(*at), backward(*at)
    moved = step(numbers, gradients, numbers["eta"])
    return {
        **{"z1": values.z1, "h": values.h, "z2": values.z2, "yh": values.y_hat, "L": values.loss},
        **{f"d_{name}": getattr(gradients, name) for name in PARAMETERS},
        "d_z2": LOSSES[loss].slope(values.z2, numbers["y"]),
        "projected": projected_loss(float(values.loss), gradients, numbers["eta"]),
        "real": forward(moved, numbers["x"], numbers["y"], loss).loss,
    }


def test_the_scripts_formulas_equal_dlcores_at_200_random_states(script: Callable[..., Any]) -> None:
    rng = np.random.default_rng(3)
    states = [(random_numbers(rng), str(rng.choice(list(LOSSES)))) for _ in range(200)]
    states += [(numbers | {"w1": 20.0, "w2": 20.0, "x": 10.0}, loss) for numbers, loss in states[:4]]
    theirs = script("argument.map(([n, loss]) => m.pass(n, loss))", states)
    worst = 0.0
    for (numbers, loss), found in zip(states, theirs, strict=True):
        for name, value in ours(numbers, loss).items():
            worst = max(worst, abs(found[name] - float(value)) / max(1.0, abs(float(value))))
    assert worst < 1e-6
    wrong = ours(*states[0]) | {"z1": ours(*states[0])["z1"] + 1e-3}
    assert any(abs(theirs[0][name] - float(value)) > 1e-6 for name, value in wrong.items())


def test_the_script_knows_the_same_steps(script: Callable[..., Any]) -> None:
    for loss in LOSSES:
        assert tuple(script("m.stepsOf(argument).map((step) => step.id)", loss)) == STEPS


def test_every_step_can_be_written_at_every_preset(script: Callable[..., Any]) -> None:
    for setting in PRESETS.values():
        texts = script(
            """m.stepsOf(argument.loss).map((step) => { const v = m.pass(argument, argument.loss);
            return [step.title, step.symbols().textContent, step.numbers(v).textContent, step.inflow(v),
                    step.local(v), step.outflow(v), step.note(v)]; })""",
            asdict(setting),
        )
        assert len(texts) == len(STEPS)
        assert all(text and "undefined" not in text and "NaN" not in text for step in texts for text in step)


def counter(page: Any) -> int:
    return int(re.search(r"Step (\d+)", page.locator(".counter").inner_text())[1])


def test_the_keyboard_steps_without_the_server(open_page: Callable[..., Any]) -> None:
    page = open_page(f"{ADDRESS}?backprop_step=z1")
    assert counter(page) == 1
    # All in one task of the browser: there is no time for a server to answer in.
    page.evaluate(
        """() => {
          for (let k = 0; k < 13; k++) {
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
          }
        }"""
    )
    assert counter(page) == len(STEPS)
    page.keyboard.press("ArrowLeft")
    assert counter(page) == len(STEPS) - 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    assert counter(page) == len(STEPS) - 1


def node(page: Any, symbol: str) -> Any:
    return page.locator(".node").filter(has=page.locator(f".name:text-is('{symbol}')"))


def test_a_typed_number_reaches_the_formulas_and_the_address(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS)
    page.get_by_label("w₁, weight").fill("-0.5")
    page.get_by_label("w₁, weight").press("Enter")
    assert node(page, "z₁").locator("output").inner_text() == "−0.55"
    page.wait_for_url("**backprop_w1=-0.5**")
    settle(page)
    page.reload()
    settle(page)
    assert page.get_by_label("w₁, weight").input_value() == "-0.5"


def test_dragging_a_letter_changes_the_loss_before_the_server_knows(open_page: Callable[..., Any]) -> None:
    page = open_page(f"{ADDRESS}?backprop_step=L")
    before = node(page, "L").locator("output").inner_text()
    box = node(page, "b₂").locator(".name").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 55, box["y"] + 5, steps=5)
    assert node(page, "L").locator("output").inner_text() != before
    assert "backprop_b2" not in page.url
    page.mouse.up()
    page.wait_for_url("**backprop_b2=1.3**")


def test_a_preset_sets_the_graph_and_a_node_can_be_jumped_to(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS)
    page.get_by_text("dead ReLU", exact=True).first.click()
    page.wait_for_url("**backprop_preset=dead**")
    settle(page)
    assert page.get_by_label("w₁, weight").input_value() == "-0.8"
    assert "The ReLU is dead" in page.locator(".note").inner_text()
    node(page, "ŷ").locator(".name").click()
    assert counter(page) in (STEPS.index("yh") + 1, STEPS.index("d_yh") + 1)


def test_taking_the_step_equals_dlcores_step(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS)
    start = {"w1": 0.8, "b1": 0.2, "w2": -1.1, "b2": 0.3}
    moved = step(start, backward(start, 1.5, 1.0), 0.5)
    page.get_by_text("Take the SGD step").click()
    for name, label in zip(PARAMETERS, ("w₁, weight", "b₁, bias", "w₂, weight", "b₂, bias"), strict=True):
        assert float(page.get_by_label(label).input_value()) == pytest.approx(moved[name], abs=1e-5)


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_nothing_is_wider_than_the_screen(open_page: Callable[..., Any], width: int, dark: bool) -> None:
    page = open_page(ADDRESS, width=width, dark=dark)
    page.locator(".counter").wait_for()
    boxes = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((host) => host.shadowRoot)
          .flatMap((host) => [...host.shadowRoot.querySelectorAll(".node, .bar button, .card")])
          .map((element) => element.getBoundingClientRect()).map((box) => [box.left, box.right])"""
    )
    assert len(boxes) > 15
    assert all(left >= -1 and right <= width + 1 for left, right in boxes)


def test_reduced_motion_is_respected(open_page: Callable[..., Any]) -> None:
    page = open_page(ADDRESS)
    page.get_by_text("Next").click()
    assert page.locator("[data-testid=stMain] svg circle").count() == 0
