"""Which images are offered, in which order; compared with sorting them one by one."""

import numpy as np
import pytest

from dlcore.heatmaps.which_images import ANY, AS_THEY_COME, LEAST_SURE, MISTAKES, MOST_SURE, RIGHT, chosen

RNG = np.random.default_rng(0)
P = RNG.dirichlet((1, 1, 1), 60)
LABELS = RNG.integers(0, 3, 60)


def test_the_most_confident_mistakes_come_first() -> None:
    places = chosen(P, LABELS, MISTAKES, MOST_SURE)
    one_by_one = [i for i in range(60) if max(range(3), key=lambda k: P[i, k]) != LABELS[i]]
    one_by_one.sort(key=lambda i: -max(P[i]))
    assert places.tolist() == one_by_one and len(places) > 3
    assert chosen(P, LABELS, MISTAKES, LEAST_SURE).tolist() == one_by_one[::-1]
    assert places.tolist() != chosen(P, LABELS, MISTAKES, AS_THEY_COME).tolist()


def test_right_and_wrong_together_are_all_and_a_class_is_the_true_one() -> None:
    both = np.concatenate([chosen(P, LABELS, RIGHT), chosen(P, LABELS, MISTAKES)])
    assert sorted(both) == chosen(P, LABELS, ANY).tolist() == list(range(60))
    assert (LABELS[chosen(P, LABELS, 2, MOST_SURE)] == 2).all()


def test_images_of_equal_confidence_stay_as_they_came() -> None:
    even = np.full((5, 2), 0.5)
    for order in (MOST_SURE, LEAST_SURE):
        assert chosen(even, np.zeros(5, int), ANY, order).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("kind", "order"), [("no such kind", MOST_SURE), (ANY, "backwards")])
def test_an_unknown_kind_or_order_is_refused(kind: str, order: str) -> None:
    with pytest.raises(ValueError, match="There is no"):
        chosen(P, LABELS, kind, order)
