"""Proofs: every subject has its entry, a seeded sample of each holds; and the mechanism itself can turn red."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from proofs import entries
from proofs.__main__ import run
from proofs.entries import FAILED, PROVED, Entry
from proofs.kernels import CORES, environment, kernels

KNOWN = entries.found()


@pytest.mark.parametrize("name", KNOWN)
def test_a_sample_of_each_subject_holds(name: str) -> None:
    """Drawn anew whenever the code changes, and the same as long as it does not."""
    seed = int(entries.fingerprint(KNOWN[name]), 16) % 2**32
    KNOWN[name].sample(seed)
    assert KNOWN[name].COVERS and KNOWN[name].__doc__


def test_every_subject_has_an_entry_and_stale_ones_are_told(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("stale proofs", ", ".join(entries.stale(KNOWN, entries.read())))
    assert entries.missing(KNOWN, entries.read()) == []


def planted(tmp_path: Path, name: str, result: str) -> ModuleType:
    """A subject that covers a file of its own and has this result; one that starts with "!" fails."""
    (tmp_path / f"{name}.py").write_text(f'"""{name}"""\nRESULT = {result!r}\n')
    (tmp_path / f"{name}.data").write_text("1")
    subject = ModuleType(name)
    subject.__file__ = str(tmp_path / f"{name}.py")
    subject.COVERS = (tmp_path / f"{name}.data",)

    def prove() -> str:
        assert not result.startswith("!"), result
        return result

    subject.prove = prove
    return subject


def test_a_failing_subject_turns_the_run_red_and_the_others_are_still_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {
        name: planted(tmp_path, name, result) for name, result in (("a", "!wrong | by 2"), ("b", "1 of 1"))
    }
    file = tmp_path / "PROOFS.md"
    assert run(known, [], file) == 1 and "Not proved: a." in capsys.readouterr().out
    read = entries.read(file)
    assert read["a"].state == FAILED and "wrong / by 2" in read["a"].result
    assert read["b"].state == PROVED and read["b"].result == "1 of 1"
    assert entries.stale(known, read) == ["a"]
    assert run(known, ["b"], file) == 0


def test_a_fresh_entry_is_not_proved_again_and_a_changed_one_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known, file = {"a": planted(tmp_path, "a", "1 of 1")}, tmp_path / "PROOFS.md"
    assert run(known, [], file) == 0 and "a: proved" in capsys.readouterr().out
    assert run(known, [], file) == 0 and "a: fresh" in capsys.readouterr().out
    (tmp_path / "a.data").write_text("2")
    assert entries.stale(known, entries.read(file)) == ["a"]
    assert run(known, [], file) == 0 and "a: proved" in capsys.readouterr().out


def test_comments_docstrings_and_a_move_leave_a_proof_fresh_and_a_number_does_not(tmp_path: Path) -> None:
    subject = planted(tmp_path, "a", "")
    before, file = entries.fingerprint(subject), tmp_path / "a.py"
    for text in ('"""Other."""\nRESULT = ""  # said\n', "RESULT = ''\n", "RESULT = 1\n"):
        file.write_text('"""."""\n' * (not text.startswith('"""')) + text)
        assert (entries.fingerprint(subject) == before) == ("1" not in text)
    prints = []
    for home in ("dlcore", "dlcore.network"):
        file.write_text(f"from {home} import forward\n")
        prints.append(entries.fingerprint(subject))
    assert prints[0] == prints[1] != before


def test_a_subject_without_an_entry_is_missing(tmp_path: Path) -> None:
    known = {name: planted(tmp_path, name, "1") for name in "ab"}
    row = Entry("a", FAILED, "1", "0", "abc", "2026-01-01", "1")
    assert entries.missing(known, {}) == ["a", "b"]
    assert entries.missing(known, {"a": row}) == ["b"] and entries.stale(known, {"a": row}) == ["a"]


def test_an_old_kernel_switches_off_what_a_new_processor_has() -> None:
    new = dict(environment("SkylakeX", frozenset().union(*CORES.values())))
    old = dict(environment("Nehalem", frozenset().union(*CORES.values())))
    assert (new["ATEN_CPU_CAPABILITY"], new["NPY_DISABLE_CPU_FEATURES"]) == ("avx512", "")
    assert (old["ATEN_CPU_CAPABILITY"], old["NPY_DISABLE_CPU_FEATURES"]) == ("default", "X86_V4 X86_V3")


def test_kernels_differ_and_this_processor_has_one() -> None:
    names = [kernel.name for kernel in kernels()]
    assert names and len(set(names)) == len(names)
