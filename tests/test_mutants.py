"""Tests that can fail: every one asserts something, and the mutants they are held against are what they say."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from proofs import planting
from proofs.planting import KILLED, SURVIVED, importing_tests, mutants_of, verdict
from proofs.subjects import mutants

FILES = sorted(Path(__file__).parent.glob("test_*.py"))
FORMULA = '''def area(r: float, square: bool = False) -> float:
    """The area."""
    if r < 0:
        raise ValueError("below 0")
    sides = zip("a", "b", strict=True)
    return max(r, 2.5) * r - round(r, ndigits=1)
'''


def asserts(function: ast.FunctionDef, helpers: Iterable[str] = ()) -> bool:
    """Whether a function holds an assert, pytest.raises or the like, or calls a helper that does."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    names = {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
    spoken = any(name in ("raises", "warns", "fail", *helpers) or "assert_" in name for name in names)
    return spoken or any(isinstance(node, ast.Assert) for node in ast.walk(function))


def silent(text: str) -> list[str]:
    """The tests of a file that cannot be red for a wrong answer."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    helpers: set[str] = set()
    for _ in range(3):  # helpers of helpers
        helpers |= {f.name for f in functions if not f.name.startswith("test_") and asserts(f, helpers)}
    return [f.name for f in functions if f.name.startswith("test_") and not asserts(f, helpers)]


def test_every_test_asserts_something() -> None:
    found = [f"{file.name}::{name}" for file in FILES for name in silent(file.read_text(encoding="utf-8"))]
    assert found == []
    checked = "def same(a):\n    assert a\n"
    planted = (
        "def test_a():\n    run()\ndef test_b():\n    same(1)\ndef test_c():\n    np.assert_equal(1, 1)\n"
    )
    assert silent(checked + planted) == ["test_a"]  # the control


def test_a_formulas_mutants_change_one_thing_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "formula.py").write_text(FORMULA)
    monkeypatch.setattr(planting, "ROOT", tmp_path)
    found = [mutant.kind for mutant in mutants_of("formula")]
    assert sorted(found) == sorted(
        [
            "comparison r < 0",
            "off by one 0",
            "operator max(r, 2.5) * r - round(r, ndigits=1)",
            "operator max(r, 2.5) * r",
            "swapped max(r, 2.5)",
            "factor 2.5",
            "forgotten ndigits round(r, ndigits=1)",
            "off by one 1",
            "truth False",
            "swapped zip('a', 'b', strict=True)",
            "forgotten strict zip('a', 'b', strict=True)",
            "truth True",
        ]
    )
    alike = [mutant.kind for mutant in mutants_of("formula") if mutant.is_alike]
    assert alike == ["forgotten strict zip('a', 'b', strict=True)", "truth True", "swapped max(r, 2.5)"]
    right = ast.dump(ast.parse(FORMULA))
    sources = {ast.dump(ast.parse(mutant.source)) for mutant in mutants_of("formula")}
    assert (
        len(sources) == len({mutant.key for mutant in mutants_of("formula")}) == len(found)
        and right not in sources
    )


def test_a_verdict_is_of_the_planted_source_and_leaves_the_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "formula.py").write_text("two = 2\n")
    (tmp_path / "test_it.py").write_text("import formula\ndef test_it():\n    assert formula.two == 2\n")
    monkeypatch.setattr(planting, "ROOT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parent.parent}")
    assert verdict("formula", "two = 2\n", ["test_it.py"]) == SURVIVED
    assert verdict("formula", "two = 3\n", ["test_it.py"]) == KILLED
    assert verdict("formula", "two =\n", ["test_it.py"]) == KILLED
    with pytest.raises(RuntimeError, match="No tests"):
        verdict("formula", "two = 2\n", ["test_other.py"])
    assert (tmp_path / "formula.py").read_text() == "two = 2\n"


def test_modules_are_held_against_the_importing_tests_them() -> None:
    assert importing_tests("dlcore.training")[0] == "tests/test_training.py"
    assert "tests/test_dealing.py" in importing_tests(
        "dlcore.data.splits"
    )  # through the room that hands it on
    assert importing_tests("dlcore.optimizers.walking")[0] == "tests/test_optimizers.py"  # no test names it
    assert all(importing_tests(module) for module in mutants.MODULES)


def test_every_mistake_with_a_name_still_has_its_place_and_its_test() -> None:
    for k, (_, right, wrong, test) in enumerate(mutants.NAMED):
        assert wrong in mutants.named(k).source and right != wrong
        file, _, name = test.partition("::")
        assert f"def {name}(" in (planting.ROOT / file).read_text(encoding="utf-8")


def test_verdicts_are_kept_and_a_run_goes_on_where_the_last_one_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "KEPT", tmp_path / "kept.json")
    asked: list[str] = []
    monkeypatch.setattr(mutants, "verdict", lambda module, *_: asked.append(module) or KILLED)
    some = mutants_of("dlcore.data.recipe_images")[:3]
    assert len(mutants.judged(some[:2], 60)) == 2
    assert len(mutants.judged(some, 60)) == 3 and len(asked) == 3
    assert mutants.judged(some, -1) == mutants.judged(some, 60) and len(asked) == 3
    other = planting.Mutant(some[0].module, some[0].kind, some[0].source + "\nx = 1")
    assert mutants.judged([other], -1) == {}  # another source: its verdict is not known
