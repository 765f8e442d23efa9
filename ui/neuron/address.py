"""What the neuron page's address may hold. Everything else is ignored, and a sentence says so."""

from collections.abc import Iterable

from dlcore.data import table
from ui.frame import address
from ui.frame.address import Test, one_of, whole
from ui.neuron import fitted_and_stacked
from ui.neuron.neuron import CORNERS, COUNTS, F_NAMES

TABS = ("One neuron", "Which model is this?", "Softmax", "Collapse")


def _columns() -> list[str]:
    return [*table("breast_cancer").names, *table("iris").names]


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{v:g}" for v in values]


FREE: Test = lambda text: len(text) < 4000  # noqa: E731  read and judged where it is used
ALLOWED: dict[str, Test] = {
    "neuron_tab": one_of(TABS),
    "neuron_f": one_of(F_NAMES.values()),
    "neuron_n": one_of(COUNTS),
    "neuron_points": one_of(CORNERS),
    "neuron_at": FREE,
    "neuron_softmax": FREE,
    "neuron_model": one_of(fitted_and_stacked.MODELS.values()),
    "neuron_penalty": one_of(_numbers(fitted_and_stacked.PENALTIES)),
    "neuron_reference": one_of(fitted_and_stacked.REFERENCES),
    "neuron_depth": whole(1, 6),
    "neuron_between": one_of(F_NAMES.values()),
    "neuron_width": whole(1, 8),
    "neuron_stack_seed": whole(0, 9999),
}


def drop_what_cannot_be() -> None:
    """Take from the address what no control of this page can show."""
    columns = {f"neuron_{kind}_{i}": one_of(_columns()) for kind in ("logistic", "linear") for i in range(10)}
    address.drop_what_cannot_be("neuron_", {**ALLOWED, **columns})
