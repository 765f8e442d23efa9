"""The kinds of fields that an address may hold: a text is read as a value or refused, a value is written as text."""

import math
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class RefusedError(ValueError):
    """This text cannot be the value of this field."""


Choices = Iterable[Any] | Mapping[Any, str]
Options = Choices | Callable[[], Choices]  # called where what is on offer changes while the server runs


@dataclass(frozen=True, kw_only=True)
class Field:
    """One name of an address.

    Attributes:
        default: the value where the address says nothing.
        always: the default is written as well, because it may be another one tomorrow.
        on: what the address must say for the control of this field to be drawn ({"tab": "Softmax"}).
    """

    default: Any = None
    always: bool = False
    on: Mapping[str, str] | None = None

    def read(self, texts: Sequence[str]) -> Any:
        """The value that an address asks for.

        Args:
            texts: every value that the address gives this name, at least one.

        Raises:
            RefusedError: there is no such value.
        """
        if len(texts) != 1:
            raise RefusedError("repeated")
        return self.read_one(texts[0])

    def read_one(self, text: str) -> Any:
        """The value of a name that stands in the address once."""
        raise NotImplementedError

    def holds(self, value: Any) -> bool:
        """Whether this can be the value."""
        try:
            return bool(value == self.default or self.read(self.write(value)) == value)
        except (ValueError, TypeError, OverflowError):  # a RefusedError is a ValueError
            return False

    def write(self, value: Any) -> list[str]:
        """The value as the address writes it."""
        return [_plain(value)]

    def sample(self, rng: random.Random) -> Any:
        """Some value, for tests."""
        raise NotImplementedError


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def spelled(options: Options) -> dict[Any, str]:
    """Value -> the text by which the address knows it; numbers without a trailing .0."""
    if callable(options):
        options = options()
    if isinstance(options, Mapping):
        assert all(isinstance(text, str) for text in options.values()), options
        return dict(options)
    return {value: f"{value:g}" if isinstance(value, float) else str(value) for value in options}


@dataclass(frozen=True)
class OneOf(Field):
    """One of these values.

    Attributes:
        options: the values, or value -> its text in the address, which is the one on screen.
        also: further texts that are read, those of older addresses: text -> value.
    """

    options: Options
    also: Mapping[str, Any] | None = None

    def read_one(self, text: str) -> Any:
        for value, known in spelled(self.options).items():
            if text == known:
                return value
        if self.also and text in self.also:
            return self.also[text]
        raise RefusedError(text)

    def holds(self, value: Any) -> bool:
        return value in spelled(self.options) or (value is None and self.default is None)

    def write(self, value: Any) -> list[str]:
        return [spelled(self.options).get(value, _plain(value))]

    def sample(self, rng: random.Random) -> Any:
        return rng.choice(list(spelled(self.options)))


@dataclass(frozen=True)
class Several(Field):
    """Some of these values, in the order of the options; an empty text means none of them."""

    options: Options

    def read(self, texts: Sequence[str]) -> list[Any]:
        known = spelled(self.options)
        if list(texts) == [""] and self.default:
            return []
        if len(set(texts)) != len(texts) or not set(texts) <= set(known.values()):
            raise RefusedError(", ".join(texts))
        return [value for value, text in known.items() if text in texts]

    def write(self, value: Any) -> list[str]:
        known = spelled(self.options)
        return [known[each] for each in value] or [""]

    def sample(self, rng: random.Random) -> list[Any]:
        known = list(spelled(self.options))
        some = set(rng.sample(range(len(known)), rng.randint(1, len(known))))
        return [value for i, value in enumerate(known) if i in some]


@dataclass(frozen=True)
class Whole(Field):
    """A whole number from low to high; fields of earlier versions wrote 53.0.

    Attributes:
        surely: the highest that exists whatever else the page shows, for tests; by default all do.
    """

    low: int
    high: int
    surely: int | None = None

    def read_one(self, text: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}(\.0)?", text, re.ASCII) or not self.low <= float(text) <= self.high:
            raise RefusedError(text)
        return int(float(text))

    def write(self, value: Any) -> list[str]:
        return [str(int(value))]

    def sample(self, rng: random.Random) -> int:
        return rng.randint(self.low, self.high if self.surely is None else self.surely)


@dataclass(frozen=True)
class Real(Field):
    """A finite number from low to high."""

    low: float
    high: float

    def read_one(self, text: str) -> float:
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text[:40], re.ASCII | re.IGNORECASE):
            raise RefusedError(text)
        value = float(text)
        if len(text) > 40 or not math.isfinite(value) or not self.low <= value <= self.high:
            raise RefusedError(text)
        return value

    def sample(self, rng: random.Random) -> float:
        return min(self.high, max(self.low, round(rng.uniform(self.low, self.high), 2)))


@dataclass(frozen=True)
class Numbers(Field):
    """As many whole numbers as the default has, each from low to high, not falling: the name is repeated."""

    low: int
    high: int

    def read(self, texts: Sequence[str]) -> tuple[int, ...]:
        one = Whole(self.low, self.high)
        values = tuple(one.read_one(text) for text in texts)
        if len(values) != len(self.default) or list(values) != sorted(values):
            raise RefusedError(", ".join(texts))
        return values

    def write(self, value: Any) -> list[str]:
        return [str(int(each)) for each in value]

    def sample(self, rng: random.Random) -> tuple[int, ...]:
        return tuple(sorted(rng.randrange(self.low, self.high + 1, 5) for _ in self.default))


@dataclass(frozen=True)
class Text(Field):
    """A text; what it may be, its reader says.

    Attributes:
        most: characters.
        judge: called with the text; says what is wrong with it, "" if nothing is, or raises a ValueError.
        examples: for tests.
    """

    most: int
    judge: Callable[[str], str] | None = None
    examples: tuple[str, ...] = ()

    def read_one(self, text: str) -> str:
        if not 0 < len(text) <= self.most or not text.isprintable() or not text.strip():
            raise RefusedError(text[:40])
        try:
            wrong = self.judge(text) if self.judge else ""
        except ValueError as error:
            raise RefusedError(str(error)) from error
        if wrong:
            raise RefusedError(wrong)
        return text

    def sample(self, rng: random.Random) -> str:
        return rng.choice(self.examples)


@dataclass(frozen=True)
class Later(Text):
    """A choice whose options are known only where its control is drawn; there State.control judges it again."""

    most: int = 300


@dataclass(frozen=True)
class RunKey(Field):
    """The key of a stored run.

    Attributes:
        exists: whether a run with this key can be shown.
        known: the keys on offer, for older addresses, which end in the first six signs of a key.
    """

    exists: Callable[[str], bool]
    known: Callable[[], Iterable[str]] = tuple

    def read_one(self, text: str) -> str:
        if re.fullmatch(r"[0-9a-f]{64}", text):
            found = [text]
        elif old := re.fullmatch(r".{1,300} · ([0-9a-f]{6})", text):
            found = [key for key in self.known() if key.startswith(old[1])]
        else:
            found = []
        if not found or not self.exists(found[0]):
            raise RefusedError(text[:80])
        return found[0]

    def holds(self, value: Any) -> bool:
        return value == self.default or (isinstance(value, str) and self.exists(value))

    def sample(self, rng: random.Random) -> Any:
        return rng.choice(list(self.known()))


@dataclass(frozen=True)
class RunKeys(RunKey):
    """The keys of some stored runs: the name is repeated."""

    most: int = 6

    def read(self, texts: Sequence[str]) -> list[str]:
        if len(set(texts)) != len(texts) or len(texts) > self.most:
            raise RefusedError(", ".join(texts)[:80])
        return [self.read_one(text) for text in texts]

    def holds(self, value: Any) -> bool:
        return isinstance(value, list) and all(map(self.exists, value))

    def write(self, value: Any) -> list[str]:
        return list(value)

    def sample(self, rng: random.Random) -> list[str]:
        return list(self.known())[: self.most]


@dataclass(frozen=True)
class OnOff(Field):
    """A switch; off unless the address says so.

    Attributes:
        said: how the address says "on".
    """

    default: bool = False
    said: str = "true"

    def read_one(self, text: str) -> bool:
        if text not in ("true", "false", "1", "0"):
            raise RefusedError(text)
        return text in ("true", "1")

    def write(self, value: Any) -> list[str]:
        return [self.said if value else "false"]

    def sample(self, rng: random.Random) -> bool:
        return not self.default
