"""Every sentence is more than an opinion: it names a test that exists, or is a definition or an invitation."""

import ast
import re

import pytest
from conftest import ROOT

from dlcore.claims import DEFINITION, INVITATION, Claim, definition, fill, invitation, wrong_with
from proofs import stated

TEST = "tests/test_claims.py::test_a_sentence_shows_its_numbers"


def test_a_sentence_shows_its_numbers() -> None:
    claim = Claim(
        "[[most]] of [[n]], error [[error]].", TEST, {"most": "Three", "n": 12000, "error": 4.67e-4}
    )
    assert str(claim) == "Three of 12,000, error 4.67·10⁻⁴."
    assert claim.tests == (TEST,) and definition("A").tests == ()
    with pytest.raises(KeyError):
        fill("[[none]]", {})


@pytest.mark.parametrize(
    ("proved_by", "kind"),
    [("", ""), (TEST, DEFINITION), ("", "opinion"), ("tests/test_claims.py", ""), (f"{TEST} nonsense", "")],
)
def test_a_sentence_without_support_cannot_be_written(proved_by: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r"The sentence “Nothing fails” (names|is of the kind)"):
        Claim("Nothing fails", proved_by, kind=kind)
    assert wrong_with(TEST, "") == wrong_with("", INVITATION) == ""


@pytest.mark.parametrize("numbers", [{}, {"n": 3, "m": 4}])
def test_numbers_of_a_sentence_are_those_in_its_text(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="name different things"):
        Claim("[[n]] of four", TEST, numbers)


def test_every_sentence_names_tests_that_exist_or_says_what_it_is() -> None:
    there = stated.all_tests()
    sentences = [(place, claim.proved_by, claim.kind) for place, claim in stated.on_pages()]
    sentences += [(place, proved_by, kind) for place, _, proved_by, kind in stated.in_files()]
    assert len(sentences) > 150
    assert [place for place, proved_by, kind in sentences if wrong_with(proved_by, kind)] == []
    assert [(place, one) for place, tests, _ in sentences for one in tests.split() if one not in there] == []


def test_a_number_that_stands_in_a_sentence_is_read_by_its_test() -> None:
    """Digits in a text are no claim's number unless they stand in the field; symbols, names and powers are none."""
    symbols = re.compile(
        r"\[\[\w+\]\]|z > 0|z < 0|z₁ < 0|[Ss]lope is 0|h² f‴/6|corners ±2|layer [12]|Ghosh et al. 2017|arxiv\S*",
        re.ASCII,
    )
    plain = {
        place: symbols.sub("", claim.text)
        for place, claim in stated.on_pages()
        if claim.proved_by and re.search(r"\d", symbols.sub("", claim.text))
    }
    assert plain == {}


def test_the_numbers_of_a_sentence_are_asked_for_by_one_of_its_tests() -> None:
    asking = stated.asking()
    deaf = [
        (place, claim.text)
        for place, claim in stated.on_pages()
        if claim.numbers and not asking & set(claim.tests)
    ]
    assert deaf == []


def test_pages_state_nothing_in_loose_strings() -> None:
    """What opens a page, is noticed or said there is a Claim, written out where it is said."""
    loose = []
    for file, tree in stated.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of_frame(node) in ("open_page", "notice", "say"):
                given = node.args[1:2] if name_of_frame(node) == "open_page" else node.args
                loose += [
                    f"{file}:{node.lineno}" for one in given if stated.name_of(one) not in stated.MAKERS
                ]
    assert loose == []
    assert name_of_frame(ast.parse('frame.notice("a", "b")', mode="eval").body) == "notice"


def name_of_frame(node: ast.expr) -> str:
    """The function of ui/frame/frame.py that a call calls, or ""."""
    function = getattr(node, "func", None)
    of = getattr(getattr(function, "value", None), "id", "")
    return str(getattr(function, "attr", "")) if of == "frame" else ""


def test_tabs_say_their_heads_by_claims_too() -> None:
    """A bold sentence at the head of a tab is one that can be wrong: no literal **…** with a full stop in it."""
    loud = []
    for file, tree in stated.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and stated.name_of(node) == "markdown" and node.args:
                text = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
                if isinstance(text, str) and re.match(r"\*\*[^*]{25,}\*\*", text):
                    loud.append(f"{file}:{node.lineno}")
    assert loud == []


def test_a_name_that_no_sentence_uses_is_noticed() -> None:
    with pytest.raises(LookupError, match="no sentence"):
        stated.numbers_of("tests/test_claims.py::test_that_is_not_there")
    assert invitation("Go.").kind == INVITATION


BRITISH = re.compile(
    r"\b(\w*colour\w*|grey\w*|centre\w*|\w*neighbour\w*|behaviour\w*|licence\w*|towards|labelled|travelled"
    r"|\w+[lnmr]isation\w*)\b",
    re.IGNORECASE,
)


def test_sentences_are_spelled_as_in_america() -> None:
    """Every text with a space in it that is no docstring and no code; names that addresses hold stay."""
    found = []
    for folder in ("pages", "ui", "dlcore"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in said:
                    continue
                is_code = re.search(r"import |^\w+ = |\w\.\w+\(|::test_|, grey|= fitted", node.value)
                if " " in node.value and not is_code:
                    found += [f"{file.name}: {each[0]}" for each in BRITISH.finditer(node.value)]
    # The search forgives British spelling, and its page says so; an address may hold the name of a filling.
    assert found == ["vocabulary.py: normalisation", "erasing.py: colour"]
