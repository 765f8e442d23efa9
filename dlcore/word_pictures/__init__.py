"""The small pictures beside words of the vocabulary: computed by the lab, redrawn as a knob is moved. No torch."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dlcore.word_pictures import images, judging, neurons, optimizing
from dlcore.word_pictures.drawing import SmallPicture

# Name of a word -> its picture.
PICTURES: Mapping[str, Callable[[], SmallPicture]] = MappingProxyType(
    {
        "Neuron": neurons.one_neuron,
        "Activation function": neurons.activations,
        "ReLU": neurons.relu_and_slope,
        "Derivative of ReLU": neurons.slope_of_relu,
        "Sigmoid": neurons.sigmoid_and_slope,
        "Softmax": neurons.temperature,
        "Temperature": neurons.temperature,
        "Hyperplane": neurons.moving_line,
        "Logit": neurons.log_odds,
        "Binary cross-entropy": neurons.two_losses,
        "Convex function": neurons.chord,
        "Universal approximation": neurons.tent,
        "Gradient": optimizing.minus_gradient,
        "Learning rate": optimizing.learning_rates,
        "Momentum": optimizing.momentum,
        "Nesterov momentum": optimizing.nesterov,
        "RMSprop": optimizing.adaptive,
        "Adam": optimizing.adam,
        "SGD": optimizing.hovering,
        "Condition number": optimizing.conditions,
        "Saddle point": optimizing.saddle,
        "Local minimum": optimizing.two_valleys,
        "Learning-rate schedule": optimizing.schedules,
        "Vanishing gradients": optimizing.vanishing,
        "He initialization": optimizing.initial_weights,
        "L1 penalty": optimizing.shrunk,
        "Exponential moving average": optimizing.averages,
        "Gradient check": optimizing.difference_errors,
        "Decision threshold": judging.threshold,
        "Sensitivity": judging.threshold,
        "Specificity": judging.threshold,
        "Confusion matrix": judging.table,
        "ROC curve": judging.roc,
        "AUC": judging.area,
        "Precision": judging.prevalence,
        "Prevalence": judging.prevalence,
        "Calibration": judging.reliability,
        "Confidence interval": judging.intervals,
        "Stride": images.stride,
        "Padding": images.padding,
        "Dilation": images.dilation,
        "Receptive field": images.receptive_field,
        "Pooling layer": images.pooling,
        "Attention": images.attention,
    }
)


@functools.lru_cache(maxsize=len(PICTURES))
def picture(name: str) -> SmallPicture | None:
    """The picture beside the word of this name; None where there is none. Computed once."""
    draw = PICTURES.get(name)
    return draw() if draw else None
