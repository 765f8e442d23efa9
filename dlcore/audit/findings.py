"""What an audit finds: one finding for each thing measured, with its n, its interval and how often its rule errs."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

OF_A_NETWORK = ("Network", "What it uses", "Heat map", "Sealed test")
SECTIONS = ("Twins", "Labels", "Classes", "Pictures", "Probes", "Baselines", "Size", *OF_A_NETWORK)


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing measured.

    >>> noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    >>> one = audit(dlcore.ImageSet.from_arrays(noise, [0, 1] * 30)).found("exact_across")
    >>> one.section, one.measured, one.is_alarm
    ('Twins', 0, False)

    Attributes:
        section: one of SECTIONS.
        key: the same for the same question of every audit.
        text: what was found, in plain words.
        measured: the number behind it.
        n: on how many images.
        interval: its 95 % interval, where it has one.
        false_alarm_rate: how often the rule that calls it an alarm does so where nothing is there, as the proof has
            measured; None: it is a description, no rule.
        example: (k,) or (k, 2) images to look at, by their numbers in the set; pairs side by side.
        advice: what to do.
        is_alarm: whether the rule calls it.
    """

    section: str
    key: str
    text: str
    measured: float
    n: int
    interval: tuple[float, float] | None = None
    false_alarm_rate: float | None = None
    example: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    advice: str = ""
    is_alarm: bool = False

    def as_dict(self) -> dict[str, Any]:
        """All numbers, for JSON: not a number becomes null.

        >>> found = Finding("Twins", "copies", "Two are equal.", 1.0, 60, example=np.array([[3, 4]]))
        >>> found.as_dict()["example"]
        [[3, 4]]
        """
        return {
            "section": self.section,
            "key": self.key,
            "text": self.text,
            "measured": _finite(self.measured),
            "n": self.n,
            "interval": None if self.interval is None else [_finite(end) for end in self.interval],
            "false_alarm_rate": self.false_alarm_rate,
            "example": self.example.tolist(),
            "advice": self.advice,
            "is_alarm": self.is_alarm,
        }


def _finite(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None


LEAKS = ("exact_across", "near_across", "groups_across")  # findings that end a pipeline


@dataclass(frozen=True, eq=False)
class Audit:
    """The findings about an image set, in the order of SECTIONS.

    >>> noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    >>> found = audit(dlcore.ImageSet.from_arrays(noise, [0, 1] * 30))
    >>> found.sizes, found.leaks
    ((36, 12, 12), False)

    Attributes:
        name: of the set.
        images: shape of all of them, (n, h, w[, 3]).
        sizes: images in train, validation and test.
        split: in words.
        sha256: of pixels, labels and parts.
        versions: of the packages that decide the numbers.
        recipe: key of the run whose network was looked at, or "".
        made_from: of a version of a set, as `ImageSet.made_from`.
    """

    name: str
    images: tuple[int, ...]
    sizes: tuple[int, int, int]
    split: str
    sha256: str
    versions: dict[str, str]
    findings: tuple[Finding, ...]
    recipe: str = ""
    made_from: tuple[tuple[str, str], ...] = ()

    @property
    def leaks(self) -> bool:
        """Whether an exact twin or a patient crosses parts, or near twins exceed what likeness explains."""
        return any(f.is_alarm and f.key in LEAKS for f in self.findings)

    def found(self, key: str) -> Finding:
        """The finding with this key.

        >>> noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
        >>> audit(dlcore.ImageSet.from_arrays(noise, [0, 1] * 30)).found("balance").n
        60

        Raises:
            KeyError: the audit has none.
        """
        for finding in self.findings:
            if finding.key == key:
                return finding
        raise KeyError(key)

    def to_json(self) -> str:
        """All numbers as JSON.

        >>> import json
        >>> noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
        >>> json.loads(audit(dlcore.ImageSet.from_arrays(noise, [0, 1] * 30)).to_json())["sizes"]
        [36, 12, 12]
        """
        facts = {
            "name": self.name,
            "images": list(self.images),
            "sizes": list(self.sizes),
            "split": self.split,
            "sha256": self.sha256,
            "versions": self.versions,
            "recipe": self.recipe,
            "made_from": [list(step) for step in self.made_from],
            "leaks": self.leaks,
            "findings": [finding.as_dict() for finding in self.findings],
        }
        return json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1)
