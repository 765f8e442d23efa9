"""What there is to race: SURFACES and RULES by name."""

from collections.abc import Mapping
from types import MappingProxyType

from dlcore.optimizers.regression import AnySurface, LogisticLoss
from dlcore.optimizers.rules import FIRST_ORDER, Rule
from dlcore.optimizers.second_order import LBFGS, Newton
from dlcore.optimizers.surfaces import CLOSED_FORMS

SURFACES: Mapping[str, AnySurface] = MappingProxyType(
    {surface.name: surface for surface in (*CLOSED_FORMS, LogisticLoss())}
)
RULES: Mapping[str, type[Rule]] = MappingProxyType({**FIRST_ORDER, "lbfgs": LBFGS, "newton": Newton})
