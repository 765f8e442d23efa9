"""A training in a notebook: the same weights whatever the caller has set, and the caller's settings afterwards."""

import contextlib
import hashlib
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from conftest import fresh_python

from dlcore import one_thread, training
from dlcore.data import ImageSet, load
from dlcore.runs import Epoch, Recipe, Run

pytestmark = pytest.mark.delicate

QUICK = Recipe(
    dataset="digits", epochs=2, width=4, batch_size=256, dropout=0.2, augmentation="shifts_flips", subset=500
)


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return load("digits")


@pytest.fixture(scope="module")
def expected(digits: ImageSet) -> Run:
    return training.fit(QUICK, digits)


def same(a: Run, b: Run) -> bool:
    return a.status == b.status and all(
        np.array_equal(a.weights[name], b.weights[name]) for name in a.weights
    )


@contextlib.contextmanager
def threads(n: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    yield
    torch.set_num_threads(before)


@contextlib.contextmanager
def default_dtype(kind: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize(
    "setting",
    [
        torch.no_grad,
        torch.inference_mode,
        lambda: default_dtype(torch.float64),
        lambda: default_dtype(torch.bfloat16),
        lambda: torch.device("meta"),
        lambda: threads(2),
    ],
)
def test_a_training_is_the_same_under_any_setting_of_the_caller(
    setting: Callable[[], Any], digits: ImageSet, expected: Run
) -> None:
    with setting():
        run = training.fit(QUICK, digits)
        said = run.predict_proba(digits.images[:4])
    assert same(run, expected)
    np.testing.assert_array_equal(said, expected.predict_proba(digits.images[:4]))


def test_threads_and_tiny_numbers_are_as_before(digits: ImageSet) -> None:
    with threads(2):
        tiny = np.float64(1e-310)
        training.fit(QUICK, digits)
        assert torch.get_num_threads() == 2
        assert tiny * 0.5 != 0 and not one_thread.flushes_denormals()
        torch.set_flush_denormal(True)
        training.fit(QUICK, digits)
        assert one_thread.flushes_denormals(), "who has set it keeps it"
        torch.set_flush_denormal(False)


def test_within_a_training_there_is_one_thread(digits: ImageSet) -> None:
    seen = []
    with threads(2):
        training.fit(
            QUICK,
            digits,
            on_epoch=lambda epoch: seen.append(
                (torch.get_num_threads(), one_thread.flushes_denormals(), torch.is_grad_enabled())
            ),
        )
    assert seen == [(1, True, True)] * 2


def test_trainings_at_once_leave_what_was_before_the_first(digits: ImageSet, expected: Run) -> None:
    after = []

    def one(_: int) -> Run:
        run = training.fit(QUICK, digits)
        after.append(torch.get_num_threads())
        return run

    with threads(2):
        with ThreadPoolExecutor(3) as pool:
            runs = list(pool.map(one, range(6)))
        fresh: list[int] = []
        late = threading.Thread(target=lambda: fresh.append(torch.get_num_threads()))
        late.start()
        late.join()
        assert torch.get_num_threads() == 2 and fresh == [2] and after == [2] * 6
    assert all(same(run, expected) for run in runs)


def test_what_fails_restores_as_well(digits: ImageSet) -> None:
    def fail(epoch: Epoch) -> None:
        raise RuntimeError("the caller's own")

    with threads(2):
        with pytest.raises(RuntimeError, match="own"):
            training.fit(QUICK, digits, on_epoch=fail)
        assert torch.get_num_threads() == 2 and not one_thread.flushes_denormals()


def test_ctrl_c_keeps_what_has_been_learned(digits: ImageSet) -> None:
    def press(epoch: Epoch) -> None:
        if epoch.number == 1:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        run = training.fit(QUICK, digits, on_epoch=press)
    finally:
        signal.signal(signal.SIGINT, before)
    assert run.status == "cancelled" and len(run.epochs) == 1 and run.best == 1
    assert run.predict(digits.images[:3]).shape == (3,)


def test_ctrl_c_before_the_first_epoch_is_the_callers(digits: ImageSet) -> None:
    def press() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.fit(QUICK, digits, stop=press)


def test_a_bar_shows_the_epochs(digits: ImageSet, capsys: pytest.CaptureFixture[str], expected: Run) -> None:
    told: list[int] = []
    assert same(
        training.fit(QUICK, digits, on_epoch=lambda e: told.append(e.number), progress=True), expected
    )
    assert told == [1, 2] and "2/2" in capsys.readouterr().err


def test_a_subprocess_with_warnings_as_errors_trains_the_same(expected: Run) -> None:
    code = f"""
import hashlib, dlcore
run = dlcore.fit(dlcore.{QUICK!r})
print(hashlib.sha256(b"".join(w.tobytes() for w in run.weights.values())).hexdigest())
"""
    ours = hashlib.sha256(b"".join(w.tobytes() for w in expected.weights.values())).hexdigest()
    assert fresh_python(code) == ours


def test_results_print_short_and_as_tables(digits: ImageSet, expected: Run) -> None:
    for result in (digits, expected, digits.split_for()):
        assert len(repr(result)) < 500 and "\n" not in repr(result)
        assert result._repr_html_().startswith("<table>") and len(result._repr_html_()) < 4000
    frame = expected.to_frame()
    assert list(frame["number"]) == [1, 2] and frame["val_loss"].tolist() == [
        e.val_loss for e in expected.epochs
    ]
    assert "<b>" not in ImageSet("<b>", digits.images, digits.labels, digits.class_names)._repr_html_()


def test_one_word_for_the_rate() -> None:
    from dlcore.optimizers import RULES

    assert Recipe(lr=0.5) == Recipe(learning_rate=0.5) and Recipe(lr=0.5).lr == 0.5
    for name, rule in RULES.items():
        assert rule(learning_rate=0.25) == rule(lr=0.25) and rule(lr=0.25).learning_rate == 0.25, name
    with pytest.raises(TypeError, match="same argument"):
        Recipe(lr=0.5, learning_rate=0.5)
