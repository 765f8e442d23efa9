"""What the Grad-CAM page's address may hold: its open tab, and what the parts of the page declare."""

from dlcore.heatmaps import erasing as pixels_erased
from dlcore.heatmaps import similarity, truth
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff, Whole
from ui.gradcam import (
    all_classes,
    brush,
    guest_tabs,
    guests,
    many_images,
    methods,
    models,
    photographs,
    sanity_check,
    step_by_step,
    subject,
    view,
)
from ui.gradcam import truth as truth_tab

TABS = (
    "Step by step",
    brush.TAB,
    "Compare classes",
    "Compare methods",
    "Many images",
    "Against ground truth",
    "Sanity check",
    "Shortcuts",
)
_STEPS, _, _ALL, _METHODS, _MANY, _TRUTH, _SANITY, _SHORTCUTS = ({"tab": tab} for tab in TABS)
_SCORED, _ERASED = ({**_TRUTH, "truth_view": name} for name in (truth_tab.VIEWS[0], truth_tab.VIEWS[2]))

OF_TABS = State(
    "gradcam",
    {
        "tab": OneOf(TABS, default=TABS[0]),
        "step": OneOf(step_by_step.STEPS, default=step_by_step.STEPS[0], on=_STEPS),
        "classes": OneOf(all_classes.VIEWS, default=all_classes.ALL, on=_ALL),
        "stretch": OnOff(on=_ALL),
        "empty": OneOf(methods.EMPTY.keys(), default="grey", on=_METHODS),
        "method": OneOf(methods.NAMES, default=methods.NAMES[0], on=_METHODS),
        "many": OneOf(many_images.COUNTS, default=12, on=_MANY),
        "truth_view": OneOf(truth_tab.VIEWS, default=truth_tab.VIEWS[0], on=_TRUTH),
        "truth_measure": OneOf(
            {name: truth_tab.TITLES[name] for name in truth.MEASURES}, default="pointing_hit", on=_SCORED
        ),
        "truth_group": OneOf(truth_tab.GROUPS, default="all", on=_SCORED),
        "truth_slow": OnOff(on=_SCORED),
        "erase_fill": OneOf(pixels_erased.FILLS, default=pixels_erased.FILLS[0], on=_ERASED),
        "sanity_seed": Whole(0, 9999, default=0, on=_SANITY),
        "sanity_alike": OneOf(
            {name: sanity_check.TITLES[name] for name in similarity.ALIKE}, default="spearman", on=_SANITY
        ),
        "shortcut_repair": OnOff(on=_SHORTCUTS),
    },
)

STATE = (
    OF_TABS
    | models.STATE
    | subject.STATE
    | view.STATE
    | step_by_step.STATE
    | brush.STATE
    | all_classes.STATE
    | guests.STATE
    | photographs.STATE
    | guest_tabs.STATE
)
