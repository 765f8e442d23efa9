"""Blows on a small whole system while somebody trains; benchmarks/chaos.py has more of them, and measures."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import finish
from test_store import made_run

from benchmarks import chaos, chaos_system
from benchmarks.chaos_blows import BLOWS, Blow
from benchmarks.chaos_class import Learner
from benchmarks.chaos_promises import Round, finished, verify
from benchmarks.chaos_system import System
from benchmarks.load import Seen
from dlcore.runs import Recipe
from dlcore.store.store import Store

THE_REST = Blow(
    "kill -9 scheduler, worker and web process together",
    lambda s: [s.kill(name) for name in ("scheduler", "worker-1", "web-1")],
    lambda s: [s.start(name) for name in ("scheduler", "worker-1", "web-1")],
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One of each: database, scheduler, worker, web process."""
    folder = tmp_path_factory.mktemp("chaos")
    with (
        pytest.MonkeyPatch.context() as patch,
        chaos_system.running(folder, workers=1, webs=1) as system,
    ):
        for name, value in system.environment.items():
            patch.setenv(name, value)
        yield system


def play(system: System, blow: Blow, seed: int) -> Round:
    """One round with one learner."""

    async def alone() -> Round:
        engine = asyncio.create_task(chaos.keep_alive(system))
        result = await chaos.play(system, blow, seed, recipes=1)
        engine.cancel()
        return result

    result = finish(alone())
    if not result.open:
        pytest.skip(result.text)
    return result


def test_without_its_database_a_class_goes_on_and_nothing_is_lost(system: System) -> None:
    """No page shows an exception, the run is stored, and the index hears of it when the database is back."""
    result = play(system, BLOWS["database"], 1)
    assert not result.broken and result.lost == 0
    assert result.ended == {"finished": 1}


def test_with_everything_killed_at_once_an_open_training_goes_on_by_itself(system: System) -> None:
    result = play(system, THE_REST, 21)
    assert not result.broken and result.lost == 0
    assert result.ended == {"finished": 1}


def test_a_lost_run_an_open_request_and_a_damaged_one_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the other tests call kept is not kept here."""
    monkeypatch.delenv("DLCORE_DB_URL", raising=False)
    store = Store(tmp_path)
    recipes = [Recipe(dataset="digits", model="mlp", seed=seed) for seed in range(3)]
    for recipe in recipes:
        store.publish(replace(made_run(), recipe=recipe))
    before = finished(store)
    learners = [Learner("web-1", recipe, Seen(), ended="finished") for recipe in recipes]

    def broken() -> list[str]:
        result = Round("")
        verify(store, before, learners, result)
        return result.broken

    assert broken() == []
    (store.folder(recipes[0].key) / "weights.safetensors").write_bytes(b"damaged")
    assert len(broken()) == 1
    store.delete(recipes[1].key)
    assert any("is gone" in sentence for sentence in broken())
    store.ledger.request(recipes[2])
    assert any("requests are still open" in sentence for sentence in broken())
    store.ledger.engine.dispose()
