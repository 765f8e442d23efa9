"""The self-test: questions with fresh numbers, computed by the lab's own code, and concepts. No torch."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from dlcore.course.questions import images, networks, optimizing
from dlcore.course.questions.concepts import QuestionError, read_concepts, shuffled
from dlcore.course.questions.question import Choice, Concept, Question

__all__ = ["GENERATORS", "Choice", "Concept", "Question", "QuestionError", "draw", "read_concepts"]
SMALLEST = 0.05
EASY = ("weighted_sum", "cross_entropy", "sgd_step", "split_size", "filter_parameters", "output_size")
# Several steps, each of which needs the one before; all others, and concepts, lie between.
HARD = ("forward_pass", "gradient", "adam_step", "parameter_count", "receptive_field", "expected_optimism")

# name -> a function of a random generator
GENERATORS: Mapping[str, Callable[[np.random.Generator], Question]] = MappingProxyType(
    {f.__name__: f for module in (networks, optimizing, images) for f in module.GENERATORS}
)


def fresh(make: Callable[[np.random.Generator], Question], rng: np.random.Generator) -> Question:
    """A question whose answer two digits after the point can tell from every classic mistake, and from 0
    unless it is 0."""
    while 0 < abs((question := make(rng)).answer) < SMALLEST or not question.tells_apart:
        pass
    return question


def draw(
    seed: int, count: int, concepts: Sequence[Concept] = (), topic: str = ""
) -> tuple[Question | Concept, ...]:
    """`count` questions, no kind twice, about a third of them concepts; the same seed, the same questions.

    They get harder: numbers of one step, then concepts and short calculations, then those of several steps.

    Args:
        topic: stem of a page; "" for all. Fewer questions come back where a topic has no more.
    """
    rng = np.random.default_rng(seed)
    made = [(name, fresh(make, rng)) for name, make in GENERATORS.items()]
    asked = [shuffled(concept, rng) for concept in concepts]
    made = [(name, q) for name, q in made if topic in ("", q.topic)]
    asked = [c for c in asked if topic in ("", c.topic)]
    few = min(len(asked), max(count // 3, count - len(made)))
    numbers = [made[i] for i in rng.permutation(len(made))]
    numbers.sort(key=lambda pair: pair[0] not in EASY)  # stable: easy ones first, in their drawn order
    first, others = numbers[:1], numbers[1:]
    others = [others[i] for i in rng.permutation(len(others))[: max(0, count - few - len(first))]]
    rest = [*others, *(("", asked[i]) for i in rng.permutation(len(asked))[:few])]
    rest = [*first, *(rest[i] for i in rng.permutation(len(rest)))]
    return tuple(question for name, question in sorted(rest, key=lambda pair: _level(pair[0])))


def _level(name: str) -> int:
    """0 for an easy question, 1, 2 for a hard one; a concept has no name."""
    return 0 if name in EASY else 2 if name in HARD else 1
