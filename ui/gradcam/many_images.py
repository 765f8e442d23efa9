"""Several images at once: each beside its heat map, all on one scale."""

import numpy as np
import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.figures.overlay import tinted
from dlcore.heatmaps.heatmaps import smooth, upsample
from dlcore.number_text import digits
from dlcore.runs import Run
from ui.frame import frame
from ui.frame.gallery import CROSS, PLAIN, TICK, gallery
from ui.gradcam.models import all_looked_at
from ui.gradcam.subject import Shelf, take

COUNTS = (6, 12, 24)


def many_images_section(run: Run, shelf: Shelf, chosen: int | None, block: int, sigma: float) -> None:
    """The images from the chosen one on, with the maps of one class, or of each one's predicted class.

    Args:
        chosen: the class explained; None: whichever is predicted.
    """
    most = st.segmented_control(
        "Images", COUNTS, default=12, required=True, key="gradcam_many", bind="query-params"
    )
    places = shelf.window(int(most or 12))
    subjects = [shelf.subject(place) for place in places]
    images = np.stack([subject.pixels for subject in subjects])
    looks = all_looked_at(run.key, images, f"features.{block}")
    explained = [int(look.probabilities.argmax()) if chosen is None else chosen for look in looks]
    raw = np.stack([look.heatmaps[k] for look, k in zip(looks, explained, strict=True)])
    limit = float(np.abs(raw).max()) or 1.0
    shown = smooth(upsample(raw, images.shape[1:3], "bilinear"), sigma)
    names = [run.class_names[k] for k in explained]
    chances = [float(look.probabilities[k]) for look, k in zip(looks, explained, strict=True)]
    marks = [
        PLAIN if subject.label is None else TICK if look.probabilities.argmax() == subject.label else CROSS
        for subject, look in zip(subjects, looks, strict=True)
    ]
    gallery(
        "gradcam_strip",
        list(images),
        [f"{name} {p:.2f}" for name, p in zip(names, chances, strict=True)],
        lambda place: take(places[place] + 1),
        alt=f"{len(images)} images, each beside its heat map, on one scale from −{digits(limit)} to "
        f"{digits(limit)} logits",
        spoken=[
            f"{subject.title}. Explained: {name}, probability {p:.2f}, map from {digits(h.min())} to "
            f"{digits(h.max())} logits"
            for subject, name, p, h in zip(subjects, names, chances, raw, strict=True)
        ],
        marks=marks,
        over=[tinted(image, h, limit) for image, h in zip(images, shown, strict=True)],
        limit=limit,
        chosen=shelf.number - 1 - places[0],
        least=150,
    )
    faint = sum(np.abs(h).max() < limit / 4 for h in raw)
    strength = (
        f"{faint} of {len(raw)} maps stay below a quarter of it; stretched each to its own maximum, as most tools "
        "do, they would look as strong as the others."
        if faint
        else f"All {len(raw)} maps reach a quarter of it."
    )
    st.caption(
        f"Images {places[0] + 1} to {places[-1] + 1} of {len(shelf)}; under each the class explained and its "
        "probability, ✓ where the network's answer is right. One scale for all: "
        f"{strength} A click looks at one image more closely."
    )
    frame.notice(
        invitation(
            "Choose “mistakes” above, and “most confident first” in the gallery. Are the maps of confident mistakes "
            "any weaker than those of right answers?"
        ),
        Claim(
            "Strength shows how much a region affects the score, to first order; it never shows whether that effect "
            "is justified.",
            "tests/test_gradcam.py::test_behind_a_pooled_head_the_map_is_cam_over_area_and_adds_up_to_the_logit "
            "tests/test_page_claims.py::test_a_good_map_can_show_a_bad_reason",
        ),
    )
