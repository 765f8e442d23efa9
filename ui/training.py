"""A training on screen: start it, watch it, leave and come back; the curves of what it has done."""

import streamlit as st

from dlcore import costs, jobs
from dlcore.figures import training as figures
from dlcore.jobs import Job
from dlcore.runs import Epoch, Recipe, Run
from ui import frame
from ui.learner import marked
from ui.run_views import name_of
from ui.stored import recent_runs, stored_run

REDRAW = 0.5  # seconds between looks at a running job: at most two redraws a second


def start(recipe: Recipe) -> None:
    """Submit a recipe; it is this session's job from now on, on every page and after a reload."""
    open_jobs = sum(not job.is_over for job in st.session_state.setdefault("training_jobs", []))
    job = jobs.submit(recipe, priority=-open_jobs)
    st.session_state["training_job"] = job
    st.session_state["training_jobs"] = [j for j in st.session_state["training_jobs"] if not j.is_over] + [
        job
    ]
    st.query_params["training_run"] = recipe.key


def current() -> tuple[Job | None, Run | None]:
    """This session's job if it is still under way, and the run on show if there is one."""
    job: Job | None = st.session_state.get("training_job")
    key = st.query_params.get("training_run") or (job.key if job else "")
    if job is None or job.key != key:
        job = jobs.watched(key)  # a reload, or a link from somebody else
        if job is not None:
            st.session_state["training_job"] = job
    if job is not None and job.is_over:
        run = job.result(0) if job.state == "finished" else None
        return job, run
    if job is None and key:
        run = stored_run(key)
        if run is None:
            st.info("The run in this link is not stored here. Train it again, or choose another below.")
        return None, run
    return job, None


def progress(job: Job) -> None:
    """Percent, time left, place in the queue, and a way out."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    if job.state == "queued":
        place = job.place_in_queue
        waiting = f"Waiting: place {place} in the queue" if place else "Waiting for a free worker"
        left.progress(0.0, f"{waiting}. The first training of a server starts its engine, a few seconds.")
    else:
        rest = job.seconds_left
        text = f"{job.progress:.0%} · epoch {len(job.epochs)} of {job.recipe.epochs}"
        left.progress(job.progress, text + (f" · {costs.roughly(rest)} left" if rest is not None else ""))
    if right.button("Cancel", key="training_cancel", width="stretch"):
        job.cancel()
        st.rerun()


def outcome(job: Job | None, run: Run | None) -> None:
    """What a training that is over has to say for itself."""
    if job is not None and job.state in ("failed", "cancelled"):
        st.warning(job.message or "This training was cancelled.", icon=":material/info:")
    elif job is not None and job.message:
        st.info(job.message, icon=":material/info:")
    if run is not None and run.status == "diverged":
        st.warning(
            f"The loss stopped being a finite number after epoch {len(run.epochs)}: the steps were too long. "
            "What was recorded before is kept. Try a smaller learning rate.",
            icon=":material/trending_up:",
        )
    if run is not None and run.key in marked(recent_runs(200)):
        st.caption(
            ":material/visibility: Contaminated: this run was made or submitted after a look at the test set "
            "of its images, so its test score would be too good."
        )


def epochs_of(job: Job | None, run: Run | None) -> tuple[Epoch, ...]:
    """What can be drawn now."""
    if run is not None:
        return run.epochs
    return job.epochs if job is not None else ()


def curves(recipe: Recipe, epochs: tuple[Epoch, ...], run: Run | None) -> None:
    """The picture: loss and accuracy, and the runs chosen for comparison."""
    others = {}
    for key in st.session_state.get("training_compare", []):
        other = stored_run(key)
        if other is not None and (run is None or key != run.key):
            others[name_of(other.recipe)] = other.epochs
    assert recipe.epochs is not None
    total = max([recipe.epochs, *(len(e) for e in others.values())])
    figure = figures.learning_curves(epochs, total, run.best if run else 0, others)
    frame.chart(figure, _curves_alt(epochs, recipe), "training_curves")


def _curves_alt(epochs: tuple[Epoch, ...], recipe: Recipe) -> str:
    if not epochs:
        return f"Empty axes for the {recipe.epochs} epochs to come: loss above, accuracy below."
    last = epochs[-1]
    return (
        f"Loss and accuracy over {len(epochs)} of {recipe.epochs} epochs. After the last: training loss "
        f"{last.train_loss:.3g}, validation loss {last.val_loss:.3g}, training accuracy "
        f"{last.train_accuracy:.1%}, validation accuracy {last.val_accuracy:.1%}."
    )


@st.fragment
def _over(job: Job | None, run: Run | None, recipe: Recipe) -> None:
    outcome(job, run)
    curves(recipe, epochs_of(job, run), run)


@st.fragment(run_every=REDRAW)
def _live(job: Job) -> None:
    if job.is_over:
        st.rerun()  # the whole page: what comes after a run belongs to it
    progress(job)
    curves(job.recipe, job.epochs, None)


def picture(job: Job | None, run: Run | None, chosen: Recipe) -> None:
    """The curves of the run on show, redrawn while it is under way; empty axes before the first."""
    if job is not None and not job.is_over:
        _live(job)
    else:
        _over(job, run, run.recipe if run else job.recipe if job else chosen)
