"""The self-test on screen: a question with its answer field, the verdict, the worked solution."""

import secrets
from collections.abc import Sequence

import streamlit as st

from dlcore.course.edited import Edited
from dlcore.course.questions import Concept, Question, QuestionError, draw
from dlcore.course.questions.concepts import FILE, readable_concepts
from dlcore.course.questions.written import LONGEST, read_number
from dlcore.number_text import digits
from dlcore.vocabulary import ALL_WORDS, Term, named
from ui.frame import frame
from ui.frame.address import State
from ui.frame.announcer import announce
from ui.frame.fields import OneOf, Whole
from ui.learner import membership

COUNT = 10
CLASS = "quiz:"  # begins the name of a question that a class is asked
TOPICS = {
    "": "All topics",
    "neuron": "Neuron",
    "backprop": "Backpropagation",
    "optimizers": "Optimizers",
    "training": "Training",
    "convolution": "Convolution",
    "gradcam": "Grad-CAM",
}
STATE = State(
    "quiz",
    {
        "topic": OneOf(TOPICS, default=""),
        "seed": Whole(0, 9999, default=0),
        "at": Whole(1, COUNT, 3, default=1),
    },
)


Readable = tuple[tuple[Concept, ...], tuple[str, ...]]
concepts_now: Edited[Readable] = Edited(FILE, readable_concepts, ((), ()), QuestionError)


@st.cache_data(max_entries=500, show_spinner=False)
def _drawn(seed: int, topic: str, concepts: tuple[Concept, ...]) -> tuple[Question | Concept, ...]:
    return draw(seed, COUNT, concepts, topic)


def drawn(seed: int, topic: str) -> tuple[Question | Concept, ...]:
    """The questions of this seed, as they are drawn now."""
    (concepts, _), _ = concepts_now()
    return _drawn(seed, topic, concepts)


def new_numbers() -> None:
    """Callback: another seed, and back to the first question."""
    st.session_state["quiz_seed"] = secrets.randbelow(10_000)
    st.session_state["quiz_at"] = 1


def first_again() -> None:
    """Callback: other questions begin with the first."""
    st.session_state["quiz_at"] = 1


def controls() -> tuple[int, str]:
    """Topic and seed; the same two give everybody the same questions."""
    left, middle, right = st.columns([1.4, 1, 1.2], vertical_alignment="bottom")
    topic = left.selectbox(
        "Topic",
        list(TOPICS),
        format_func=TOPICS.__getitem__,
        key="quiz_topic",
        bind="query-params",
        on_change=first_again,
    )
    seed = frame.seed(
        middle, "Seed", "quiz_seed", help="The same seed gives the same questions.", on_change=first_again
    )
    right.button("New numbers", icon=":material/casino:", on_click=new_numbers, key="quiz_new")
    return seed, topic


def questions(seed: int, topic: str) -> tuple[Question | Concept, ...]:
    """The questions of this seed; without those whose entry in the file is wrong, and with a sentence about them."""
    (_, closed), problem = concepts_now()
    if problem:
        st.warning(f"The concept questions are left out. {problem}", icon=":material/error:")
    for sentence in closed:
        st.warning(f"A question is left out. {sentence}", icon=":material/error:")
    return drawn(seed, topic)


def _given() -> dict[str, float | int]:
    """This session's answers by question: the number, or the place of the choice."""
    return st.session_state.setdefault("quiz_answers", {})


def _name(seed: int, topic: str, i: int) -> str:
    return f"{topic or 'all'}-{seed}-{i}"


def in_class(seed: int, topic: str, i: int) -> str:
    """The name of a question where a class is asked it."""
    return f"{CLASS}{_name(seed, topic, i)}"


def read_in_class(question: str) -> tuple[int, str, int] | None:
    """Seed, topic and number of a question that a class is asked; None if it is no question of this test."""
    topic, *numbers = question.removeprefix(CLASS).split("-")
    if not question.startswith(CLASS) or len(numbers) != 2:
        return None
    return int(numbers[0]), topic if topic != "all" else "", int(numbers[1])


def _known(name: str, seen: bool = True) -> float | int | None:
    """The answer to a question; where the class is asked it, what was answered there.

    Args:
        seen: None while the class has not seen whether it is right.
    """
    here = membership.asked(CLASS + name)
    if here is None:
        return _given().get(name)
    given, is_revealed = here
    if given is None or (seen and not is_revealed):
        return None
    return _given().get(name, float(given))


def choose(asked: tuple[Question | Concept, ...], seed: int, topic: str) -> int:
    """Which question is shown, 1 to n, as a row of numbers with what has become of each."""

    def label(i: int) -> str:
        given = _known(_name(seed, topic, i))
        if given is None:
            return str(i)
        return f":material/check: {i}" if _is_right(asked[i - 1], given) else f":material/close: {i}"

    # Not bound to the address: that would hold the label, which changes with the answer.
    numbers = list(range(1, len(asked) + 1))
    control = STATE.control("at", Whole(1, len(asked), default=1))
    chosen = st.segmented_control(
        "Question", numbers, format_func=label, required=True, key=control.key, wrap=True
    )
    return int(control.keep(chosen))


def _is_right(question: Question | Concept, given: float | int) -> bool:
    if isinstance(question, Concept):
        return question.choices[int(given)].is_right
    return question.is_right(float(given))


def ask(question: Question | Concept, seed: int, topic: str, i: int) -> None:
    """The question and its answer field; once answered, the verdict and the solution."""
    name = _name(seed, topic, i)
    given = _known(name, seen=False)
    st.markdown(question.ask)
    if given is None:
        _field(question, name)
    elif membership.waits(CLASS + name):
        st.markdown(f"Your answer: **{said(question, given)}**")
        st.info(membership.WAITING, icon=":material/hourglass_empty:")
    elif isinstance(question, Concept):
        _explain(question, int(given))
    else:
        _solve(question, float(given))


def step_on(to: int) -> None:
    """Callback: show another question."""
    st.session_state["quiz_at"] = to


def following(asked: tuple[Question | Concept, ...], seed: int, topic: str, i: int) -> None:
    """The way to the next question, once this one is answered; how many were right; and once more."""
    known = [_known(_name(seed, topic, k)) for k in range(1, len(asked) + 1)]
    answered = sum(given is not None for given in known)
    if not answered:
        return
    right = sum(_is_right(q, given) for q, given in zip(asked, known, strict=True) if given is not None)
    with st.container(horizontal=True, vertical_alignment="center"):
        if known[i - 1] is not None and i < len(asked):
            st.button("Next question", type="primary", on_click=step_on, args=(i + 1,), key="quiz_next")
        if right < answered:
            missed = [
                k
                for k, (q, given) in enumerate(zip(asked, known, strict=True), 1)
                if given is not None and not _is_right(q, given)
            ]
            st.button(
                "Ask what I missed again", on_click=again, args=(seed, topic, missed), key="quiz_missed"
            )
        st.button("Answer these again", on_click=again, args=(seed, topic), key="quiz_again")
        st.caption(f"{right} of {answered} answered questions right; {len(asked) - answered} to go.")


def _field(question: Question | Concept, name: str) -> None:
    with st.form(f"quiz_form_{name}", border=False):
        given: float | int | None
        if isinstance(question, Concept):
            given = st.radio(
                "Your answer",
                range(len(question.choices)),
                index=None,
                format_func=lambda k: question.choices[k].text,
                key=f"quiz_choice_{name}",
            )
        else:
            text = st.text_input(
                "Your answer",
                max_chars=LONGEST,
                placeholder="a number",
                width=220,
                key=f"quiz_number_{name}",
            )
            given = read_number(text, isinstance(question.answer, int))
            st.caption(question.allowed)
        if st.form_submit_button("Check", type="primary"):
            if given is None:
                st.caption("Choose an answer, or type a number such as −0.38 or −3/8, first.")
            else:
                _given()[name] = given
                membership.answered(CLASS + name, str(given))
                st.rerun()


def said(question: Question | Concept, given: float | int) -> str:
    """An answer as it is read."""
    return question.choices[int(given)].text if isinstance(question, Concept) else digits(given, 6)


def _verdict(right: bool, text: str) -> None:
    icon = ":material/check_circle:" if right else ":material/cancel:"
    verdict = f"**{'Right.' if right else 'Not right.'}** {text}"
    st.markdown(f"{icon} {verdict}")
    announce(verdict)


def _solve(question: Question, given: float) -> None:
    answer = f"{question.answer:,}" if isinstance(question.answer, int) else f"{digits(question.answer, 4)}"
    named = f" {named}" if (named := question.mistake(given)) else ""
    _verdict(question.is_right(given), f"You said {digits(given, 6)}; the code computes {answer}.{named}")
    with st.container(border=True):
        st.markdown(question.solution)
    if question.parameters:
        st.page_link(
            f"pages/{question.topic}.py", icon=":material/science:", query_params=question.parameters
        )


def _explain(question: Concept, given: int) -> None:
    _verdict(question.choices[given].is_right, f"You said: {question.choices[given].text}")
    for choice in question.choices:
        icon = ":material/check:" if choice.is_right else ":material/close:"
        text = f"**{choice.text}**" if choice.is_right else choice.text
        st.markdown(f"{icon} {text}  \n:small[{choice.why}]")
    if word := named(question.word, ALL_WORDS):
        _shown_by(word)


def _shown_by(word: Term) -> None:
    """The experiment that shows the answer, and the entry of the vocabulary."""
    with st.container(horizontal=True):
        if word.page:
            st.page_link(f"pages/{word.page}.py", icon=":material/science:", query_params=word.parameters)
        entry = {"vocabulary_term": word.slug}
        st.page_link("pages/vocabulary.py", label=word.name, icon=":material/menu_book:", query_params=entry)


def again(seed: int, topic: str, numbers: Sequence[int] = range(1, COUNT + 1)) -> None:
    """Callback: forget the answers to these questions, all of them by default, and ask the first of them."""
    for i in numbers:
        _given().pop(_name(seed, topic, i), None)
    st.session_state["quiz_at"] = numbers[0]
