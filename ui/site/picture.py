"""A page of the static edition with a moving picture, and a control for one name of an address of the lab."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ui.frame.address import State
from ui.frame.fields import Field, OneOf, OnOff, Real, Several, Whole, spelled
from ui.site.sentences import Told


@dataclass(frozen=True)
class Picture:
    """A page with a picture that moves.

    Attributes:
        file: its name in the static edition, without its ending.
        page: the stem of the lab's page, and `fixed`, what its address says besides ({"neuron_tab": "Softmax"}).
        component: whose picture it is.
        data: what the component begins with.
        controls: as assets/components/site/controls.js reads them.
        names: further names of the address, which the hand decides.
        more: what data of other states is made from, as the component's assets/components/site/of_….js reads it.
    """

    file: str
    page: str
    component: str
    told: Told
    data: dict[str, Any]
    fixed: dict[str, str] = field(default_factory=dict)
    controls: tuple[dict[str, Any], ...] = ()
    names: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


def shows(picture: Picture, asked: dict[str, str]) -> bool:
    """Whether every name that a link says is one of this page here, with a value that is on offer."""
    known = {one["name"]: {option[0] for option in one.get("options", ())} for one in picture.controls}
    if any(asked.get(name) != text for name, text in picture.fixed.items()):
        return False
    rest = {name: text for name, text in asked.items() if name not in picture.fixed}
    return all(
        name in picture.names or (name in known and (not known[name] or text in known[name]))
        for name, text in rest.items()
    )


def control(
    state: State,
    name: str,
    label: str,
    value: Callable[[Any], Any] | None = None,
    only: Iterable[Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A control for one name of a page's address.

    Args:
        value: what a choice means for the data; by default itself.
        only: the choices on offer here; by default all.
        more: `path`, where the value goes in the data; `on`, whose text decides whether it is shown.
    """
    kind = state.fields[name]
    told_by = {"name": state.prefix + name, "label": label, **more}
    if isinstance(kind, OneOf | Several):
        texts = {v: text for v, text in spelled(kind.options).items() if only is None or v in set(only)}
        options = [[text, value(v) if value else v] for v, text in texts.items()]
        many = isinstance(kind, Several)
        default = kind.write(kind.default) if kind.default is not None else [""]
        return told_by | {
            "kind": "many" if many else "one",
            "options": options,
            "default": default if many else default[0],
        }
    if isinstance(kind, OnOff):
        return told_by | {"kind": "switch", "default": kind.write(kind.default)[0]}
    assert isinstance(kind, Whole | Real)
    return told_by | {
        "kind": "number" if isinstance(kind, Real) else "whole",
        "low": kind.low,
        "high": kind.high,
        "default": _text(kind),
    }


def _text(kind: Field) -> str:
    return "" if kind.default is None else kind.write(kind.default)[0]


def as_numbers(value: Any) -> Any:
    """Arrays and tuples as JSON writes them."""
    return np.asarray(value).tolist()
