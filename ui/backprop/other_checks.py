"""The second opinions of the backprop page that do not stand in view: one list, with all differences."""

from collections.abc import Callable

import numpy as np

from dlcore.backprop import PARAMETERS, backward, forward, projected_loss
from dlcore.backprop.bugs import gradient, random_network
from dlcore.backprop.matrix_form import INITIALISATIONS, gradient_norms
from dlcore.backprop.sgd_repeated import mean_loss, samples
from ui.backprop.stepper import LIMITS, Setting
from ui.frame import frame

TOLERANCE = 1e-12
DEPTH = 10


def other_checks(setting: Setting, card: Callable[..., None] = frame.check) -> None:
    """ŷ and L, the table of losses, the tangent, the loss surface, the norms of δ, the zoo's right gradient.

    Args:
        card: what shows a comparison: claim, ours, reference, difference, tolerance, name.
    """
    from dlcore.oracles import backprop_values as oracle  # imports torch

    at = (setting.params, setting.x, setting.y, setting.loss)
    run, reference = forward(*at), oracle.prediction_and_loss(*at)
    for name, mine, said in zip(("ŷ", "L"), (float(run.y_hat), float(run.loss)), reference, strict=True):
        # A squared error is as exact as the difference ŷ − y that it squares.
        small = float(run.y_hat) * (1 - setting.y) + setting.y * float(1 - run.y_hat)
        is_square = name == "L" and setting.loss == "squared error"
        allowed = TOLERANCE * max(abs(said), is_square * small * (2 * abs(said)) ** 0.5)
        card(name, mine, said, abs(mine - said), allowed, "torch.nn in float64")

    z2 = np.array([float(run.z2), 20.0, 40.0, -800.0])
    ours = np.array([float(forward({"w1": 0, "b1": 0, "w2": 0, "b2": z}, 0, setting.y).loss) for z in z2])
    _many(
        card, "the losses of the table “Loss”", ours, oracle.cross_entropy(z2, setting.y), "SciPy's log_expit"
    )

    x, y = samples(12)
    before = mean_loss(np.array([setting.params[n] for n in PARAMETERS]), x, y, setting.loss)
    slope = backward(setting.params, x, y, setting.loss)
    promise = projected_loss(float(before), slope, setting.eta)
    told = oracle.tangent(setting.params, x, y, setting.loss, setting.eta)
    size = float(before) + setting.eta * sum(getattr(slope, n) ** 2 for n in PARAMETERS)
    card(
        "the tangent's promise on 12 samples",
        promise,
        told,
        abs(promise - told),
        TOLERANCE * size,
        "torch.autograd",
    )

    rows = np.linspace(*LIMITS["w1"][:2], 21)
    theta = np.array(
        [np.broadcast_to(setting.params[name], (21, 21)) for name in PARAMETERS], dtype=np.float64
    )
    theta[0], theta[1] = rows, rows[:, None]
    ours, theirs = mean_loss(theta, x, y, setting.loss), oracle.surface(theta, x, y, setting.loss)
    _many(card, "the loss surface over w₁ and b₁, 441 points", ours, theirs, "torch in float64")

    kinds = [(f, scheme) for f in ("sigmoid", "tanh", "relu") for scheme in INITIALISATIONS]
    ours = np.array([gradient_norms(*kind, DEPTH).delta for kind in kinds])
    theirs = np.array([oracle.error_norms(*kind, DEPTH) for kind in kinds])
    _many(card, f"the norms of δ in {DEPTH} layers, all six curves", ours, theirs, "torch.autograd")

    nets = [random_network(3, 4, np.random.default_rng(k)) for k in range(10)]
    ours, theirs = (np.array([one(net) for net in nets]) for one in (gradient, oracle.wide_gradient))
    _many(card, "the bug zoo's right gradient, 10 wider networks", ours, theirs, "torch.autograd")


def _many(card: Callable[..., None], claim: str, ours: np.ndarray, theirs: np.ndarray, name: str) -> None:
    """Many numbers on one card: the largest difference relative to the reference, 0 beside 0."""
    gap = np.abs(ours - theirs)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = float(np.where(gap > 0, gap / np.abs(theirs), 0.0).max())
    norms = (float(np.linalg.norm(one)) for one in (ours, theirs))
    card(f"{claim} (norm; relative difference)", *norms, off, TOLERANCE, name)
