"""The code fingerprint covers what a training runs: watched while it runs, not listed."""

import ast
import sys
import threading
from pathlib import Path
from types import FrameType

import code_fingerprint
import pytest
from conftest import ROOT

from dlcore import training
from dlcore.data import load
from dlcore.runs import Recipe

RECIPES = (
    Recipe(dataset="digits", epochs=2, width=4, subset=120, augmentation="shifts_flips", dropout=0.5),
    Recipe(dataset="digits", model="mlp", epochs=2, width=4, label_noise=0.3, pixel_permutation=1, folds=3),
    Recipe(
        dataset="digits",
        model="mlp",
        epochs=1,
        width=4,
        loss="squared_error",
        schedule="cosine",
        grouped=True,
    ),
)


def functions_run_by(recipe: Recipe) -> set[tuple[Path, str]]:
    """File and top-level name of everything in dlcore that runs while a recipe is trained."""
    seen: set[tuple[Path, str]] = set()

    def watch(frame: FrameType, event: str, _argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and "dlcore" in file:
            seen.add((Path(file), frame.f_code.co_qualname.split(".")[0]))

    def train() -> None:
        sys.setprofile(watch)
        try:
            training.fit(recipe, load(recipe.dataset))
        finally:
            sys.setprofile(None)

    thread = threading.Thread(target=train)  # the profiler of this thread belongs to coverage
    thread.start()
    thread.join()
    return seen


def test_every_function_that_a_training_runs_is_in_the_fingerprint() -> None:
    reached = {(ROOT / Path(*module.split(".")), name) for module, name in code_fingerprint.reached()}
    ran = set().union(*(functions_run_by(recipe) for recipe in RECIPES))
    ours = {(place.with_suffix("") if place.name != "__init__.py" else place.parent, n) for place, n in ran}
    ours = {(place, name) for place, name in ours if name.isidentifier()}  # not "<lambda>" or "<module>"
    missed = {(p.name, n) for p, n in ours - reached if n not in code_fingerprint.CANNOT_DECIDE}
    assert len(ours) > 30 and not missed


def test_what_draws_the_cells_and_reads_a_file_is_in_it_too() -> None:
    names = {name for _, name in code_fingerprint.reached()}
    assert {"cells_shortcut", "expose", "stain_tables", "load_upload", "read_official", "folds"} <= names


def test_what_is_left_out_is_reached_and_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = dict(code_fingerprint.CANNOT_DECIDE)
    monkeypatch.setattr(code_fingerprint, "CANNOT_DECIDE", {})
    code_fingerprint.reached.cache_clear()
    names = {name for _, name in code_fingerprint.reached()}
    code_fingerprint.reached.cache_clear()
    assert set(left_out) <= names and all(left_out.values())


@pytest.mark.parametrize(
    ("module", "name", "old", "new"),
    [
        ("dlcore.usual", "default_augmentation", "'shifts_flips'", "'none'"),
        ("dlcore.logits", "class_scores", "-z", "z"),
        ("dlcore.kept_epochs", "HISTORY", "2000000", "2"),
        ("dlcore.metrics", "auc", "/ 2", "/ 3"),
    ],
)
def test_a_change_of_what_decides_changes_it_and_a_comment_or_a_move_does_not(
    module: str, name: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_fingerprint.fingerprint()
    text = ast.unparse(code_fingerprint.modules()[module])
    start = text.index(f"def {name}" if f"def {name}" in text else f"{name} =")
    assert old in text[start:]
    changed = text[:start] + text[start:].replace(old, new, 1)
    for written, same in ((f"# moved\n{text}", True), (changed, False)):
        with monkeypatch.context() as patch:
            patch.setitem(code_fingerprint.modules(), module, ast.parse(written))
            for cached in (code_fingerprint.face, code_fingerprint.definitions, code_fingerprint.reached):
                cached.cache_clear()
            assert (code_fingerprint.fingerprint() == before) is same
    for cached in (code_fingerprint.face, code_fingerprint.definitions, code_fingerprint.reached):
        cached.cache_clear()
