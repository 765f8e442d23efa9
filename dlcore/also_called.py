"""Classes whose arguments may go by a second name, such as `lr` for `learning_rate`. Knows neither of them."""

from typing import Any


class AlsoCalled(type):
    """The type of a class that is called with either name: class Recipe(metaclass=AlsoCalled, lr="learning_rate").

    Classes made from it read both names as well.
    """

    second_names: dict[str, str]

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **names: str) -> Any:
        made = super().__new__(cls, name, bases, body)
        if names:
            made.second_names = names
        return made

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **names: str) -> None:
        super().__init__(name, bases, body)

    def __call__(cls, *values: Any, **named: Any) -> Any:
        """An instance.

        Raises:
            TypeError: both names are given.
        """
        for second, first in cls.second_names.items():
            if second in named:
                if first in named:
                    raise TypeError(
                        f"{second} and {first} are the same argument of {cls.__name__}; give one of them."
                    )
                named[first] = named.pop(second)
        return super().__call__(*values, **named)
