"""Two audits beside each other: of a set, and of the version that was made of it."""

from dlcore.audit.findings import OF_A_NETWORK, Audit, Finding
from dlcore.number_text import digits

WORDS = {
    "exact_across": "test and validation images that are training images",
    "near_across": "test images with a near twin in training",
    "groups_across": "images whose group is in training",
    "contradictions_exact": "identical images with different labels",
    "constant": "pictures of one shade",
    "shift": "largest difference of a class between parts",
}


def beside(before: Audit, after: Audit) -> list[tuple[str, str, str]]:
    """Question, answer then, answer now: all that one of the two audits of the images has called."""
    then, now = ({f.key: f for f in a.findings if f.section not in OF_A_NETWORK} for a in (before, after))
    keys = [f.key for f in (*before.findings, *after.findings) if f.is_alarm and f.key in {**then, **now}]
    return [(_question(key), _answer(then.get(key)), _answer(now.get(key))) for key in dict.fromkeys(keys)]


def _question(key: str) -> str:
    kind, _, name = key.partition(": ")
    return f"AUC of a guess by {name}" if name else WORDS.get(key, kind)


def _answer(finding: Finding | None) -> str:
    if finding is None:
        return "not asked: nothing differs there"
    return digits(finding.measured) + (" (to act on)" if finding.is_alarm else "")
