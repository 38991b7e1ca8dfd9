"""Exploration gives its share of places to new items, and those ignored less often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_local.recipes.explore import DAY, NewItems, Slots, eligible, explore

pytestmark = pytest.mark.unit

RANKED = np.arange(100, dtype=np.int32)


def new(*items: int, ignored: dict[int, int] | None = None) -> NewItems:
    counts = [(ignored or {}).get(item, 0) for item in items]
    return NewItems(item=np.array(items, np.int32), ignored=np.array(counts, np.int64))


def explored(
    weight: float, items: NewItems, seed: int = 0, ranked: np.ndarray[tuple[int], np.dtype[np.int32]] = RANKED
) -> Slots:
    return explore(ranked, items, weight=weight, slots=10, generator=np.random.default_rng(seed))


def test_young_items_with_few_interactions_may_be_explored() -> None:
    created = np.array([100, 100, 70, 69, 100]) * DAY
    interactions = np.array([0, 4, 0, 0, 5])

    assert eligible(created, interactions, now=100 * DAY, age_days=30.5).tolist() == [0, 1, 2]
    assert eligible(created, interactions, now=100 * DAY, age_days=30).tolist() == [0, 1]


def test_new_items_get_their_share_and_the_ranking_the_rest_in_its_order() -> None:
    found = explored(0.3, new(200, 201, 202, 203, 204))

    assert found.explored.sum() == 3
    assert set(found.item[found.explored].tolist()) <= {200, 201, 202, 203, 204}
    assert found.item[~found.explored].tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_without_weight_nothing_is_explored_and_with_all_of_it_everything_is() -> None:
    fresh = new(*range(200, 220))

    assert explored(0, fresh).item.tolist() == list(range(10))
    assert explored(1, fresh).explored.all()


def test_a_share_that_is_no_whole_number_is_right_on_average() -> None:
    counts = [explored(0.25, new(*range(200, 210)), seed).explored.sum() for seed in range(400)]

    assert set(map(int, counts)) == {2, 3}
    assert np.mean(counts) == pytest.approx(2.5, abs=0.15)


def test_an_item_shown_in_vain_comes_less_often() -> None:
    items = new(200, 201, ignored={201: 9})
    shown = [explored(0.1, items, seed).item for seed in range(500)]

    often, seldom = (sum(item in places for places in shown) for item in (200, 201))
    assert often / seldom == pytest.approx(10, rel=0.5)


def test_the_same_generator_gives_the_same_list() -> None:
    one, again, other = (explored(0.5, new(*range(200, 220)), seed) for seed in (1, 1, 2))

    assert (one.item.tolist(), one.explored.tolist()) == (again.item.tolist(), again.explored.tolist())
    assert one.item.tolist() != other.item.tolist()


@given(
    st.lists(st.integers(0, 30), unique=True),
    st.lists(st.integers(0, 30), unique=True),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_no_item_comes_twice_and_the_list_is_as_long_as_it_can_be(
    ranked: list[int], fresh: list[int], weight: float, seed: int
) -> None:
    found = explored(weight, new(*fresh), seed, np.array(ranked, np.int32))

    items = found.item.tolist()
    drawn = [item for item, is_new in zip(items, found.explored.tolist(), strict=True) if is_new]
    kept = [item for item in items if item not in drawn]
    assert len(set(items)) == len(items)
    assert set(drawn) <= set(fresh)
    assert kept == [item for item in ranked if item not in drawn][: len(kept)]
    assert len(items) == min(10, len(set(ranked) | set(drawn)))
