"""Three ways to believe a gradient, as tabs: second opinions, the learner's own derivative, the bug zoo."""

import numpy as np
import streamlit as st

from dlcore.backprop import PARAMETERS, Gradients, backward
from dlcore.backprop.bugs import BUGS, CHECKS, run_checks, two_neurons
from dlcore.backprop.own_derivative import ANSWERS, NAMES, Verdict, check_derivative
from dlcore.claims import Claim, invitation
from dlcore.figures import backprop as figures
from dlcore.formulas.spelling import MAX_CHARACTERS, BadExpression
from dlcore.number_text import digits
from dlcore.oracles.backprop import (
    TOLERANCE,
    autograd,
    central_difference,
    complex_step,
    difference_bound,
    difference_errors,
    is_too_small,
    kink_distance,
    relative_difference,
    yardstick,
)
from ui.backprop.stepper import Setting
from ui.frame import frame
from ui.frame.address import State
from ui.frame.fields import OneOf, OnOff, Several, Text

SYMBOL = {"w1": "w₁", "b1": "b₁", "w2": "w₂", "b2": "b₂"}
CHECK_H = 1e-6
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
EXPONENTS = {k: "10⁻" + str(k).translate(SUPERSCRIPT) for k in range(1, 14)}

_OPINIONS, _OWN, _ZOO = {"tab": "Gradient check"}, {"tab": "Write a derivative"}, {"tab": "Bug zoo"}
STATE = State(
    "backprop",
    {
        "h": OneOf(EXPONENTS, default=6, on=_OPINIONS),
        "by": OneOf({name: SYMBOL[name] for name in PARAMETERS}, default="w1", on=_OWN),
        "own": Text(most=200, default="", on=_OWN, examples=("(y_hat - y) * h", "w2 * x")),
        "answer": OnOff(on=_OWN),
        "bugs": Several(BUGS.keys(), default=[next(iter(BUGS))], on=_ZOO),
        "catch": OneOf(CHECKS.keys(), on=_ZOO),
        "zoo_table": OnOff(on=_ZOO),
    },
)


def on_the_kink(setting: Setting, h: float) -> bool:
    """A difference quotient with this step reaches over the kink of the ReLU."""
    return kink_distance(setting.params, setting.x) <= h * max(1.0, abs(setting.x))


def check_card(setting: Setting, gradients: Gradients) -> None:
    """The four gradients against complex steps through a forward pass of their own; at the kink, why not."""
    if on_the_kink(setting, CHECK_H):
        st.info(
            "z₁ is at the kink, where ReLU has no derivative. This lab and PyTorch set ReLU′(0) = 0; a central "
            "difference gives ½. Open “Gradient check” to compare them.",
            icon=":material/fork_right:",
        )
        return
    at = (setting.params, setting.x, setting.y, setting.loss)
    reference, unit = complex_step(*at), yardstick(*at)
    if is_too_small(unit):
        st.caption(
            ":material/info: The sigmoid is so saturated that float64 cannot hold its slope (below 10⁻²⁹⁰): the "
            "gradient shown as 0 is only smaller than that, and nothing can check it here."
        )
        return
    frame.check(
        "∂L/∂(w₁, b₁, w₂, b₂), each relative to its terms",
        _listed(gradients),
        _listed(reference),
        relative_difference(gradients, reference, unit),
        TOLERANCE,
        "complex steps, Im L(θ + ih)/h",
    )


def _listed(gradients: Gradients) -> str:
    return "(" + ", ".join(digits(getattr(gradients, name), 4) for name in PARAMETERS) + ")"


def three_opinions(setting: Setting) -> None:
    """Closed form, torch.autograd and central differences side by side, and the V of the latter's error."""
    exponent = st.select_slider(
        "Step size h of the difference quotient",
        list(EXPONENTS),
        6,
        format_func=EXPONENTS.__getitem__,
        key="backprop_h",
        bind="query-params",
    )
    h = 10.0**-exponent
    at = (setting.params, setting.x, setting.y, setting.loss)
    with st.spinner("PyTorch is loading; the first time takes a few seconds.", show_time=True):
        second = autograd(*at)
    first, third = backward(*at), central_difference(*at, h)
    unit, bound = yardstick(*at), difference_bound(*at, h)
    lines = ["| | closed form | torch.autograd | | central difference | |", "|---|---:|---:|---|---:|---|"]
    for name in PARAMETERS:
        ours, torchs, quotient = (float(getattr(one, name)) for one in (first, second, third))
        allowed = TOLERANCE * float(getattr(unit, name))
        lines.append(
            f"| ∂L/∂{SYMBOL[name]} | {digits(ours, 10)} | {digits(torchs, 10)} | {_sign(ours, torchs, allowed)} "
            f"| {digits(quotient, 10)} | {_sign(ours, quotient, getattr(bound, name))} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "= as near to the closed form as the method can be: 10⁻¹² of the terms for autograd, h² sup|L‴|/6 and the "
        "rounding of L over 2h for the difference quotient; ≠ further away; ? this bound is larger than the number "
        "itself, so that the comparison says nothing."
    )
    errors = difference_errors(*at)
    worst = np.max([errors.errors[name] for name in PARAMETERS], axis=0)
    frame.chart(
        figures.difference_errors(errors.h, errors.errors, h),
        f"Error of central differences over step sizes h from 10⁻¹ to 10⁻¹³, log-log. It is smallest, "
        f"{digits(worst.min(), 2)}, at h = {digits(errors.h[int(np.argmin(worst))], 1)}, and grows on both sides.",
        "backprop_errors",
    )
    if on_the_kink(setting, h):
        st.info(
            "This difference quotient reaches over the kink at z₁ = 0, so it averages the slopes of both "
            "sides. The closed form and autograd agree because they share a convention, ReLU′(0) = 0.",
            icon=":material/fork_right:",
        )
    frame.notice(
        invitation("Move h from 10⁻¹ to 10⁻¹³, then choose the preset “the kink z₁ = 0”."),
        Claim(
            "Away from the kink the error is V-shaped: rounding on the left, on the right what the Taylor series "
            "leaves out, h² f‴/6 (curvature cancels between the two sides). So at the good start h = [[best]] is "
            "the best of all, and smaller steps are worse.",
            "tests/test_backprop.py::test_the_error_of_differences_is_v_shaped "
            "tests/test_page_claims.py::test_too_small_a_step_of_the_difference_is_worse",
            {"best": 1e-5},
        ),
    )


def _sign(ours: float, other: float, tolerance: float) -> str:
    gap = abs(ours - other)
    if gap > tolerance:
        return f"**≠** ({digits(gap, 1)})"
    return f"{'=' if ours == 0 or tolerance < abs(ours) else '?'} ({digits(gap, 1)})"


def own_derivative(setting: Setting) -> None:
    """The learner types ∂L/∂θ; it is compared at 200 random points, and the first difference is shown."""
    left, right = st.columns([1, 2.4], gap="medium", vertical_alignment="bottom")
    parameter = left.segmented_control(
        "Derivative of L by",
        list(PARAMETERS),
        default="w1",
        required=True,
        format_func=SYMBOL.__getitem__,
        key="backprop_by",
        bind="query-params",
    )
    text = right.text_input(
        f"∂L/∂{SYMBOL[parameter]} =",
        key="backprop_own",
        max_chars=MAX_CHARACTERS,
        placeholder="for example (y_hat - y) * …",
        bind="query-params",
    )
    st.caption(
        f"Names: {', '.join(NAMES)}. Functions: exp, log, sigmoid, relu, step(z) = 1 if z > 0 else 0, … "
        "Powers as x² or x^2, decimals as 0.5; the sign · or * may be left out, as in 2x."
    )
    if not text.strip():
        st.info("Type a formula and press Enter. It is compared with the truth at 200 random points.")
    else:
        try:
            verdict = check_derivative(text, parameter, setting.loss)
        except BadExpression as problem:
            st.warning(str(problem), icon=":material/edit:")
        else:
            _show_verdict(verdict, parameter)
    if st.toggle("Show an answer", key="backprop_answer", bind="query-params"):
        st.code(ANSWERS[setting.loss][parameter], language="python")
        st.caption("One of many: whatever has the same value everywhere is accepted.")


def _show_verdict(verdict: Verdict, parameter: str) -> None:
    st.latex(rf"\text{{read as}}\quad {verdict.latex}")
    point = verdict.counterexample
    if point is None:
        st.success(
            f"It holds at all {verdict.points} random points (largest difference {digits(verdict.worst, 1)}).",
            icon=":material/check_circle:",
        )
        return
    got = f"gives {digits(verdict.got, 4)}" if np.isfinite(verdict.got) else "has no finite value"
    st.warning(
        f"It differs at {verdict.wrong} of {verdict.points} points. At the first of them "
        f"∂L/∂{SYMBOL[parameter]} = {digits(verdict.expected, 4)}, and yours {got}.",
        icon=":material/close:",
    )
    names = list(point)
    st.markdown(
        f"| {' | '.join(names)} |\n|{'---:|' * len(names)}\n"
        f"| {' | '.join(f'{digits(point[name])}' for name in names)} |"
    )


def bug_zoo(setting: Setting) -> None:
    """Let published mistakes in, pick a check, see whether it objects."""
    bugs = st.pills(
        "Let mistakes in",
        list(BUGS),
        selection_mode="multi",
        default=[next(iter(BUGS))],
        key="backprop_bugs",
        bind="query-params",
    )
    for bug in bugs:
        st.markdown(BUGS[bug].story)
        right, wrong = st.columns(2)
        right.code(BUGS[bug].right + "  # right", language="python")
        wrong.code(BUGS[bug].wrong + "  # wrong", language="python")
    if not bugs:
        st.markdown("No mistake is in: every check should pass.")
    check = st.segmented_control(
        "Which check would catch it?", list(CHECKS), key="backprop_catch", bind="query-params"
    )
    net = two_neurons(setting.params, setting.x, setting.y)
    if check:
        outcome = CHECKS[check](net, bugs, setting.eta)
        if outcome.caught:
            st.success(f"It objects: {outcome.finding}.", icon=":material/check_circle:")
        else:
            st.warning(f"It passes: {outcome.finding}.", icon=":material/visibility_off:")
    if st.toggle("Show which check catches what", key="backprop_zoo_table", bind="query-params"):
        lines = ["| | " + " | ".join(CHECKS) + " |", "|---|" + "---|" * len(CHECKS)]
        for name in ("no mistake", *BUGS):
            outcomes = run_checks(net, () if name == "no mistake" else (name,), setting.eta).values()
            marks = ["**✗ objects**" if one.caught else "· passes" for one in outcomes]
            lines.append(f"| {name} | " + " | ".join(marks) + " |")
        st.markdown("\n".join(lines))
    if on_the_kink(setting, CHECK_H):
        st.info("The graph stands on the kink: here differences object even to the right gradient.")
    st.caption("All with cross-entropy, at the numbers of the graph where a check says “this point”.")
    frame.notice(
        invitation("Find a mistake that the falling loss misses, and one that only the wider network shows."),
        Claim(
            "At the good start the loss falls with every one of them. A test network with one weight per neuron "
            "cannot see a mistake that counts weights.",
            "tests/test_bugs.py::test_every_bug_is_caught_by_a_check_and_missed_by_the_falling_loss "
            "tests/test_bugs.py::test_only_a_wider_network_shows_the_bias_counted_per_weight",
        ),
    )
