"""What the lessons expect: every answer is computed, from the state in which its experiment opens. No torch."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dlcore.course.answers import images, networks, optimizing
from dlcore.course.answers.networks import Answer

# name in assets/lessons.toml -> a function of the query parameters of the step's link
ANSWERS: Mapping[str, Callable[[Mapping[str, str]], Answer]] = MappingProxyType(
    {
        function.__name__: function
        for module in (networks, optimizing, images)
        for function in module.FUNCTIONS
    }
)
