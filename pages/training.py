"""Train a network on images, and watch what it has seen and what it has not drift apart."""

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.figures.curves import learning_curves
from ui.experiments import address, menu
from ui.frame import frame
from ui.training import (
    evaluation,
    example,
    image_sets,
    one_run,
    other_checks,
    own_images,
    recipe_controls,
    run_table,
    sealed_test,
    splits,
    take_home,
    training,
)

frame.open_page(
    "Training dashboard",
    Claim(
        "A network can keep improving on its training images while it gets worse on new ones.",
        "tests/test_page_claims.py::test_a_network_can_improve_on_its_training_images_and_get_worse_on_new_ones",
    ),
    address.STATE,
)
example.open_on_first_visit()
picture, controls = frame.picture_and_controls(controls_first=True)
with picture:
    job, run = training.current()
with controls:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        dataset = recipe_controls.choose_data(training.put_away)
        own = st.popover("Yours", on_change="rerun", key="training_upload_section")
    with own:
        if own.open:
            own_images.upload()
    images = image_sets.fetched(dataset)
    model = recipe_controls.choose_model(training.put_away)
    progress, button = st.container(), st.container()  # above the numbers, in sight on every screen
    recipe = recipe_controls.choose_recipe(dataset, model)
    if recipe is not None:
        example.way_out(recipe)
    if images is not None and recipe is not None:
        line, seconds = recipe_controls.describe(recipe, images)
        st.caption(f"{splits.which_split(images, recipe)} {line}.")
        if job is None or not training.is_live(job) or job.key != recipe.key:  # else it is under way
            button.button(
                training.words_on_the_button(recipe, seconds),
                type="primary",
                icon=":material/play_arrow:",
                disabled=not training.fits_the_budget(seconds),
                on_click=training.start,
                args=[recipe],
                width="stretch",
                key="training_start",
            )
    with progress:  # where the eye and the finger are
        training.state(job, run)

with picture:
    if job is None and run is None and images is not None:
        recipe_controls.samples(images)
    elif job is None and run is None:
        image_sets.described(dataset)
    elif recipe is not None:
        size = recipe_controls.train_size(recipe, images) if images is not None else 0
        training.picture(job, run, recipe, size)

if run is not None:
    shown = image_sets.images_of(run)
    take_home.origin(run, shown)
    if shown is not None:
        one_run.formula(run, shown)
        one_run.check(run, shown)
        if run.best:
            with frame.more_checks("training") as is_open:
                if is_open:
                    other_checks.other_checks(run, shown)

frame.notice(
    invitation(
        "Train with the defaults, then once more as an MLP, and draw both runs in one figure by the tab “Saved runs”."
    ),
    Claim(
        "At some epoch the dashed curve (validation images) may turn, while the solid curve (training images) keeps "
        "improving.",
        "tests/test_page_claims.py::test_a_network_can_improve_on_its_training_images_and_get_worse_on_new_ones "
        "tests/test_figures.py::test_a_part_of_the_data_has_one_colour_dash_and_symbol_in_every_figure",
    ),
)
parts, stored, experiments, scores, sealed = st.tabs(
    address.TABS,
    key="training_tab",
    on_change="rerun",
    bind="query-params",
)
with parts:
    if parts.open and images is not None:
        splits.splits_section(images, run)
with stored:
    if stored.open:
        run_table.run_table_section(run)
with experiments:
    if experiments.open and images is not None and recipe is not None:
        menu.experiments_section(recipe, images)
with scores:
    if scores.open:
        evaluation.evaluation_section(run, shown if run is not None else None)
with sealed:
    if sealed.open:
        sealed_test.sealed_test_section(run, shown if run is not None else None)

with frame.more("More of the recipe", "training_more") as is_open:
    if is_open:
        recipe_controls.more_recipe()
frame.words("training")
frame.source(
    "training",
    "dlcore.training:one_pass",
    "dlcore.training:loss_of",
    "dlcore.models:cnn",
    "dlcore.models:mlp",
    "dlcore.evaluation.intervals:wilson",
    "dlcore.evaluation.optimism:expected_maximum",
    "dlcore.experiments.groups:matched_mlp",
)
if run is not None:
    take_home.take_home(run, shown)
    frame.downloads(
        "training",
        lambda: one_run.csv_of(run),
        lambda: learning_curves(run.epochs, len(run.epochs), run.best),
    )
frame.reset_button("training_")
