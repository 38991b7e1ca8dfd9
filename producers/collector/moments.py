"""What the time of a request's receipt makes: requests of the same millisecond share it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from producers.collector.core import Facts

_MILLISECOND = timedelta(milliseconds=1)  # what is told of a time


class Moments:
    """The time is read anew for each request; it is put into words only when that changes them, or by 1 ms at most."""

    def __init__(self, now: Callable[[], datetime], earliest: datetime) -> None:
        self._now = now
        self._earliest = earliest
        self._begin(now())

    def facts(self) -> Facts:
        """Of now, and of no application or visitor."""
        now = self._now()
        if not self._from <= now < self._until:
            self._begin(now)
        return self._facts

    def _begin(self, now: datetime) -> None:
        self._from, self._until = now, now + _MILLISECOND
        self._facts = Facts.of(now, earliest=self._earliest)
