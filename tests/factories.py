"""Valid things with one call; override only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from contract.codec import Event

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

_numbers = count(1)


def event(**fields: Any) -> Event:
    """A view of i-1 by u-1, half an hour before NOW."""
    made: dict[str, Any] = {
        "event_id": f"e-{next(_numbers)}",
        "event_type": "view",
        "occurred_at": "2026-11-23T09:00:00Z",
        "user_id": "u-1",
        "item_id": "i-1",
    }
    return Event(**made | fields)


class FakeClock:
    """Stands still but for sleeps and `pass_seconds`; remembers the sleeps."""

    def __init__(self, now: datetime = NOW) -> None:
        self._start = now
        self._passed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self._passed += seconds

    def pass_seconds(self, seconds: float) -> None:
        self._passed += seconds
