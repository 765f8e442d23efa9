"""Second opinions on the optimizers: torch.optim, and autograd on formulas written down a second time."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.formulas.dual_numbers import CONSTANTS
from dlcore.optimizers.catalogue import SURFACES
from dlcore.optimizers.own_surface import tree_of

Array = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
SINGLE = 2.0**-24  # half a unit in the last place of float32


def formula(name: str, condition: float = 10.0) -> Callable[[Any, Any], Any]:
    """f(x, y) of a surface, on torch tensors, written down independently of dlcore.optimizers.formulas.

    Args:
        name: a key of SURFACES, or a learner's formula.
        condition: κ of the bowl.
    """
    import torch

    if name not in SURFACES:
        return typed(name)

    def logistic(x: Any, y: Any) -> Any:
        from torch.nn.functional import binary_cross_entropy_with_logits

        from dlcore.data import table

        data = table("breast_cancer")
        columns = [data.names.index(column) for column in ("mean radius", "mean texture")]
        u = torch.tensor(data.x[:, columns])
        u = (u - u.mean(0)) / u.std(0, correction=0)
        z = x[..., None] * u[:, 0] + y[..., None] * u[:, 1]
        target = torch.tensor(data.y, dtype=z.dtype).expand_as(z)
        loss = binary_cross_entropy_with_logits(z, target, reduction="none").mean(-1)
        return loss + 0.0005 * (x.square() + y.square())

    return {
        "bowl": lambda x, y: (x**2 + condition * y**2) / 2,
        "saddle": lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
        "beale": lambda x, y: (
            (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y**2)) ** 2 + (2.625 - x * (1 - y**3)) ** 2
        ),
        "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        "rastrigin": lambda x, y: sum(10 + u**2 - 10 * torch.cos(2 * torch.pi * u) for u in (x, y)),
        "two_wells": lambda x, y: (
            x**2
            + y**2
            - 2 * torch.exp(-((x - 1) ** 2 + y**2) / 0.2)
            - 3 * torch.exp(-((x + 1) ** 2 + y**2) / 0.2)
        ),
        "plateau": lambda x, y: 1 - torch.exp(-(x**2) / 4 - y**2),
        "monkey_saddle": lambda x, y: x * (x**2 - 3 * y**2),
        "logistic": logistic,
    }[name]


def typed(text: str) -> Callable[[Any, Any], Any]:
    """A learner's formula on torch tensors: each operation by torch's own, so that autograd follows it."""
    import torch

    tree = tree_of(text)
    named = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "ln": "log", "abs": "abs"}
    own: dict[str, Any] = {
        "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
        "step": lambda z: torch.where(z > 0, torch.ones_like(z), torch.zeros_like(z)),
        "max": torch.maximum,
        "min": torch.minimum,
    }

    def follow(part: Any, x: Any, y: Any) -> Any:
        match part:
            case float():
                return torch.full_like(x, part)
            case str():
                return {"x": x, "y": y}.get(part, torch.full_like(x, CONSTANTS.get(part, 0.0)))
        name, *inner = part
        if name == "**" and isinstance(inner[1], float):  # autograd's 0 · log 0 of a constant exponent is nan
            return follow(inner[0], x, y) ** inner[1]
        f: Any = own.get(name) or getattr(torch, named.get(name, name))
        return f(*(follow(each, x, y) for each in inner))

    return lambda x, y: follow(tree, x, y)


def gradient(name: str, points: ArrayLike) -> Array:
    """∇f by autograd at points of shape (..., 2)."""
    import torch

    leaf = torch.tensor(np.asarray(points, dtype=np.float64), requires_grad=True)
    (g,) = torch.autograd.grad(formula(name)(leaf[..., 0], leaf[..., 1]).sum(), leaf)
    return g.numpy()


def hessian(name: str, point: ArrayLike) -> Array:
    """The Hessian by autograd at one point, (2, 2)."""
    import torch

    f = formula(name)
    found = torch.autograd.functional.hessian(lambda p: f(p[0], p[1]), torch.tensor(np.asarray(point, float)))
    return found.numpy()


def optimizer(rule: Any, parameter: Any) -> Any:
    """torch.optim's twin of a rule with the same hyper-parameters, moving `parameter`.

    Raises:
        ValueError: torch has no such rule (Newton), or ours searches along a line, as torch does not.
    """
    from torch import optim

    theta, lr = [parameter], rule.lr
    if rule.name in ("gradient_descent", "sgd", "minibatch") or getattr(rule, "beta", 1.0) == 0:
        return optim.SGD(theta, lr)  # also what momentum without memory is: torch refuses Nesterov's there
    if rule.name in ("momentum", "nesterov"):
        return optim.SGD(theta, lr, momentum=rule.beta, nesterov=rule.name == "nesterov")
    if rule.name == "adagrad":
        return optim.Adagrad(theta, lr, eps=rule.eps)
    if rule.name == "rmsprop":
        return optim.RMSprop(theta, lr, alpha=rule.beta2, eps=rule.eps)
    if rule.name == "lbfgs" and not rule.line_search:
        return optim.LBFGS(
            theta, lr, max_iter=1, history_size=rule.history, tolerance_grad=0, tolerance_change=0
        )
    if rule.name in ("adam", "adamw", "nadam"):
        more = {"betas": (rule.beta1, rule.beta2), "eps": rule.eps}
        if rule.name == "adamw":
            return optim.AdamW(theta, lr, weight_decay=rule.weight_decay, **more)
        if rule.name == "nadam":
            return optim.NAdam(theta, lr, momentum_decay=rule.momentum_decay, **more)
        return optim.Adam(theta, lr, **more)
    raise ValueError(f"torch.optim has no twin of {rule.title} with these settings.")


def steps_along(rule: Any, path: Array, gradients: Array, T: int | None = None) -> Array:
    """Where torch.optim steps from every point of a path (steps + 1, 2), from equal state: (steps, 2).

    At step t torch's parameter is put on our θ_t and handed our g_t, so that its memory has seen what ours
    has; it moves, and the next step begins from our θ_{t+1} again. No error can grow along the way.

    Args:
        T: steps of the whole race, for the schedule of η, where the path is only its beginning.
    """
    import torch

    from dlcore.schedules import SCHEDULES

    parameter = torch.nn.Parameter(torch.tensor(path[0]))
    twin, steps = optimizer(rule, parameter), len(path) - 1
    reached = np.empty((steps, 2))
    for t in range(steps):
        with torch.no_grad():
            parameter.copy_(torch.tensor(path[t]))
        parameter.grad = torch.tensor(gradients[t])
        twin.param_groups[0]["lr"] = rule.lr * SCHEDULES[rule.schedule](t + 1, T or steps)
        twin.step(lambda: 0.0)
        reached[t] = parameter.detach().numpy()
    return reached


def rounding_along(rule: Any, path: Array, gradients: Array, T: int | None = None, trials: int = 4) -> Array:
    """How far rounding may part two right programs at each step of `steps_along`, (steps, 2).

    θ_{t+1} is a sum of θ_t and of terms linear in the gradients so far; with |g| in their place, moved from 0,
    the twin gives the sum S_t of their absolute values. Averages of t terms carry an error of a few t units in
    the last place: |difference| ≤ (16 + 4t) ε (|θ_t| (1 + ηλ) + S_t). Torch keeps NAdam's product P = Πμ in
    float32, and rounds μ to that before it multiplies: 2t roundings change P / (1 − P), and with it the step by
    2t 2⁻²⁴ P / (1 − P) S_t at most.
    L-BFGS is not linear: it gets 10⁻¹² max(1, |θ|), and 64 times what torch's own answer moves by when every gradient
    is changed in its last places, in the worst of some trials: few may miss that a pair was nearly not remembered.
    """
    size = np.abs(path[:-1]) * (1 + rule.lr * getattr(rule, "weight_decay", 0.0))
    if rule.name == "lbfgs":
        return 1e-12 * np.maximum(1.0, size) + 64 * _moved_by_last_places(rule, path, gradients, T, trials)
    t = np.arange(1.0, len(path))[:, None]
    sums = np.abs(steps_along(rule, np.zeros_like(path), np.abs(gradients), T))
    allowed = (16 + 4 * t) * EPS * (size + sums)
    if rule.name == "nadam":
        product = np.cumprod(rule.beta1 * (1 - 0.5 * 0.96 ** (t * rule.momentum_decay)), axis=0)
        allowed = allowed + 2 * t * SINGLE * product / (1 - product) * sums
    return allowed


def _moved_by_last_places(rule: Any, path: Array, gradients: Array, T: int | None, trials: int) -> Array:
    """Largest change of torch's steps in some trials with gradients changed by up to 64 ε, (steps, 2)."""
    rng, there = np.random.default_rng(0), steps_along(rule, path, gradients, T)
    changed = (gradients * (1 + 64 * EPS * rng.uniform(-1, 1, gradients.shape)) for _ in range(trials))
    return np.max([np.abs(steps_along(rule, path, each, T) - there) for each in changed], axis=0)


def whole_path(name: str, rule: Any, start: ArrayLike, steps: int) -> Array:
    """The path of torch.optim with autograd's gradients, on its own from the start: (steps + 1, 2)."""
    import torch

    f = formula(name)
    parameter = torch.nn.Parameter(torch.tensor(np.asarray(start, dtype=np.float64)))
    twin = optimizer(rule, parameter)

    def closure() -> Any:
        twin.zero_grad()
        loss = f(parameter[0], parameter[1])
        loss.backward()
        return loss

    path = [parameter.detach().numpy().copy()]
    for _ in range(steps):
        twin.step(closure)
        path.append(parameter.detach().numpy().copy())
    return np.array(path)


def endpoints(name: str, rule: Any, starts: ArrayLike, steps: int, condition: float = 10.0) -> Array:
    """Where torch.optim ends from many starts (s, 2) in one tensor: right for element-wise rules only."""
    import torch

    f = formula(name, condition)
    parameter = torch.nn.Parameter(torch.tensor(np.asarray(starts, dtype=np.float64)))
    twin = optimizer(rule, parameter)
    for _ in range(steps):
        twin.zero_grad()
        f(parameter[:, 0], parameter[:, 1]).sum().backward()
        twin.step()
    return parameter.detach().numpy()


def newton_steps_along(
    name: str, rule: Any, path: Array, condition: float = 10.0, T: int | None = None
) -> tuple[Array, Array]:
    """θ − η [∇²f]⁻¹ ∇f from every point of a path, by autograd and torch.linalg.solve, and the rounding allowed.

    A linear system magnifies what its entries, sums over hundreds of samples, are off by (512 ε of their size) by its
    condition number κ: |difference| ≤ 16 ε |θ| + 512 ε κ (|s| + η |∇f| / |∇²f|), s the step. Where the Hessian is
    singular (κ ≥ 10¹⁴, or no entry above 10⁻²⁹⁰) the step is −η ∇f.

    Args:
        T: steps of the whole race, where the path is only its beginning.

    Returns:
        Both of shape (steps, 2).
    """
    import torch

    from dlcore.schedules import SCHEDULES

    f, steps = formula(name, condition), len(path) - 1
    reached, allowed = np.empty((2, steps, 2))
    for t in range(steps):
        leaf = torch.tensor(path[t], requires_grad=True)
        (g,) = torch.autograd.grad(f(leaf[0], leaf[1]), leaf)
        H = torch.autograd.functional.hessian(lambda p: f(p[0], p[1]), leaf.detach())
        eta = rule.lr * SCHEDULES[rule.schedule](t + 1, T or steps)
        kappa = float(torch.linalg.cond(H))
        # not where κ is infinite, or 0/0
        solvable = kappa < 1e14 and float(H.abs().triu().sum()) > 1e-290
        s = eta * (torch.linalg.solve(H, g) if solvable else g).numpy()
        reached[t] = path[t] - s
        magnified = np.abs(s).max()
        if solvable:
            magnified = kappa * (magnified + eta * float(g.abs().max() / torch.linalg.matrix_norm(H, 2)))
        allowed[t] = EPS * (16 * np.abs(path[t]) + 512 * magnified)
    return reached, allowed


def central_difference(surface: Any, point: ArrayLike, h: float = 1e-6) -> Array:
    """∇f at one point by central differences, in numpy alone: its error is about 10⁻¹⁰ of f's size."""
    theta, offsets = np.asarray(point, dtype=np.float64), h * np.eye(2)
    return (surface.f(theta + offsets) - surface.f(theta - offsets)) / (2 * h)


def regression_step(x: Array, w: Array, ridge: float) -> Array:
    """(H + ridge · I)⁻¹ ∇ of logistic regression on x (samples, n), all of class 1, by autograd and SciPy; (n,)."""
    import torch
    from scipy.linalg import cho_factor, cho_solve
    from torch.nn.functional import softplus

    samples, at = torch.tensor(x), torch.tensor(w, requires_grad=True)

    def loss(weights: Any) -> Any:
        return softplus(-(samples @ weights)).mean()

    (slope,) = torch.autograd.grad(loss(at), at)
    H = torch.autograd.functional.hessian(loss, at.detach()).numpy()
    return np.asarray(cho_solve(cho_factor(H + ridge * np.eye(len(w))), slope.numpy()))
