"""What a sample of users did in the newest day of the data: models are judged by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

SECONDS = 24 * 60 * 60
ROWS = 200_000  # of the sample, about
_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Day:
    """Of the rows that occurred on it: how many, and the newest in epoch seconds."""

    day: date
    rows: int
    newest: int


@dataclass(frozen=True, slots=True)
class LastDay:
    """Rows after `since` (epoch seconds), of `parts` in a million users.

    Users are chosen by a hash of their id: those in one day's sample are in the next one's, and a larger share has
    all users of a smaller one.
    """

    since: int
    parts: int

    def has(self) -> Column:
        """Whether a row (`id`, `at`) is in it."""
        return (F.col("at") > self.since) & (F.pmod(F.xxhash64("id"), F.lit(_PARTS)) < self.parts)


def last_day(days: Iterable[Day], *, most: int = ROWS) -> LastDay | None:
    """The newest 24 hours of these days, of so many users that `most` rows are expected. None without days."""
    counted = sorted(days, key=lambda day: day.day)
    if not counted:
        return None
    rows = sum(day.rows for day in counted if day.day >= counted[-1].day - timedelta(days=1))
    return LastDay(since=counted[-1].newest - SECONDS, parts=min(_PARTS, most * _PARTS // rows))
