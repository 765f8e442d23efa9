"""A small dense network on points of the plane: its passes, its recorded training, its symptoms."""

from dlcore.network.network import (
    FEATURES,
    HEADS,
    MOST_LAYERS,
    MOST_NEURONS,
    Head,
    Network,
    Pass,
    backward,
    forward,
    loss,
)

__all__ = [
    "FEATURES",
    "HEADS",
    "MOST_LAYERS",
    "MOST_NEURONS",
    "Head",
    "Network",
    "Pass",
    "backward",
    "forward",
    "loss",
]
