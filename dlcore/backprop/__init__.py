"""Backpropagation, first on two neurons: forward pass, gradients, and three ways to believe them."""

from dlcore.backprop.two_neurons import (
    LOSSES,
    PARAMETERS,
    Gradients,
    Loss,
    LossCurves,
    Pass,
    backward,
    cross_entropy,
    error_signal,
    forward,
    loss_curves,
    naive_cross_entropy,
    projected_loss,
    step,
)

__all__ = [
    "LOSSES",
    "PARAMETERS",
    "Gradients",
    "Loss",
    "LossCurves",
    "Pass",
    "backward",
    "cross_entropy",
    "error_signal",
    "forward",
    "loss_curves",
    "naive_cross_entropy",
    "projected_loss",
    "step",
]
