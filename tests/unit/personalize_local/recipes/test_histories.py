"""Histories: each item once, at its last time, weighted by how late that was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from personalize_local.limits import TRAINING_HISTORY
from personalize_local.recipes.histories import (
    STATIC,
    Histories,
    by_recency,
    distinct,
    latest,
    recent,
    users_of,
    without_outliers,
)
from personalize_local.recipes.model import History
from tests.support.shoppers import interactions, two_tastes

pytestmark = pytest.mark.unit

Pairs = list[tuple[int, int]]


def items_by_user(histories: Histories) -> list[list[int]]:
    return [part.tolist() for part in np.split(histories.item, histories.start[1:-1])]


def test_an_item_stands_once_at_its_latest_time() -> None:
    found = distinct(interactions([(1, 3), (0, 1), (1, 2), (1, 3), (0, 1)], users=3))

    assert items_by_user(found) == [[1], [2, 3], []]
    assert found.ages.tolist() == [0, 1, 0]
    assert users_of(found).tolist() == [0, 1, 1, 1]


def test_an_item_has_the_largest_weight_that_it_ever_had() -> None:
    weighted = replace(interactions([(0, 1), (0, 2), (0, 1)]), weight=np.array([1, 0.5, 0.25], np.float32))

    assert distinct(weighted).weight.tolist() == [0.5, 1]


def test_no_interactions_are_no_history() -> None:
    nothing = distinct(interactions([(0, 0)], users=2).where(np.array([False])))

    assert items_by_user(nothing) == [[], []]
    assert items_by_user(without_outliers(by_recency(nothing, 5), 0, 0.99)) == [[], []]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=40))
def test_it_says_what_a_plain_loop_says(rows: Pairs) -> None:
    expected: list[list[int]] = [[] for _ in range(4)]
    for user, item in rows:
        if item in expected[user]:
            expected[user].remove(item)
        expected[user].append(item)

    assert items_by_user(distinct(interactions(rows, users=4, items=6))) == expected


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.sampled_from([0.5, 2.0, 5.0, STATIC]))
def test_one_history_is_weighted_as_many_are(items: list[int], half_life: float) -> None:
    rows = interactions([(0, item) for item in items], items=21)
    one = recent(History(item=rows.item, weight=rows.weight), half_life)

    many = by_recency(distinct(rows), half_life)

    assert one.item.tolist() == many.item.tolist()
    assert one.weight.tolist() == many.weight.tolist()


def test_weights_halve_with_each_half_life_of_later_items() -> None:
    rows = interactions([(0, item) for item in range(5)])

    assert by_recency(distinct(rows), 2).weight.tolist() == pytest.approx([2**-2, 2**-1.5, 0.5, 2**-0.5, 1])


def test_only_ten_half_lives_are_looked_at() -> None:
    rows = interactions([(0, item) for item in range(300)])

    assert len(by_recency(distinct(rows), 5).item) == 50
    assert len(by_recency(distinct(rows), STATIC).item) == TRAINING_HISTORY


def test_the_latest_are_kept() -> None:
    rows = interactions([(0, 1), (0, 2), (1, 4), (0, 3)])

    assert items_by_user(latest(distinct(rows), 2)) == [[2, 3], [4]]


def test_users_with_too_long_or_too_short_histories_are_left_out() -> None:
    pairs = [(user, item) for user, length in enumerate([1, 3, 3, 3, 9, 0, 0]) for item in range(length)]
    rows = interactions(pairs, users=7)

    found = without_outliers(distinct(rows), 0.25, 0.75)

    assert found.lengths.tolist() == [0, 3, 3, 3, 0, 0, 0]


def test_chosen_users_come_in_the_order_asked_for() -> None:
    rows = distinct(interactions([(0, 1), (1, 2), (1, 3), (2, 4)]))

    assert items_by_user(rows.of(np.array([2, 1]))) == [[4], [2, 3]]


def test_rows_chosen_carry_their_tokens() -> None:
    rows = two_tastes(users=2, each=2)
    told = replace(rows, tokens=sparse.csr_matrix(np.eye(4)))

    kept = told.where(np.array([False, True, False, True]))

    assert kept.tokens is not None
    assert kept.tokens.toarray().tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert kept.item.tolist() == rows.item[[1, 3]].tolist()
