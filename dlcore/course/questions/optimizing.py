"""Questions about one step of SGD, momentum and Adam."""

import numpy as np

from dlcore.course.questions.networks import tenth
from dlcore.course.questions.question import Question, n, p
from dlcore.optimizers import RULES
from dlcore.optimizers.rules import Momentum


def sgd_step(rng: np.random.Generator) -> Question:
    """θ after one step of SGD."""
    theta, g, eta = tenth(rng, -3, 3), tenth(rng, 1, 5), float(rng.choice([0.1, 0.2, 0.5]))
    g *= int(rng.choice([-1, 1]))
    after, _ = RULES["sgd"](lr=eta).step(theta, g, (), 1, eta)
    return Question(
        "optimizers",
        rf"$\theta = {n(theta)}$, its gradient is ${n(g)}$, the learning rate $\eta = {n(eta)}$. "
        r"What is $\theta$ after one step of SGD?",
        float(after),
        rf"$$\theta - \eta \nabla L = {n(theta)} - {n(eta)} \cdot {p(g)} = {n(after)}$$",
        mistakes=(
            (theta + eta * g, "You went up the slope: the step is subtracted."),
            (theta - g, "You forgot the learning rate η."),
            (eta * g, "That is the step alone; subtract it from θ."),
        ),
    )


def momentum_step(rng: np.random.Generator) -> Question:
    """θ after two steps of momentum with given gradients."""
    theta, eta, beta = (
        tenth(rng, -3, 3),
        float(rng.choice([0.1, 0.2, 0.5])),
        float(rng.choice([0.5, 0.8, 0.9])),
    )
    g1, g2 = tenth(rng, -3, 3), tenth(rng, -3, 3)
    rule = Momentum(lr=eta, beta=beta)
    first, state = rule.step(theta, g1, rule.initial(), 1, eta)
    second, (v,) = rule.step(first, g2, state, 2, eta)
    return Question(
        "optimizers",
        rf"Momentum: $v \leftarrow \beta v + g$, $\theta \leftarrow \theta - \eta v$, starting from $v = 0$ and "
        rf"$\theta = {n(theta)}$, with $\eta = {n(eta)}$ and $\beta = {n(beta)}$. The first two gradients are "
        rf"${n(g1)}$ and ${n(g2)}$. What is $\theta$ after these two steps?",
        float(second),
        rf"$$\begin{{aligned}} v_1 &= {n(g1)}, & \theta_1 &= {n(theta)} - {n(eta)} \cdot {p(g1)} = {n(first)} \\ "
        rf"v_2 &= {n(beta)} \cdot {p(g1)} + {p(g2)} = {n(v)}, & "
        rf"\theta_2 &= {n(first)} - {n(eta)} \cdot {p(v)} = {n(second)} \end{{aligned}}$$",
        mistakes=(
            (
                theta - eta * (g1 + g2),
                "That is SGD: the second step still carries β times the first gradient.",
            ),
            (theta - eta * float(v), "You left out the first step: both steps move θ."),
            (
                theta - eta * (1 - beta) * (g1 + float(v)),
                "You averaged: here v = βv + g, without a factor 1 − β.",
            ),
        ),
    )


def adam_step(rng: np.random.Generator) -> Question:
    """θ after two steps of Adam with given gradients."""
    theta, eta = tenth(rng, -3, 3), float(rng.choice([0.1, 0.2, 0.5]))
    g1, g2 = tenth(rng, -3, 3), tenth(rng, -3, 3)
    rule = RULES["adam"](lr=eta)
    first, state = rule.step(theta, g1, rule.initial(), 1, eta)
    second, (m, v) = rule.step(first, g2, state, 2, eta)
    m_hat, v_hat = m / (1 - 0.9**2), v / (1 - 0.999**2)

    def wrong(first_step: float, m: float, v: float) -> float:
        return float(theta - eta * first_step - eta * m / np.sqrt(v))

    sign = float(np.sign(g1))
    return Question(
        "optimizers",
        rf"Adam with $\eta = {n(eta)}$, $\beta_1 = 0.9$, $\beta_2 = 0.999$ and a negligible $\varepsilon$ starts at "
        rf"$\theta = {n(theta)}$. The first two gradients are ${n(g1)}$ and ${n(g2)}$. What is $\theta$ after "
        "these two steps?",
        float(second),
        rf"The first step has length $\eta$: $\theta_1 = {n(first)}$. Then "
        rf"$$\begin{{aligned}} m_2 &= 0.9 \cdot 0.1 \cdot {p(g1)} + 0.1 \cdot {p(g2)} = {n(m)}, & "
        rf"\hat{{m}}_2 &= \frac{{{n(m)}}}{{1 - 0.9^2}} = {n(m_hat)} \\ "
        rf"v_2 &= 0.999 \cdot 0.001 \cdot {p(g1)}^2 + 0.001 \cdot {p(g2)}^2 = {n(v)}, & "
        rf"\hat{{v}}_2 &= \frac{{{n(v)}}}{{1 - 0.999^2}} = {n(v_hat)} \\ "
        rf"\theta_2 &= {n(first)} - {n(eta)} \cdot \frac{{{n(m_hat)}}}{{\sqrt{{{n(v_hat)}}}}} = {n(second)} "
        r"\end{aligned}$$",
        mistakes=(
            (
                theta - eta * (sign + float(np.sign(g2))),
                "Only the first step has length η; the second divides an average by a root of an average.",
            ),
            (wrong(sign, m / 0.1, v / 0.001), "You forgot to raise β₁ and β₂ to the power t = 2."),
            (wrong(0.1 * sign / np.sqrt(0.001), m, v), "You forgot the bias correction."),
            (wrong(sign, m, v), "You forgot the bias correction in the second step."),
            (float(theta - eta * sign), "That is after one step."),
            (float(first) - eta * float(m_hat / v_hat), "You forgot the root of v̂."),
        ),
    )


GENERATORS = (sgd_step, momentum_step, adam_step)
