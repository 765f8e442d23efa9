"""A training on screen: start it, watch it, leave and come back; the curves of what it has done."""

import streamlit as st

from dlcore.data import BadInput
from dlcore.experiments import costs
from dlcore.experiments.running_average import running_average
from dlcore.figures.curves import FIELDS, learning_curves
from dlcore.jobs import jobs
from dlcore.jobs.admission import budget, in_words, too_long
from dlcore.jobs.jobs import Job
from dlcore.jobs.watching import open_sessions
from dlcore.number_text import count, digits
from dlcore.runs import Epoch, Recipe, Run
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OnOff, Real, RunKey, RunKeys
from ui.frame.steady_chart import steady_chart
from ui.frame.stored import (
    is_stored,
    may_cancel,
    needs_database,
    recent_keys,
    recent_runs,
    refuse_images_of_others,
    stored_run,
    watched,
)
from ui.learner.learner import is_teacher, learner, marked
from ui.training import shown_network
from ui.training.evaluation import chosen_epoch
from ui.training.one_run import called, name_of

REDRAW = 0.5  # seconds between looks at a running job: at most two redraws a second
CROWD = 50  # redraws a second if every open session of this process watched; a fuller class looks less often
LINE = 2.0  # the line of progress is drawn anew this many times less often than the curves


def _is_known(key: str) -> bool:
    """Whether a run with this key is stored, or is being trained."""
    job: Job | None = st.session_state.get("training_job")
    return (job is not None and job.key == key) or is_stored(key) or watched(key) is not None


STATE = State(
    "training",
    {
        "run": RunKey(_is_known, recent_keys),
        "compare": RunKeys(is_stored, recent_keys, default=[]),
        "log": OnOff(),
        "steps": OnOff(),
        "average": Real(0.0, 0.95, default=0.0),
    },
)


def start(recipe: Recipe) -> None:
    """Submit a recipe; it is this session's job from now on, on every page and after a reload."""
    try:
        refuse_images_of_others({recipe.dataset})
        job = jobs.submit(recipe, asker=learner())
    except (jobs.RefusedError, BadInput) as refusal:  # the page says so, and keeps what it shows
        st.session_state["training_refused"] = str(refusal)
        return
    st.session_state["training_job"] = job
    STATE.keep("run", recipe.key)


def put_away() -> None:
    """Other images or another model are chosen: the picture is of that choice; what is under way stays on show."""
    job: Job | None = st.session_state.get("training_job")
    if job is None or job.is_over:
        STATE.drop("run")
        st.session_state.pop("training_job", None)


def fits_the_budget(seconds: float) -> bool:
    """Whether a training of so many expected seconds may begin here; what may is said where there is a limit."""
    longest = budget()
    if sentence := too_long(seconds, longest):
        st.warning(sentence, icon=":material/timer_off:")
    elif longest is not None:
        st.caption(f"It may take {in_words(longest)} on this server; after that it is stopped.")
    return not sentence


def words_on_the_button(recipe: Recipe, seconds: float) -> str:
    """How long the training will take; or that it need not be trained again, whoever has done it."""
    return "Trained already: show it" if is_stored(recipe.key) else f"Train, {costs.roughly(seconds)}"


def refused() -> None:
    """Why the last wish for a training was not granted, once."""
    if sentence := st.session_state.pop("training_refused", None):
        st.warning(sentence, icon=":material/hourglass_top:")


def current() -> tuple[Job | None, Run | None]:
    """This session's job if it is still under way, and the run on show if there is one."""
    job: Job | None = st.session_state.get("training_job")
    key = STATE.asked("run") or (job.key if job else "")
    if key:  # a browser may have missed what a button's answer wrote before the page ran
        STATE.keep("run", key)
    if job is None or job.key != key:
        job = watched(key)  # a reload, or a link from somebody else
        if job is not None:
            st.session_state["training_job"] = job
    if job is not None and job.is_over:
        run = job.result(0) if job.state == "finished" else None
        shown_network.note(run)
        return job, run
    if job is None and key:
        run = stored_run(key)
        if run is None:
            st.info("The run in this link is not stored here. Train it again, or choose another below.")
        shown_network.note(run)
        return None, run
    return job, None


def is_live(job: Job | None) -> bool:
    """Whether a training is under way."""
    return job is not None and not job.is_over


def state(job: Job | None, run: Run | None) -> None:
    """What stands beside the button: why a wish was not granted, how far a training is, or how it has ended."""
    if job is not None and is_live(job):
        st.fragment(_progress, run_every=LINE * max(REDRAW, open_sessions() / CROWD))(job)
        return
    refused()
    outcome(job, run)


def _progress(job: Job) -> None:
    """Percent, time left, place in the queue, and a way out."""
    refused()
    line, way_out = st.container(), st.container()
    if job.state == "queued":
        place, seconds = job.waiting
        waiting = (
            f"Waiting: place {place} in the queue, about {in_words(seconds)}"
            if place and seconds is not None
            else "Waiting: next to start, a worker makes itself ready"
            if place
            else "Waiting for the engine: a server's first training starts it, a few seconds"
        )
        line.progress(0.0, f"{waiting}.")
    else:
        rest = job.seconds_left
        text = f"{job.progress:.0%} · epoch {len(job.epochs)} of {job.recipe.epochs}"
        line.progress(job.progress, text + (f" · {costs.roughly(rest)} left" if rest is not None else ""))
    if may_cancel(job):
        way_out.button("Cancel", key="training_cancel", width="stretch", on_click=_cancel, args=[job])
    elif is_teacher():
        way_out.button("Stop", key="training_stop", width="stretch", on_click=job.stop, help="For everybody.")


def _cancel(job: Job) -> None:
    """Withdraw one's own wish; others' stay."""
    try:
        job.cancel()
    except jobs.RefusedError as refusal:
        st.session_state["training_refused"] = str(refusal)


def outcome(job: Job | None, run: Run | None) -> None:
    """What a training that is over has to say for itself."""
    if job is not None and job.state in ("failed", "cancelled"):
        left = "You no longer wait for this training. It goes on for others." if job.goes_on else ""
        st.warning(left or job.message or "This training was cancelled.", icon=":material/info:")
    elif job is not None and job.message:
        st.info(job.message, icon=":material/info:")
    if run is not None and run.status == "diverged":
        st.warning(
            f"The loss stopped being a finite number after epoch {len(run.epochs)}: the steps were too long. "
            "What was recorded before is kept. Try a smaller learning rate.",
            icon=":material/trending_up:",
        )
    if run is None:
        return
    with needs_database("Whether this run was made after the test set was opened cannot be said"):
        if run.key in marked(recent_runs(200)):
            st.caption(
                ":material/visibility: Contaminated: this run was made or submitted after the test "
                "set of its images was opened, so its test score would be too good."
            )


def epochs_of(job: Job | None, run: Run | None) -> tuple[Epoch, ...]:
    """What can be drawn now."""
    if run is not None:
        return run.epochs
    return job.epochs if job is not None else ()


def curves(
    recipe: Recipe, epochs: tuple[Epoch, ...], run: Run | None, images_per_epoch: int, in_place: bool
) -> None:
    """The picture: loss and accuracy, and the runs chosen for comparison; below it, how to look at it.

    Args:
        in_place: redrawn without losing the zoom, for which a browser fetches 1.5 MB more: once a training has
            been started here, not for a link to a finished run.
    """
    beside = [stored_run(key) for key in STATE.value("compare") if run is None or key != run.key]
    compared = {other.key: other for other in beside if other is not None}
    names = called({key: other.recipe for key, other in compared.items()})
    others = {names[key]: other.epochs for key, other in compared.items()}
    name = shown_network.name(run) if run is not None else name_of(recipe)
    assert recipe.epochs is not None
    look = st.container()
    left, right = st.columns([1, 4], vertical_alignment="center")
    with left.popover("Curves", width="stretch"):
        log_loss = st.toggle("Logarithmic loss axis", key="training_log", bind="query-params")
        with_steps = st.toggle("Gradient norm and learning rate", key="training_steps", bind="query-params")
        weight = st.slider(
            "Running average: weight of the past", 0.0, 0.95, 0.0, 0.05, key="training_average",
            bind="query-params", help="0: none. The raw curve stays in sight.",
        )  # fmt: skip
    said = f" {pace(epochs, images_per_epoch)}{_above_at_first(epochs)}" if epochs else ""
    right.caption(f"**{name}**.{said}")
    figure = learning_curves(
        epochs,
        max([recipe.epochs, *(len(e) for e in others.values())]),
        run.best if run else 0,
        others,
        averages=_averages(epochs, weight) if weight else None,
        with_steps=with_steps,
        log_loss=log_loss,
        marked=_looked_at(run),
        stopped_early=run is not None and run.status == "stopped_early",
    )
    with look:
        draw = steady_chart if in_place else frame.chart
        draw(figure, _curves_alt(epochs, recipe), "training_curves" if in_place else "training_curves_still")


def _looked_at(run: Run | None) -> int:
    """The epoch chosen in the open evaluation, if it is not the kept one."""
    if run is None or st.session_state.get("training_tab") != "Evaluation":
        return 0
    epoch = chosen_epoch(run)
    return 0 if epoch == run.best else epoch


def _averages(epochs: tuple[Epoch, ...], weight: float) -> dict[str, list[float]]:
    return {
        field: running_average([getattr(epoch, field) for epoch in epochs], weight)
        for field in FIELDS.values()
    }


def pace(epochs: tuple[Epoch, ...], images: int) -> str:
    """Throughput in words: training images over the epochs' own seconds, validation included."""
    seconds = sum(epoch.seconds for epoch in epochs)
    a_second = images * len(epochs) / seconds if seconds else 0.0
    return (
        f"{a_second:,.0f} training images a second, {digits(seconds / len(epochs), 2)} s an epoch (validation "
        "included)."
    )


def _above_at_first(epochs: tuple[Epoch, ...]) -> str:
    """Why validation does better than training in the first epochs, where it does."""
    early = epochs[:3]
    if not any(e.val_loss < e.train_loss or e.val_accuracy > e.train_accuracy for e in early):
        return ""
    return (
        " Validation can look better than training at first: training is averaged over an epoch in which the "
        "weights still move, on randomly changed images where the recipe asks for that; validation is measured "
        "after it, on the images as they are."
    )


def _curves_alt(epochs: tuple[Epoch, ...], recipe: Recipe) -> str:
    if not epochs:
        return f"Empty axes for the {count(recipe.epochs or 0, 'epoch')} to come: loss above, accuracy below."
    last = epochs[-1]
    return (
        f"Loss and accuracy over {len(epochs)} of {count(recipe.epochs or 0, 'epoch')}. After the last: "
        f"training loss "
        f"{digits(last.train_loss)}, validation loss {digits(last.val_loss)}, training accuracy "
        f"{last.train_accuracy:.1%}, validation accuracy {last.val_accuracy:.1%}."
    )


def _drawn(job: Job | None, run: Run | None, recipe: Recipe, images_per_epoch: int) -> None:
    """The curves, in one place while a training is under way and afterwards: so they stay zoomed as they are."""
    curves(recipe, epochs_of(job, run), run, images_per_epoch, in_place=job is not None)


def _redrawn(job: Job, recipe: Recipe, images_per_epoch: int) -> None:
    """The curves while a training is under way; when it is over, the whole page once more."""
    _drawn(job, None, recipe, images_per_epoch)
    if job.is_over:
        st.rerun()  # after the curves have been drawn: ended before, they would lose their zoom


def picture(job: Job | None, run: Run | None, chosen: Recipe, train_size: int) -> None:
    """The curves of the run on show, redrawn while it is under way; empty axes before the first.

    Args:
        train_size: images that the chosen recipe learns from.
    """
    recipe = run.recipe if run else job.recipe if job else chosen
    images = run.train_size if run else train_size
    if job is not None and is_live(job):
        st.fragment(_redrawn, run_every=max(REDRAW, open_sessions() / CROWD))(job, recipe, images)
    else:
        # A fragment of its own: a late wish of the browser to redraw the live one finds nothing then. It would take
        # the page's drawing of the curves out of Streamlit's queue, and the browser would make the chart anew.
        st.fragment(_drawn)(job, run, recipe, images)
