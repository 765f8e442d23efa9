"""First-order update rules, sorted in order of increasing complexity. Each `step` is its formula.

A step takes and returns plain floats or arrays alike: one coordinate of one racer, or all those of 16,384.
The rules are element-wise, which is why that is the same thing. They know no surface: they are handed g.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar

from dlcore.also_called import AlsoCalled
from dlcore.schedules import SCHEDULES

State = tuple[Any, ...]

# Largest sensible value of each hyper-parameter, and whether that value itself is allowed.
LIMITS = {
    "lr": (0.0, 1000.0),
    "beta": (0.0, 1.0),
    "beta1": (0.0, 1.0),
    "beta2": (0.0, 1.0),
    "eps": (1e-30, 1.0),
    "weight_decay": (0.0, 10.0),
    "momentum_decay": (0.0, 1.0),
    "history": (1, 100),
    "batch": (1, 100_000),
}
BELOW_ONE = ("beta", "beta1", "beta2")  # at 1 an average never forgets its start


@dataclass(frozen=True)
class Rule(metaclass=AlsoCalled, learning_rate="lr"):
    """How a parameter moves, given its gradient.

    >>> RULES["adam"](lr=0.1).beta1, RULES["adam"](learning_rate=0.1) == RULES["adam"](lr=0.1)
    (0.9, True)

    Attributes:
        lr: η, the learning rate; `learning_rate` is read as well.
        batch: samples in a mini-batch, on surfaces made of data; None looks at all of them.
        schedule: how η changes over the race, a key of SCHEDULES.

    Raises:
        ValueError: a hyper-parameter is not a number in its range, or the schedule has no such name.
    """

    lr: float = 0.01
    batch: int | None = field(default=None, kw_only=True)
    schedule: str = field(default="constant", kw_only=True)

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    memory: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {}
    )  # what is remembered, and its value before step 1

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in LIMITS and not (each.name == "batch" and value is None):
                require(self.title, each.name, value)
        if not isinstance(self.schedule, str) or self.schedule not in SCHEDULES:
            raise ValueError(f"A schedule is one of {', '.join(SCHEDULES)}; got {self.schedule!r}.")

    @property
    def learning_rate(self) -> float:
        """η, as a recipe calls it."""
        return self.lr

    def initial(self) -> State:
        """The memory before the first step.

        >>> RULES["adam"]().initial()
        (0.0, 0.0)
        """
        return tuple(self.memory.values())

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        """θ after step t = 1, 2, …, and the new memory.

        >>> adam = RULES["adam"](lr=0.1)
        >>> theta, state = adam.step(1.0, 5.0, adam.initial(), t=1, eta=0.1)
        >>> round(theta, 6), [round(s, 6) for s in state]
        (0.9, [0.5, 0.025])
        """
        raise NotImplementedError


def require(title: str, name: str, value: Any) -> None:
    """Refuse a hyper-parameter outside its range, with a sentence.

    Raises:
        ValueError: the value is no number, or not in LIMITS[name].
    """
    low, high = LIMITS[name]
    whole = name in ("history", "batch")
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    fits = is_number and low <= value <= high and not (name in BELOW_ONE and value >= 1)
    if not fits or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        upper = "below 1" if name in BELOW_ONE else f"at most {high:g}"
        raise ValueError(
            f"{title or 'A rule'}: {name} is {kind}, at least {low:g} and {upper}; got {value!r}."
        )


@dataclass(frozen=True)
class GradientDescent(Rule):
    """θ ← θ − η g, with g the gradient over all samples (Cauchy 1847)."""

    name = "gradient_descent"
    title = "Gradient descent"
    formula = r"\theta \leftarrow \theta - \eta\, g"

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        return theta - eta * g, state


@dataclass(frozen=True)
class SGD(GradientDescent):
    """θ ← θ − η g, with g the gradient of one sample drawn at random (Robbins and Monro 1951)."""

    batch: int | None = field(default=1, kw_only=True)

    name = "sgd"
    title = "SGD"
    formula = r"\theta \leftarrow \theta - \eta\, \nabla \ell_i(\theta)"


@dataclass(frozen=True)
class MiniBatch(GradientDescent):
    """θ ← θ − η g, with g the mean gradient of b samples drawn at random."""

    batch: int | None = field(default=16, kw_only=True)

    name = "minibatch"
    title = "Mini-batch"
    formula = r"\theta \leftarrow \theta - \eta\, \tfrac1b \sum_{j \in B} \nabla \ell_j(\theta)"


@dataclass(frozen=True)
class Momentum(Rule):
    """The heavy ball: v ← β v + g, θ ← θ − η v (Polyak 1964; as torch writes it)."""

    beta: float = 0.9

    name = "momentum"
    title = "Momentum"
    formula = r"v \leftarrow \beta v + g,\quad \theta \leftarrow \theta - \eta\, v"
    memory = MappingProxyType({"v": 0.0})

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        v = self.beta * state[0] + g
        return theta - eta * v, (v,)


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v ← β v + g, θ ← θ − η (g + β v): the step looks ahead (Nesterov 1983; as torch writes it)."""

    name = "nesterov"
    title = "Nesterov"
    formula = r"v \leftarrow \beta v + g,\quad \theta \leftarrow \theta - \eta\,(g + \beta v)"

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        v = self.beta * state[0] + g
        return theta - eta * (g + self.beta * v), (v,)


@dataclass(frozen=True)
class Adagrad(Rule):
    """v ← v + g², θ ← θ − η g / (√v + ε): each coordinate its own falling rate (Duchi et al. 2011)."""

    eps: float = 1e-10

    name = "adagrad"
    title = "Adagrad"
    formula = r"v \leftarrow v + g^2,\quad \theta \leftarrow \theta - \eta\, \frac{g}{\sqrt v + \varepsilon}"
    memory = MappingProxyType({"v": 0.0})

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        v = state[0] + g * g
        return theta - eta * g / (v**0.5 + self.eps), (v,)


@dataclass(frozen=True)
class RMSprop(Rule):
    """v ← β₂ v + (1 − β₂) g², θ ← θ − η g / (√v + ε): Adagrad that forgets (Hinton 2012)."""

    beta2: float = 0.99
    eps: float = 1e-8

    name = "rmsprop"
    title = "RMSprop"
    formula = (
        r"v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,\quad "
        r"\theta \leftarrow \theta - \eta\, \frac{g}{\sqrt v + \varepsilon}"
    )
    memory = MappingProxyType({"v": 0.0})

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        v = self.beta2 * state[0] + (1 - self.beta2) * g * g
        return theta - eta * g / (v**0.5 + self.eps), (v,)


@dataclass(frozen=True)
class Adam(Rule):
    """m̂ / (√v̂ + ε), from exponential averages of g and g² (Kingma and Ba 2015).

    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ),
    θ ← θ − η m̂ / (√v̂ + ε). v is a second moment about zero, not a variance.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    name = "adam"
    title = "Adam"
    formula = (
        r"\hat m = \frac{\beta_1 m + (1 - \beta_1) g}{1 - \beta_1^t},\quad "
        r"\hat v = \frac{\beta_2 v + (1 - \beta_2) g^2}{1 - \beta_2^t},\quad "
        r"\theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}"
    )
    memory = MappingProxyType({"m": 0.0, "v": 0.0})

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        m, v = state
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        m_hat = m / (1 - self.beta1**t)  # bias correction: E[m_t] = (1 - beta1**t) E[g]
        v_hat = v / (1 - self.beta2**t)
        return theta - eta * m_hat / (v_hat**0.5 + self.eps), (m, v)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam after θ ← (1 − η λ) θ: weight decay outside the gradient (Loshchilov and Hutter 2019)."""

    weight_decay: float = 0.01

    name = "adamw"
    title = "AdamW"
    formula = (
        r"\theta \leftarrow (1 - \eta\lambda)\,\theta,\quad "
        r"\theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}"
    )

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        return super().step(theta * (1 - eta * self.weight_decay), g, state, t, eta)


@dataclass(frozen=True)
class NAdam(Adam):
    """Adam whose average looks ahead as Nesterov's does (Dozat 2016; as torch writes it).

    μ_t = β₁ (1 − ½ · 0.96^{t ψ}),
    θ ← θ − η [(1 − μ_t) g / (1 − Πμ) + μ_{t+1} m / (1 − Πμ μ_{t+1})] / (√v̂ + ε).
    """

    momentum_decay: float = 4e-3

    name = "nadam"
    title = "NAdam"
    formula = (
        r"\theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat v} + \varepsilon} \left("
        r"\frac{(1 - \mu_t)\, g}{1 - \prod_{i \le t} \mu_i} + "
        r"\frac{\mu_{t+1}\, m}{1 - \prod_{i \le t+1} \mu_i} \right)"
    )
    memory = MappingProxyType({"m": 0.0, "v": 0.0, "product": 1.0})

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        m, v, product = state
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        mu = self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))
        mu_next = self.beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * self.momentum_decay))
        product = product * mu
        ahead = (1 - mu) * g / (1 - product) + mu_next * m / (1 - product * mu_next)
        return theta - eta * ahead / ((v / (1 - self.beta2**t)) ** 0.5 + self.eps), (m, v, product)


FIRST_ORDER: Mapping[str, type[Rule]] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            GradientDescent,
            SGD,
            MiniBatch,
            Momentum,
            Nesterov,
            Adagrad,
            RMSprop,
            Adam,
            AdamW,
            NAdam,
        )
    }
)
