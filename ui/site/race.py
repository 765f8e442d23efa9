"""The optimizer race of the static edition: every rule on every surface that has a formula or samples of its own."""

from dataclasses import replace
from typing import Any

from dlcore.optimizers import RULES
from ui.optimizers import hand
from ui.optimizers import race as lab
from ui.site.picture import Picture, as_numbers, control
from ui.site.sentences import told

KAPPA = 10.0  # the bowl's condition number here
GROUND = ("surface", "title", "view", "axes", "minima", "best", "saddles", "start")


def picture(surfaces: tuple[str, ...]) -> Picture:
    """The race on these surfaces, with the rates that were tried out there for each racer."""
    state = lab.STATE
    usual = next(iter(lab.SURFACE_NAMES))
    assert usual in surfaces
    rules = {name: rule(**lab.HABITS.get(name, {})) for name, rule in RULES.items()}
    rates = {(s, name): lab.rates(s, KAPPA, rule) for s in surfaces for name, rule in rules.items()}

    def plan(surface: str) -> lab.Plan:
        start = lab.ground(surface, KAPPA).start
        return lab.Plan(surface, KAPPA, tuple(rules.values()), (start[0], start[1]), 150, 0.0, 0)

    def ground(surface: str) -> dict[str, Any]:
        sent = hand.payload(plan(surface), {"arrows": False, "log": True})
        return {
            name: as_numbers(sent[name]) if name in ("minima", "saddles") else sent[name] for name in GROUND
        }

    begun = hand.payload(plan(usual), {"arrows": False, "log": True})
    more: dict[str, Any] = {
        "racers": {each["name"]: each for each in begun["racers"]},
        "numbers": {name: list(lab.shown_numbers(rule)) for name, rule in RULES.items()},
        "titles": {surface: lab.SURFACE_NAMES[surface] for surface in surfaces},
        "rates": {
            f"{lab.SURFACE_NAMES[s]}|{name}": [float(f"{rate:.3g}") for rate in found]
            for (s, name), found in rates.items()
        },
        "presets": list(lab.PRESETS),
    }
    chosen = [each for each in begun["racers"] if each["name"] in lab.DEFAULT_RACERS]
    for each in chosen:
        each["lr"] = more["rates"][f"{lab.SURFACE_NAMES[usual]}|{each['name']}"][lab.PRESETS.index("good")]
    controls = (
        control(
            state,
            "surface",
            "Surface",
            ground,
            only=surfaces,
            path="",
            clears=["optimizers_x", "optimizers_y"],
        ),
        control(
            state,
            "rate",
            "Learning rate",
            clears=[f"optimizers_{name}_lr" for name in RULES],
        ),
        control(state, "racers", "Racers"),
        control(state, "steps", "Steps", path="steps", more=True),
        control(state, "schedule", "Schedule of η", more=True),
        control(state, "noise", "Gradient noise σ", path="noise", more=True),
        control(state, "seed", "Seed", path="seed", more=True),
        control(state, "arrows", "Downhill arrows", path="arrows", more=True),
        control(state, "log", "Logarithmic height", path="log", more=True),
    )
    own = tuple(f"optimizers_{name}_{n}" for name in RULES for n in ("lr", *more["numbers"][name]))
    return replace(
        Picture("race", "optimizers", "race", told("optimizers"), begun | {"racers": chosen}),
        controls=controls,
        names=("optimizers_x", "optimizers_y", *own),
        more=more,
    )
