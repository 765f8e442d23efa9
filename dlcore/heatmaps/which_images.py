"""Which images of a validation split are worth a look, and in which order. No torch."""

import numpy as np
from numpy.typing import NDArray

ANY, RIGHT, MISTAKES = "any class", "recognised", "mistakes"
AS_THEY_COME, MOST_SURE, LEAST_SURE = "as they come", "most confident first", "least confident first"
ORDERS = (AS_THEY_COME, MOST_SURE, LEAST_SURE)


def chosen(
    p: NDArray[np.floating],
    labels: NDArray[np.integer],
    kind: str | int = ANY,
    order: str = AS_THEY_COME,
) -> NDArray[np.intp]:
    """The places of the images of one kind, in an order; confidence is the largest probability or score, max_k p_k.

    With mistakes and the most confident first, the worst mistakes come first. Ties stay as they came.

    Args:
        p: (n, classes) what the network answers: probabilities, or the scores that rank images as they do.
        labels: (n,) true classes.
        kind: ANY, RIGHT, MISTAKES, or the number of a true class.
        order: one of ORDERS.

    Raises:
        ValueError: no such kind or order.
    """
    if order not in ORDERS:
        raise ValueError(f"There is no order {order!r}; it can be {', '.join(ORDERS)}.")
    is_right = p.argmax(axis=1) == labels
    kinds = {ANY: np.ones(len(labels), dtype=bool), RIGHT: is_right, MISTAKES: ~is_right}
    if isinstance(kind, str) and kind not in kinds:
        raise ValueError(f"There is no kind {kind!r}; it can be {', '.join(kinds)} or the number of a class.")
    places = np.flatnonzero(kinds[kind] if isinstance(kind, str) else labels == kind)
    if order == AS_THEY_COME:
        return places
    confidence = p[places].max(axis=1)
    return places[np.argsort(-confidence if order == MOST_SURE else confidence, kind="stable")]
