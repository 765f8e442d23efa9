"""A training's life on the engine, from handing it over to its end: whatever happens, it ends with a name.

One thread for each training that this process has asked for. It joins what another web process has begun, hands
the training to the next engine when one is lost, and stores afterwards what a full disk did not take.
"""

import contextlib
import logging
import time
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dlcore.jobs.admission import budget
from dlcore.jobs.cluster import (
    Engine,
    JobError,
    attempt_to_join,
    clients_of,
    exceeded_memory,
    is_flagged,
    losses,
)
from dlcore.jobs.trainings import LOCK, UNDER_WAY, Training
from dlcore.jobs.worker import publish, train
from dlcore.runs import Recipe, Run
from dlcore.store.store import CorruptRunError, shared

LOG = logging.getLogger(__name__)
ATTEMPTS = 3  # times a recipe is handed to the engine before we give up on it
ENGINE_AWAY = 120.0  # seconds that a training waits for an engine to come back
BEGUN = 1000  # how much more urgent a training is that had begun already
MAKE_UP = 5.0  # seconds between tries to store what could not be stored
CANCELLED = "This training was cancelled."
STOPPED = "A teacher of this server has stopped this training."

ENGINE = Engine()  # of this process, shared by every session on purpose


def find(recipe: Recipe) -> Training:
    """A training that is done if the recipe's run is stored, and has not begun otherwise."""
    training = Training(recipe)
    try:
        stored = shared().get(recipe.key)
    except CorruptRunError as error:
        stored, training.message = None, f"{error} It is being trained again."
    if stored is not None:
        training.epochs, training.run, training.state = stored.epochs, stored, "finished"
        training.done.set()
    return training


def _remember(recipe: Recipe) -> None:
    try:
        shared().ledger.request(recipe)
    except (OSError, SQLAlchemyError) as error:  # a read-only disk must not keep anybody from training
        LOG.warning("the request could not be noted: %s", error)


def see_through(training: Training, priority: int) -> None:
    """A training's life on the engine, on a thread of its own: whatever happens there, it ends with a name.

    A daemon thread, not future.add_done_callback: its executor complains when the server stops meanwhile.
    """
    _remember(training.recipe)
    try:
        while not training.done.is_set():
            # What had begun on an engine that was lost comes before what had only waited there.
            _attempt(training, priority + (BEGUN if training.attempt else 0))
        _make_up(training)
    except JobError as error:
        _fail(training, str(error))
    except Exception as error:  # a thread that dies in silence would leave a page waiting for ever
        _fail(training, _sentence(error))


def _attempt(training: Training, priority: int) -> None:
    """One engine's answer to a training: its end; or none, if the engine was lost with the training in it.

    Raises:
        JobError: the engine cannot be reached, or was lost too often.
    """
    client, topic = _reach_engine(training), ""
    if training.cancelled:  # while the engine was starting
        training.finish("cancelled", message=training.cancelled)
        return
    try:
        number = ENGINE.ask(attempt_to_join, training.recipe.key)
        training.task = f"train-{training.recipe.key}-{number}"
        topic = f"progress-{training.task}"
        client.subscribe_topic(topic, training.hear)
        training.future = client.submit(
            train,
            training.recipe,
            training.task,
            budget(),
            key=training.task,
            pure=False,
            priority=priority,
        )
        for event in client.get_events(topic) or ():  # somebody else's process may have started it before us
            training.hear(event)
        _settle(training, training.future)
    except losses() as error:
        LOG.warning("the engine was lost: %r", error)
        _lost(training)
    finally:
        # The scheduler may be gone, and the subscription with it. A result that somebody still holds would be
        # computed again whenever the worker that has it dies.
        future, training.future = training.future, None
        with contextlib.suppress(ValueError, *losses()):
            client.unsubscribe_topic(topic)
            if future is not None:
                future.release()


def _reach_engine(training: Training) -> Any:
    """A live client. Who has had an engine and lost it waits longer for the next: somebody is restarting it.

    Raises:
        JobError: there was none in time.
    """
    training.attempts += 1
    end = time.monotonic() + (ENGINE_AWAY if training.attempts > 1 else 0)
    while True:
        try:
            return ENGINE.client()
        except JobError:
            if training.cancelled or time.monotonic() > end:
                raise
            time.sleep(1)


def _settle(training: Training, future: Any) -> None:
    """Waits until the future comes to rest, and says how the training ended; see _lost for the last way."""
    from distributed import CancelledError, KilledWorker

    with contextlib.suppress(CancelledError):
        future.exception()  # waits, and fetches no result
    if future.status == "finished":
        run = future.result()
        if run.status == "cancelled" and _is_stopped(training):
            training.finish("cancelled", run, STOPPED)
        elif run.status == "cancelled" and not training.cancelled and _is_wanted(training):
            _lost(training)  # the last wish at another web process was withdrawn before this one's came
        elif run.status == "cancelled":
            training.finish("cancelled", run, training.cancelled or CANCELLED)
        else:
            _keep(training, run)
    elif future.status == "error":
        error = future.exception()
        if isinstance(error, KilledWorker) and not _was_too_large(error):
            _lost(training)
        else:
            _fail(training, _sentence(error))
    elif _is_stopped(training):
        training.finish("cancelled", message=STOPPED)
    elif training.cancelled:
        training.finish("cancelled", message=training.cancelled)
    elif ENGINE.is_shut_down:  # the request stays in the ledger: the next start takes it up
        training.finish("failed", message="The server stopped; this training goes on when it is back.")
    else:
        _lost(training)


def _keep(training: Training, run: Run) -> None:
    """A finished run is there for everybody at once, also where its disk or database did not take it."""
    problem = publish(run)
    training.is_owed = bool(problem)
    training.finish("finished", run, problem)


def _make_up(training: Training) -> None:
    """Store a finished run that could not be stored, as soon as that is possible."""
    while training.is_owed and training.run is not None and not ENGINE.is_shut_down:
        time.sleep(MAKE_UP)
        training.message = publish(training.run)
        training.is_owed = bool(training.message)


def _lost(training: Training) -> None:
    """The engine or its workers were lost with the training: it is stored all the same, or begins again.

    Raises:
        JobError: that has happened too often.
    """
    found = find(training.recipe)
    if found.run is not None:  # the worker had published it
        _keep(training, found.run)
    elif training.cancelled:
        training.finish("cancelled", message=training.cancelled)
    elif training.attempts >= ATTEMPTS:
        raise JobError("The training engine was lost several times during this training; try again later.")
    else:
        training.state = "queued"


def _is_wanted(training: Training) -> bool:
    """Whether somebody's wish for this training is noted, at whichever web process."""
    key = training.recipe.key
    try:
        return bool(shared().ledger.owners([key])[key])
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("who wants this training cannot be asked: %s", error)
        return False


def _was_too_large(error: Any) -> bool:
    """Whether the worker that died last was ended for its use of memory; otherwise it was lost by accident."""
    for _ in range(10):
        if ENGINE.ask(exceeded_memory, error.last_worker.address):
            return True
        time.sleep(0.2)  # the scheduler may see a worker go before it hears why
    return False


def _fail(training: Training, sentence: str) -> None:
    training.finish("failed", message=sentence)
    forget(training.recipe.key)
    try:
        shared().ledger.note_failure(training.recipe.key)
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("the failure could not be noted for the class: %s", error)


def stop(training: Training, everywhere: bool, why: str = CANCELLED) -> None:
    """Nobody wants this training any more, or nobody shall: stop it.

    Args:
        everywhere: as the ledger says for all web processes, or the teacher; otherwise nobody is known to want it
            here, and it goes on if another web process waits for it.
        why: for those who watch it.
    """
    training.cancelled = why
    client, future = ENGINE.client_if_ready(), training.future
    if client is None or future is None:  # not handed over yet, or lost with its scheduler
        forget(training.recipe.key)
        training.finish("cancelled", message=why)
        return
    try:
        others = ENGINE.ask(clients_of, training.task) > 1
        if others and not everywhere:
            future.release()
            training.finish("cancelled", message=why)
            return
        forget(training.recipe.key)
        from distributed import Event

        # Always the flag: a worker may have begun what is still called queued here; future.cancel() stops none.
        Event(f"cancel-{training.task}", client=client).set()
        if training.state != "queued":
            return  # the worker ends the run at its next look, and _settle hears of it
        if not others:
            future.cancel()
    except OSError as error:
        LOG.warning("cancelling: %s", error)
    training.finish("cancelled", message=why)


def stop_for_all(key: str) -> None:
    """Stop a training whoever asked for it, in whatever web process; for a teacher."""
    from distributed import Event, Future

    forget(key)
    try:
        shared().ledger.let_all_go(key)
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("the wishes for a stopped training could not be withdrawn: %s", error)
    with LOCK:
        training = UNDER_WAY.get(key)
    if training is not None and training.future is None:  # not handed over yet
        training.cancelled = STOPPED
        training.finish("cancelled", message=STOPPED)
    client, queue = ENGINE.client_if_ready(), ENGINE.queue()
    for task in queue.tasks if queue is not None else ():
        if task.startswith(f"train-{key}-"):
            for flag in ("stopped", "cancel"):
                Event(f"{flag}-{task}", client=client).set()
            if queue is not None and task not in queue.tasks[: queue.workers]:
                Future(task, client).cancel(force=True)  # a worker would begin it before it saw the flag


def _is_stopped(training: Training) -> bool:
    """Whether a teacher has stopped it, perhaps by another web process."""
    try:
        return bool(ENGINE.ask(is_flagged, f"stopped-{training.task}"))
    except OSError:
        return False


def forget(key: str) -> None:
    try:
        shared().ledger.close_request(key)
    except (OSError, SQLAlchemyError) as error:
        LOG.warning("the request could not be closed: %s", error)


def _sentence(error: BaseException | None) -> str:
    """What a learner should know about a failure."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return "The training process died twice; the recipe probably needs more memory than a worker has."
    if isinstance(error, MemoryError):
        return "The training ran out of memory. A smaller model or batch needs less."
    if isinstance(error, ValueError):  # BadInput and the checks of a recipe speak to the learner
        return str(error)
    LOG.error("training failed: %r", error)
    return f"The training failed unexpectedly ({type(error).__name__}). The details are in the server's log."
