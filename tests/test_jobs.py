"""Training outside the web process: live epochs, sharing, cancelling, killed workers, restarts."""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from conftest import PATIENCE, ROOT
from sqlalchemy.exc import OperationalError
from test_store import made_run

from dlcore.jobs import jobs, lifecycle
from dlcore.jobs.cluster import Engine, Queue
from dlcore.jobs.jobs import Job, JobError, RefusedError
from dlcore.jobs.trainings import UNDER_WAY, Training
from dlcore.jobs.worker import publish
from dlcore.runs import Recipe
from dlcore.store.store import Store

SHORT = {"dataset": "digits", "model": "mlp", "epochs": 4}
LONG = {"dataset": "digits", "model": "cnn", "epochs": 500, "schedule": "constant"}


@pytest.fixture(scope="module", autouse=True)
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ["DLCORE_RUNS"]
    os.environ["DLCORE_RUNS"] = str(tmp_path_factory.mktemp("jobs") / "runs")
    jobs.shut_down()
    yield
    jobs.shut_down()
    os.environ["DLCORE_RUNS"] = before


def until(question: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def engine_processes() -> list[psutil.Process]:
    assert jobs.ENGINE._process is not None
    parent = psutil.Process(jobs.ENGINE._process.pid)
    return [parent, *parent.children(recursive=True)]


def test_a_recipe_is_trained_elsewhere_stored_and_answered_at_once_the_next_time() -> None:
    recipe = Recipe(**SHORT)
    job = jobs.submit(recipe)
    run = job.result(PATIENCE)
    assert job.state == "finished" and job.progress == 1.0 and job.place_in_queue is None
    assert [e.number for e in job.epochs] == [1, 2, 3, 4]
    stored = Store().get(recipe.key)
    assert stored is not None and stored.epochs == run.epochs
    again = jobs.submit(recipe)
    assert again.state == "finished"
    assert again.result(0).epochs == run.epochs


def test_equal_recipes_share_one_training() -> None:
    recipe = Recipe(**LONG, seed=1)
    first, second = jobs.submit(recipe), jobs.submit(recipe)
    until(lambda: len(first.epochs) >= 1)
    assert second.epochs == first.epochs or len(second.epochs) >= 1
    guest = jobs.watched(recipe.key)
    assert guest is not None
    del guest  # closed the browser: asks no more, and must not keep the training alive
    first.cancel()
    assert first.state == "cancelled" and second.state == "running"
    known = len(second.epochs)
    until(lambda: len(second.epochs) > known)  # the one who stayed still gets epochs
    second.cancel()
    until(lambda: recipe.key not in UNDER_WAY)


def test_cancelling_stops_a_running_training_and_stores_nothing() -> None:
    recipe = Recipe(**LONG, seed=2)
    job = jobs.submit(recipe)
    until(lambda: job.state == "running")
    assert job.place_in_queue == 0
    job.cancel()
    until(lambda: recipe.key not in UNDER_WAY)
    assert job.state == "cancelled"
    assert Store().get(recipe.key) is None
    assert recipe not in Store().ledger.open_requests()
    with pytest.raises(JobError, match="cancelled"):
        job.result(0)


def test_a_cancelled_recipe_can_be_trained_again() -> None:
    recipe = Recipe(**LONG, seed=7)
    for _ in range(2):
        job = jobs.submit(recipe)
        until(lambda job=job: len(job.epochs) >= 2 or job.is_over)  # type: ignore[misc]
        assert job.state == "running"  # the flag that ended the first one does not end the second
        job.cancel()
        until(lambda: recipe.key not in UNDER_WAY)


def test_what_another_web_process_has_asked_for_can_be_watched_here() -> None:
    recipe = Recipe(**LONG, seed=8)
    assert jobs.watched(recipe.key) is None
    Store().ledger.request(recipe)  # as another process has noted it
    job = jobs.watched(recipe.key)
    assert job is not None
    until(lambda: len(job.epochs) >= 1)
    job.cancel()  # who only watches has nothing to withdraw
    assert recipe.key in UNDER_WAY
    job.stop()
    until(lambda: recipe.key not in UNDER_WAY)
    assert jobs.watched(recipe.key) is None and jobs.watched("not a key") is None


def test_the_queue_has_places_and_a_waiting_job_can_be_cancelled() -> None:
    workers = os.cpu_count() or 1
    crowd = [jobs.submit(Recipe(**LONG, seed=10 + i)) for i in range(workers + 2)]
    until(lambda: sum(job.state == "running" for job in crowd) == workers)
    waiting = [job for job in crowd if job.state == "queued"]
    until(lambda: sorted(job.place_in_queue or 0 for job in waiting) == [1, 2])  # once both are on the engine
    waiting[-1].cancel()
    assert waiting[-1].state == "cancelled"
    for job in crowd:
        job.cancel()
    until(lambda: not UNDER_WAY)


def test_a_killed_workers_training_begins_again_on_another() -> None:
    job = jobs.submit(Recipe(**LONG, seed=3))
    until(lambda: len(job.epochs) >= 2)
    first = job._training.attempt
    busiest = max(engine_processes()[1:], key=lambda p: p.cpu_percent(0.3))
    busiest.kill()
    until(lambda: job._training.attempt != first)
    until(lambda: len(job.epochs) >= 1)
    assert job.state == "running"
    job.cancel()
    until(lambda: not UNDER_WAY)


def test_a_lost_engine_is_replaced_and_the_training_goes_on() -> None:
    job = jobs.submit(Recipe(**LONG, seed=4))
    until(lambda: len(job.epochs) >= 1)
    for process in reversed(engine_processes()):
        process.kill()
    until(lambda: job._training.attempts == 2 and job.state == "running")
    job.cancel()
    until(lambda: not UNDER_WAY)


def test_a_recipe_that_cannot_work_fails_with_its_own_sentence() -> None:
    job = jobs.submit(Recipe(dataset="there-is-no-such-set", epochs=1))
    with pytest.raises(JobError, match="there-is-no-such-set"):
        job.result(PATIENCE)
    assert job.state == "failed"


def test_a_damaged_stored_run_is_trained_again_and_the_job_says_so() -> None:
    recipe = Recipe(**SHORT, seed=5)
    jobs.submit(recipe).result(PATIENCE)
    (Store().folder(recipe.key) / "weights.safetensors").write_bytes(b"damaged")
    job = jobs.submit(recipe)
    job.result(PATIENCE)
    assert "damaged" in job.message
    assert Store().get(recipe.key) is not None


def test_what_no_disk_took_is_stored_as_soon_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    run = replace(made_run(), recipe=Recipe(**SHORT, seed=9))
    training = Training(run.recipe)

    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("dlcore.store.store.write_run", is_full)
        lifecycle._keep(training, run)
    assert training.state == "finished" and "could not be stored yet" in training.message
    monkeypatch.setattr(lifecycle, "MAKE_UP", 0.01)
    monkeypatch.setattr(jobs.ENGINE, "is_shut_down", False)
    lifecycle._make_up(training)
    assert training.message == "" and Store().get(run.key) is not None


def test_a_stored_run_that_the_database_did_not_take_is_not_called_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = replace(made_run(), recipe=Recipe(**SHORT, seed=10))

    def is_away(*_: object) -> None:
        raise OperationalError("INSERT", {}, ConnectionError("the database is gone"))

    with monkeypatch.context() as patch:
        patch.setattr("dlcore.store.ledger.Ledger.index", is_away)
        sentence = publish(run)
    assert "is stored" in sentence and "lost" not in sentence
    known = Store().ledger.keys()
    assert Store().get(run.key) is not None and run.key not in known
    jobs.resume()  # as the next server does when it starts
    known = Store().ledger.keys()
    assert run.key in known


def test_what_was_under_way_when_the_server_stopped_goes_on_after_it() -> None:
    recipe = Recipe(**SHORT, seed=6)
    Store().ledger.request(recipe)  # as a server leaves it that stops in the middle
    assert jobs.resume() >= 1
    until(lambda: Store().get(recipe.key) is not None)
    until(lambda: recipe not in Store().ledger.open_requests())


def test_nothing_but_loopback_listens() -> None:
    jobs.warm()
    listening = {
        connection.laddr.ip
        for process in engine_processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_the_engine_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "from dlcore.jobs import jobs; jobs.warm(); print(jobs.ENGINE._process.pid, flush=True);"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    env = {**os.environ, "DLCORE_RUNS": str(tmp_path), "DLCORE_WORKERS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=False
    )
    pid = int(done.stdout)
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_submitting_does_not_load_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from dlcore.jobs import jobs; from dlcore.runs import Recipe;"
        "job = jobs.submit(Recipe(dataset='digits', model='mlp', epochs=1));"
        f"job.result({PATIENCE}); assert 'torch' not in sys.modules"
    )
    env = {**os.environ, "DLCORE_RUNS": str(tmp_path), "DLCORE_WORKERS": "1"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_progress_is_heard_in_any_order_and_only_from_the_latest_attempt() -> None:
    training = Training(Recipe(**SHORT))
    job = Job(training)
    epoch = {
        "train_loss": 1.0,
        "train_accuracy": 0.5,
        "train_auc": None,
        "val_loss": 1.0,
        "val_accuracy": 0.5,
        "val_auc": None,
        "gradient_norm": 1.0,
        "learning_rate": 0.1,
        "seconds": 2.0,
    }

    def hear(kind: str, attempt: str, number: int = 0) -> None:
        training.hear((0.0, {"kind": kind, "attempt": attempt, "epoch": {"number": number, **epoch}}))

    hear("started", "a")
    for number in (1, 1, 2):
        hear("epoch", "a", number)
    assert len(job.epochs) == 2 and job.progress == 0.5 and job.seconds_left == 4.0
    hear("started", "b")
    hear("epoch", "a", 3)
    assert job.epochs == ()
    hear("epoch", "b", 1)
    assert len(job.epochs) == 1


def test_a_hundred_learners_and_five_recipes_are_five_trainings(
    monkeypatch: pytest.MonkeyPatch, claimed: dict[str, int]
) -> None:
    monkeypatch.setenv("DLCORE_SHARED", "1")
    students, few = 100, claimed["recipes"]
    recipes = [Recipe(**SHORT, seed=100 + i) for i in range(few)]
    with ThreadPoolExecutor(32) as crowd:
        asked = list(
            crowd.map(lambda i: jobs.submit(recipes[i % few], asker=f"learner {i}"), range(students))
        )
    runs = [job.result(PATIENCE) for job in asked]
    # Who came when a training was over has found its run: nothing was handed to the engine for them.
    trained = {id(job._training): job._training.attempts for job in asked if job._training.attempts}
    assert list(trained.values()) == [1] * claimed["trainings"]
    assert sorted({run.key for run in runs}) == sorted(recipe.key for recipe in recipes)


def test_a_learner_with_too_much_open_is_refused_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCORE_SHARED", "1")
    jobs.warm()
    open_jobs = [jobs.submit(Recipe(**LONG, seed=200 + i), asker="Ada") for i in range(2)]
    with pytest.raises(RefusedError, match="2 trainings under way"):
        jobs.submit(Recipe(**LONG, seed=202), asker="Ada")
    joined = jobs.submit(Recipe(**LONG, seed=201), asker="Ada")  # her own again: nothing new
    group = jobs.submit_experiment([Recipe(**LONG, seed=210 + i) for i in range(3)], asker="Ada")
    with pytest.raises(RefusedError, match="one at a time"):
        jobs.submit_experiment([Recipe(**LONG, seed=220)], asker="Ada")
    monkeypatch.setenv("DLCORE_MAX_QUEUE", "3")
    until(lambda: (jobs.ENGINE.queue() or Queue()).waiting >= 3)
    with pytest.raises(RefusedError, match="queue is full"):
        jobs.submit(Recipe(**LONG, seed=230), asker="Emmy")
    monkeypatch.setenv("DLCORE_MAX_QUEUE", "50")
    last = jobs.submit(Recipe(**LONG, seed=230), asker="Emmy")
    until(
        lambda: (last.place_in_queue or 99) < max(job.place_in_queue or 0 for job in group)
    )  # she uses less
    assert (last.waiting[1] or 0) > 0
    for job in [*open_jobs, joined, *group, last]:
        job.cancel()
    until(lambda: not UNDER_WAY)


def test_the_expected_wait_follows_the_pace_of_what_runs() -> None:
    queue = Queue(("a", "b", "c", "d"), workers=2, seconds=8.0)
    assert queue.wait(1, {}) == 8.0  # nobody has shown a pace: as long as trainings took so far
    assert queue.wait(1, {"a": 300.0, "b": 240.0}) == 240.0  # a crowded machine: not "about 4 s"
    assert queue.wait(2, {"a": 300.0, "b": 240.0}) == 248.0  # c takes the worker of b, d waits for c
    assert Queue(("a",), workers=2).wait(1, {}) == 0.0  # a worker is free


def test_only_who_leaves_others_waiting_is_told_that_a_training_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Said at once, before the worker has heard of a wish that was withdrawn."""
    recipe = Recipe(**LONG, seed=260)
    ada, bob = (jobs.submit(recipe, asker=name) for name in ("Ada", "Bob"))
    until(lambda: ada.epochs)
    with monkeypatch.context() as patch:
        patch.setattr(Training, "finish", lambda *told: None)  # the worker takes its time
        ada.cancel()
        assert ada.is_over and ada.goes_on
        bob.cancel()
        assert bob.is_over and not bob.goes_on and not ada.goes_on
    ada._training.finish("cancelled")
    until(lambda: not UNDER_WAY)


def test_a_training_that_a_worker_has_begun_unheard_is_stopped_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine the word that it has started comes late: then it is cancelled while it is called queued."""
    monkeypatch.setattr(Training, "hear", lambda self, event: None)
    started = [jobs.submit(Recipe(**LONG, seed=230 + i)) for i in range(jobs.queue().workers)]
    until(lambda: all(job._training.future is not None for job in started))
    time.sleep(2)  # by now every worker trains, and nobody here knows
    for job in started:
        job.cancel()
    until(lambda: not UNDER_WAY)
    monkeypatch.undo()
    assert jobs.submit(Recipe(**SHORT, seed=240)).result(60).status == "finished"  # a worker is free again


def test_a_training_over_its_budget_is_stopped_says_so_and_stores_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLCORE_MAX_SECONDS", "1")
    recipe = Recipe(**LONG, seed=31)
    job = jobs.submit(recipe)
    until(lambda: job.is_over)
    assert job.state == "failed" and "of 500 epochs: on this server one may take 1 s" in job.message
    assert Store().get(recipe.key) is None
    assert recipe not in Store().ledger.open_requests()


def test_a_teacher_stops_any_training_whether_it_runs_or_waits() -> None:
    """Also one that another web process asked for: nobody here holds the job whose training is stopped."""
    recipes = [Recipe(**LONG, seed=40 + i) for i in range(jobs.queue().workers + 1)]
    started = [jobs.submit(recipe) for recipe in recipes]
    until(lambda: sum(job.state == "running" for job in started) == len(recipes) - 1)
    assert {key for key, _, _ in jobs.under_way()} >= {recipe.key for recipe in recipes}
    for recipe in reversed(recipes):
        jobs.stop_for_all(recipe.key)
    until(lambda: all(job.is_over for job in started))
    assert {(job.state, job.message) for job in started} == {("cancelled", lifecycle.STOPPED)}
    assert not {recipe.key for recipe in Store().ledger.open_requests()} & {recipe.key for recipe in recipes}
    again = jobs.submit(recipes[0])  # a teacher's stop holds for what was asked for then
    until(lambda: len(again.epochs) >= 1 or again.is_over)
    assert again.state == "running"
    again.cancel()


def test_a_server_that_stops_while_its_engine_is_being_started_does_not_wait_for_it() -> None:
    engine = Engine()
    outcome: list[object] = []

    def start() -> None:
        try:
            outcome.append(engine.client())
        except JobError as error:
            outcome.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    until(lambda: engine._process is not None)
    engine.shut_down()
    thread.join(PATIENCE)
    assert isinstance(outcome[0], JobError) and engine._process is None
