"""Popular and trending items."""

from __future__ import annotations

import numpy as np
import pytest

from personalize_local.recipes.popular import Popular
from personalize_local.recipes.popularity import by_growth, by_users, counts
from personalize_local.recipes.training import train
from tests.support.shoppers import interactions, timed

pytestmark = pytest.mark.unit

HOUR = 3_600


def repeated(item: int, times: int, begin: int) -> list[tuple[int, int, int]]:
    return [(user, item, begin + user) for user in range(times)]


def test_a_user_counts_once_for_an_item() -> None:
    rows = interactions([(0, 1), (0, 1), (0, 1), (1, 2), (2, 2)], items=4)

    assert by_users(rows).ranking().tolist() == [0, 1, 2, 0]


def test_only_the_interactions_given_count() -> None:
    rows = interactions([(0, 1), (1, 1), (0, 2)])

    assert by_users(rows.where(np.array([False, True, False]))).ranking().tolist() == [0, 0, 1]


def test_an_interval_ends_with_its_last_second_and_begins_after_its_first() -> None:
    rows = timed([(0, 0, 10), (0, 1, 20), (0, 2, 30)])

    assert counts(rows, 10, 20).tolist() == [0, 1, 0]


def test_what_grows_fastest_trends_whatever_is_popular() -> None:
    now = 100 * HOUR
    # Item 0: popular, as ever. Item 1: from 2 to 20. Item 2: from 20 to 2. Item 3: long ago. Item 4: never.
    rows = [*repeated(0, 40, now - HOUR + 1), *repeated(0, 40, now - 2 * HOUR + 1)]
    rows += [*repeated(1, 20, now - 50), *repeated(1, 2, now - HOUR - 50)]
    rows += [*repeated(2, 2, now - 50), *repeated(2, 20, now - HOUR - 50)]
    rows += [*repeated(3, 10, 0), (0, 0, now)]

    ranking = by_growth(timed(rows, items=5), HOUR).ranking()

    assert np.argsort(-ranking).tolist() == [1, 0, 3, 4, 2]


def test_the_frequency_decides_what_grows() -> None:
    now = 100 * HOUR
    # Of the last hour's half hours, the second has more of item 0; of the last hours, the second has more of item 1.
    rows = [*repeated(0, 9, now - 100), *repeated(0, 9, now - HOUR - 100), *repeated(0, 9, now - HOUR - 200)]
    rows += [*repeated(1, 9, now - HOUR + 100), *repeated(1, 3, now - 100), (0, 2, now)]

    assert int(np.argmax(by_growth(timed(rows), HOUR // 2).ranking())) == 0
    assert int(np.argmax(by_growth(timed(rows), HOUR).ranking())) == 1


def test_without_any_growth_popular_items_come_first() -> None:
    rows = timed([(0, 0, 5), (0, 1, 5), (1, 1, 5), (0, 2, 1_000_000), (0, 2, 998_000)])

    assert np.argsort(-by_growth(rows, 1_800).ranking(), kind="stable").tolist() == [1, 2, 0]


def test_nothing_trends_in_nothing() -> None:
    nothing = timed([(0, 2, 0)]).where(np.array([False]))

    assert by_growth(nothing, HOUR).ranking().tolist() == [0, 0, 0]


def test_a_domain_looks_for_trends_every_two_hours() -> None:
    rows = timed([(n, n % 7, 600 * n + n % 3) for n in range(100)])

    domain = train("aws-vod-trending-now", rows).model

    assert isinstance(domain, Popular)
    assert domain.ranking().tolist() == by_growth(rows, 2 * HOUR).ranking().tolist()
    assert domain.ranking().tolist() != by_growth(rows, 3 * HOUR).ranking().tolist()
