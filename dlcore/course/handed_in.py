"""A sheet that a learner hands in: predictions and runs on one page to print, and a code that shows who wrote it.

The sheet holds its content once more as JSON, and a signed summary. Who signs, and believes, is the caller's.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from html import escape, unescape
from typing import Any

RIGHT, WRONG, OPEN = "right", "not right", "not yet looked at"
NONE = "looked without predicting"
LONGEST_NAME = 60  # characters
CONTENT = re.compile(
    r'<script type="application/json" id="sheet" data-code="([\w.-]+)">(.*?)</script>', re.DOTALL
)
LINK = re.compile(r'<a id="link" href="([^"]+)">')
CSS = """
  body { font: 15px/1.45 system-ui, sans-serif; color: #1B2430; }
  body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 1.4rem 0 .3rem; }
  table { border-collapse: collapse; width: 100%; table-layout: fixed; }
  td, th { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #D5DAE0; }
  th { font-weight: 600; } tr { break-inside: avoid; } .small { color: #4A5563; font-size: .88rem; }
  .code { display: flex; gap: 1rem; align-items: center; margin-top: 1.4rem; break-inside: avoid; }
  .code svg { width: 9rem; height: 9rem; flex: none; }
  @page { margin: 16mm; } @media print { body { margin: 0; max-width: none; } }
"""


@dataclass(frozen=True)
class Prediction:
    """One step: what was predicted, what was expected ("" while it has not been looked at), and the verdict."""

    lesson: str
    step: str
    given: str
    expected: str
    verdict: str


@dataclass(frozen=True)
class Training:
    """One run: its name, its validation accuracy with interval as text, and the address that shows it."""

    name: str
    accuracy: str
    address: str


@dataclass(frozen=True)
class Sheet:
    """What a learner hands in.

    Attributes:
        name: as the learner typed it.
        date: of the sheet, as it is to be printed.
        lab: the lab's name and version.
    """

    name: str
    date: str
    lab: str
    predictions: tuple[Prediction, ...]
    trainings: tuple[Training, ...]

    @property
    def content(self) -> str:
        """All of it as JSON, always the same for the same sheet."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Summary:
    """What the code of a sheet says.

    Attributes:
        right, predicted: steps, of those whose answer has been shown.
        digest: of the whole content.
    """

    name: str
    date: str
    right: int
    predicted: int
    trainings: int
    digest: str


def summary(sheet: Sheet) -> Summary:
    """What the code will say of this sheet."""
    verdicts = [each.verdict for each in sheet.predictions]
    right, wrong = verdicts.count(RIGHT), verdicts.count(WRONG)
    return Summary(sheet.name, sheet.date, right, right + wrong, len(sheet.trainings), digest(sheet.content))


def digest(content: str) -> str:
    """SHA-256 of a sheet's content, its first 32 hexadecimal digits."""
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def code_of(what: Summary, sign: Callable[[str], str]) -> str:
    """The summary with a signature, in letters, digits, "-", "_" and one ".".

    Args:
        sign: a text's signature in hexadecimal digits.
    """
    text = json.dumps(list(asdict(what).values()), ensure_ascii=False, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return f"{packed}.{sign(text)}"


def read_code(code: str, is_signed: Callable[[str, str], bool]) -> Summary:
    """What a code says.

    Args:
        is_signed: whether a signature (first) is that of a text (second).

    Raises:
        ValueError: it is no code, or signed by nobody who is believed; a sentence.
    """
    packed, _, signature = code.strip().partition(".")
    try:
        text = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
        name, date, right, predicted, trainings, said = json.loads(text)
        found = Summary(str(name), str(date), int(right), int(predicted), int(trainings), str(said))
    except (ValueError, TypeError) as error:
        raise ValueError("This is no code of a sheet, or a part of it is missing.") from error
    if not is_signed(signature, text):
        raise ValueError("This code was not made by this lab, or it was changed.")
    return found


# --- the page --------------------------------------------------------------------------------------------------


def html(sheet: Sheet, code: str, link: str, draw: Callable[[str], str]) -> str:
    """The sheet as one page to print; every text of the learner escaped.

    Args:
        link: the address at which a teacher sees what the code says, without the code, which is its end.
        draw: an address as a QR code, an SVG element.
    """
    content = sheet.content.replace("<", "\\u003c")  # no text of a learner ends the script
    found = summary(sheet)
    lessons = list(dict.fromkeys(each.lesson for each in sheet.predictions))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(sheet.name)}</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<style>{CSS}</style></head><body>\n<h1>{escape(sheet.name)}</h1>\n"
        f'<p class="small">{escape(sheet.date)}, {escape(sheet.lab)}. {told(found)}</p>\n'
        + "".join(_lesson(name, sheet.predictions) for name in lessons)
        + _trainings(sheet.trainings)
        + f'<div class="code">{draw(link + code)}<p class="small">Whoever teaches opens '
        f'<a id="link" href="{escape(link + code)}">this link</a>, or scans it, and sees whether the lab wrote these '
        "numbers.</p></div>\n"
        f'<script type="application/json" id="sheet" data-code="{escape(code)}">{content}</script>\n'
        "</body></html>\n"
    )


def told(found: Summary) -> str:
    """What a summary says, in a sentence."""
    runs = f"{found.trainings} trained network{'s' * (found.trainings != 1)}"
    return f"{found.right} of {found.predicted} predictions right; {runs}."


def _lesson(name: str, predictions: tuple[Prediction, ...]) -> str:
    rows = "".join(
        f"<tr><td>{escape(each.step)}</td><td>{escape(each.given)}</td><td>{escape(each.expected)}</td>"
        f"<td>{escape(each.verdict)}</td></tr>"
        for each in predictions
        if each.lesson == name
    )
    head = "<tr><th>step</th><th>prediction</th><th>answer</th><th></th></tr>"
    return f"<h2>{escape(name)}</h2>\n<table>{head}{rows}</table>\n"


def _trainings(trainings: tuple[Training, ...]) -> str:
    if not trainings:
        return ""
    rows = "".join(
        f'<tr><td><a href="{escape(each.address)}">{escape(each.name)}</a></td><td>{escape(each.accuracy)}</td></tr>'
        for each in trainings
    )
    return (
        f"<h2>Trained networks</h2>\n<table><tr><th>run</th><th>validation accuracy</th></tr>{rows}</table>\n"
    )


def read_html(text: str, is_signed: Callable[[str, str], bool], draw: Callable[[str], str]) -> Sheet:
    """The sheet of a file, if it is as the lab wrote it: its content signed, and the page what the content says.

    Raises:
        ValueError: it is no sheet, or was changed; a sentence.
    """
    found, link = CONTENT.search(text), LINK.search(text)
    if not found or not link:
        raise ValueError("This file is no sheet of the lab, or it was saved in another form.")
    code, content = found.groups()
    said = read_code(code, is_signed)
    try:
        sheet = _sheet(json.loads(content))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("The content of this sheet cannot be read.") from error
    if digest(sheet.content) != said.digest:
        raise ValueError(f"The sheet of {said.name} was changed after the lab wrote it.")
    if text != html(sheet, code, unescape(link[1]).removesuffix(code), draw):
        raise ValueError(f"The page of {said.name} shows something else than what the lab signed.")
    return sheet


def _sheet(content: dict[str, Any]) -> Sheet:
    return Sheet(
        content["name"],
        content["date"],
        content["lab"],
        tuple(Prediction(**each) for each in content["predictions"]),
        tuple(Training(**each) for each in content["trainings"]),
    )
