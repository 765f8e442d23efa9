"""The page under AppTest, its address, its script, and its LaTeX."""

import ast
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conftest import PATIENCE, ROOT

from dlcore.backprop import PARAMETERS, backward, forward, step
from dlcore.number_text import latex, latex_factor
from ui.backprop.checks import on_the_kink
from ui.backprop.stepper import LIMITS, PRESETS, STEPS, Setting, clamped, from_url, to_url
from ui.backprop.text import backprop_script, gradients_with_numbers, table

TABS = ("Write a derivative", "Loss", "Gradient check", "Gradient descent", "Bug zoo", "Deeper networks")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_comes_back_from_its_address(preset: str) -> None:
    setting = PRESETS[preset]
    assert from_url(to_url(setting, preset)) == (setting, preset)


def test_any_setting_comes_back_from_its_address() -> None:
    setting = Setting(-0.25, 0.0, 3.5, -1.125, 0.5, 2.0, 0.01, "squared error", "update")
    assert from_url(to_url(setting, None)) == (setting, None)
    unchanged = from_url(to_url(Setting(), None))
    assert unchanged == (Setting(), None)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ({"backprop_w1": "nan"}, "w1", 0.8),
        ({"backprop_w1": "1e999"}, "w1", 0.8),
        ({"backprop_w1": "-400"}, "w1", 0.8),
        ({"backprop_eta": "-1"}, "eta", 0.5),
        ({"backprop_w1": "1.5" + " " * 60 + "abc"}, "w1", 0.8),
        ({"backprop_y": "7" * 5000}, "y", 1.0),
        ({"backprop_loss": "<script>"}, "loss", "cross-entropy"),
        ({"backprop_step": "z9"}, "step", "z1"),
        ({"backprop_preset": "![x](y)"}, "w1", 0.8),
    ],
)
def test_what_an_address_cannot_ask_for_stays_at_its_default(
    query: dict[str, str], name: str, value: Any
) -> None:
    assert getattr(from_url(query)[0], name) == value


@pytest.mark.parametrize("value", [None, "", "x", [], {}, float("nan"), float("inf"), 10**400, "1" * 5000])
def test_what_is_no_number_is_refused(value: Any) -> None:
    assert clamped("w1", value) is None


def test_presets_are_what_they_are_called() -> None:
    values = {
        name: forward(setting.params, setting.x, setting.y, setting.loss) for name, setting in PRESETS.items()
    }
    assert values["dead ReLU"].z1 < 0
    assert values["the kink z₁ = 0"].z1 == 0 and on_the_kink(PRESETS["the kink z₁ = 0"], 1e-9)
    assert values["saturated sigmoid"].z2 > 5
    assert values["good start"].z1 > 0 and abs(values["good start"].z2) < 2
    assert all(
        least <= getattr(setting, name) <= most
        for setting in PRESETS.values()
        for name, (least, most, _) in LIMITS.items()
    )
    assert all(setting.step in STEPS for setting in PRESETS.values())


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_on_its_own(tab: str) -> None:
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(ROOT / "pages" / "backprop.py"), default_timeout=PATIENCE)
    test.query_params["backprop_tab"] = tab
    test.run()
    assert not test.exception
    assert any("Try" in text.value for text in test.markdown)


def test_the_check_card_is_quiet_and_the_kink_is_explained(app: Callable) -> None:
    test = app("backprop")
    assert not test.exception and not test.error
    assert any("∂L/∂" in caption.value for caption in test.caption)


def test_a_learners_formula_is_judged_on_the_page() -> None:
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(ROOT / "pages" / "backprop.py"), default_timeout=PATIENCE)
    test.query_params["backprop_tab"] = "Write a derivative"
    test.run()
    test.text_input(key="backprop_own").set_value("(y_hat - y) * w2 * step(z1) * x").run()
    assert len(test.success) == 1 and not test.exception
    test.text_input(key="backprop_own").set_value("(y_hat - y) * w2 * x").run()
    assert "differs at" in test.warning[0].value
    test.text_input(key="backprop_own").set_value("__import__('os')").run()
    assert len(test.warning) == 1 and not test.exception


def test_the_script_runs_alone_and_prints_the_numbers_on_screen() -> None:
    settings = [replace(setting, eta=0.25) for setting in PRESETS.values()]
    # one process for all four: most of the time goes into importing torch
    programs = "\nprint('---')\n".join(backprop_script(setting) for setting in settings)
    printed = subprocess.run(
        [sys.executable, "-c", programs], capture_output=True, text=True, check=True, timeout=120, cwd="/"
    ).stdout
    for setting, lines in zip(settings, printed.split("---\n"), strict=True):
        found = dict(line.split(" = ") for line in lines.strip().splitlines())
        at = (setting.params, setting.x, setting.y, setting.loss)
        values, gradients = forward(*at), backward(*at)
        expected = {name: getattr(values, name) for name in ("z1", "h", "z2", "y_hat", "loss")}
        expected |= {f"dL/d{name}": getattr(gradients, name) for name in PARAMETERS}
        after = forward(step(setting.params, gradients, setting.eta), setting.x, setting.y, setting.loss)
        expected["loss after one step"] = after.loss
        assert set(found) == set(expected)
        for name, value in expected.items():
            assert float(found[name]) == pytest.approx(float(value), rel=1e-5, abs=1e-12)


def test_the_page_needs_neither_torch_nor_sympy_to_open() -> None:
    code = (
        "import sys, ui.backprop.stepper, ui.backprop.checks, ui.backprop.experiments, ui.backprop.matrix_form\n"
        "print({'torch', 'sympy', 'scipy', 'sklearn'} & set(sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert printed.stdout.strip() == "set()"


def test_latex_shows_the_numbers() -> None:
    assert latex(1.23456e-7) == r"1.23 \cdot 10^{-7}" and latex(-0.0) == "0" and latex_factor(-2.0) == "(-2)"
    setting = Setting()
    at = (setting.params, setting.x, setting.y, setting.loss)
    text = gradients_with_numbers(setting, forward(*at), backward(*at))
    assert r"(0.224 - 1)" in text and "1.28" in text and text.count("{") == text.count("}")


def test_the_table_holds_every_number() -> None:
    setting = Setting()
    at = (setting.params, setting.x, setting.y, setting.loss)
    gradients = backward(*at)
    lines = table(setting, forward(*at), gradients, step(setting.params, gradients, setting.eta)).splitlines()
    assert lines[0] == "name,value" and len(lines) == 1 + 7 + 5 + 4 + 4
    assert all(isinstance(ast.literal_eval(line.split(",")[1]), float) for line in lines[1:])


def test_the_setting_survives_a_visit_to_another_page_and_a_reset_forgets_it(app: Callable) -> None:
    test = app("backprop")
    test.button_group(key="backprop_preset").set_value("dead ReLU").run()
    test.switch_page("pages/vocabulary.py").run()
    test.switch_page("pages/backprop.py").run()
    assert test.session_state["backprop_setting"] == PRESETS["dead ReLU"]
    assert test.button_group(key="backprop_preset").value == "dead ReLU"
    test.button_group(key="backprop_loss").set_value("squared error").run()
    assert test.session_state["backprop_setting"].loss == "squared error"
    before = test.session_state["backprop_revision"]
    test.button(key="reset-backprop_").click().run()
    assert test.session_state["backprop_setting"] == Setting()
    assert test.session_state["backprop_revision"] != before  # so that the browser takes it over


def test_a_second_click_on_a_preset_means_this_one_again(app: Callable) -> None:
    test = app("backprop")
    test.button_group(key="backprop_preset").set_value("saturated sigmoid").run()
    test.button_group(key="backprop_loss").set_value("cross-entropy").run()
    test.button_group(key="backprop_preset").set_value(None).run()
    assert test.session_state["backprop_setting"] == PRESETS["saturated sigmoid"]
    assert test.button_group(key="backprop_preset").value == "saturated sigmoid"


def test_whole_numbers_that_come_back_from_the_browser_stand_in_the_address_as_text() -> None:
    """JSON has one kind of number: x = 2.0 comes back as 2, and the address is written and read again."""
    address = to_url(Setting(x=2, y=0, w1=-0.43), None)
    assert address["backprop_x"] == "2" and address["backprop_y"] == "0"
    assert from_url(address)[0] == Setting(x=2.0, y=0.0, w1=-0.43)
