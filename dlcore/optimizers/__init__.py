"""Optimizers on surfaces of two parameters: SURFACES to descend, RULES that descend them, race() to compare.

Read surfaces.py, rules.py (in order of increasing complexity), second_order.py, then racing.py.
"""

from dlcore.optimizers.catalogue import RULES, SURFACES
from dlcore.optimizers.racing import Race, race
from dlcore.optimizers.rules import Rule
from dlcore.optimizers.surfaces import Surface

__all__ = ["RULES", "SURFACES", "Race", "Rule", "Surface", "race"]
