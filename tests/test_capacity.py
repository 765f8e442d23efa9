"""The simulation behind the table of sizes: its queues against exact formulas, its table against the guide."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import capacity
from benchmarks.queues import shared_processor, waits


def erlang_wait(arrivals: float, service: float, workers: int) -> float:
    """Mean wait of M/M/c in seconds (Erlang, 1917): C(c, a) · s / (c − a), where a is the load in workers."""
    load = arrivals * service
    terms = [load**k / math.factorial(k) for k in range(workers)]
    last = load**workers / math.factorial(workers) * workers / (workers - load)
    return last / (sum(terms) + last) * service / (workers - load)


@pytest.mark.parametrize(("workers", "busy"), [(1, 0.5), (2, 0.7), (8, 0.8)])
def test_trainings_wait_as_erlangs_formula_says(workers: int, busy: float) -> None:
    rng = np.random.default_rng(workers)
    n, service = 200_000, 12.0
    arrivals = np.cumsum(rng.exponential(service / (workers * busy), n))
    found = waits(arrivals, rng.exponential(service, n), workers)[n // 10 :]
    expected = erlang_wait(workers * busy / service, service, workers)
    error = found.std() / math.sqrt(
        n / 200
    )  # waits of neighbours are alike: a tenth of a percent of them counts
    assert abs(found.mean() - expected) < 4 * error < 0.35 * expected


def test_who_comes_first_begins_first_and_no_worker_has_two() -> None:
    found = waits(np.array([0.0, 1.0, 2.0, 3.0]), np.array([10.0, 2.0, 5.0, 1.0]), 2)
    assert found.tolist() == [0.0, 0.0, 1.0, 5.0]


def closed_response(learners: int, think: float, service: float) -> float:
    """Mean response of the closed system, exactly: N / X − Z, with the throughput X = (1 − p₀) / s."""
    weights = [math.perm(learners, n) * (service / think) ** n for n in range(learners + 1)]
    return learners * service / (1 - 1 / sum(weights)) - think


@pytest.mark.parametrize("learners", [1, 10, 40, 80])
@pytest.mark.parametrize("kind", ["exponential", "always the same", "two kinds"])
def test_learners_who_share_a_processor_wait_as_the_closed_system_does_whatever_the_service(
    learners: int, kind: str
) -> None:
    rng, think, service = np.random.default_rng(learners), 5.0, 0.1
    draws: dict[str, Callable[[], float]] = {
        "exponential": lambda: rng.exponential(service),
        "always the same": lambda: service,
        "two kinds": lambda: service * (3.0 if rng.random() < 0.2 else 0.5),
    }
    found = shared_processor(learners, lambda: rng.exponential(think), draws[kind], 300_000 / learners)
    assert found.mean() == pytest.approx(closed_response(learners, think, service), rel=0.06)


def test_at_half_the_speed_one_learner_waits_twice_as_long() -> None:
    found = [shared_processor(1, lambda: 1.0, lambda: 0.1, 100, speed) for speed in (1.0, 0.5)]
    np.testing.assert_allclose([f.mean() for f in found], [0.1, 0.2])


def test_the_guides_tables_are_what_the_command_prints() -> None:
    guide = capacity.GUIDE.read_text(encoding="utf-8")
    assert capacity.written(guide) == guide, "python -m benchmarks.capacity"


def test_what_was_measured_is_read_from_the_promises() -> None:
    for _, section, line, _ in capacity.MEASURED:
        p50, p95 = capacity.measured(section, line)
        assert 0 < p50 < p95


def test_a_larger_class_needs_more_of_everything_and_every_row_keeps_its_goals() -> None:
    rows = [capacity.Row(learners) for learners in (30, 200, 1000)]
    assert [row.web for row in rows] == sorted(row.web for row in rows) and rows[0].web == 2
    assert [row.workers for row in rows] == sorted(row.workers for row in rows)
    for row in rows:
        assert capacity.training_waits(row.learners, row.workers)[0] <= capacity.PATIENCE
        assert capacity.training_waits(row.learners, row.workers - 1)[0] > capacity.PATIENCE
        assert capacity.p95(capacity.reruns(math.ceil(row.learners / row.web))) <= 1.1 * capacity.ANSWERED
