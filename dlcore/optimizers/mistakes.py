"""Two famous mistakes in Adam's bias correction, kept as racers: both stand in well-known web demos."""

from dataclasses import dataclass
from typing import Any

from dlcore.optimizers.rules import Adam, State


@dataclass(frozen=True)
class UncorrectedAdam(Adam):
    """Adam that uses m and v as they are: at β = .7/.999 its first step is 9.5 times too long."""

    name = "uncorrected_adam"
    title = "Adam without bias correction"
    formula = r"\theta \leftarrow \theta - \eta\, \frac{m}{\sqrt v + \varepsilon}"

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        m, v = state
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return theta - eta * m / (v**0.5 + self.eps), (m, v)


@dataclass(frozen=True)
class MultipliedAdam(Adam):
    """Adam that multiplies by 1 − βᵗ where it should divide: at .9/.999 step 10 is 42.6 times too long."""

    name = "multiplied_adam"
    title = "Adam that multiplies by its correction"
    formula = (
        r"\theta \leftarrow \theta - \eta\, "
        r"\frac{m\,(1 - \beta_1^t)}{\sqrt{v\,(1 - \beta_2^t)} + \varepsilon}"
    )

    def step(self, theta: Any, g: Any, state: State, t: int, eta: Any) -> tuple[Any, State]:
        m, v = state
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        m_bad = m * (1 - self.beta1**t)
        v_bad = v * (1 - self.beta2**t)
        return theta - eta * m_bad / (v_bad**0.5 + self.eps), (m, v)
