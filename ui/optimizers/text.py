"""The race outside the lab: a script, a table."""

from dataclasses import fields
from typing import Any

import numpy as np

from dlcore.csv_text import as_csv
from dlcore.optimizers import Race
from dlcore.optimizers.rules import Rule
from ui.optimizers.race import Plan


def rule_in_code(rule: Rule) -> str:
    """How to write this rule: RULES["adam"](lr=0.1, beta1=0.8), only what differs from the defaults."""
    given = {
        each.name: getattr(rule, each.name)
        for each in fields(rule)
        if each.name == "lr" or getattr(rule, each.name) != each.default
    }
    return f'RULES["{rule.name}"]({", ".join(f"{name}={value!r}" for name, value in given.items())})'


def race_script(plan: Plan) -> str:
    """The race on screen, outside the app."""
    rules = "\n".join(f"    {rule_in_code(rule)}," for rule in plan.rules)
    surface = f"bowl({plan.condition!r})" if plan.surface == "bowl" else f'"{plan.surface}"'
    more = "\nfrom dlcore.optimizers.surfaces import bowl" if plan.surface == "bowl" else ""
    return f"""from dlcore.optimizers import RULES, race{more}

rules = [
{rules}
]
result = race({surface}, rules, [{plan.start!r}], {plan.steps}, noise={plan.noise!r}, seed={plan.seed})
for rule, path, loss, spent in zip(result.rules, result.paths, result.losses, result.evaluations):
    x, y = path[0, -1]
    print(f"{{rule.title}}: ({{x:.6g}}, {{y:.6g}}), loss {{loss[0, -1]:.6g}}, {{spent.sum():.0f}} gradients")
"""


def table(plan: Plan, result: Race) -> str:
    """Every point of every path, as CSV."""
    rows: list[list[Any]] = []
    for r, rule in enumerate(plan.rules):
        spent = np.concatenate([[0.0], np.cumsum(result.spent[r, 0])])
        for t, (x, y) in enumerate(result.paths[r, 0]):
            rows.append([rule.title, t, x, y, result.losses[r, 0, t], spent[t]])
    return as_csv(rows, ["racer", "step", "x", "y", "loss", "gradients_spent"])
