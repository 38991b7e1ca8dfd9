"""Users for an item or for items of an attribute."""

from __future__ import annotations

import numpy as np
import pytest

from personalize_local.recipes.segmented import Segments
from personalize_local.recipes.segments import affinity, users_for
from personalize_local.recipes.training import train
from tests.support.shoppers import two_tastes

pytestmark = pytest.mark.unit

ROWS = two_tastes(users=80).where(two_tastes(users=80).user != 6)  # of user 6 nothing is known


def model() -> Segments:
    trained = train("aws-item-affinity", ROWS).model
    assert isinstance(trained, Segments)
    return trained


def ids(*items: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(items, np.int32)


def test_users_of_the_items_taste_come_first() -> None:
    found = users_for(model(), ids(4), 20)

    assert len(found) == 20
    assert (found % 2 == 0).mean() >= 0.9


def test_users_for_an_attribute_have_the_taste_of_its_items() -> None:
    found = users_for(model(), ids(*range(1, 40, 2)), 30)

    assert (found % 2 == 1).all()


def test_several_items_count_by_their_mean() -> None:
    one, other, both = (affinity(model(), items) for items in (ids(3), ids(8), ids(3, 8)))

    assert both == pytest.approx((one + other) / 2, abs=1e-6)


def test_users_of_whom_nothing_is_known_are_in_no_segment() -> None:
    everybody = users_for(model(), ids(4), 500)

    assert sorted(everybody.tolist()) == [user for user in range(80) if user != 6]


def test_no_items_give_no_affinity_rather_than_an_error() -> None:
    assert set(affinity(model(), ids()).tolist()) == {0.0, -np.inf}
