"""The brush on the Grad-CAM page: a spot is covered, and scores and heat map follow in the browser."""

import streamlit as st

from dlcore.claims import Claim, invitation
from dlcore.number_text import digits
from dlcore.runs import Run
from ui.convolution import hand, hand_checks, models
from ui.convolution.address import strokes
from ui.convolution.hand import Place, Shown
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import RunKey, Whole
from ui.frame.stored import is_stored, recent_keys
from ui.gradcam.subject import Subject

TAB = "Cover a spot"
_HERE = {"tab": TAB}
STATE = State(
    "gradcam",
    {
        "strokes": strokes(_HERE),
        "painted": Whole(0, 999, default=None, on=_HERE),  # the class asked about; None: the one predicted
        "beside": RunKey(is_stored, recent_keys, default=None, on=_HERE),
    },
)
PLACE = Place(
    STATE, "gradcam_hand", {"strokes": "strokes", "k": "painted", "beside": "beside"}, is_whole=False
)


def brush_section(run: Run, subject: Subject) -> None:
    """The image under the brush, and the check against PyTorch on exactly these pixels."""
    sent = models.taken_apart(run.key, run.best)
    if not sent.is_small:
        st.info(
            f"The weights of this network are {digits(sent.weights.nbytes / 1e6, 2)} MB. Up to 1.5 MB are sent to a "
            "browser: this network cannot be painted on.",
            icon=":material/info:",
        )
        return
    frame.say(
        invitation(
            "Cover what the heat map marks, then as large a spot where it marks nothing: which one moves the score? "
            "Put a second network beside it and cover the same spot for both."
        )
    )
    rest = hand.picture(run, Shown(subject.pixels, subject.title, subject.index), PLACE)
    if rest is not None:
        hand_checks.check(run, rest)
    frame.say(
        Claim(
            "What a covered spot does depends on the color: on [[images]] images, a black spot of [[size]] pixels on "
            "background alone turned the answer of the lab's own network in [[black]]%, the same spot in "
            "the background's color in [[ground]]%. A hole is unlike anything that it has learned from.",
            "tests/test_page_claims.py::test_what_a_covered_spot_does_depends_on_the_color",
            {"images": 300, "size": 7, "black": 40, "ground": 0},
        )
    )
