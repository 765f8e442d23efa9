"""The race in words and numbers: formulas with their numbers in them, a script, a table."""

from dataclasses import fields
from typing import Any

import numpy as np

from dlcore.csv_text import as_csv
from dlcore.number_text import latex_factor
from dlcore.optimizers import Race
from dlcore.optimizers.replay import Replay
from dlcore.optimizers.rules import Rule
from ui.optimizers.race import Plan


def n(value: float) -> str:
    """A number for a formula: four digits, in parentheses if negative."""
    return latex_factor(value, 4)


def step_in_numbers(told: Replay, t: int, axis: int = 0) -> str:
    """Step t + 1 of a racer, for one coordinate, as LaTeX with the numbers in the formula."""
    rule, letter = told.rule, "xy"[axis]
    g, eta = told.gradients[t, axis], told.eta[t]
    before, after = told.path[t, axis], told.path[t + 1, axis]
    memory = {name: values[t, axis] for name, values in told.memory.items()}
    previous = {name: values[t - 1, axis] if t else rule.memory[name] for name, values in told.memory.items()}
    lines = [rf"g &= \partial f / \partial {letter} = {n(g)}"]
    lines += lines_of(rule, g, eta, before, memory, previous, t + 1)
    lines.append(rf"{letter} &\leftarrow {n(after)} \quad (\text{{before: }} {n(before)})")
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"


def lines_of(
    rule: Any, g: float, eta: float, theta: float, memory: dict, previous: dict, t: int
) -> list[str]:
    """The rule's own lines: memory, correction, step."""
    if rule.name in ("gradient_descent", "sgd", "minibatch"):
        return [rf"\Delta &= -\eta\, g = -{n(eta)} \cdot {n(g)} = {n(-eta * g)}"]
    if rule.name in ("momentum", "nesterov"):
        v = memory["v"]
        lines = [rf"v &= \beta v + g = {n(rule.beta)} \cdot {n(previous['v'])} + {n(g)} = {n(v)}"]
        if rule.name == "momentum":
            return [*lines, rf"\Delta &= -\eta\, v = -{n(eta)} \cdot {n(v)} = {n(-eta * v)}"]
        ahead = g + rule.beta * v
        return [*lines, rf"\Delta &= -\eta\,(g + \beta v) = -{n(eta)} \cdot {n(ahead)} = {n(-eta * ahead)}"]
    if rule.name in ("adagrad", "rmsprop"):
        v = memory["v"]
        if rule.name == "adagrad":
            first = rf"v &= v + g^2 = {n(previous['v'])} + {n(g)}^2 = {n(v)}"
        else:
            b = rule.beta2
            first = (
                rf"v &= \beta_2 v + (1 - \beta_2) g^2 = {n(b)} \cdot {n(previous['v'])} "
                rf"+ {n(1 - b)} \cdot {n(g)}^2 = {n(v)}"
            )
        step = -eta * g / (np.sqrt(v) + rule.eps)
        second = (
            rf"\Delta &= -\eta \frac{{g}}{{\sqrt v + \varepsilon}} = "
            rf"-{n(eta)} \cdot \frac{{{n(g)}}}{{{n(np.sqrt(v) + rule.eps)}}} = {n(step)}"
        )
        return [first, second]
    if rule.name in ("adam", "adamw"):
        return adam_lines(rule, g, eta, theta, memory, previous, t)
    return []  # the others look at more than one number; their formula stands above


def adam_lines(
    rule: Any, g: float, eta: float, theta: float, memory: dict, previous: dict, t: int
) -> list[str]:
    """Adam's averages, their correction, and the step."""
    b1, b2, m, v = rule.beta1, rule.beta2, memory["m"], memory["v"]
    c1, c2 = 1 - b1**t, 1 - b2**t
    m_hat, v_hat = m / c1, v / c2
    step = -eta * m_hat / (np.sqrt(v_hat) + rule.eps)
    lines = [
        rf"m &= \beta_1 m + (1 - \beta_1) g = {n(b1)} \cdot {n(previous['m'])} "
        rf"+ {n(1 - b1)} \cdot {n(g)} = {n(m)}",
        rf"v &= \beta_2 v + (1 - \beta_2) g^2 = {n(b2)} \cdot {n(previous['v'])} "
        rf"+ {n(1 - b2)} \cdot {n(g)}^2 = {n(v)}",
        rf"\hat m &= \frac{{m}}{{1 - \beta_1^{{{t}}}}} = \frac{{{n(m)}}}{{{n(c1)}}} = {n(m_hat)}, \quad "
        rf"\hat v = \frac{{v}}{{1 - \beta_2^{{{t}}}}} = \frac{{{n(v)}}}{{{n(c2)}}} = {n(v_hat)}",
        rf"\Delta &= -\eta \frac{{\hat m}}{{\sqrt{{\hat v}} + \varepsilon}} = "
        rf"-{n(eta)} \cdot \frac{{{n(m_hat)}}}{{{n(np.sqrt(v_hat) + rule.eps)}}} = {n(step)}",
    ]
    if rule.name == "adamw":
        decay = -eta * rule.weight_decay * theta
        lines.append(rf"\text{{decay}} &= -\eta\lambda\theta = {n(decay)}")
    return lines


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
