"""CONTRIBUTING.md is carried out, block by block, on a copy of the project, and what it promises is checked."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^(?:In `(?P<file>[^`]+)`, (?P<side>before|after) the line `(?P<line>[^\n]+?)`|New file `(?P<new>[^`]+)`):\n\n"
    r"```\w*\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def carry_out(guide: str, copy: Path) -> int:
    """Do what every block says; returns how many there were."""
    blocks = list(BLOCK.finditer(guide))
    for block in blocks:
        if block["new"]:
            (copy / block["new"]).write_text(block["code"], encoding="utf-8")
            continue
        file = copy / block["file"]
        text = file.read_text(encoding="utf-8")
        line = f"{block['line']}\n"
        assert f"\n{text}".count(f"\n{line}") == 1, f"{block['file']} has no single line {block['line']!r}"
        there = f"\n{text}".index(f"\n{line}") + (len(line) if block["side"] == "after" else 0)
        file.write_text(text[:there] + block["code"] + text[there:], encoding="utf-8")
    return len(blocks)


def copy_of_the_project(to: Path) -> Path:
    for folder in ("dlcore", "ui", "pages", "assets", ".streamlit", "docs"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    for file in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / file, to / file)
    return to


CHECKS = """
import warnings
warnings.simplefilter("ignore")
import numpy as np
from dlcore.neuron import ACTIVATIONS
from dlcore.oracles import neuron, optimizers
z = np.linspace(-9, 9, 181)
a, slope = neuron.activation("mish", z)
assert np.abs(ACTIVATIONS["mish"].f(z) - a).max() < 1e-12
wrong = np.abs(ACTIVATIONS["mish"].df(z) - slope).max()
assert wrong < 1e-12, f"mish has a wrong derivative: {wrong:.2g}"

from dlcore.optimizers import RULES, race
rule = RULES["adadelta"](lr=0.5)
import torch
theta = torch.tensor([-3.5, 1.5], dtype=torch.float64, requires_grad=True)
twin, path = optimizers.optimizer(rule, theta), race("bowl", [rule], [(-3.5, 1.5)], 50).paths[0, 0]
for step in range(50):
    theta.grad = torch.tensor([1.0, 10.0], dtype=torch.float64) * theta.detach()
    twin.step()
    assert np.abs(theta.detach().numpy() - path[step + 1]).max() < 1e-12

from dlcore.data import NAMES, load
stripes = load("stripes")
assert "stripes" in NAMES and stripes.images.shape == (400, 28, 28) and set(stripes.labels) == {0, 1}

from streamlit.testing.v1 import AppTest
from ui.server import warmup
warmup.start = lambda: None
app = AppTest.from_file("app.py", default_timeout=60).run()
def opened(page):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, (page, app.exception)
    return app
assert "mish" in opened("neuron").selectbox(key="neuron_f").options
assert "Adadelta" in opened("optimizers").button_group(key="optimizers_racers").options
app.button_group(key="optimizers_racers").set_value(["adadelta"]).run()
assert not app.exception
assert "stripes" in opened("training").selectbox(key="training_data").options
assert opened("threshold").title[0].value == "A threshold"
assert any("Check" in box.value for box in app.caption)
"""


def checked(copy: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHECKS], cwd=copy, capture_output=True, text=True, check=False, timeout=180
    )


def test_what_the_guide_says_works(tmp_path: Path) -> None:
    copy = copy_of_the_project(tmp_path)
    assert carry_out(GUIDE, copy) == len(re.findall(r"^```\w", GUIDE, re.MULTILINE)) > 10
    result = checked(copy)
    assert result.returncode == 0, result.stderr[-2000:]


def test_a_wrong_derivative_is_caught(tmp_path: Path) -> None:
    copy = copy_of_the_project(tmp_path)
    carry_out(GUIDE.replace("(1.0 - t**2) * sigmoid(z)", "(1.0 - t) * sigmoid(z)"), copy)
    result = checked(copy)
    assert result.returncode != 0
    assert "wrong derivative" in result.stderr


def test_a_line_that_is_no_longer_there_is_noticed(tmp_path: Path) -> None:
    copy = copy_of_the_project(tmp_path)
    with pytest.raises(AssertionError, match="no single line"):
        carry_out(
            GUIDE.replace('before the line `        "gelu": Activation(`', "before the line `xyz`"), copy
        )


def test_the_browsers_copy_of_the_new_activation_parses() -> None:
    """Its braces are balanced; the browser's own test compares the numbers once it is really added."""
    code = next(block["code"] for block in BLOCK.finditer(GUIDE) if str(block["file"]).endswith(".js"))
    assert all(code.count(a) == code.count(b) for a, b in ("()", "[]", "{}"))
