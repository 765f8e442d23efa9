"""The blocks of a CNN: how many, how wide, which of them halve the picture; more where pictures are larger. No torch.

The numbers of a recipe describe the network for pictures of about 28 pixels a side. A larger picture first passes
through further blocks of the first width, one for each doubling of its side, until it is about as small. So the last
maps stay about 7 × 7, what their cells see stays most of the picture, and the parameters hardly grow.
"""

import math
from dataclasses import dataclass

from dlcore.runs import Recipe, Run

BASE = 32  # pixels: up to about √2 times this, no block is added


@dataclass(frozen=True)
class Block:
    """One block: its channels, its 3×3 convolutions, and whether it halves rows and columns at its end.

    >>> blocks(dlcore.Recipe(), 28, 28)[-1]
    Block(width=64, convolutions=2, is_halving=False)
    """

    width: int
    convolutions: int
    is_halving: bool


def added(rows: int, columns: int) -> int:
    """How many blocks pictures of this size get beyond the recipe's depth.

    >>> [added(side, side) for side in (8, 28, 32, 64, 128)]
    [0, 0, 0, 1, 2]
    """
    return max(0, round(math.log2(min(rows, columns) / BASE)))


def blocks(recipe: Recipe, rows: int, columns: int) -> tuple[Block, ...]:
    """The blocks of the CNN of a recipe for pictures of this size, in order.

    All but the last halve the picture, as long as 2 × 2 cells remain. The last has two convolutions, the others one:
    at larger sizes a second one costs far more.

    >>> [block.width for block in blocks(dlcore.Recipe(), 128, 128)]
    [16, 16, 16, 32, 64]
    """
    assert recipe.width is not None and recipe.depth is not None
    first = added(rows, columns)
    n = first + recipe.depth
    halvings = min(n - 1, max(0, int(math.log2(min(rows, columns) / 2))))
    return tuple(
        Block(recipe.width * 2 ** max(0, i - first), 2 if i == n - 1 else 1, i < halvings) for i in range(n)
    )


def block_count(run: Run) -> int:
    """How many blocks the CNN of a run has.

    >>> block_count(dlcore.fit(dlcore.Recipe("digits", width=2, depth=2, epochs=1, subset=50)))
    2
    """
    return len(blocks(run.recipe, *run.image_shape[:2]))


def last_size(recipe: Recipe, rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns of the last maps.

    >>> [last_size(dlcore.Recipe(), side, side)[0] for side in (28, 64, 128)]
    [7, 8, 8]
    """
    halvings = sum(block.is_halving for block in blocks(recipe, rows, columns))
    return rows // 2**halvings, columns // 2**halvings
