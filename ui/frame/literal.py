"""Text that is data (a class's name, what an address says) in a place that reads Markdown: shown sign by sign."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")


def literal(text: str) -> str:
    """The text with every sign that Markdown would read escaped."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
