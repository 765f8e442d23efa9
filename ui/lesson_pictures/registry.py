"""Which picture stands in which step: the page and the tab of a step's link name the function that draws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dlcore.course.lessons import Step
from ui.backprop import address as of_backprop
from ui.convolution import address as of_convolution
from ui.experiments import address as of_training
from ui.frame.address import State
from ui.gradcam import address as of_gradcam
from ui.lesson_pictures import (
    backpropagation,
    convolutions,
    dashboards,
    heat_maps,
    neurons,
    races,
    small_network,
)
from ui.lesson_pictures.standing import Standing
from ui.network import controls as of_network
from ui.neuron import address as of_neuron
from ui.optimizers import address as of_optimizers

# The pages that a step may lead to, and what their addresses may hold.
STATES: Mapping[str, State] = {
    "neuron": of_neuron.STATE,
    "network": of_network.STATE,
    "backprop": of_backprop.STATE,
    "optimizers": of_optimizers.STATE,
    "training": of_training.STATE,
    "convolution": of_convolution.STATE,
    "gradcam": of_gradcam.STATE,
}


def _always(standing: Standing) -> bool:
    return True


@dataclass(frozen=True)
class Picture:
    """A page's picture that can stand in a lesson.

    Attributes:
        draw: draws it.
        unless: names that the link may not hold: with them the page shows something that needs a training.
        is_here: whether what it shows is on this server.
    """

    draw: Callable[[Standing], None]
    unless: tuple[str, ...] = ()
    is_here: Callable[[Standing], bool] = _always


# page -> tab of its link, "" where it has none -> the picture; what is not here stands on its page only.
PICTURES: Mapping[str, Mapping[str, Picture]] = {
    "neuron": {
        "One neuron": Picture(neurons.one),
        "Regression": Picture(neurons.regression),
        "Softmax": Picture(neurons.bars),
        "Stacked layers": Picture(neurons.layers),
    },
    "network": {"": Picture(small_network.picture)},
    "backprop": {"Write a derivative": Picture(backpropagation.picture)},
    "optimizers": {
        "Step by step": Picture(races.picture),
        "Learning rate": Picture(races.rates),
        "Gradient noise": Picture(races.noise),
        "Newton's method": Picture(races.picture),
        "PyTorch comparison": Picture(races.mistakes),
    },
    "convolution": {
        "Sliding filter": Picture(convolutions.slide),
        "ReLU and pooling": Picture(convolutions.pooled),
    },
    "training": {
        "Data splits": Picture(dashboards.dealt, unless=("run", "rate")),
        "Experiments": Picture(dashboards.sizes, unless=("experiment", "permuted")),
        "Sealed test set": Picture(dashboards.coins),
    },
    "gradcam": {
        "Step by step": Picture(heat_maps.one, is_here=heat_maps.is_here),
        "Compare classes": Picture(heat_maps.every_class, is_here=heat_maps.is_here),
        "Shortcuts": Picture(heat_maps.one, is_here=heat_maps.is_here),
    },
}


def standing_of(step: Step) -> Standing | None:
    """Where this step's picture stands; None for a page that no lesson can lead to."""
    state = STATES.get(step.page)
    return Standing(state, step.query, step.key) if state else None


def picture_of(standing: Standing) -> Picture | None:
    """The picture of a step's link; None where it stands on its page only."""
    tab = standing.asked("tab") if standing.state.field_of("tab") else ""
    found = PICTURES[standing.state.page].get(tab)
    if found is None or any(standing.state.prefix + name in standing.query for name in found.unless):
        return None
    return found if found.is_here(standing) else None
