"""Metrics beside values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_local.recipes.histories import Histories, distinct
from personalize_local.recipes.metrics import average_rewards, best, of_lists
from tests.support.shoppers import interactions

pytestmark = pytest.mark.unit


def targets(*rows: tuple[int, int], users: int = 3) -> Histories:
    return distinct(interactions(list(rows), users=users, items=40))


def test_every_metric_by_hand() -> None:
    # User 0 wants items 2, 7 and 30 and sees 2 and 7; user 1 wants item 5 and sees it sixth; user 2 wants nothing.
    lists = np.array([range(25), [10, 11, 12, 13, 14, 5, *range(15, 34)], range(25)], np.int32)

    found = of_lists(lists, targets((0, 2), (0, 7), (0, 30), (1, 5)))

    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found == pytest.approx(
        {
            "coverage": 34 / 40,
            "mean_reciprocal_rank_at_25": (1 / 3 + 1 / 6) / 2,
            "normalized_discounted_cumulative_gain_at_5": (1 / math.log2(4)) / ideal / 2,
            "normalized_discounted_cumulative_gain_at_10": ((0.5 + 1 / math.log2(9)) / ideal + 1 / math.log2(7)) / 2,
            "normalized_discounted_cumulative_gain_at_25": ((0.5 + 1 / math.log2(9)) / ideal + 1 / math.log2(7)) / 2,
            "precision_at_5": (1 / 5 + 0) / 2,
            "precision_at_10": (2 / 10 + 1 / 10) / 2,
            "precision_at_25": (2 / 25 + 1 / 25) / 2,
        }
    )


def test_a_list_of_all_that_was_wanted_has_the_best_gain() -> None:
    wanted = [(0, item) for item in range(7)]

    found = of_lists(np.arange(25, dtype=np.int32)[None, :], targets(*wanted, users=1))

    assert [found[f"normalized_discounted_cumulative_gain_at_{cut}"] for cut in (5, 10, 25)] == pytest.approx([1, 1, 1])
    assert found["precision_at_10"] == 0.7


def test_short_lists_and_empty_places_hit_nothing() -> None:
    found = of_lists(np.array([[4, -1, -1]], np.int32), targets((0, 4), users=1))

    assert (found["precision_at_5"], found["coverage"]) == (1 / 5, 1 / 40)
    assert found["mean_reciprocal_rank_at_25"] == 1


def test_an_empty_place_is_not_the_last_item_of_the_user_before() -> None:
    found = of_lists(np.array([[0, 1], [-1, -1]], np.int32), targets((0, 39), (1, 3), users=2))

    assert found["precision_at_25"] == 0


def test_where_nobody_wants_anything_every_metric_is_zero() -> None:
    nothing = targets((0, 1)).where(np.array([False]))

    found = of_lists(np.zeros((3, 25), np.int32), nothing)

    assert set(found.values()) == {0.0}
    assert len(found) == 8


def test_rewards_are_the_share_that_the_lists_reached() -> None:
    reward = np.zeros(40, np.float32)
    reward[[2, 7, 30, 5]] = [1, 2, 5, 4]
    lists = np.array([range(25), range(25), range(25)], np.int32)

    found = average_rewards(lists, targets((0, 2), (0, 7), (0, 30), (1, 5), (2, 8)), reward)

    assert found == pytest.approx(((1 + 2) / 8 + 1) / 2)  # user 2 wants what has no reward


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.integers(1, 15))
def test_the_best_come_first_and_of_equals_the_smaller(values: list[int], count: int) -> None:
    scores = np.array([values], np.float32)
    scores[scores == -3] = -np.inf

    found = best(scores, count)[0]

    shown = found[found >= 0]
    allowed = [item for item in range(len(values)) if values[item] > -3]
    assert [values[i] for i in shown] == sorted((values[i] for i in allowed), reverse=True)[:count]
    assert shown.tolist() == sorted(shown.tolist(), key=lambda i: (-values[i], i))
