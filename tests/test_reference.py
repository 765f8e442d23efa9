"""Every public function, class and method of dlcore has an example, and each example gives what it says."""

import doctest
import inspect
import re
from pathlib import Path

import pytest
from conftest import ROOT, fresh_python, script_in_docs

REFERENCE = script_in_docs("reference")
PAGES = REFERENCE.pages()


def told_by(test: doctest.DocTest) -> str:
    """What is said where an example does not give what it says; "" where it does."""
    said: list[str] = []
    doctest.DocTestRunner(optionflags=REFERENCE.OPTIONS, verbose=False).run(test, out=said.append)
    return "".join(said)


def test_every_public_name_has_an_example() -> None:
    without = [
        f"{page}.{name}"
        for page, names in PAGES.items()
        for name, test in REFERENCE.examples(names).items()
        if not test.examples
    ]
    assert not without, "\n".join(without)


def test_the_face_the_rooms_and_the_methods_of_classes_are_public() -> None:
    import dlcore

    public = {f"{page}.{name}" for page, names in PAGES.items() for name, _ in REFERENCE.public(names)}
    assert {f"dlcore.{name}" for name in dlcore.NAMES if inspect.isroutine(getattr(dlcore, name))} <= public
    assert {
        "dlcore.backprop.forward",
        "dlcore.data.read_any",
        "dlcore.jobs.submit",
        "dlcore.metrics.auc",
    } <= public
    assert {"dlcore.ImageSet.from_arrays", "dlcore.Run.predict", "dlcore.data.Leaks.above"} <= public
    assert not any("._" in name for name in public) and "dlcore.BadInput" not in public


@pytest.mark.parametrize("page", PAGES)
def test_examples_give_what_they_say(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    rooms = (
        [names for other, names in PAGES.items() if other != REFERENCE.FACE] if page == REFERENCE.FACE else []
    )
    there = {
        id(thing) for names in rooms for _, thing in REFERENCE.public(names)
    }  # shown in its room as well
    tests = REFERENCE.examples(PAGES[page])
    told = [told_by(tests[name]) for name, thing in REFERENCE.public(PAGES[page]) if id(thing) not in there]
    assert not any(told), "\n".join(told)
    assert {place.name for place in tmp_path.iterdir()} <= {"runs"}


def test_what_is_predicted_stands_before_the_truth_everywhere() -> None:
    predicted = {"probabilities", "scores", "logits", "heatmap", "z", "z2", "y_hat", "predicted"}
    truth = {"labels", "y", "positive", "mask", "target"}
    found = {}
    for page, names in PAGES.items():
        for name, thing in REFERENCE.public(names):
            taken = list(inspect.signature(thing).parameters) if inspect.isroutine(thing) else []
            if predicted & {*taken} and truth & {*taken}:
                first = next(each for each in taken if each in predicted | truth)
                found[f"{page}.{name}"] = first in predicted
    assert {"dlcore.metrics.auc", "dlcore.gradcam.score", "dlcore.training.loss_of"} <= found.keys()
    assert all(found.values()), [name for name, is_first in found.items() if not is_first]


def test_nothing_in_a_docstring_is_taken_for_html() -> None:
    taken = [
        f"{page}.{name}: {found.group()}"
        for page, names in PAGES.items()
        for name, thing in REFERENCE.public(names)
        if (found := re.search(r"<\w+", re.sub(r"`[^`]*`|>>>.*", "", inspect.getdoc(thing) or "")))
    ]
    assert not taken, "put it into backticks: " + ", ".join(taken)


def test_an_example_that_says_something_else_is_noticed() -> None:
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert "Expected:" in told_by(test)


def test_its_pages_hold_the_examples_and_ask_no_third_party(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "docs")!r})
import reference
all_of_it = reference.pages()
some = {{"dlcore": {{"leaks": all_of_it["dlcore"]["leaks"]}}, "dlcore.jobs": all_of_it["dlcore.jobs"]}}
reference.write(Path({str(tmp_path)!r}), some)
"""
    fresh_python(code)
    front, jobs = (tmp_path / page for page in ("dlcore.html", "dlcore/jobs.html"))
    assert "How to read it" in front.read_text(encoding="utf-8")
    written_there = re.sub(r"<[^>]*>", "", jobs.read_text(encoding="utf-8"))
    assert "submit(run.recipe).state" in written_there and "Raises:" in written_there
    assert not re.findall(r"<(?:script|link|img)[^>]*=.?https?:", front.read_text(encoding="utf-8"))
