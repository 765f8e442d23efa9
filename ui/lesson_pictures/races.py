"""The optimizer race as it stands in a lesson, and what its tabs draw of it."""

from typing import Any

import streamlit as st

from dlcore.optimizers import RULES, Rule
from ui.lesson_pictures.standing import Standing
from ui.optimizers import checks, hand, race, tabs
from ui.optimizers.race import Plan


def plan_of(standing: Standing) -> Plan:
    """The race that the link asks for, as the hand has changed it."""
    surface, condition = standing.value("surface"), 10.0
    if surface == "bowl":
        condition = float(standing.value("condition"))
    surface = standing.value("own") if surface == race.OWN else surface
    own = race.ground(surface, condition).start
    start = tuple(
        own[i] if standing.value(name) is None else standing.value(name) for i, name in enumerate("xy")
    )
    rules = tuple(
        _rule(standing, RULES[name], surface, condition) for name in RULES if name in standing.value("racers")
    )
    steps, noise, seed = (standing.value(name) for name in ("steps", "noise", "seed"))
    return Plan(surface, condition, rules, (start[0], start[1]), steps, noise, seed)


def _rule(standing: Standing, rule: type[Rule], surface: str, condition: float) -> Rule:
    """One racer with its own numbers, and where no rate is named the one that was tried out."""
    given: dict[str, Any] = {name: standing.value(f"{rule.name}_{name}") for name in race.shown_numbers(rule)}
    lr = standing.value(f"{rule.name}_lr")
    if lr is None:
        tried = race.rates(surface, condition, rule(**given))[race.PRESETS.index(standing.value("rate"))]
        lr = float(f"{tried:.3g}")
    return rule(lr=lr, schedule=standing.value("schedule"), **given)


def picture(standing: Standing) -> None:
    """The race, and everyone's numbers at one step."""
    plan = plan_of(standing)
    hand.COMPONENT(
        key=standing.key_of("race"),
        data=hand.payload(plan, {name: standing.value(name) for name in ("arrows", "log")}),
        on_moved_change=lambda: _rested(standing, plan.surface),
    )
    result = race.run(plan)
    hand.say_what_the_map_hides(plan, result)
    step = int(standing.control(st.slider, "Step", "step", 1, plan.steps))
    tabs.at_step(plan, result, step)


def _rested(standing: Standing, surface: str) -> None:
    """Once the hand rests: its start and its numbers; what it moved on another surface is dropped."""
    sent = st.session_state[standing.key_of("race")].get("moved")
    if isinstance(sent, dict) and sent.get("surface") == surface:
        for name, value in hand.moved(sent).items():
            standing.keep(name, value)


def rates(standing: Standing) -> None:
    """The loss at the end against the learning rate; and where momentum is stable, if the link asks for it."""
    plan = plan_of(standing)
    tabs.against_the_rate(plan)
    if standing.value("stability"):
        tabs.heavy_ball(plan)


def noise(standing: Standing) -> None:
    """Mini-batch gradients around the full one, for a batch size to choose."""
    b = standing.control(st.select_slider, "Batch size b", "noise_batch", tabs.SIZES)
    tabs.gradient_noise_at(plan_of(standing), int(b), not standing.value("reshuffle"))


def mistakes(standing: Standing) -> None:
    """Two wrong Adams beside the right one."""
    checks.two_famous_mistakes(plan_of(standing))
