"""The optimizer race."""

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.figures.optimizers import race_map
from dlcore.optimizers import racing, walking
from ui.frame import frame
from ui.optimizers import address, checks, hand, other_checks, race, tabs, text

frame.open_page(
    "Optimizer race",
    Claim(
        "No optimizer wins everywhere: the surface, the learning rate, and the budget decide.",
        "tests/test_page_claims.py::test_no_optimizer_wins_everywhere "
        "tests/test_page_claims.py::test_surface_rate_and_budget_decide_who_wins",
    ),
    address.STATE,
)
left, right = frame.picture_and_controls()
below = st.container()
with right:
    surface, condition, racers, preset, start = race.first_controls()
view, chosen = race.tuned(surface, condition, racers, preset)
if not chosen:
    left.info("Choose at least one racer, for example “Adam”.")
    st.stop()
plan = race.Plan(surface, condition, chosen, start, view["steps"], view["noise"], view["seed"])
with left:
    result = hand.picture(plan, view)
with right:
    st.caption(
        "Drag ◇, or tap the map, to start there. ◇ start, ★ global minimum, ○ another minimum, × saddle."
    )
with below:
    st.latex(plan.ground().formula)
    if surface == "logistic":
        st.caption(race.DATA)
    race.gradient_check(plan)
    with frame.more_checks("optimizers") as is_open:
        if is_open:
            other_checks.other_checks(plan, result)
    frame.notice(
        invitation(
            "Drag the start ◇, then turn η past the red limit: the nearest minimum no longer holds the racer. Press "
            "“400 starts” to see where it goes from all over the map."
        ),
        Claim(
            "Gradient descent diverges first along the steepest direction. Each coordinate of Adam's first step has "
            "the length η, however steep the slope.",
            "tests/test_page_claims.py::test_gradient_descent_diverges_along_the_steepest_direction_first "
            "tests/test_optimizers.py::test_adams_first_step_is_the_learning_rate "
            "tests/test_page_claims.py::test_adams_first_step_knows_no_slope",
        ),
    )

steps, fair, basins, rate, noise, second, torch = st.tabs(
    address.TABS, key="optimizers_tab", on_change="rerun", bind="query-params"
)
with steps:
    if steps.open:
        tabs.step_by_step(plan, result)
with fair:
    if fair.open:
        tabs.fair_shares(plan)
with basins:
    if basins.open:
        tabs.basins(plan)
with rate:
    if rate.open:
        tabs.learning_rate(plan)
with noise:
    if noise.open:
        tabs.gradient_lens(plan)
with second:
    if second.open:
        checks.second_order(plan, result)
with torch:
    if torch.open:
        checks.equal_to_torch(plan)

frame.words("optimizers")
frame.source("optimizers", racing.race, walking.follow, *(type(rule) for rule in chosen))
frame.script("optimizers", text.race_script(plan))
frame.downloads(
    "optimizers",
    lambda: text.table(plan, result),
    lambda: race_map(result, race.land(surface, condition, view["log"]), view["arrows"]),
)
frame.reset_button("optimizers_")
