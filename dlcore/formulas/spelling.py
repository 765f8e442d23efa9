"""What people type as a formula, in Python's spelling: "2x³·ŷ" becomes "2*x**(3)*y_hat".

Knows neither which names exist nor what they mean. What could be read in two ways is refused with the reason,
never guessed: 1/2x, x^2y, 0,5.
"""

import re
import unicodedata
from collections.abc import Iterator
from keyword import iskeyword

MAX_CHARACTERS = 200
ONLY = "Only numbers, names, + - * / ** and functions such as exp(…) belong in a formula."

TOKEN = re.compile(
    r"(?P<space>[\s\u200b\u2060\ufeff]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<name>[ŷσπ√]|[A-Za-z_][A-Za-z_0-9]*[₀-₉]*|[^\W\d_])"
    r"|(?P<sign>\*\*|.)"
)
SIGNS = dict.fromkeys("·⋅∗×∙•", "*") | dict.fromkeys("−–‐‒", "-") | dict.fromkeys("÷∕⁄", "/") | {"^": "**"}
NAMES = {"ŷ": "y_hat", "σ": "sigmoid", "π": "pi", "√": "sqrt"}
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
BEGINS = ("number", "name", "(")  # what an operand can begin with
ENDS = ("number", "name", "raised", ")")  # and end with


class BadExpression(ValueError):  # noqa: N818 (it describes the text, as BadInput describes a file)
    """The text is not a formula that is read here; the message is a sentence for the learner."""


def python_spelling(text: str) -> str:
    """The formula with Python's signs, and a * where none was typed between two factors.

    Raises:
        BadExpression: it is empty, too long, or can be read in two ways.
    """
    if not text.strip():
        raise BadExpression("There is no formula yet: type one.")
    if len(text) > MAX_CHARACTERS:
        raise BadExpression(f"This formula has {len(text)} characters; {MAX_CHARACTERS} are enough here.")
    words: list[str] = []
    opened: list[str] = []
    before, in_front = ("", ""), ""  # in_front: the sign before the operand that is being read
    for kind, word in _tokens(unicodedata.normalize("NFC", text)):
        if kind == "space":
            words.append(" ")
            continue
        if _multiplies(before, kind, word):
            _refuse_two_readings(in_front, before[1], kind, word)
            words.append("*")
            in_front = "*"
        if before[0] == "raised" and (kind == "raised" or word == "**"):
            raise BadExpression("Two exponents stand side by side: set brackets, as in (x²)³.")
        if kind == "(":
            opened.append(in_front)
            in_front = ""
        elif kind == ")":
            in_front = opened.pop() if opened else ""
        elif kind == "sign" and (before[0] in ENDS or word not in "+-"):
            in_front = word
        words.append(f"**({word})" if kind == "raised" else word)
        before = (kind, word)
    return "".join(words).strip()


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and Python's spelling of each piece of the text, from left to right."""
    for found in TOKEN.finditer(text):
        kind, word = found.lastgroup or "", found[0]
        if word in "()":
            yield word, word
        elif word in "#|":
            raise BadExpression("Write |x| as abs(x)." if word == "|" else ONLY)
        elif kind == "sign":
            yield kind, SIGNS.get(word, word)
        elif kind == "raised":
            yield kind, word.translate(RAISED)
        else:
            yield kind, NAMES.get(word, word).translate(LOWERED)


def _multiplies(before: tuple[str, str], kind: str, word: str) -> bool:
    """Two operands stand side by side without a sign. f(…) is a call, and Python's keywords are left alone."""
    if before[0] not in ENDS or kind not in BEGINS or (before[0] == "name" and kind == "("):
        return False
    return not iskeyword(before[1]) and not iskeyword(word)


def _refuse_two_readings(in_front: str, left: str, kind: str, right: str) -> None:
    if kind == "number":
        raise BadExpression(f"A sign is missing before {right[:20]}: write * for times and ** for a power.")
    if in_front == "/":
        raise BadExpression(
            "After a division write every * and set brackets: 1/2x could be (1/2)*x or 1/(2*x)."
        )
    if in_front == "**":
        raise BadExpression(
            "After an exponent write every * and set brackets: x^2y could be x^2*y or x^(2*y)."
        )
