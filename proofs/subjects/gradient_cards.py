"""The check cards of backpropagation and of one neuron hold at every state of the controls, and catch planted errors.

End points of every control and random states; at each the card's comparison must hold for our formulas and fail for a
zero, a sign and a factor of 1.001, in all numbers at once or in one of them. Exempt is only what is truly 0 (a factor
is 0, or ŷ = y) or below what float64 holds in full: counted, and said on the page instead of a green card.
"""

import itertools
from dataclasses import astuple

import numpy as np

from dlcore import backprop, neuron
from dlcore.backprop import LOSSES, PARAMETERS, Gradients, matrix_form
from dlcore.oracles import backprop as oracle
from dlcore.oracles import neuron as neuron_oracle
from ui.backprop.matrix_form import HIDDEN, INPUT, NETWORKS
from ui.backprop.stepper import LIMITS

COVERS = (backprop, neuron, matrix_form, oracle, neuron_oracle)
PLANTED = (0.0, -1.0, 1.001)  # what the right number is multiplied by
NUMBERS = ("x", "y", *PARAMETERS)


def stepper_state(values: dict[str, float], loss: str) -> bool:
    """Checks the first card at a state with its planted errors; False where the page says that it cannot tell."""
    params, at = {name: values[name] for name in PARAMETERS}, (values["x"], values["y"], loss)
    right, reference, unit = (
        one(params, *at) for one in (backprop.backward, oracle.complex_step, oracle.yardstick)
    )
    if oracle.is_too_small(unit):
        return False
    off = oracle.relative_difference(right, reference, unit)
    assert off <= oracle.TOLERANCE, f"cries wolf: {off:.1e} at {values}, {loss}"
    for index, size in enumerate(astuple(unit)):
        number = astuple(right)[index]
        if abs(number) <= 1e-8 * size:
            continue  # ŷ = y, or a factor is 0: a factor of 1.001 changes less than rounding may
        for factor in PLANTED:
            wrong = Gradients(*(v * factor if k == index else v for k, v in enumerate(astuple(right))))
            assert oracle.relative_difference(wrong, reference, unit) > oracle.TOLERANCE, (
                values,
                loss,
                factor,
            )
    return True


def layered_state(name: str, f: str, scheme: str, seed: int) -> None:
    """Checks the card of the matrix form at a state, with an error planted in each layer."""
    widths = NETWORKS[name]
    parameters, x = matrix_form.initial_parameters(widths, scheme, seed), np.array(INPUT[: widths[0]])
    passed = matrix_form.run(parameters, x, 1.0, f)
    ours = [part for layer in passed.layers for part in (layer.W_gradient, layer.b_gradient)]
    both = oracle.layer_complex_steps(parameters, x, 1.0, f), oracle.layer_yardsticks(passed, 1.0)
    theirs, unit = ([part for layer in one for part in layer] for one in both)
    off = oracle.relative_layer_difference(ours, theirs, unit)
    assert off <= oracle.TOLERANCE, f"cries wolf: {off:.1e} for {name}, {f}, {scheme}, {seed}"
    for index, part in enumerate(ours):
        for factor in PLANTED:
            wrong = [p * factor if k == index else p for k, p in enumerate(ours)]
            found = oracle.relative_layer_difference(wrong, theirs, unit)
            assert found > oracle.TOLERANCE or not part.any(), (name, f, scheme, seed, index, factor)


def neuron_state(f: str, z: float) -> None:
    """Checks the cards of a = f(z) and f'(z) at a state, with their planted errors."""
    activation = neuron.ACTIVATIONS[f]
    if f == "gelu" and z < neuron_oracle.GELU_ENDS:  # the page says so
        return
    for kind, right in (("value", float(activation.f(z))), ("slope", float(activation.df(z)))):
        reference, allowed = getattr(neuron_oracle, kind)(f, z)
        assert abs(right - reference) <= allowed, f"cries wolf: {kind} of {f} at {z}: {right} and {reference}"
        if right and not (kind == "slope" and abs(right) < 1e-8 * allowed / neuron_oracle.TOLERANCE):
            for factor in PLANTED:
                assert abs(right * factor - reference) > allowed, (kind, f, z, factor)


def random_states(count: int, rng: np.random.Generator) -> list[dict[str, float]]:
    """States inside the limits, from tiny to large numbers."""
    scale = 10.0 ** rng.uniform(-3, 0, (count, len(NUMBERS)))
    lots = rng.uniform(0, 1, (count, len(NUMBERS)))
    ends = [LIMITS[name][:2] for name in NUMBERS]
    return [
        {
            name: float(np.clip((low + (high - low) * u) * s, low, high))
            for name, (low, high), u, s in zip(NUMBERS, ends, row, sizes, strict=True)
        }
        for row, sizes in zip(lots, scale, strict=True)
    ]


def sweep(states: int, seeds: int, points: int, corners: int, rng: np.random.Generator) -> str:
    """All cards; what was found, in words."""
    ends = [
        dict(zip(NUMBERS, row, strict=True)) for row in itertools.product(*(LIMITS[n][:2] for n in NUMBERS))
    ]
    middle = [{**dict.fromkeys(NUMBERS, 0.0), name: end} for name in NUMBERS for end in LIMITS[name][:2]]
    chosen = [ends[i] for i in rng.permutation(len(ends))[:corners]] + middle + random_states(states, rng)
    told = [stepper_state(values, loss) for values in chosen for loss in LOSSES]
    for name, f, scheme in itertools.product(NETWORKS, HIDDEN, matrix_form.INITIALISATIONS):
        for seed in rng.integers(0, 1000, seeds):
            layered_state(name, f, scheme, int(seed))
    zs = [0.0, -110.0, 110.0, *rng.uniform(-110, 110, points), *rng.normal(0, 3, points)]
    for f, z in itertools.product(neuron.ACTIVATIONS, zs):
        neuron_state(f, float(z))
    layered = seeds * len(NETWORKS) * len(HIDDEN) * len(matrix_form.INITIALISATIONS)
    return (
        f"{len(told):,} states of the stepper ({told.count(False)} below float64, and said so), {layered:,} of the "
        f"matrix form, {len(zs) * len(neuron.ACTIVATIONS):,} of the neuron: every card holds, "
        "every planted error shows"
    )


def sample(seed: int) -> None:
    """Some end points, some random states."""
    sweep(states=60, seeds=1, points=20, corners=16, rng=np.random.default_rng(seed))


def prove() -> str:
    """All end points, many random states."""
    return sweep(states=5000, seeds=15, points=2000, corners=64, rng=np.random.default_rng(0))
