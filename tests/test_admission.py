"""A shared server: bounded queue, bounded use, and equal wishes that cost nothing."""

import pytest

from dlcore.jobs import admission
from dlcore.jobs.admission import Limits, RefusedError, Use, admit

LIMITS = Limits(trainings=2, experiments=1, queue=10)


def test_a_laptop_limits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCORE_SHARED", raising=False)
    assert Limits.of_this_server() is None
    admit(10**6, False, Use(trainings=10**6, waiting=10**6), None)


def test_a_shared_server_takes_its_limits_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_SHARED", "1")
    monkeypatch.setenv("DLCORE_MAX_QUEUE", "7")
    assert Limits.of_this_server() == Limits(2, 1, 7)
    for nonsense in ("0", "-1", "many", "1.5"):
        monkeypatch.setenv("DLCORE_MAX_QUEUE", nonsense)
        with pytest.raises(ValueError, match="DLCORE_MAX_QUEUE"):
            Limits.of_this_server()


def test_what_is_under_way_already_is_never_refused() -> None:
    full = Use(trainings=99, experiments=99, waiting=99)
    admit(0, False, full, LIMITS)
    with pytest.raises(RefusedError):
        admit(1, False, full, LIMITS)


@pytest.mark.parametrize(
    ("new", "is_experiment", "use", "reason"),
    [
        (1, False, Use(trainings=2), "2 trainings under way"),
        (5, True, Use(experiments=1), "one at a time"),
        (1, False, Use(waiting=10, workers=2, seconds=30), r"empty in about 2 min"),
        (6, True, Use(waiting=5), "5 trainings wait, and 10 may"),
    ],
)
def test_a_refusal_says_why(new: int, is_experiment: bool, use: Use, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        admit(new, is_experiment, use, LIMITS)


@pytest.mark.parametrize(
    ("new", "is_experiment", "last", "over"),
    [
        (1, False, Use(trainings=1, experiments=1, waiting=9), Use(trainings=2, experiments=1, waiting=9)),
        (1, False, Use(trainings=1, experiments=1, waiting=9), Use(trainings=1, experiments=1, waiting=10)),
        (10, True, Use(trainings=2), Use(trainings=2, experiments=1)),
        (10, True, Use(trainings=2), Use(trainings=2, waiting=1)),
    ],
)
def test_up_to_the_limits_everybody_gets_in_and_not_one_further(
    new: int, is_experiment: bool, last: Use, over: Use
) -> None:
    admit(new, is_experiment, last, LIMITS)
    with pytest.raises(RefusedError):
        admit(new, is_experiment, over, LIMITS)


def test_waiting_is_said_in_round_numbers() -> None:
    assert [admission.in_words(s) for s in (0.1, 12.4, 89, 91, 600)] == [
        "1 s",
        "12 s",
        "89 s",
        "2 min",
        "10 min",
    ]


def test_a_training_has_a_budget_where_many_share_which_who_runs_the_server_can_raise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DLCORE_SHARED", raising=False)
    assert admission.budget() is None and admission.too_long(1e9, None) == ""
    monkeypatch.setenv("DLCORE_SHARED", "1")
    assert admission.budget() == 600
    assert "about 2815 min; on this server one may take 10 min" in admission.too_long(2815 * 60, 600)
    monkeypatch.setenv("DLCORE_MAX_SECONDS", "200000")
    assert admission.too_long(2815 * 60, admission.budget()) == ""
