"""Which rows are the newest day's, and of how many users."""

from __future__ import annotations

from datetime import date

import pytest

from glue_jobs.interactions.last_day import Day, LastDay, last_day

pytestmark = pytest.mark.unit

NEWEST = 1_795_400_000
TODAY, YESTERDAY, LONG_AGO = date(2026, 11, 23), date(2026, 11, 22), date(2025, 1, 1)


def test_a_small_day_is_there_with_all_its_users() -> None:
    days = [Day(TODAY, 500, NEWEST), Day(LONG_AGO, 9_000_000, 1_700_000_000)]

    assert last_day(days, most=1_000) == LastDay(since=NEWEST - 86_400, parts=1_000_000)


def test_of_a_large_day_there_are_so_many_users_that_the_rows_stay_few() -> None:
    days = [Day(YESTERDAY, 3_000, NEWEST - 80_000), Day(TODAY, 1_000, NEWEST)]

    assert last_day(days, most=1_000) == LastDay(since=NEWEST - 86_400, parts=250_000)


def test_without_rows_there_is_no_day() -> None:
    assert last_day([]) is None
