"""The sealed test set: what many looks do to the best score, who is contaminated, and which code may look."""

import ast
from collections.abc import Iterator

import numpy as np
import pytest
from conftest import ROOT

from dlcore.evaluation import optimism
from dlcore.store.store import Store

# The only functions that take a test part in hand. One scores a model on it; the others describe the images:
# their class proportions, their near-duplicates, how many there are; or make and carry the split itself.
MAY_TOUCH_TEST = {
    "dlcore/training.py:evaluate_test": "scores a learner's model",
    "dlcore/evaluation/composition.py:composition": "class proportions",
    "dlcore/data/leakage.py:leaks": "near-duplicates",
    "dlcore/data/leakage.py:across": "near-duplicates",
    "dlcore/evaluation/split_luck.py:held_out": "sizes",
    "dlcore/data/npz_files.py:leak_notes": "exact duplicates in an upload",
    "dlcore/data/cells.py:cells_shortcut": "draws the random marker of the test images",
    "dlcore/data/splits.py:__iter__": "the split itself",
    "dlcore/data/splits.py:__post_init__": "that no image is in two parts",
    "dlcore/data/imagesets.py:__post_init__": "that the set has the images which its split names",
    "dlcore/data/imagesets.py:split_sentence": "sizes",
    "dlcore/audit/twins.py:exact_across": "exact duplicates",
    "dlcore/audit/twins.py:near_across": "near-duplicates",
    "dlcore/audit/twins.py:groups_across": "patients on both sides",
    "dlcore/audit/probes.py:probing": "no learner's model: whether brightness or a corner tells the class there too",
    "dlcore/audit/probes.py:asked": "the same, of one probe",
    "dlcore/audit/baselines.py:size": "sizes",
    "dlcore/audit/auditing.py:audit": "sizes",
    "dlcore/audit/auditing.py:with_network": "sizes",
    "ui/training/auditing.py:_sealed": "sizes",
    "dlcore/audit/report.py:_facts": "sizes",
    "dlcore/data/importing/dealing.py:parts_repairs": "which parts an upload names",
    "dlcore/data/importing/dealing.py:split_of": "makes the split of an upload",
    "dlcore/data/uploads.py:in_parts": "the order in which a set is stored",
    "dlcore/audit/auditing.py:_fewer": "draws which images are compared",
    "dlcore/audit/auditing.py:_said": "sizes",
    "dlcore/data/versions.py:dealt_by_families": "the sizes of the parts that are dealt anew",
    "dlcore/data/versions.py:without": "carries the split over to the images that are left",
    "dlcore/heatmaps/shortcut_mended.py:mended": "carries the split over to the repaired images",
    "dlcore/course/answers/images.py:fold_images": "sizes",
    "dlcore/course/answers/images.py:marker_only": "no learner's model: reads one pixel of a sample drawn for it",
    "dlcore/course/answers/images.py:copies_in_training": "no learner's model: remembers random labels",
    "dlcore/course/answers/images.py:accuracy": "the score of copies_in_training",
    "ui/training/other_checks.py:of_split": "sizes, and that no image is in two parts",
    "ui/training/splits.py:proportions": "sizes",
    "ui/gradcam/shortcuts.py:_sealed": "sizes",
    "ui/training/splits.py:leak_detector": "sizes",
    "ui/training/sealed_test.py:sealed_test_section": "sizes",
}
# Files in which "test" is something else: the playground's points in the plane.
OTHER_MEANING = ("dlcore/network/trajectory.py", "ui/network/playground.py")


def takes_test(node: ast.AST) -> bool:
    """Whether this piece of code names a split's test part, or takes a split apart."""
    if isinstance(node, ast.Attribute):
        return node.attr == "test"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        return any(isinstance(name, ast.Name) and name.id == "test" for name in node.targets[0].elts)
    if isinstance(node, ast.For | ast.comprehension):
        source = ast.unparse(node.iter)
        return source in ("split", "self.official_split", "parts") or "split_for(" in source
    return False


def functions_that_take_test(source: str) -> Iterator[str]:
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and any(map(takes_test, ast.walk(function))):
            yield function.name


def test_only_the_listed_functions_touch_test_images() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{name}"
        for folder in ("dlcore", "ui", "pages")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if str(file.relative_to(ROOT)) not in OTHER_MEANING
        for name in functions_that_take_test(file.read_text(encoding="utf-8"))
    }
    assert found == set(MAY_TOUCH_TEST)


@pytest.mark.parametrize(
    "code",
    [
        "def peek(s, x): return x[s.split_for().test]",
        "def peek(s): train, validation, test = s.split_for()",
        "def peek(s, x): return [x[part] for part in s.split_for()]",
    ],
)
def test_a_function_that_peeks_would_be_found(code: str) -> None:
    assert list(functions_that_take_test(code)) == ["peek"]


def test_expected_maximum_equals_the_known_values_and_a_simulation() -> None:
    known = {1: 0.0, 2: np.pi**-0.5, 3: 1.5 * np.pi**-0.5, 5: 1.16296, 10: 1.53875, 100: 2.50759}
    for m, value in known.items():
        assert optimism.expected_maximum(m) == pytest.approx(value, abs=2e-5)
    draws = np.random.default_rng(0).standard_normal((200_000, 20)).max(axis=1)
    assert optimism.expected_maximum(20) == pytest.approx(draws.mean(), abs=0.01)
    with pytest.raises(ValueError, match="at least 1"):
        optimism.expected_maximum(0)


def test_models_that_agree_gain_less_so_that_the_formula_is_a_bound() -> None:
    rng = np.random.default_rng(1)
    common, own = rng.standard_normal((100_000, 1)), rng.standard_normal((100_000, 20))
    gain = (np.sqrt(0.9) * common + np.sqrt(0.1) * own).max(axis=1).mean()
    assert gain == pytest.approx(0.59, abs=0.02)
    assert gain < optimism.expected_maximum(20) / 3


def test_the_best_of_many_coin_tossers_climbs_above_one_half_and_a_single_one_does_not() -> None:
    found = optimism.guesses(156, 20, seed=0, repeats=300)
    best = found.best_so_far.mean(axis=0)
    assert best[0] == pytest.approx(0.5, abs=0.01)
    assert best == pytest.approx(found.expected, abs=0.01)
    assert best[-1] > 0.56
    assert np.array_equal(found.accuracies, optimism.guesses(156, 20, seed=0, repeats=300).accuracies)


def look(key: str, opened: str, dataset: str = "digits") -> dict[str, str]:
    return {"key": key, "dataset": dataset, "opened": opened}


def run(key: str, finished: str, dataset: str = "digits") -> dict[str, str]:
    return {"key": key, "dataset": dataset, "finished": finished}


def test_runs_made_after_a_look_and_runs_submitted_later_are_contaminated() -> None:
    runs = [run("a", "1"), run("b", "2"), run("c", "4"), run("d", "4", "cells")]
    assert optimism.contaminated(runs, []) == set()
    assert optimism.contaminated(runs, [look("a", "3")]) == {"c"}  # d: other images; b: made before
    assert optimism.contaminated(runs, [look("a", "3"), look("b", "5")]) == {"b", "c"}
    assert optimism.contaminated(runs, [look("a", "3"), look("a", "5")]) == {"c"}


def test_a_reset_forgets_the_looks_of_one_learner_at_one_set_only(tmp_path: object) -> None:
    ledger = Store(tmp_path).ledger  # type: ignore[arg-type]
    for who, dataset in (("ada", "digits"), ("ada", "digits"), ("ada", "cells"), ("bob", "digits")):
        ledger.record_opening(dataset, who, "0" * 64, {"accuracy": 0.5, "auc": None})
    assert ledger.reset_openings("digits", "ada") == 2
    assert ledger.test_openings("digits", "ada") == []
    assert len(ledger.test_openings("cells", "ada")) == len(ledger.test_openings("digits", "bob")) == 1
    assert ledger.record_opening("digits", "ada", "0" * 64, {}) == 1
