"""Every page in Firefox and Safari's engine (whole, bounded, moved by a finger); first view, policy and axe."""

import os
import subprocess
import sys

from proofs.walk import ROOT

COVERS = (
    ROOT / "tests" / "other_engines.py",
    ROOT / "tests" / "test_accessibility_browser.py",
    ROOT / "tests" / "test_first_view.py",
    ROOT / "tests" / "test_other_engines.py",
    ROOT / "tests" / "test_policy_browser.py",
    ROOT / "tests" / "test_touch_browser.py",
    ROOT / "tests" / "test_vocabulary.py",
    *sorted(file for file in (ROOT / "assets" / "components").rglob("*") if file.is_file()),
    ROOT / "assets" / "frame.css",
)


def sample(seed: int) -> None:
    """A hand that is sent to a place ends there; the pages' part of `make test` is tests/test_other_engines.py."""
    sys.path.insert(0, str(ROOT / "tests"))
    from other_engines import path_of_a_hand

    end = (seed % 97, seed % 89)
    steps = path_of_a_hand((0, 0), end, "touch")["actions"]
    assert [step["type"] for step in steps if "Move" not in step["type"]] == ["pointerDown", "pointerUp"]
    assert (steps[-2]["x"], steps[-2]["y"]) == end


def prove() -> str:
    """All pages in the engines that are installed; an engine that is not here is named."""
    tests = [sys.executable, "-m", "pytest", "-q", "-n0", "-rs", "-p", "no:cacheprovider"]
    command = [
        *tests,
        "tests/test_other_engines.py",
        "tests/test_policy_browser.py",
        "tests/test_touch_browser.py",
        "tests/test_accessibility_browser.py",
        "tests/test_first_view.py",
        "tests/test_vocabulary.py",
    ]
    everything = {**os.environ, "ENGINES": "all"}
    ended = subprocess.run(command, cwd=ROOT, env=everything, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-1500:]
    missing = [name for name in ("firefox", "webkit") if f"{name} and its driver" in ended.stdout]
    found = ended.stdout.strip().splitlines()[-1]
    return f"{found}; not installed here: {', '.join(missing) or 'none'}"
